//! Attaching loaded programs, each by a kernel link: when the descriptor closes, be it because
//! the process dies, the program is detached.

mod counter;
mod fentry;
mod job;
mod kprobe;
mod timer;
mod tracepoint;
mod uprobe;

pub(crate) use kprobe::NO_KPROBES;

use crate::Error;
use crate::load::{LoadedProgram, Sharing};
use crate::sys::{SyscallError, process, rlimit};
use job::Job;
use sema::ir::{AttachTarget, MissingProbes};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Open files that have nothing to do with attaching: programs, maps, the output and such; a guess.
const OTHER_FILES: u64 = 256;

/// Links that are closed at the same time: to close one, the kernel may wait for a grace period
/// (36 ms for a tracepoint), which many can share.
const CLOSING_THREADS: usize = 128;

/// Perf events that are worth waiting for. Hundreds would take many seconds, for nothing that
/// anybody needs: their programs are detached.
const FEW_EVENTS: usize = 4;

/// Attachments. Dropping them detaches.
#[derive(Debug, Default)]
#[must_use = "dropping the links detaches the programs"]
pub(crate) struct Links {
    links: Vec<OwnedFd>,
    /// The tracepoints and kprobes behind some of the links. To close one, the kernel waits for
    /// another grace period (40 ms), but under a lock that all of them share: they take their
    /// turns.
    events: Vec<OwnedFd>,
    /// Those of watchpoints, by the address that each is for.
    watched: Vec<(u64, Vec<OwnedFd>)>,
}

/// What attaching to one target yields: the links, and what must be closed later than they.
#[derive(Debug, Default)]
pub(crate) struct Attachment {
    links: Vec<OwnedFd>,
    event: Option<OwnedFd>,
    /// What the kernel refused of what patterns found.
    refused: Vec<String>,
}

impl Links {
    /// Whether nothing is attached.
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.watched.is_empty()
    }

    /// Detaches what watches an address.
    pub(crate) fn unwatch(&mut self, address: u64) {
        self.watched.retain(|(watched, _)| *watched != address);
    }

    fn add(&mut self, job: &Job<'_>, attachment: Attachment) {
        if let Some((target, _)) = job.targets.first()
            && let AttachTarget::Watchpoint(watchpoint) = &target.attach
        {
            self.watched.push((watchpoint.address, attachment.links));
            return;
        }
        self.links.extend(attachment.links);
        self.events.extend(attachment.event);
    }
}

impl Links {
    /// Detaches everything; tells how many links of how many are closed.
    pub(crate) fn close(&mut self, told: &(dyn Fn(usize, usize) + Sync)) {
        let watched = std::mem::take(&mut self.watched);
        self.links
            .extend(watched.into_iter().flat_map(|(_, links)| links));
        close_together(std::mem::take(&mut self.links), told);
        if self.events.len() > FEW_EVENTS {
            process::close_elsewhere(std::mem::take(&mut self.events));
        }
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.close(&|_, _| {});
    }
}

/// Closes files, many at a time.
fn close_together(files: Vec<OwnedFd>, told: &(dyn Fn(usize, usize) + Sync)) {
    const STACK_SIZE: usize = 64 * 1024;
    let all = files.len();
    let closed = AtomicUsize::new(0);
    let close = |batch: Vec<OwnedFd>| {
        for file in batch {
            drop(file);
            told(closed.fetch_add(1, Ordering::Relaxed) + 1, all);
        }
    };
    let share = files.len().div_ceil(CLOSING_THREADS).max(1);
    let mut files = files.into_iter().peekable();
    std::thread::scope(|scope| {
        loop {
            let batch: Vec<OwnedFd> = files.by_ref().take(share).collect();
            if files.peek().is_none() {
                return close(batch);
            }
            // Where no thread can be had, the batch is dropped, and so closed, right here.
            let builder = std::thread::Builder::new().stack_size(STACK_SIZE);
            drop(builder.spawn_scoped(scope, || close(batch)));
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
    /// What the kernel refused of what patterns found, and why.
    pub(crate) refused: Vec<String>,
}

/// What attaching tells and asks while it is at it.
pub(crate) struct Watch<'a> {
    /// The process that timers and counters are for; nothing for all.
    pub(crate) pid: Option<u32>,
    /// Told how many targets of how many are done.
    pub(crate) progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Whether to give up.
    pub(crate) interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// Attaches every program to all of its targets, or, unless `missing` allows for less, none.
pub(crate) fn attach_all(
    programs: &[LoadedProgram],
    missing: MissingProbes,
    watch: &Watch<'_>,
) -> Result<Attached, Error> {
    let mut attached = Attached::default();
    let jobs = job::jobs(programs);
    // Where the limit cannot be raised, running into it is reported.
    let _ = rlimit::raise_open_files(2 * jobs.len() as u64 + OTHER_FILES);
    let outcomes = job::run(&jobs, watch);
    // What is attached all the same goes with the others, which is together.
    let mut failure = outcomes.interrupted.then_some(Error::Interrupted);
    for (job, outcome) in outcomes.done {
        let error = match outcome {
            Ok(attachment) => {
                attached.targets += job.targets.len() - attachment.refused.len();
                attached.refused.extend(attachment.refused.iter().cloned());
                attached.links.add(job, attachment);
                continue;
            }
            Err(error) if job.may_fail() => {
                attached.refused.push(format!("{}: {error}", job.name()));
                continue;
            }
            Err(error) => Error::Attach {
                target: job.name().to_owned(),
                span: job.program.about.span,
                error,
            },
        };
        match missing {
            MissingProbes::Error => {
                failure.get_or_insert(error);
            }
            MissingProbes::Warn => attached.missing.push(error),
            MissingProbes::Ignore => {}
        }
    }
    failure.map_or(Ok(attached), Err)
}

fn attach(job: &Job<'_>, pid: Option<u32>) -> Result<Attachment, SyscallError> {
    let program = job.program.fd.as_fd();
    let Some((target, cookie)) = job.targets.first() else {
        return Ok(Attachment::default());
    };
    if job.program.sharing != Sharing::None {
        return match target.attach {
            AttachTarget::Uprobe(_) => uprobe::many(program, job),
            _ => kprobe::many(program, job),
        };
    }
    match &target.attach {
        AttachTarget::Interval(rate) => timer::interval(program, *rate, *cookie),
        AttachTarget::Profile(rate) => timer::profile(program, *rate, pid, *cookie),
        AttachTarget::Tracepoint { id, .. } => tracepoint::tracepoint(program, *id, *cookie),
        AttachTarget::RawTracepoint { event } => tracepoint::raw_tracepoint(program, event),
        AttachTarget::Kprobe(kprobe) => kprobe::one(program, kprobe, *cookie),
        AttachTarget::Fentry(fentry) => fentry::link(program, fentry, *cookie),
        AttachTarget::Uprobe(uprobe) => uprobe::one(program, uprobe, *cookie),
        AttachTarget::Counter(counter) => counter::counter(program, counter, pid, *cookie),
        AttachTarget::Watchpoint(watch) => counter::watchpoint(program, watch, *cookie),
        // Walked when all else is attached.
        AttachTarget::Iter(_)
        | AttachTarget::Begin
        | AttachTarget::End
        | AttachTarget::Signal(_)
        | AttachTarget::Test(_)
        | AttachTarget::Bench(_) => Ok(Attachment::default()),
    }
}
