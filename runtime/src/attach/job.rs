//! What there is to attach, and doing much of it at the same time.

use super::{Attachment, Watch, attach};
use crate::load::{LoadedProgram, Sharing};
use crate::sys::SyscallError;
use codegen::object::is_run_by_us;
use sema::ir::{AttachTarget, ProgramType, Target};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Threads that attach at the same time. The kernel waits for grace periods while it attaches to
/// a function, which many can share.
const THREADS: usize = 32;

/// Jobs from which on threads are worth their start.
const MANY: usize = 4;

/// A program and the targets that it is attached to in one go, with their cookies.
pub(super) struct Job<'a> {
    pub(super) program: &'a LoadedProgram,
    pub(super) targets: Vec<(&'a Target, u64)>,
}

impl Job<'_> {
    /// What it is, for errors.
    pub(super) fn name(&self) -> &str {
        let first = self.targets.first();
        first.map_or(&self.program.about.symbol, |(target, _)| &target.name)
    }

    /// Whether the kernel may refuse it without harm.
    pub(super) fn may_fail(&self) -> bool {
        self.targets.iter().all(|(target, _)| match &target.attach {
            AttachTarget::Kprobe(kprobe) => kprobe.by_pattern,
            AttachTarget::Fentry(fentry) => fentry.by_pattern,
            AttachTarget::Uprobe(uprobe) => uprobe.by_pattern,
            _ => false,
        })
    }

    /// Whether attaching takes the kernel long, and not under a lock that all share.
    fn is_slow(&self) -> bool {
        let kind = self.program.about.kind;
        matches!(kind, ProgramType::Kprobe | ProgramType::Tracing)
    }
}

/// Everything that there is to attach, in order.
pub(super) fn jobs(programs: &[LoadedProgram]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for program in programs {
        let targets = program.about.targets.iter();
        let targets = targets.zip(program.cookies.iter().copied());
        let targets = targets.filter(|(target, _)| !is_run_by_us(&target.attach));
        if program.sharing == Sharing::None {
            jobs.extend(targets.map(|target| Job {
                program,
                targets: vec![target],
            }));
            continue;
        }
        let mut shared: Vec<Job<'_>> = Vec::new();
        for target in targets {
            let alike = |job: &&mut Job<'_>| {
                program.sharing == Sharing::Session
                    || may_share(&job.targets[0].0.attach, &target.0.attach)
            };
            match shared.iter_mut().find(alike) {
                Some(job) => job.targets.push(target),
                None => shared.push(Job {
                    program,
                    targets: vec![target],
                }),
            }
        }
        jobs.extend(shared);
    }
    jobs
}

/// Whether one link can hold both targets: it is for entries or for returns, and for one file.
fn may_share(a: &AttachTarget, b: &AttachTarget) -> bool {
    match (a, b) {
        (AttachTarget::Kprobe(a), AttachTarget::Kprobe(b)) => a.is_return == b.is_return,
        (AttachTarget::Uprobe(a), AttachTarget::Uprobe(b)) => {
            (&a.path, a.is_return, a.pid) == (&b.path, b.is_return, b.pid)
        }
        _ => false,
    }
}

/// What came of a job.
type Outcome = Result<Attachment, SyscallError>;

/// What came of all.
pub(super) struct Outcomes<'a, 'p> {
    /// The jobs that were done.
    pub(super) done: Vec<(&'a Job<'p>, Outcome)>,
    /// Whether there was no time for others.
    pub(super) interrupted: bool,
}

/// Does all jobs, unless it is interrupted.
pub(super) fn run<'a, 'p>(jobs: &'a [Job<'p>], watch: &Watch<'_>) -> Outcomes<'a, 'p> {
    let slow = jobs.iter().filter(|job| job.is_slow()).count();
    let threads = if slow > MANY { THREADS.min(slow) } else { 1 };
    let queue = Queue {
        jobs,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        interrupted: AtomicBool::new(false),
        outcomes: Mutex::new(jobs.iter().map(|_| None).collect()),
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread can be had, those that there are do it all.
            let builder = std::thread::Builder::new();
            drop(builder.spawn_scoped(scope, || queue.work(watch)));
        }
        queue.work(watch);
    });
    let interrupted = queue.interrupted.load(Ordering::Relaxed);
    let outcomes = queue
        .outcomes
        .into_inner()
        .unwrap_or_else(|e| e.into_inner());
    let outcomes = jobs.iter().zip(outcomes);
    let done = outcomes.filter_map(|(job, outcome)| Some((job, outcome?)));
    Outcomes {
        done: done.collect(),
        interrupted,
    }
}

/// Jobs that threads share.
struct Queue<'a, 'p> {
    jobs: &'a [Job<'p>],
    next: AtomicUsize,
    done: AtomicUsize,
    interrupted: AtomicBool,
    outcomes: Mutex<Vec<Option<Outcome>>>,
}

impl Queue<'_, '_> {
    /// Does jobs until none is left.
    fn work(&self, watch: &Watch<'_>) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(number) else {
                return;
            };
            if (watch.interrupted)() {
                self.interrupted.store(true, Ordering::Relaxed);
            }
            if self.interrupted.load(Ordering::Relaxed) {
                return;
            }
            let outcome = attach(job, watch.pid);
            let mut outcomes = self.outcomes.lock().unwrap_or_else(|e| e.into_inner());
            outcomes[number] = Some(outcome);
            drop(outcomes);
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (watch.progress)(done, self.jobs.len());
        }
    }
}
