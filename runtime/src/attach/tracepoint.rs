//! `tracepoint` and `rawtracepoint`.

use super::Attachment;
use crate::sys::{SyscallError, bpf, cpu, perf};
use std::os::fd::{AsFd, BorrowedFd};

/// A tracepoint by its number. The perf event names one CPU, but its programs run on every one.
pub(super) fn tracepoint(
    program: BorrowedFd<'_>,
    id: u64,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let cpu = cpu::online()?[0];
    let event = perf::open_tracepoint(id, cpu)?;
    let link = bpf::link_perf_event(program, event.as_fd(), cookie)?;
    Ok(Attachment {
        links: vec![link],
        event: Some(event),
        ..Attachment::default()
    })
}

/// A tracepoint by its name, without a record.
pub(super) fn raw_tracepoint(
    program: BorrowedFd<'_>,
    event: &str,
) -> Result<Attachment, SyscallError> {
    Ok(Attachment {
        links: vec![bpf::open_raw_tracepoint(program, event)?],
        ..Attachment::default()
    })
}
