//! Probes: one BPF program each, and the places it attaches to.

use super::{Expr, Stmt, Type};
use lexer::Span;
use serde::{Deserialize, Serialize};

/// One BPF program.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Unique name of the program: a valid symbol of at most 15 bytes.
    pub symbol: String,
    /// Its kernel type, which fixes its context.
    pub program: ProgramType,
    /// Where it attaches; never empty.
    pub targets: Vec<Target>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// When it runs; Bool.
    pub predicate: Option<Expr>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// The clause in the source.
    pub span: Span,
}

/// A variable of a probe. Two variables of one name in separate blocks are two of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name with its `$`.
    pub name: String,
    /// Type that fits all of its assignments.
    pub ty: Type,
}

/// A concrete place to attach to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The full name, as `probe` gives it: `tracepoint:syscalls:sys_enter_read`.
    pub name: String,
    /// How to attach.
    pub attach: AttachTarget,
}

/// Kernel type of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProgramType {
    /// `BPF_PROG_TYPE_TRACEPOINT`: the context is the event's record.
    Tracepoint,
    /// `BPF_PROG_TYPE_RAW_TRACEPOINT`: the context is the event's arguments, 8 bytes each. Also
    /// the type of `begin` and `end`.
    RawTracepoint,
    /// `BPF_PROG_TYPE_PERF_EVENT`: the context is `struct bpf_perf_event_data`.
    PerfEvent,
}

/// How a program is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachTarget {
    /// Run once before anything else is attached.
    Begin,
    /// Run once when all else is detached.
    End,
    /// A timer on one CPU.
    Interval(Rate),
    /// A timer on every CPU.
    Profile(Rate),
    /// A tracepoint by perf event.
    Tracepoint {
        /// The subsystem.
        system: String,
        /// The event.
        event: String,
        /// Its number, from the `id` file.
        id: u64,
    },
    /// A tracepoint as a raw tracepoint: by name, without record.
    RawTracepoint {
        /// The event.
        event: String,
    },
}

/// How often a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rate {
    /// Nanoseconds from one to the next.
    Period(u64),
    /// Times a second.
    Hertz(u64),
}
