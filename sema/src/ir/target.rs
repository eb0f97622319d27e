//! Concrete places to attach to, by kind.

use super::{Space, Uprobe};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

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
    /// An instruction of the kernel, or the return from one of its functions.
    Kprobe(Kprobe),
    /// A function of the kernel or of a BPF program, by its type information.
    Fentry(Fentry),
    /// A counter of the kernel or of the CPU that has counted so many events.
    Counter(Counter),
    /// Instructions of a file that processes run, or the returns from its functions.
    Uprobe(Uprobe),
    /// Accesses to memory.
    Watchpoint(Watchpoint),
    /// A walk over objects of the kernel.
    Iter(Iter),
    /// Run when strobe gets this signal, by its number.
    Signal(i32),
    /// Run once by `--test`, under this name.
    Test(String),
    /// Run many times by `--bench`, under this name.
    Bench(String),
}

/// Where a kprobe is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kprobe {
    /// The module that the function is in, where it was named.
    pub module: Option<String>,
    /// The function; empty for a bare address.
    pub function: String,
    /// Bytes behind the start of the function; without one the address.
    pub offset: u64,
    /// Whether it runs when the function returns.
    pub is_return: bool,
    /// Whether a pattern found it: the kernel may refuse it without harm.
    pub by_pattern: bool,
}

/// A function that is traced by its type information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fentry {
    /// What it is a function of.
    pub of: FunctionHome,
    /// Its name.
    pub function: String,
    /// The number of its type there.
    pub btf_id: u32,
    /// Whether it runs when the function returns.
    pub is_return: bool,
    /// Whether a pattern found it: the kernel may refuse it without harm.
    pub by_pattern: bool,
}

/// What a function is part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionHome {
    /// The kernel itself.
    Kernel,
    /// A module.
    Module(String),
    /// A BPF program, by its id.
    Program(u32),
}

/// A counter that runs programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Whether the CPU counts, rather than the kernel.
    pub hardware: bool,
    /// `enum perf_sw_ids` or `enum perf_hw_id` of `linux/perf_event.h`.
    pub event: u64,
    /// How many events from one run to the next.
    pub period: u64,
}

/// Accesses to memory that run programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchpoint {
    /// The first byte.
    pub address: u64,
    /// How many bytes: 1, 2, 4 or 8.
    pub length: u8,
    /// `HW_BREAKPOINT_*` bits of `linux/hw_breakpoint.h`.
    pub modes: u8,
    /// The process whose memory it is; nothing for the kernel's.
    pub pid: Option<u32>,
}

/// A walk over objects of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iter {
    /// What is walked: `task`, `task_file`.
    pub target: String,
    /// The number of the type of its function.
    pub btf_id: u32,
    /// A path in the BPF file system where it is left for others to read.
    pub pin: Option<String>,
}

/// How often a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rate {
    /// Nanoseconds from one to the next.
    Period(u64),
    /// Times a second.
    Hertz(u64),
}

impl AttachTarget {
    /// The function that it is in, if it is in one.
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Kprobe(kprobe) => Some(&kprobe.function),
            Self::Fentry(fentry) => Some(&fentry.function),
            Self::Uprobe(uprobe) => Some(uprobe.function.as_str()).filter(|name| !name.is_empty()),
            _ => None,
        }
    }

    /// The module whose code it is in, where it is said to be in one.
    pub fn module(&self) -> Option<&str> {
        match self {
            Self::Kprobe(kprobe) => kprobe.module.as_deref(),
            Self::Fentry(Fentry {
                of: FunctionHome::Module(module),
                ..
            }) => Some(module),
            _ => None,
        }
    }

    /// Whose memory the stack pointer of its context is an address of.
    pub fn memory(&self) -> Space {
        match self {
            Self::Uprobe(_) => Space::User,
            _ => Space::Kernel,
        }
    }
}

impl Display for AttachTarget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("run at begin"),
            Self::End => f.write_str("run at end"),
            Self::Interval(rate) => write!(f, "timer on one CPU, {rate}"),
            Self::Profile(rate) => write!(f, "timer on every CPU, {rate}"),
            Self::Tracepoint { id, .. } => write!(f, "tracepoint {id} by perf event"),
            Self::RawTracepoint { event } => write!(f, "raw tracepoint {event}"),
            Self::Kprobe(kprobe) => write!(f, "{kprobe}"),
            Self::Fentry(fentry) => write!(f, "{fentry}"),
            Self::Uprobe(uprobe) => write!(f, "{uprobe}"),
            Self::Counter(counter) => {
                let kind = if counter.hardware { "CPU" } else { "kernel" };
                let (event, period) = (counter.event, counter.period);
                write!(f, "event {event} of the {kind}, every {period}")
            }
            Self::Watchpoint(watch) => {
                let (address, length, modes) = (watch.address, watch.length, watch.modes);
                write!(f, "{length} bytes at {address:#x}, mode {modes}")
            }
            Self::Iter(iter) => write!(f, "iterator {}, type {}", iter.target, iter.btf_id),
            Self::Signal(number) => write!(f, "run at signal {number}"),
            Self::Test(name) => write!(f, "run as test {name}"),
            Self::Bench(name) => write!(f, "run as bench {name}"),
        }
    }
}

impl Display for Kprobe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_return {
            "return from "
        } else {
            "instruction at "
        })?;
        if let Some(module) = &self.module {
            write!(f, "{module}:")?;
        }
        write!(f, "{}+{:#x}", self.function, self.offset)
    }
}

impl Display for Fentry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_return { "exit" } else { "entry" })?;
        match &self.of {
            FunctionHome::Kernel => {}
            FunctionHome::Module(module) => write!(f, " of module {module}")?,
            FunctionHome::Program(id) => write!(f, " of program {id}")?,
        }
        write!(f, " of function {}, type {}", self.function, self.btf_id)
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period(ns) => write!(f, "every {ns} ns"),
            Self::Hertz(hertz) => write!(f, "{hertz} times a second"),
        }
    }
}
