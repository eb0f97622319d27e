//! The ring that the kernel writes a CPU's records to.

use super::record::{HEADER, Record, parse};
use crate::sys::memory::{Access, SharedMemory, page_size};
use crate::sys::{SyscallError, perf};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;

/// Pages of data; a power of two. A record of a mapping takes some 120 bytes, so they are good for
/// thousands.
const PAGES: usize = 64;

/// Words of `struct perf_event_mmap_page`: where the kernel writes next, and where we read next.
const HEAD: usize = 1024 / 8;
const TAIL: usize = 1032 / 8;

/// A CPU's ring.
#[derive(Debug)]
pub(super) struct Ring {
    memory: SharedMemory,
    event: OwnedFd,
}

impl Ring {
    /// Opens the ring of a CPU.
    pub(super) fn open(cpu: u32) -> Result<Self, SyscallError> {
        let page = page_size();
        let event = perf::open_mappings(cpu, (PAGES * page / 4) as u32)?;
        let bytes = (1 + PAGES) * page;
        let memory = SharedMemory::map(event.as_fd(), 0, bytes, Access::ReadWrite)?;
        Ok(Self { memory, event })
    }

    /// What becomes readable when the ring fills.
    pub(super) fn reader(&self) -> Option<OwnedFd> {
        self.event.try_clone().ok()
    }

    /// Takes out every record.
    pub(super) fn drain(&mut self, records: &mut Vec<(u64, Record)>) {
        let words = self.memory.words();
        let data = &words[page_size() / 8..];
        // Behind the kernel's store of the head are the stores of the records before it.
        let head = words[HEAD].load(Ordering::Acquire);
        let mut tail = words[TAIL].load(Ordering::Relaxed);
        while tail < head {
            // Records start and end at words. Kind and size share the first.
            let first = word(data, tail);
            let size = (first >> 48) as usize;
            if size < HEADER || !size.is_multiple_of(8) || size as u64 > head - tail {
                break;
            }
            let body: Vec<u8> = (tail + HEADER as u64..tail + size as u64)
                .step_by(8)
                .flat_map(|at| word(data, at).to_ne_bytes())
                .collect();
            records.extend(parse(first as u32, &body));
            tail += size as u64;
        }
        // Our loads come before this store, after which the kernel may write there.
        words[TAIL].store(head, Ordering::Release);
    }
}

/// The word at a position of the data, which goes round.
fn word(data: &[std::sync::atomic::AtomicU64], at: u64) -> u64 {
    let index = (at / 8) as usize % data.len();
    data[index].load(Ordering::Relaxed)
}
