//! What strobe can be asked to do, one file each.

mod compile;
mod list;
mod run;

use crate::args::Args;
use crate::failure::Failure;

/// Does what the command line asks for and yields the exit code.
pub fn carry_out(args: Args) -> Result<u8, Failure> {
    if args.list {
        list::list(&args)
    } else {
        run::run(args)
    }
}
