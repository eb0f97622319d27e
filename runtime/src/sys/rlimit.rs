//! Limits of the process.

use super::{SyscallError, error::check};

/// Lifts the limit on locked memory, which kernels before 5.11 charge BPF maps to.
pub(crate) fn lift_locked_memory() -> Result<(), SyscallError> {
    let limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the struct is live for the call.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) };
    check(result.into(), "lift the limit on locked memory").map(drop)
}

/// Raises the number of files that may be open as far as this person may, if it is less than
/// `wanted`.
pub(crate) fn raise_open_files(wanted: u64) -> Result<(), SyscallError> {
    let attempted = "raise the limit on open files";
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the struct is live for the call.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    check(result.into(), attempted)?;
    if limit.rlim_cur >= wanted {
        return Ok(());
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: as above.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    check(result.into(), attempted).map(drop)
}
