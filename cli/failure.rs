//! Why a command did not do what it was asked, and the exit code of that.

use crate::report;
use lexer::{Diagnostic, SourceMap};
use std::io;
use std::process::ExitCode;

/// The ways to end early.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong with the script or the machine: what to say, and the texts it points
    /// into.
    Reports(SourceMap, Vec<Diagnostic>),
    /// What was asked for has been told, and there is nothing to run.
    Told,
    /// The reader of our output went away, which is a normal end.
    OutputClosed,
}

impl From<Diagnostic> for Failure {
    fn from(report: Diagnostic) -> Self {
        Self::Reports(SourceMap::new(), vec![report])
    }
}

impl Failure {
    /// A failure to write what was asked for.
    pub fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Diagnostic::error("output", format!("cannot write the output: {error}")).into(),
        }
    }
}

/// Tells the person how it ended and makes the exit code of it: the script's own, 0 for a reader
/// that went away, 1 for every error.
pub fn settle(outcome: Result<u8, Failure>) -> ExitCode {
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Failure::OutputClosed | Failure::Told) => ExitCode::SUCCESS,
        Err(Failure::Reports(sources, reports)) => {
            report::print(&sources, &reports);
            ExitCode::FAILURE
        }
    }
}
