//! `software` and `hardware`, on every CPU or for the threads of one process; `watchpoint` too,
//! which is a counter of accesses.

use super::Attachment;
use crate::sys::perf::{self, Scope};
use crate::sys::{SyscallError, bpf, cpu};
use sema::ir::{Counter, Watchpoint};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A counter, of one process where it is named.
pub(super) fn counter(
    program: BorrowedFd<'_>,
    counter: &Counter,
    pid: Option<u32>,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let open = |scope| perf::open_counter(counter.hardware, counter.event, counter.period, scope);
    everywhere(program, pid, cookie, open)
}

/// Watched memory, of the kernel or of a process.
pub(super) fn watchpoint(
    program: BorrowedFd<'_>,
    watch: &Watchpoint,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let open = |scope| perf::open_breakpoint(watch.address, watch.length, watch.modes, scope);
    everywhere(program, watch.pid, cookie, open)
}

/// Links a program to an event on every CPU, or of every thread of a process.
pub(super) fn everywhere(
    program: BorrowedFd<'_>,
    pid: Option<u32>,
    cookie: u64,
    open: impl Fn(Scope) -> Result<OwnedFd, SyscallError>,
) -> Result<Attachment, SyscallError> {
    let mut attachment = Attachment::default();
    let scopes = match pid {
        Some(pid) => threads(pid)?,
        None => cpu::online()?.into_iter().map(Scope::Cpu).collect(),
    };
    let only = scopes.len() == 1;
    for scope in scopes {
        let event = match open(scope) {
            Ok(event) => event,
            // The CPU was switched off, or the thread has ended meanwhile.
            Err(error) if matches!(error.errno, libc::ENODEV | libc::ESRCH) && !only => continue,
            Err(error) => return Err(error),
        };
        let link = bpf::link_perf_event(program, event.as_fd(), cookie)?;
        // Started behind the link, so that the first event finds the program. The link keeps it.
        perf::enable(event.as_fd())?;
        attachment.links.push(link);
    }
    Ok(attachment)
}

/// The threads of a process. Those that they start later are counted with them.
fn threads(pid: u32) -> Result<Vec<Scope>, SyscallError> {
    let attempted = || format!("list the threads of process {pid}");
    let entries = std::fs::read_dir(format!("/proc/{pid}/task"));
    let entries = entries.map_err(|error| SyscallError::io(attempted(), &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names
        .filter_map(|name| name.parse().ok().map(Scope::Thread))
        .collect())
}
