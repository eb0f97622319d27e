//! What strobe can be asked to do, one file each.

mod compile;
mod explain;
mod format;
mod info;
mod list;
mod manual;
mod run;
mod shelf;
mod tools;

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::{learn, script};

/// Does what the command line asks for and yields the exit code.
pub fn carry_out(args: Args) -> Result<u8, Failure> {
    if args.info {
        info::print(args.format)
    } else if args.list {
        list::list(&args)
    } else if args.fmt {
        format::format(&args)
    } else {
        let script = script::read(args.program.clone(), args.operands.clone())?;
        run::run(args, script)
    }
}

/// Does what a command asks for and yields the exit code.
pub fn obey(verb: Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Explain(asked) => explain::explain(&asked),
        Verb::Tools { pattern } => tools::list(pattern.as_deref()),
        Verb::Run(args) => {
            let tool = tools::find(args.operands.first().map(String::as_str))?;
            let parameters = args.operands[1..].to_vec();
            run::run(*args, script::embedded(tool.name, tool.text, parameters))
        }
        Verb::Learn {
            work: Some(kind), ..
        } => learn::work(&kind).map(|()| 0).map_err(Failure::from),
        Verb::Learn { lesson, .. } => learn::learn(lesson),
        Verb::Man { of } => manual::man(of.as_deref()),
        Verb::Completions { shell } => manual::completions(shell),
    }
}
