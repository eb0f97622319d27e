//! What just-in-time compilers tell of their code: `/tmp/perf-PID.map`, a line a function, of
//! address and size in hexadecimal and a name.

use crate::symbol::Frame;
use std::collections::HashMap;
use std::fs;

/// Processes whose maps are kept.
const MOST_PROCESSES: usize = 64;
/// Bytes that are read of a map.
const MOST_BYTES: u64 = 256 << 20;

/// The maps of processes.
#[derive(Debug, Default)]
pub(super) struct PerfMaps {
    by_pid: HashMap<u32, PerfMap>,
}

/// The functions of a process, sorted by address, and the length of the file when it was read:
/// compilers write more behind what is there.
#[derive(Debug, Default)]
struct PerfMap {
    functions: Vec<(u64, u64, String)>,
    length: u64,
}

impl PerfMaps {
    /// The function that an address of a process lies in.
    pub(super) fn find(&mut self, pid: u32, address: u64) -> Option<Frame> {
        let path = format!("/tmp/perf-{pid}.map");
        let own = format!("/proc/{pid}/root{path}");
        let file = [own, path].into_iter().find_map(|path| {
            let length = fs::metadata(&path).ok()?.len();
            Some((path, length))
        });
        if let Some((path, length)) = file.filter(|(_, length)| *length <= MOST_BYTES)
            && self.by_pid.get(&pid).is_none_or(|map| map.length != length)
        {
            if self.by_pid.len() >= MOST_PROCESSES {
                self.by_pid.clear();
            }
            let text = fs::read(path).unwrap_or_default();
            self.by_pid.insert(pid, PerfMap::parse(&text));
        }
        self.by_pid.get(&pid)?.find(address)
    }
}

impl PerfMap {
    fn parse(text: &[u8]) -> Self {
        let lines = String::from_utf8_lossy(text);
        let mut functions: Vec<(u64, u64, String)> = lines.lines().filter_map(function).collect();
        // Of code that was compiled anew at one address the last counts.
        functions.reverse();
        functions.sort_by_key(|(start, ..)| *start);
        functions.dedup_by_key(|(start, ..)| *start);
        Self {
            functions,
            length: text.len() as u64,
        }
    }

    fn find(&self, address: u64) -> Option<Frame> {
        let behind = self
            .functions
            .partition_point(|(start, ..)| *start <= address);
        let (start, size, name) = self.functions[..behind].last()?;
        (address - start < *size).then(|| Frame {
            name: name.clone(),
            offset: Some(address - start),
            ..Frame::default()
        })
    }
}

fn function(line: &str) -> Option<(u64, u64, String)> {
    let mut parts = line.splitn(3, ' ');
    let mut hex = || {
        let digits = parts.next()?;
        u64::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
    };
    let (start, size) = (hex()?, hex()?);
    let name = parts.next()?.trim();
    (!name.is_empty()).then(|| (start, size, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::PerfMap;

    #[test]
    fn functions_are_found_by_address() {
        let text = b"7f00 10 first\njunk\n0x7f20 8 second with spaces\n7f00 20 anew\n";
        let map = PerfMap::parse(text);
        let found = |at| map.find(at).map(|frame| (frame.name, frame.offset));
        assert_eq!(found(0x7f04), Some(("anew".to_owned(), Some(4))));
        assert_eq!(
            found(0x7f21),
            Some(("second with spaces".to_owned(), Some(1)))
        );
        assert_eq!(found(0x7f28), None);
        assert_eq!(found(0x10), None);
    }
}
