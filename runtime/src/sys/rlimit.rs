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
