//! The CPUs of the machine.

use super::SyscallError;
use std::fs;

/// How many CPUs there may ever be: per-CPU map values have one slot for each. No guess will do
/// here, since the kernel writes that many slots into our buffers.
///
/// # Errors
/// When `/sys` does not tell.
pub fn possible() -> Result<usize, SyscallError> {
    Ok(read("/sys/devices/system/cpu/possible")?.len())
}

/// The numbers of the CPUs that run now; never empty.
pub(crate) fn online() -> Result<Vec<u32>, SyscallError> {
    read("/sys/devices/system/cpu/online")
}

fn read(path: &str) -> Result<Vec<u32>, SyscallError> {
    let attempted = || format!("read {path}");
    let list = fs::read_to_string(path).map_err(|error| SyscallError::io(attempted(), &error))?;
    let cpus = parse(&list);
    if cpus.is_empty() {
        return Err(SyscallError::new(attempted(), libc::EINVAL));
    }
    Ok(cpus)
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
