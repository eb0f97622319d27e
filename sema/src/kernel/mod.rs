//! The machine as a trait: every question that type checking and probe expansion ask of it.
//!
//! `runtime::host` answers for the live machine, lazily; [`Fake`] answers from fixtures, so that
//! all of sema and codegen is tested without root for any kernel.

pub mod btf;
mod fake;
pub mod fixtures;
pub mod format;
pub mod glob;

pub use fake::Fake;

use btf::Btf;

/// A tracepoint's two names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TracepointName {
    /// The subsystem, such as `syscalls`.
    pub system: String,
    /// The event, such as `sys_enter_read`.
    pub event: String,
}

/// Why a question could not be answered. Not the same as an empty answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The person may not read it.
    #[error("no permission to read {what}")]
    Denied {
        /// A path or facility.
        what: String,
    },
    /// The machine does not have it.
    #[error("{what} is not there")]
    Missing {
        /// A path or facility.
        what: String,
        /// What to do about it.
        help: String,
    },
    /// It is there but does not read as it should.
    #[error("{what}: {reason}")]
    Malformed {
        /// A path or facility.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Something that not every supported kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Raw tracepoints may be attached with a cookie (6.10).
    RawTracepointCookie,
    /// Instruction set v4 (6.6).
    IsaV4,
    /// `bpf_map_lookup_percpu_elem` (5.19).
    LookupPerCpu,
}

/// The questions. Answers do not change during one run.
pub trait Kernel {
    /// Every tracepoint of a subsystem, or of all subsystems, sorted.
    ///
    /// # Errors
    /// When the tracing file system cannot be read.
    fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError>;

    /// The text of a tracepoint's `format` file; nothing where there is no such tracepoint.
    ///
    /// # Errors
    /// When the tracing file system cannot be read.
    fn tracepoint_format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError>;

    /// Type information of the kernel itself.
    ///
    /// # Errors
    /// When the kernel has none or it cannot be read.
    fn btf(&self) -> Result<&Btf, KernelError>;

    /// Whether the running kernel has something.
    fn has(&self, feature: Feature) -> bool;
}
