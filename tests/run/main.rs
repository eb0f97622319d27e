//! Whole scripts on the real kernel, with answers known beforehand.
//!
//! A case is a few lines of a `*.run` file beside this one ([`case`] tells the form); what takes
//! more than that is a function of [`lifetime`] or [`losses`]. Cases run in parallel: each looks at
//! the workload that it started itself, by a name that no other has. Called with a word of
//! [`workload`] as its first argument, this binary is that workload.

mod case;
mod execute;
mod expect;
mod lifetime;
mod losses;
mod running;
mod workload;

use libtest_mimic::{Arguments, Trial};
use std::path::Path;

fn main() {
    if workload::is_asked_for() {
        return workload::run();
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run");
    let mut trials: Vec<Trial> = case::load(&directory)
        .into_iter()
        .map(|case| Trial::ignorable_test(case.name.clone(), move || execute::run(&case)))
        .collect();
    trials.extend(lifetime::trials());
    trials.extend(losses::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
