//! The typed program: what codegen lowers and, in part, what the runtime carries out.
//!
//! Attach points are concrete, every expression has its [`Type`], sugar is gone. Nothing here
//! refers to the kernel's own type information any more: offsets are numbers and a [`Type`] is a
//! memory layout.

mod event;
mod expr;
mod map;
mod print;
mod print_function;
mod probe;
mod stmt;
mod target;
mod ty;
mod user;

pub use event::{Conversion, Event, EventKind, Flags, Format, Piece, Size};
pub use expr::{Act, BinaryOp, Builtin, CompareOp, Expr, ExprKind, Place, Space, UnaryOp};
pub use map::{Aggregation, Map, MapKind, MapValue, SeriesFold};
pub use probe::{Probe, ProgramType, Target, Variable};
pub use stmt::{Stmt, StmtKind};
pub use target::{AttachTarget, Counter, Fentry, FunctionHome, Iter, Kprobe, Rate, Watchpoint};
pub use ty::{
    Clock, Field, STACK_PAGE_SIZE, STACK_PAGES, StackCopyLayout, StackMode, StackSide, Type,
    align_up, struct_offsets,
};
pub use user::{Uprobe, UserPlace};

use lexer::Diagnostic;
use serde::{Deserialize, Serialize};

/// Index into [`Program::maps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapId(pub u32);

/// Index into [`Program::events`]; the first word of every ring-buffer record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub u32);

/// Index into [`Probe::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u32);

/// A whole script, resolved and typed.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// One BPF program each, in the order in which they attach.
    pub probes: Vec<Probe>,
    /// Every map of the script, in order of first appearance.
    pub maps: Vec<Map>,
    /// Every kind of ring-buffer record.
    pub events: Vec<Event>,
    /// Offset in bytes of `comm` in the kernel's `task_struct`, where BTF tells. With it the name
    /// of the current thread is read straight from `bpf_get_current_task_btf`.
    pub task_comm_offset: Option<u32>,
    /// Functions of the kernel that patterns match and that must not be traced.
    pub excluded: Vec<String>,
    /// How programs find out of whom a thread descends; for scripts that call `system`, where BTF
    /// tells.
    pub lineage: Option<Lineage>,
    /// The PID namespace that process ids are told in, where it is not the first one.
    pub pid_namespace: Option<PidNamespace>,
    /// Of which helpers that fail the programs tell. If of any, there is an event for it.
    pub helper_errors: HelperErrors,
    /// What the person chose for the run.
    pub config: Config,
    /// The named parameters that it takes, in order of first use.
    pub parameters: Vec<Parameter>,
    /// What may not be as meant.
    pub warnings: Vec<Diagnostic>,
}

/// Offsets in bytes of members of the kernel's `task_struct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// `real_parent`
    pub parent: u32,
    /// `tgid`
    pub process: u32,
    /// `start_time`, nanoseconds of `CLOCK_MONOTONIC`
    pub start: u32,
}

/// A named parameter of a script, as `getopt` asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without dashes.
    pub name: String,
    /// Its value where none is given; nothing for one that is true when it is given.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// The settings of a script, from its block and the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Bytes of a string read by `str`, its terminator not counted.
    pub max_strlen: u32,
    /// Keys of a map that declares no size.
    pub max_map_keys: u32,
    /// How many attach points a script may have.
    pub max_probes: u32,
    /// How many programs a script may have.
    pub max_bpf_progs: u32,
    /// Bytes of a value that may live on the stack of a program, rather than in scratch.
    pub on_stack_limit: u32,
    /// Unstable features that the script does not want to use, such as `map_decl`.
    pub refused: Vec<String>,
    /// Bytes that `cat` prints of a file at most.
    pub max_cat_bytes: u32,
    /// Pages of ring buffer for each CPU.
    pub perf_rb_pages: u32,
    /// What follows a string that was cut.
    pub str_trunc_trailer: String,
    /// Whether non-empty maps print at the end.
    pub print_maps_on_exit: bool,
    /// How maps print.
    pub print: MapStyle,
    /// Bytes of verifier log to ask for at first.
    pub log_size: u32,
    /// Licence of the programs; the kernel offers most helpers to `GPL` alone.
    pub license: String,
    /// What to do about a probe that matches nothing.
    pub missing_probes: MissingProbes,
    /// How stacks print that do not say.
    pub stack_mode: StackMode,
    /// Whether names of C++ and Rust print as people write them.
    pub cpp_demangle: bool,
    /// Whether stacks show source lines and inlined functions.
    pub show_debug_info: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_strlen: 1024,
            max_map_keys: 4096,
            max_probes: 1024,
            max_bpf_progs: 1024,
            on_stack_limit: 64,
            refused: Vec::new(),
            max_cat_bytes: 10240,
            perf_rb_pages: 64,
            str_trunc_trailer: "..".to_owned(),
            print_maps_on_exit: true,
            print: MapStyle::default(),
            log_size: 1_000_000,
            license: "GPL".to_owned(),
            missing_probes: MissingProbes::Error,
            stack_mode: StackMode::Bpftrace,
            cpp_demangle: true,
            show_debug_info: true,
        }
    }
}

/// Of which helpers of the kernel that fail the programs tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HelperErrors {
    /// Of none.
    #[default]
    Ignored,
    /// Of reads, insertions, and what acts on the system.
    Told,
    /// Also of look-ups and removals of keys that are not there.
    All,
}

/// How the maps of a run print, where a call does not say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapStyle {
    /// Whether entries are put in order by their keys rather than by their values.
    pub by_key: bool,
    /// Whether the greatest come first.
    pub descending: bool,
    /// How many entries print at most, the last ones in order; 0 for all.
    pub top: u32,
    /// Whether a histogram tells between what bounds its percentiles lie.
    pub percentiles: bool,
}

/// A PID namespace, as `bpf_get_ns_current_pid_tgid` wants to know it: device and inode number of
/// its file in `/proc/PID/ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PidNamespace {
    /// `st_dev` of the file.
    pub device: u64,
    /// `st_ino` of the file.
    pub inode: u64,
}

/// What to do about a probe that matches nothing or cannot attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissingProbes {
    /// Report it and end.
    Error,
    /// Say so and go on.
    Warn,
    /// Go on.
    Ignore,
}
