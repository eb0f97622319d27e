//! `crab N`: calls each function N times.
// flags: -g -C opt-level=0 -C force-frame-pointers=yes

mod pool {
    #[inline(never)]
    pub fn swim(depth: u64) -> u64 {
        std::hint::black_box(depth) + 1
    }

    pub struct Crab(pub u64);

    impl Crab {
        #[inline(never)]
        pub fn pinch(&self, times: u64) -> u64 {
            swim(self.0 + times)
        }
    }
}

fn main() {
    let times = std::env::args().nth(1).map_or(1, |n| n.parse().unwrap());
    let crab = pool::Crab(7);
    for _ in 0..times {
        std::hint::black_box(crab.pinch(3));
    }
}
