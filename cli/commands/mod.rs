//! What strobe can be asked to do, one file each.

mod compile;
mod explain;
mod list;
mod manual;
mod run;

use crate::args::{Args, Verb};
use crate::failure::Failure;

/// Does what the command line asks for and yields the exit code.
pub fn carry_out(args: Args) -> Result<u8, Failure> {
    if args.list {
        list::list(&args)
    } else {
        run::run(args)
    }
}

/// Does what a command asks for and yields the exit code.
pub fn obey(verb: Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Explain { subject } => explain::explain(subject.as_deref()),
        Verb::Man { of } => manual::man(of.as_deref()),
        Verb::Completions { shell } => manual::completions(shell),
    }
}
