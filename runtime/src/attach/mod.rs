//! Attaching loaded programs, each by a kernel link: when the descriptor closes, be it because
//! the process dies, the program is detached.

mod timer;
mod tracepoint;

use crate::Error;
use crate::load::LoadedProgram;
use crate::sys::{SyscallError, process, rlimit};
use codegen::object::is_run_by_us;
use sema::ir::{AttachTarget, MissingProbes, Target};
use std::os::fd::{AsFd, OwnedFd};

/// Open files that have nothing to do with attaching: programs, maps, the output and such; a guess.
const OTHER_FILES: u64 = 256;

/// Links that are closed at the same time: to close one, the kernel may wait for a grace period
/// (36 ms for a tracepoint), which many can share.
const CLOSING_THREADS: usize = 128;

/// Tracepoints that are worth waiting for. Hundreds would take many seconds, for nothing that
/// anybody needs: their programs are detached.
const FEW_TRACEPOINTS: usize = 4;

/// Attachments. Dropping them detaches.
#[derive(Debug, Default)]
#[must_use = "dropping the links detaches the programs"]
pub(crate) struct Links {
    links: Vec<OwnedFd>,
    /// The tracepoints behind some of the links. To close one, the kernel waits for another grace
    /// period (40 ms), but under a lock that all of them share: they take their turns.
    tracepoints: Vec<OwnedFd>,
}

/// What attaching to one target yields: the links, and what must be closed later than they.
#[derive(Debug, Default)]
pub(crate) struct Attachment {
    links: Vec<OwnedFd>,
    tracepoint: Option<OwnedFd>,
}

impl Links {
    /// Whether nothing is attached.
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    fn add(&mut self, attachment: Attachment) {
        self.links.extend(attachment.links);
        self.tracepoints.extend(attachment.tracepoint);
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        close_together(std::mem::take(&mut self.links));
        if self.tracepoints.len() > FEW_TRACEPOINTS {
            process::close_elsewhere(std::mem::take(&mut self.tracepoints));
        }
    }
}

/// Closes files, many at a time.
fn close_together(files: Vec<OwnedFd>) {
    const STACK_SIZE: usize = 64 * 1024;
    let share = files.len().div_ceil(CLOSING_THREADS).max(1);
    let mut files = files.into_iter().peekable();
    std::thread::scope(|scope| {
        loop {
            let batch: Vec<OwnedFd> = files.by_ref().take(share).collect();
            if files.peek().is_none() {
                return drop(batch);
            }
            // Where no thread can be had, the batch is dropped, and so closed, right here.
            let builder = std::thread::Builder::new().stack_size(STACK_SIZE);
            drop(builder.spawn_scoped(scope, move || drop(batch)));
        }
    });
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
    let targets: usize = programs.iter().map(|p| p.about.targets.len()).sum();
    // Where the limit cannot be raised, running into it is reported.
    let _ = rlimit::raise_open_files(2 * targets as u64 + OTHER_FILES);
    for program in programs {
        for target in &program.about.targets {
            if is_run_by_us(&target.attach) {
                continue;
            }
            let error = match attach(program, target) {
                Ok(attachment) => {
                    attached.links.add(attachment);
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

fn attach(program: &LoadedProgram, target: &Target) -> Result<Attachment, SyscallError> {
    let fd = program.fd.as_fd();
    match &target.attach {
        AttachTarget::Begin | AttachTarget::End => Ok(Attachment::default()),
        AttachTarget::Interval(rate) => timer::interval(fd, *rate),
        AttachTarget::Profile(rate) => timer::profile(fd, *rate),
        AttachTarget::Tracepoint { id, .. } => tracepoint::tracepoint(fd, *id),
        AttachTarget::RawTracepoint { event } => tracepoint::raw_tracepoint(fd, event),
    }
}
