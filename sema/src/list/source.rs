//! Where the names of probes come from, provider by provider.

use super::function;
use crate::kernel::glob::is_pattern;
use crate::kernel::{Kernel, KernelError};
use crate::provider::rawtracepoint;

/// The probes of one provider.
pub(super) struct Source {
    /// The provider's name.
    pub name: &'static str,
    /// Its short name.
    pub short: Option<&'static str>,
    /// How many parts follow the provider in a full name.
    pub parts: usize,
    /// Whether it is the first of the parts that may be left out, rather than the last.
    pub leads: bool,
    /// Full names of its probes; all of them, or at least those that the pattern matches.
    pub names: fn(&dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError>,
}

/// Every provider whose probes can be listed, in the order in which they are.
pub(super) const SOURCES: &[Source] = &[
    Source {
        name: "begin",
        short: None,
        parts: 0,
        leads: false,
        names: |_, _| Ok(vec!["begin".to_owned()]),
    },
    Source {
        name: "end",
        short: None,
        parts: 0,
        leads: false,
        names: |_, _| Ok(vec!["end".to_owned()]),
    },
    Source {
        name: "fentry",
        short: Some("f"),
        parts: 2,
        leads: true,
        names: function::fentries,
    },
    Source {
        name: "fexit",
        short: Some("fr"),
        parts: 2,
        leads: true,
        names: function::fexits,
    },
    Source {
        name: "hardware",
        short: Some("h"),
        parts: 2,
        leads: false,
        names: |_, _| Ok(counted("hardware", HARDWARE)),
    },
    Source {
        name: "interval",
        short: Some("i"),
        parts: 2,
        leads: false,
        names: |_, _| Ok(counted("interval", UNITS)),
    },
    Source {
        name: "iter",
        short: Some("it"),
        parts: 1,
        leads: false,
        names: function::iterators,
    },
    Source {
        name: "kprobe",
        short: Some("k"),
        parts: 1,
        leads: false,
        names: function::kprobes,
    },
    Source {
        name: "kretprobe",
        short: Some("kr"),
        parts: 1,
        leads: false,
        names: function::kretprobes,
    },
    Source {
        name: "profile",
        short: Some("p"),
        parts: 2,
        leads: false,
        names: |_, _| Ok(counted("profile", UNITS)),
    },
    Source {
        name: "rawtracepoint",
        short: Some("rt"),
        parts: 2,
        leads: true,
        names: raw_tracepoints,
    },
    Source {
        name: "software",
        short: Some("s"),
        parts: 2,
        leads: false,
        names: |_, _| Ok(counted("software", SOFTWARE)),
    },
    Source {
        name: "tracepoint",
        short: Some("t"),
        parts: 2,
        leads: false,
        names: tracepoints,
    },
];

/// Units of timers.
const UNITS: &[&str] = &["hz", "ms", "s", "us"];

/// Names of `enum perf_sw_ids` (`linux/perf_event.h`) and the short ones of some.
const SOFTWARE: &[&str] = &[
    "alignment-faults",
    "bpf-output",
    "context-switches",
    "cpu",
    "cpu-clock",
    "cpu-migrations",
    "cs",
    "dummy",
    "emulation-faults",
    "faults",
    "major-faults",
    "minor-faults",
    "page-faults",
    "task-clock",
];

/// Names of `enum perf_hw_id` (`linux/perf_event.h`) and the short ones of some.
const HARDWARE: &[&str] = &[
    "backend-stalls",
    "branch-instructions",
    "branch-misses",
    "branches",
    "bus-cycles",
    "cache-misses",
    "cache-references",
    "cpu-cycles",
    "cycles",
    "frontend-stalls",
    "instructions",
    "ref-cycles",
];

/// Probes that take a count as their last part, which is left empty.
fn counted(provider: &str, names: &[&str]) -> Vec<String> {
    let names = names.iter();
    names.map(|name| format!("{provider}:{name}:")).collect()
}

fn tracepoints(kernel: &dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError> {
    // One subsystem is a short walk, all of them a long one.
    let system = pattern.split(':').nth(1).filter(|part| !is_pattern(part));
    let names = match kernel.tracepoints(system) {
        Ok(names) => names.into_iter(),
        Err(error) => return typed_tracepoints(kernel).ok_or(error),
    };
    let full = names.map(|name| format!("tracepoint:{}:{}", name.system, name.event));
    Ok(full.collect())
}

/// The tracepoints that type information knows, where nothing else can be read. Their subsystems it does
/// not know.
fn typed_tracepoints(kernel: &dyn Kernel) -> Option<Vec<String>> {
    let events = rawtracepoint::events(kernel.btf().ok()?);
    Some(
        events
            .map(|event| format!("tracepoint:*:{event}"))
            .collect(),
    )
}

fn raw_tracepoints(kernel: &dyn Kernel, _: &str) -> Result<Vec<String>, KernelError> {
    let btf = kernel.btf()?;
    let events = rawtracepoint::events(btf);
    let mut names: Vec<String> = events
        .map(|event| format!("rawtracepoint:{}:{event}", btf.name()))
        .collect();
    for module in kernel.btf_modules()? {
        if let Some(btf) = kernel.module_btf(&module)? {
            let events = rawtracepoint::own_events(kernel, &btf)?;
            names.extend(events.map(|event| format!("rawtracepoint:{module}:{event}")));
        }
    }
    Ok(names)
}
