//! `/proc`: which processes there are and what they have mapped.

use std::fs;

/// A mapping of a process: an entry of `/proc/PID/maps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// The first address.
    pub(crate) start: u64,
    /// One past the last address.
    pub(crate) end: u64,
    /// Bytes from the start of the file.
    pub(crate) offset: u64,
    /// The inode of the file.
    pub(crate) inode: u64,
    /// What is mapped: a path, `[vdso]`, or nothing for plain memory.
    pub(crate) what: String,
}

impl Mapping {
    /// The path of the file, where it is one that is still there.
    pub(crate) fn file(self) -> Option<String> {
        let is_file = self.what.starts_with('/') && !self.what.ends_with(" (deleted)");
        is_file.then_some(self.what)
    }
}

/// The executable mappings of a process, by address; none of one that is gone.
pub(crate) fn maps(pid: u32) -> Vec<Mapping> {
    let text = fs::read(format!("/proc/{pid}/maps")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter_map(mapping).collect()
}

/// Every process.
pub(crate) fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}

/// The mapping of a line such as `55e0-55e1 r-xp 00001000 08:01 123   /usr/bin/cat`, if it can be
/// executed.
fn mapping(line: &str) -> Option<Mapping> {
    let mut rest = line;
    let mut word = || {
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = behind;
        word
    };
    let range = word();
    let permissions = word();
    let offset = word();
    let (_device, inode) = (word(), word());
    let what = rest.trim_start();
    let (start, end) = range.split_once('-')?;
    let hex = |digits| u64::from_str_radix(digits, 16).ok();
    if permissions.as_bytes().get(2) != Some(&b'x') {
        return None;
    }
    Some(Mapping {
        start: hex(start)?,
        end: hex(end)?,
        offset: hex(offset)?,
        inode: inode.parse().unwrap_or(0),
        what: what.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_mappings_are_read() {
        let line = "7f10a000-7f10b000 r-xp 00002000 08:01 99                  /opt/a b/lib.so";
        let expected = Mapping {
            start: 0x7f10_a000,
            end: 0x7f10_b000,
            offset: 0x2000,
            inode: 99,
            what: "/opt/a b/lib.so".to_owned(),
        };
        assert_eq!(mapping(line), Some(expected));
        assert_eq!(mapping("1000-2000 rw-p 00000000 00:00 0"), None);
        assert_eq!(mapping("junk"), None);
        let anonymous = mapping("1000-2000 rwxp 00000000 00:00 0 ").unwrap();
        assert_eq!(anonymous.what, "");
        assert_eq!(anonymous.file(), None);
    }

    #[test]
    fn this_process_is_mapped() {
        let code = executable_mappings_are_read as fn() as usize as u64;
        let maps = maps(std::process::id());
        assert!(maps.iter().any(|m| (m.start..m.end).contains(&code)));
        assert!(pids().contains(&std::process::id()));
    }
}
