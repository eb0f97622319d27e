//! The mappings of processes by address, the latest of them first.

use super::record::Record;
use crate::proc;
use std::collections::HashMap;
use std::sync::Arc;

/// Processes that are remembered.
const MOST_PROCESSES: usize = 16_384;
/// Mappings of a process that are remembered; a process maps some ten files, a large one hundreds.
const MOST_MAPPINGS: usize = 4096;

/// What an address of a process belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// What is mapped there.
    pub(crate) what: What,
    /// Bytes from the start of it.
    pub(crate) offset: u64,
}

/// What a process has mapped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    /// A file, by the path that the process knows it by, and its inode.
    File {
        /// The path.
        path: Arc<str>,
        /// The inode; 0 where nobody told.
        inode: u64,
    },
    /// The code that the kernel gives every process.
    Vdso,
    /// Memory without a file.
    Anonymous,
}

/// A mapping of code.
#[derive(Clone, Debug)]
struct Mapping {
    start: u64,
    end: u64,
    offset: u64,
    what: What,
}

/// The mappings of a process, in the order in which they were made. A child shares those of its
/// parent until it makes its own.
#[derive(Clone, Debug, Default)]
struct Process {
    mappings: Arc<Vec<Mapping>>,
    /// When it was last heard of.
    age: u64,
    /// Whether `/proc` was asked.
    is_read: bool,
}

/// Every process that was heard of.
#[derive(Debug, Default)]
pub(super) struct Processes {
    by_pid: HashMap<u32, Process>,
    clock: u64,
}

impl Processes {
    /// Takes in what the kernel told.
    pub(super) fn take(&mut self, record: Record) {
        match record {
            Record::Mapped {
                pid,
                start,
                length,
                offset,
                inode,
                name,
            } => self.add(
                pid,
                Mapping {
                    start,
                    end: start.saturating_add(length),
                    offset,
                    what: what(&name, inode),
                },
            ),
            Record::Forked { pid, parent } if pid != parent => {
                if let Some(parent) = self.by_pid.get(&parent) {
                    let mappings = Arc::clone(&parent.mappings);
                    self.process(pid).mappings = mappings;
                }
            }
            Record::Forked { .. } | Record::Lost => {}
        }
    }

    /// What a process has, or last had, at an address.
    pub(super) fn region(&self, pid: u32, address: u64) -> Option<Region> {
        let process = self.by_pid.get(&pid)?;
        let holds = |m: &&Mapping| (m.start..m.end).contains(&address);
        let mapping = process.mappings.iter().rfind(holds)?;
        Some(Region {
            what: mapping.what.clone(),
            offset: address - mapping.start + mapping.offset,
        })
    }

    /// Reads what a process has mapped now, where that was not read before.
    pub(super) fn read(&mut self, pid: u32) {
        if self.by_pid.get(&pid).is_some_and(|process| process.is_read) {
            return;
        }
        let maps = proc::maps(pid);
        if maps.is_empty() {
            return;
        }
        let mut all: Vec<Mapping> = maps
            .into_iter()
            .map(|mapping| Mapping {
                start: mapping.start,
                end: mapping.end,
                offset: mapping.offset,
                what: what(&mapping.what, mapping.inode),
            })
            .collect();
        let process = self.process(pid);
        process.is_read = true;
        // What the kernel told is as new, or newer.
        all.extend(process.mappings.iter().cloned());
        process.mappings = Arc::new(all);
    }

    fn add(&mut self, pid: u32, mapping: Mapping) {
        let mappings = Arc::make_mut(&mut self.process(pid).mappings);
        if mappings.len() >= MOST_MAPPINGS {
            mappings.drain(..MOST_MAPPINGS / 4);
        }
        mappings.push(mapping);
    }

    fn process(&mut self, pid: u32) -> &mut Process {
        self.clock += 1;
        if self.by_pid.len() >= MOST_PROCESSES && !self.by_pid.contains_key(&pid) {
            self.forget();
        }
        let process = self.by_pid.entry(pid).or_default();
        process.age = self.clock;
        process
    }

    /// Forgets the quarter of all processes that was heard of longest ago.
    fn forget(&mut self) {
        let mut ages: Vec<u64> = self.by_pid.values().map(|process| process.age).collect();
        let (_, limit, _) = ages.select_nth_unstable(MOST_PROCESSES / 4);
        let limit = *limit;
        self.by_pid.retain(|_, process| process.age > limit);
    }
}

fn what(name: &str, inode: u64) -> What {
    match name {
        "[vdso]" => What::Vdso,
        // Memory of a file that was never in a directory has a path of its own.
        name if name.starts_with('/') && !name.starts_with("//") => What::File {
            path: name.strip_suffix(" (deleted)").unwrap_or(name).into(),
            inode,
        },
        _ => What::Anonymous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(pid: u32, start: u64, name: &str) -> Record {
        Record::Mapped {
            pid,
            start,
            length: 0x1000,
            offset: 0x2000,
            inode: 1,
            name: name.to_owned(),
        }
    }

    fn path(processes: &Processes, pid: u32, address: u64) -> Option<String> {
        match processes.region(pid, address)?.what {
            What::File { path, .. } => Some(path.to_string()),
            other => Some(format!("{other:?}")),
        }
    }

    // Above what a pid can be, so that `/proc` knows nothing of them.
    const A: u32 = 1 << 30;
    const B: u32 = A + 1;

    #[test]
    fn the_latest_mapping_counts() {
        let mut processes = Processes::default();
        processes.take(mapped(A, 0x5000, "/old"));
        processes.take(mapped(A, 0x5800, "/new"));
        assert_eq!(path(&processes, A, 0x5100).as_deref(), Some("/old"));
        assert_eq!(path(&processes, A, 0x5900).as_deref(), Some("/new"));
        assert_eq!(processes.region(A, 0x5900).unwrap().offset, 0x2100);
        assert_eq!(path(&processes, A, 0x7000), None);
        assert_eq!(path(&processes, B, 0x5100), None);
    }

    #[test]
    fn children_have_what_their_parent_had() {
        let mut processes = Processes::default();
        processes.take(mapped(A, 0x5000, "/shell"));
        processes.take(Record::Forked { pid: B, parent: A });
        processes.take(mapped(B, 0x9000, "//anon"));
        assert_eq!(path(&processes, B, 0x5100).as_deref(), Some("/shell"));
        assert_eq!(path(&processes, B, 0x9100).as_deref(), Some("Anonymous"));
        assert_eq!(path(&processes, A, 0x9100), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut processes = Processes::default();
        for pid in 0..MOST_PROCESSES as u32 * 2 {
            processes.take(mapped(A + pid, 0x5000, "/x"));
        }
        assert!(processes.by_pid.len() <= MOST_PROCESSES);
        for at in 0..2 * MOST_MAPPINGS as u64 {
            processes.take(mapped(A, at << 12, "/x"));
        }
        assert!(processes.by_pid[&A].mappings.len() <= MOST_MAPPINGS);
    }
}
