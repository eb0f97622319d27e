//! Random programs on the real kernel, against a reference evaluator.
//!
//! # How the semantics are proven
//!
//! [`source`] makes decisions, by chance from a seed. [`generate`] makes a well-typed [`program`]
//! of them. [`evaluate`] works out what it prints, by the rules of the language alone: nothing of
//! strobe's own code is in it, and [`types`] states the rules for types a second time. [`text`]
//! writes the program as a script, with as few parentheses as precedence allows. [`runner`] takes
//! that through every stage, on one of the instruction sets, and runs it in the kernel. [`check`]
//! compares what was printed. A program that is refused, rejected by the verifier, changed by the
//! formatter, or that prints something else, is a failure; [`shrink`] makes it as small as it can.
//!
//! Without arguments a few hundred programs of fixed seeds run, as tests. `make semantics` runs as
//! many as one likes, from any seed.

mod check;
mod evaluate;
mod generate;
mod program;
mod runner;
mod shrink;
mod source;
mod text;
mod touch;
mod types;
mod workers;

use libtest_mimic::{Arguments, Trial};

/// Programs of a trial.
const BATCH: u64 = 40;

/// Trials of a plain test run.
const BATCHES: u64 = 8;

fn main() {
    if workers::is_worker() {
        return workers::work();
    }
    if let Some((seed, count)) = workers::asked_for() {
        return workers::run_many(seed, count);
    }
    if let Some(seed) = workers::to_show() {
        return workers::show(seed);
    }
    let trials = (0..BATCHES)
        .map(|batch| {
            let seed = batch * BATCH;
            let name = format!("programs {seed} to {}", seed + BATCH - 1);
            Trial::ignorable_test(name, move || workers::trial(seed, BATCH))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
