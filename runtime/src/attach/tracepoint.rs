//! `tracepoint` and `rawtracepoint`.

use crate::sys::{SyscallError, bpf, cpu, perf};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A tracepoint by its number. The perf event names one CPU, but its programs run on every one.
pub(super) fn tracepoint(program: BorrowedFd<'_>, id: u64) -> Result<Vec<OwnedFd>, SyscallError> {
    let cpu = cpu::online()?[0];
    let event = perf::open_tracepoint(id, cpu)?;
    // The link keeps the event open.
    Ok(vec![bpf::link_perf_event(program, event.as_fd())?])
}

/// A tracepoint by its name, without a record.
pub(super) fn raw_tracepoint(
    program: BorrowedFd<'_>,
    event: &str,
) -> Result<Vec<OwnedFd>, SyscallError> {
    Ok(vec![bpf::open_raw_tracepoint(program, event)?])
}
