//! Memory that the kernel writes while we read it: the ring buffer and the control map.
//!
//! It is handed out as atomic words and as nothing else, so whoever reads it needs no `unsafe` and
//! cannot tear a word. Fakes for tests are plain vectors of atomics.

use super::SyscallError;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// Pages of a map, mapped until dropped.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    start: NonNull<AtomicU64>,
    bytes: usize,
}

/// What may be done with a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Loads alone: a store would fault.
    Read,
    /// Loads and stores.
    ReadWrite,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is reached through atomics.
unsafe impl Send for SharedMemory {}
// SAFETY: as above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// Maps `bytes` of a map from `offset` on; both are multiples of the page size.
    pub(crate) fn map(
        map: BorrowedFd<'_>,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> Result<Self, SyscallError> {
        let attempted = || format!("map {bytes} bytes of a BPF map into memory");
        let protection = match access {
            Access::Read => libc::PROT_READ,
            Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        };
        let offset = libc::off_t::try_from(offset)
            .map_err(|_| SyscallError::new(attempted(), libc::EINVAL))?;
        // SAFETY: a new mapping at an address that the kernel chooses touches no memory of ours.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                protection,
                libc::MAP_SHARED,
                map.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(SyscallError::last(attempted()));
        }
        let start = NonNull::new(start.cast())
            .ok_or_else(|| SyscallError::new(attempted(), libc::EFAULT))?;
        Ok(Self { start, bytes })
    }

    /// The memory as words. Storing into memory mapped with [`Access::Read`] faults.
    pub(crate) fn words(&self) -> &[AtomicU64] {
        // SAFETY: `start` is the page-aligned start of `bytes` mapped bytes that live as long as
        // `self`; others change them, which is what atomics allow.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes / 8) }
    }
}

impl AsRef<[AtomicU64]> for SharedMemory {
    fn as_ref(&self) -> &[AtomicU64] {
        self.words()
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: this very range was mapped by `map`, and no reference to it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

/// Bytes of a page.
pub(crate) fn page_size() -> usize {
    // SAFETY: takes no pointer; this name is always known.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
