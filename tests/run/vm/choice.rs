//! Which cases virtual machines run.
//!
//! The rule: without a pattern, every case with a `needs:` of whatever file, for only another
//! kernel may have it; and the cases of [`SMOKE`], so that each provider has at least one on each
//! kernel. All others are left to the host, where `make test` runs them: what they need, every
//! kernel has. A case that is chosen but lacks what it needs on every kernel of the matrix, and on
//! the host too, is run nowhere, which is an error. With a pattern, every case that it matches.

use crate::case::{self, Case};
use std::path::Path;

/// The directories of cases.
pub const DIRECTORIES: [&str; 2] = ["tests/run", "tests/tools"];

/// Cases of what every kernel has, to be run on each all the same: where the programs that LLVM
/// makes, or what they ask the kernel for, differ by kernel.
const SMOKE: [&str; 26] = [
    "loops: a hundred thousand rounds",
    "loops: for over aggregations folds them",
    "loops: histograms in a loop",
    "loops: loops of every kind inside each other",
    "loops: while with many rounds",
    "probe-counter: page faults of a process",
    "probe-counter: the short name of the provider",
    "probe-iter: path by way of the current task",
    "probe-iter: socket_cookie is of one socket",
    "probe-iter: the files of a process",
    "probe-iter: the memory of processes",
    "probe-iter: the task that walks",
    "probe-list: arguments of a function and what it returns",
    "probe-list: functions by pattern",
    "probe-list: iterators",
    "probe-own: a signal without its prefix",
    "probe-own: begin and end in their order",
    "probe-own: tests that pass",
    "probe-rawtracepoint: arguments by name",
    "probe-rawtracepoint: exactly the calls that were made",
    "probe-timer: interval ms:50",
    "probe-timer: profile hz:99",
    "probe-tracepoint: a process of its own",
    "probe-tracepoint: exactly the calls that were made",
    "probe-tracepoint: wildcards in the event",
    "probe-watchpoint: no such symbol",
];

/// The cases of the matrix below a directory, and how many others there are.
pub fn choose(root: &Path, pattern: Option<&str>) -> (Vec<Case>, usize) {
    let cases = DIRECTORIES.iter().flat_map(|d| case::load(&root.join(d)));
    let (chosen, others): (Vec<Case>, Vec<Case>) = cases.partition(|case| match pattern {
        Some(pattern) => case.name.contains(pattern),
        None => !case.needs.is_empty() || SMOKE.contains(&case.name.as_str()),
    });
    if pattern.is_none() {
        for name in SMOKE {
            assert!(
                chosen.iter().any(|case| case.name == name),
                "there is no case {name}"
            );
        }
    }
    (chosen, others.len())
}
