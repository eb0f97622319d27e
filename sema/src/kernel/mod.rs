//! The machine as a trait: every question that type checking and probe expansion ask of it.
//!
//! `runtime::host` answers for the live machine, lazily; [`Fake`] answers from fixtures, so that
//! all of sema and codegen is tested without root for any kernel.

mod binary;
pub mod btf;
mod fake;
mod fake_binary;
pub mod fixtures;
pub mod format;
pub mod glob;
pub mod usdt;

pub use binary::{
    Binary, BinaryQuery, Boundary, UserFunction, UserParameter, UserSignature, ValueShape,
    demangled,
};
pub use fake::Fake;
pub use fake_binary::FakeBinary;

use crate::ir::{PidNamespace, ProgramType};
use btf::{Btf, TypeId};
use std::rc::Rc;
use std::sync::Arc;

/// A tracepoint's two names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TracepointName {
    /// The subsystem, such as `syscalls`.
    pub system: String,
    /// The event, such as `sys_enter_read`.
    pub event: String,
}

/// A function of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function {
    /// Its module, `vmlinux` for the kernel itself.
    pub module: Arc<str>,
    /// Its name.
    pub name: String,
}

/// A function of a loaded BPF program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpfFunction {
    /// The program's id.
    pub program: u32,
    /// The function's name.
    pub name: String,
    /// The number of its type in the program's type information.
    pub btf_id: u32,
}

/// A header of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its text.
    pub text: String,
    /// In which of the folders where headers are looked for it was found.
    pub folder: usize,
}

/// What a C compiler's preprocessor makes of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preprocessed {
    /// The text with all that it includes, and the lines that define macros.
    Text(String),
    /// It refuses the header, for a reason in its own words.
    Refused(String),
    /// No such compiler is installed.
    NoCompiler,
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
    /// A file that was named is there, but no program runs from it.
    #[error("`{path}` is {reason}")]
    NotExecutable {
        /// The path.
        path: String,
        /// What it is instead.
        reason: String,
    },
    /// Such a file contradicts itself.
    #[error("{what} cannot be read: {reason}")]
    Damaged {
        /// What of it.
        what: String,
        /// What is wrong with it.
        reason: String,
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

impl KernelError {
    /// What to do about a file that is [`KernelError::Damaged`].
    pub const DAMAGED_HELP: &str = "build or install the file, or its debug symbols, anew";

    /// What to write instead of a file that is [`KernelError::NotExecutable`].
    pub const EXECUTABLE_HELP: &str =
        "name an executable or a library: a 64-bit ELF file, as `file PATH` tells";
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
    /// `bpf_get_func_ip` in probes of processes (6.6).
    UserFunctionAddress,
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
    fn btf(&self) -> Result<&Arc<Btf>, KernelError>;

    /// Type information of a module, which continues the kernel's; nothing where no such module
    /// is loaded or it has none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn module_btf(&self, module: &str) -> Result<Option<Arc<Btf>>, KernelError>;

    /// Names of the loaded modules that have type information, sorted.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn btf_modules(&self) -> Result<Vec<String>, KernelError>;

    /// Functions of the kernel and its modules that may be traced, sorted by module and name: those
    /// of one module, or all. The kernel itself is the module `vmlinux`.
    ///
    /// # Errors
    /// When no list of them can be read.
    fn functions(&self, module: Option<&str>) -> Result<Vec<Function>, KernelError>;

    /// Whether there is a function, traceable or not.
    ///
    /// # Errors
    /// When the machine cannot be asked.
    fn has_function(&self, module: Option<&str>, name: &str) -> Result<bool, KernelError>;

    /// The BPF functions that can be traced, in the order of their programs' ids.
    ///
    /// # Errors
    /// When programs cannot be looked at.
    fn bpf_functions(&self) -> Result<Vec<BpfFunction>, KernelError>;

    /// The address of a symbol of the kernel; nothing where there is none.
    ///
    /// # Errors
    /// When addresses cannot be read.
    fn symbol_address(&self, name: &str) -> Result<Option<u64>, KernelError>;

    /// The files that a name of an executable or library stands for, each once. None where there
    /// are none.
    ///
    /// # Errors
    /// When they cannot be looked for.
    fn binaries(&self, query: BinaryQuery<'_>) -> Result<Vec<Rc<dyn Binary>>, KernelError>;

    /// A header of the system, by the name that stands in `<>`; nothing where there is none. The
    /// first so many folders are passed over.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    fn header(&self, name: &str, passed: usize) -> Result<Option<Header>, KernelError>;

    /// The same header as a C compiler's preprocessor leaves it behind these lines of C, with the
    /// macros and folders that the compiler has of itself.
    fn preprocessed(&self, name: &str, before: &str) -> Preprocessed;

    /// Whether the running kernel has something.
    fn has(&self, feature: Feature) -> bool;

    /// Whether programs of a type may call a function of the kernel's for BPF programs.
    ///
    /// # Errors
    /// When the kernel's type information cannot be read.
    fn kfunc_allowed(&self, function: TypeId, program: ProgramType) -> Result<bool, KernelError>;

    /// How many CPUs the machine may have.
    fn possible_cpus(&self) -> u32;

    /// The PID namespace that we are in, unless it is the first one.
    fn pid_namespace(&self) -> Option<PidNamespace>;

    /// The id of the cgroup at a path; nothing where there is no such directory.
    ///
    /// # Errors
    /// When the directory cannot be looked at.
    fn cgroup_id(&self, path: &str) -> Result<Option<u64>, KernelError>;
}
