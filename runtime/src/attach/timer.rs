//! `interval` and `profile`: timers of the kernel's software clock.

use super::{Attachment, counter};
use crate::sys::perf::{self, Scope};
use crate::sys::{SyscallError, bpf, cpu};
use sema::ir::Rate;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A timer on one CPU, the first that runs.
pub(super) fn interval(
    program: BorrowedFd<'_>,
    rate: Rate,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let cpu = cpu::online()?[0];
    Ok(Attachment {
        links: vec![on_cpu(program, rate, cpu, cookie)?],
        ..Attachment::default()
    })
}

/// A timer on every CPU that runs, or for the threads of a process while they run.
pub(super) fn profile(
    program: BorrowedFd<'_>,
    rate: Rate,
    pid: Option<u32>,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    counter::everywhere(program, pid, cookie, |scope| {
        perf::open_timer(period_ns(rate), scope)
    })
}

fn on_cpu(
    program: BorrowedFd<'_>,
    rate: Rate,
    cpu: u32,
    cookie: u64,
) -> Result<OwnedFd, SyscallError> {
    let event = perf::open_timer(period_ns(rate), Scope::Cpu(cpu))?;
    let link = bpf::link_perf_event(program, event.as_fd(), cookie)?;
    // Started behind the link, so that the first tick finds the program. The link keeps the event.
    perf::enable(event.as_fd())?;
    Ok(link)
}

fn period_ns(rate: Rate) -> u64 {
    match rate {
        Rate::Period(ns) => ns.max(1),
        Rate::Hertz(hertz) => (1_000_000_000 / hertz.max(1)).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, period_ns};

    #[test]
    fn frequencies_become_periods() {
        assert_eq!(period_ns(Rate::Hertz(99)), 10_101_010);
        assert_eq!(period_ns(Rate::Hertz(1)), 1_000_000_000);
        assert_eq!(period_ns(Rate::Hertz(0)), 1_000_000_000);
        assert_eq!(period_ns(Rate::Period(1_000_000)), 1_000_000);
        assert_eq!(period_ns(Rate::Period(0)), 1);
    }
}
