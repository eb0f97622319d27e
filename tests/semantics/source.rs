//! Where the generator's decisions come from: a seed, or the decisions of an earlier program.
//!
//! Every program is a function of a list of numbers. Shortening that list, and making its numbers
//! smaller, gives smaller programs that are well-typed all the same, which is all that the
//! shrinker needs to know. A decision of 0 is always the simplest one.

/// A stream of decisions.
#[derive(Debug)]
pub struct Source {
    /// What was decided, in order.
    pub taken: Vec<u32>,
    state: Option<u64>,
    replay: Vec<u32>,
}

impl Source {
    /// Decisions by chance.
    pub fn seeded(seed: u64) -> Self {
        Self {
            taken: Vec::new(),
            state: Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed),
            replay: Vec::new(),
        }
    }

    /// These decisions, and behind them the simplest.
    pub fn replaying(decisions: Vec<u32>) -> Self {
        Self {
            taken: Vec::new(),
            state: None,
            replay: decisions,
        }
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        let number = match &mut self.state {
            Some(state) => next(state) as u32,
            None => self.replay.get(self.taken.len()).copied().unwrap_or(0),
        };
        let number = number % bound;
        self.taken.push(number);
        number as usize
    }

    /// True about once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// 64 random bits.
    pub fn word(&mut self) -> u64 {
        let high = self.below(u32::MAX as usize) as u64;
        let low = self.below(u32::MAX as usize) as u64;
        high << 32 | low
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) >> 16
}
