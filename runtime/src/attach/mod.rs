//! Attaching loaded programs, each by a kernel link: when the descriptor closes, be it because
//! the process dies, the program is detached.

mod timer;
mod tracepoint;

use crate::Error;
use crate::load::LoadedProgram;
use crate::sys::SyscallError;
use codegen::object::is_run_by_us;
use sema::ir::{AttachTarget, MissingProbes, Target};
use std::os::fd::{BorrowedFd, OwnedFd};

/// Closing one link of the slow kinds waits for a grace period of the kernel (76 ms for a
/// tracepoint); many of them wait at the same time if each has its thread.
const CLOSING_THREADS: usize = 32;

/// Attachments. Dropping them detaches, all at the same time.
#[derive(Debug, Default)]
#[must_use = "dropping the links detaches the programs"]
pub(crate) struct Links(Vec<OwnedFd>);

impl Links {
    /// Whether nothing is attached.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        let links = std::mem::take(&mut self.0);
        if links.len() < 2 {
            return;
        }
        let share = links.len().div_ceil(CLOSING_THREADS);
        let mut links = links.into_iter().peekable();
        std::thread::scope(|scope| {
            while links.peek().is_some() {
                let batch: Vec<OwnedFd> = links.by_ref().take(share).collect();
                // Where no thread can be had, the batch is dropped, and so closed, right here.
                let closing = std::thread::Builder::new().spawn_scoped(scope, move || drop(batch));
                drop(closing);
            }
        });
    }
}

/// The outcome of attaching everything.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    /// The links.
    pub(crate) links: Links,
    /// How many targets are attached.
    pub(crate) targets: usize,
    /// What could not be attached and may be missing.
    pub(crate) missing: Vec<Error>,
}

/// Attaches every program to all of its targets, or, unless `missing` allows for less, none.
pub(crate) fn attach_all(
    programs: &[LoadedProgram],
    missing: MissingProbes,
) -> Result<Attached, Error> {
    let mut attached = Attached::default();
    for program in programs {
        for target in &program.about.targets {
            if is_run_by_us(&target.attach) {
                continue;
            }
            let error = match attach(program, target) {
                Ok(links) => {
                    attached.links.0.extend(links);
                    attached.targets += 1;
                    continue;
                }
                Err(error) => Error::Attach {
                    target: target.name.clone(),
                    span: program.about.span,
                    error,
                },
            };
            match missing {
                MissingProbes::Error => return Err(error),
                MissingProbes::Warn => attached.missing.push(error),
                MissingProbes::Ignore => {}
            }
        }
    }
    Ok(attached)
}

fn attach(program: &LoadedProgram, target: &Target) -> Result<Vec<OwnedFd>, SyscallError> {
    use std::os::fd::AsFd;
    let fd: BorrowedFd<'_> = program.fd.as_fd();
    match &target.attach {
        AttachTarget::Begin | AttachTarget::End => Ok(Vec::new()),
        AttachTarget::Interval(rate) => timer::interval(fd, *rate),
        AttachTarget::Profile(rate) => timer::profile(fd, *rate),
        AttachTarget::Tracepoint { id, .. } => tracepoint::tracepoint(fd, *id),
        AttachTarget::RawTracepoint { event } => tracepoint::raw_tracepoint(fd, event),
    }
}
