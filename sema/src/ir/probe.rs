//! Probes: one BPF program each, and the places it attaches to.

use super::{AttachTarget, Expr, Stmt, Type};
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
    /// `BPF_PROG_TYPE_KPROBE`: the context is `struct pt_regs`. For functions of the kernel and of
    /// processes.
    Kprobe,
    /// `BPF_PROG_TYPE_TRACING`: the context is a function's arguments, 8 bytes each, and its
    /// return value behind them; or what an iterator is at. Loaded anew for every target.
    Tracing,
}

impl ProgramType {
    /// Whether one program can tell its targets apart: each gets a cookie when it is attached.
    pub fn has_cookie(self) -> bool {
        match self {
            // Raw tracepoints have cookies only since 6.10.
            Self::RawTracepoint => false,
            Self::Tracepoint | Self::PerfEvent | Self::Kprobe | Self::Tracing => true,
        }
    }
}
