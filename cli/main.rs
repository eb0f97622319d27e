//! The `strobe` command: flags, wiring, reports and exit codes.

mod args;
mod commands;
mod explain;
mod failure;
mod headers;
mod imports;
mod learn;
mod pages;
mod progress;
mod report;
mod script;
mod tools;

use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let outcome = match args::parse(&line) {
        Ok(Some(verb)) => commands::obey(verb),
        Ok(None) => match args::Args::try_parse_from(&line) {
            Ok(args) => commands::carry_out(args),
            Err(error) if error.kind() == ErrorKind::DisplayHelp => return help(&line),
            Err(error) => return usage(&error),
        },
        Err(error) => return usage(&error),
    };
    failure::settle(outcome)
}

/// Prints the help of the whole, commands included.
fn help(line: &[OsString]) -> ExitCode {
    let long = line.iter().any(|word| word == "--help");
    let mut command = args::command();
    // Where the stream is closed there is nobody left to tell.
    let _ = match long {
        true => command.print_long_help(),
        false => command.print_help(),
    };
    ExitCode::SUCCESS
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
