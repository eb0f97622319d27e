//! The `strobe` command: flags, wiring, reports and exit codes.

mod args;
mod commands;
mod failure;
mod report;
mod script;

use clap::Parser;
use clap::error::ErrorKind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match args::Args::try_parse() {
        Ok(args) => commands::carry_out(args),
        Err(error) => return usage(&error),
    };
    failure::settle(outcome)
}

/// Prints help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    // Where the stream is closed there is nobody left to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
