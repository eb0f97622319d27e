//! Files mapped into memory to be read.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

/// A file of sysfs mapped into memory, unmapped when dropped.
///
/// Such files are memory of the kernel that does not change. Another file's bytes could change
/// under a reader, so none is taken.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and nobody writes to it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the type information of the kernel or of a module, `/sys/kernel/btf/NAME`. Kernels
    /// before 6.16 answer `ENODEV`.
    pub fn btf(name: &str) -> io::Result<Self> {
        if name.contains('/') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = File::open(format!("/sys/kernel/btf/{name}"))?;
        let len = file.metadata()?.len() as usize;
        // SAFETY: a new mapping at an address that the kernel chooses touches no memory of ours.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ,
                libc::MAP_PRIVATE,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::Unsupported)?;
        Ok(Mapping { start, len })
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `len` bytes are mapped from `start` on for as long as `self` lives, and they are
        // the kernel's read-only copy of its type information, which never changes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this very range was mapped by `btf`, and no reference to it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}
