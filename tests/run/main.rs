//! Whole scripts on the real kernel, with answers known beforehand.
//!
//! A case is a few lines of a `*.run` file beside this one, or in `tests/tools` for the saved
//! tools ([`case`] tells the form); what takes
//! more than that is a function of [`lifetime`] or [`losses`]. Cases run in parallel: each looks at
//! the workload that it started itself, by a name that no other has. Called with a word of
//! [`workload`] as its first argument, this binary is that workload; with one of [`vm`], it runs
//! cases on other kernels.

mod big;
mod calls;
mod case;
mod disk;
mod execute;
mod expect;
mod groups;
mod lifetime;
mod losses;
mod needs;
mod packets;
mod pressure;
mod running;
mod schema;
mod target;
mod vm;
mod workload;

use libtest_mimic::{Arguments, Trial};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    if workload::is_asked_for() {
        workload::run();
        return ExitCode::SUCCESS;
    }
    if vm::is_asked_for() {
        return vm::run();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut trials: Vec<Trial> = ["tests/run", "tests/tools"]
        .into_iter()
        .flat_map(|directory| case::load(&root.join(directory)))
        .map(|case| Trial::ignorable_test(case.name.clone(), move || execute::run(&case)))
        .collect();
    trials.extend(big::trials());
    trials.extend(groups::trials());
    trials.extend(lifetime::trials());
    trials.extend(losses::trials());
    trials.extend(packets::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
