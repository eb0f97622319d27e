//! What can go wrong between an object and its running session.

mod report;

use crate::{Rejection, SyscallError};
use codegen::object::SourceSpan;

/// Why an object does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The object was made by another version of strobe.
    #[error("the object has version {found}, expected {expected}")]
    ManifestVersion {
        /// The object's version.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// The object contradicts itself.
    #[error("the object is malformed: {reason}")]
    Object {
        /// What is wrong with it.
        reason: String,
    },
    /// A system call failed that has nothing to do with one probe.
    #[error(transparent)]
    Syscall(#[from] SyscallError),
    /// The verifier refused a program.
    #[error("the kernel refuses `{}`: {}", .0.probe, .0.reason)]
    Rejected(Box<Rejection>),
    /// The kernel refused a program without a word.
    #[error("cannot load `{program}`: {error}")]
    Load {
        /// The probe.
        program: String,
        /// The clause.
        span: SourceSpan,
        /// The failure.
        error: SyscallError,
    },
    /// A probe could not be attached.
    #[error("cannot attach `{target}`: {error}")]
    Attach {
        /// The full name of the attach target.
        target: String,
        /// The clause.
        span: SourceSpan,
        /// The failure.
        error: SyscallError,
    },
    /// The person ended it before everything was attached; nothing is left attached.
    #[error("interrupted before everything was attached")]
    Interrupted,
    /// Output could not be written. (A closed pipe is no error.)
    #[error("cannot write the output: {reason}")]
    Output {
        /// What the system says.
        reason: String,
    },
    /// The command of `-c` cannot be taken apart or run.
    #[error("cannot run `{command}`: {reason}")]
    Command {
        /// The command.
        command: String,
        /// What is wrong.
        reason: String,
    },
}
