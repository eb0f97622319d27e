//! The kernel's flags of page allocation by name, as its own `%pGg` prints them.

use super::text::put;

/// Flags by name, from `gfpflag_names` of `include/trace/events/mmflags.h`: combinations first.
/// The bits are those of `include/linux/gfp_types.h` since 6.2.
const NAMES: [(u64, &str); 37] = [
    (0x003d_24ca, "GFP_TRANSHUGE"),
    (0x003d_20ca, "GFP_TRANSHUGE_LIGHT"),
    (0x0010_0cca, "GFP_HIGHUSER_MOVABLE"),
    (0x0010_0cc2, "GFP_HIGHUSER"),
    (0x0010_0cc0, "GFP_USER"),
    (0x0040_0cc0, "GFP_KERNEL_ACCOUNT"),
    (0x0cc0, "GFP_KERNEL"),
    (0x0c40, "GFP_NOFS"),
    (0x0820, "GFP_ATOMIC"),
    (0x0c00, "GFP_NOIO"),
    (0x2800, "GFP_NOWAIT"),
    (0x01, "GFP_DMA"),
    (0x04, "GFP_DMA32"),
    (0x01, "__GFP_DMA"),
    (0x02, "__GFP_HIGHMEM"),
    (0x04, "__GFP_DMA32"),
    (0x20, "__GFP_HIGH"),
    (0x40, "__GFP_IO"),
    (0x80, "__GFP_FS"),
    (0x0c00, "__GFP_RECLAIM"),
    (0x0400, "__GFP_DIRECT_RECLAIM"),
    (0x0800, "__GFP_KSWAPD_RECLAIM"),
    (0x2000, "__GFP_NOWARN"),
    (0x4000, "__GFP_RETRY_MAYFAIL"),
    (0x8000, "__GFP_NOFAIL"),
    (0x1_0000, "__GFP_NORETRY"),
    (0x4_0000, "__GFP_COMP"),
    (0x0100, "__GFP_ZERO"),
    (0x8_0000, "__GFP_NOMEMALLOC"),
    (0x2_0000, "__GFP_MEMALLOC"),
    (0x10_0000, "__GFP_HARDWALL"),
    (0x20_0000, "__GFP_THISNODE"),
    (0x10, "__GFP_RECLAIMABLE"),
    (0x08, "__GFP_MOVABLE"),
    (0x40_0000, "__GFP_ACCOUNT"),
    (0x1000, "__GFP_WRITE"),
    (0x80_0000, "__GFP_ZEROTAGS"),
];

/// Appends the names of the flags that are set, and what has no name as a number.
pub(super) fn write(flags: u64, out: &mut Vec<u8>) {
    if flags == 0 {
        out.extend_from_slice(b"none");
        return;
    }
    let mut left = flags;
    let mut separator: &[u8] = b"";
    for (bits, name) in NAMES {
        if left & bits == bits {
            out.extend_from_slice(separator);
            out.extend_from_slice(name.as_bytes());
            separator = b"|";
            left &= !bits;
        }
    }
    if left != 0 {
        out.extend_from_slice(separator);
        put(out, format_args!("{left:#x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    fn names(flags: u64) -> String {
        let mut out = Vec::new();
        write(flags, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn combinations_and_single_flags() {
        assert_eq!(names(0), "none");
        assert_eq!(names(0x0cc0), "GFP_KERNEL");
        assert_eq!(names(0x0dc0), "GFP_KERNEL|__GFP_ZERO");
        assert_eq!(names(0x0820), "GFP_ATOMIC");
        assert_eq!(names(0x0822), "GFP_ATOMIC|__GFP_HIGHMEM");
        assert_eq!(names(0x04c0), "__GFP_IO|__GFP_FS|__GFP_DIRECT_RECLAIM");
        assert_eq!(names(0x0cc0 | 1 << 40), "GFP_KERNEL|0x10000000000");
    }
}
