//! The CPUs of the machine.

use std::fs;
use std::sync::OnceLock;

/// How many CPUs there may ever be: per-CPU map values have one slot for each.
pub(crate) fn possible() -> usize {
    static POSSIBLE: OnceLock<usize> = OnceLock::new();
    *POSSIBLE.get_or_init(|| read("/sys/devices/system/cpu/possible").len().max(1))
}

/// The numbers of the CPUs that run now; never empty.
pub(crate) fn online() -> Vec<u32> {
    let cpus = read("/sys/devices/system/cpu/online");
    if cpus.is_empty() { vec![0] } else { cpus }
}

fn read(path: &str) -> Vec<u32> {
    parse(&fs::read_to_string(path).unwrap_or_default())
}

/// Parses a list of ranges: `0-3,8,10-11`. What is no number is left out.
fn parse(list: &str) -> Vec<u32> {
    list.trim()
        .split(',')
        .filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists_of_ranges() {
        assert_eq!(parse("0\n"), [0]);
        assert_eq!(parse("0-3\n"), [0, 1, 2, 3]);
        assert_eq!(parse("0-1,4,6-7\n"), [0, 1, 4, 6, 7]);
        assert_eq!(parse("\n"), [0u32; 0]);
    }
}
