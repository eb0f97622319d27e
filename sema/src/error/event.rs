//! Reports about attach points that are counters, watched memory, iterators, signals.

use super::{list, near};
use lexer::{Diagnostic, Span};

pub(crate) fn unknown_event(provider: &str, name: &str, names: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-event",
        format!("there is no {provider} event `{name}`"),
    )
    .primary(span, "no such event");
    near(report, name, names, |n| format!("{provider}:{n}:"))
        .note(format!("events: {}", list(names, names.len())))
}

pub(crate) fn event_count(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "event-count",
        format!("`{text}` is not a number of events above zero"),
    )
    .primary(span, "how many?")
    .help("write a whole number, such as `100` or `1e6`, or leave it out")
}

pub(crate) fn watch_length(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("watchpoint", format!("`{text}` bytes cannot be watched"))
        .primary(span, "how many bytes?")
        .help("write 1, 2, 4 or 8")
}

pub(crate) fn watch_execute_length(span: Span) -> Diagnostic {
    Diagnostic::error("watchpoint", "an instruction is watched as 8 bytes")
        .primary(span, "another length")
        .help("write 8 for the length: `watchpoint:ADDRESS:8:x`")
}

pub(crate) fn watch_alignment(address: u64, bytes: u8, span: Span) -> Diagnostic {
    let start = address - address % u64::from(bytes);
    Diagnostic::error(
        "watchpoint",
        format!("{bytes} bytes at {address:#x} cannot be watched"),
    )
    .primary(span, format!("not a multiple of {bytes}"))
    .note("the CPU watches bytes that are aligned to their number")
    .help(format!("watch from {start:#x} on, or fewer bytes"))
}

pub(crate) fn watch_mode(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("watchpoint", format!("`{text}` is no kind of access"))
        .primary(span, "what is watched?")
        .help("write `w` (write), `rw` (read and write) or `x` (execute)")
}

pub(crate) fn watch_read_alone(span: Span) -> Diagnostic {
    Diagnostic::error("watchpoint", "this CPU cannot watch reads without writes")
        .primary(span, "reads alone")
        .help("write `rw`")
}

pub(crate) fn watch_address(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("watchpoint", format!("`{text}` is no address"))
        .primary(span, "what is watched?")
        .help("write a number, such as 0x7ffd1000; without -p and -c also a symbol of the kernel")
}

pub(crate) fn watch_argument(span: Span) -> Diagnostic {
    Diagnostic::error(
        "watchpoint",
        "watching what an argument points to is not there yet",
    )
    .primary(span, "an argument of a function")
    .help("find the address first (`uprobe:PATH:FUNCTION { print(arg0); }`), then watch it")
}

pub(crate) fn unknown_iterator(name: &str, names: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-iterator",
        format!("this kernel has no iterator `{name}`"),
    )
    .primary(span, "nothing to walk over");
    near(report, name, names, |n| format!("iter:{n}"))
        .note(format!("iterators: {}", list(names, names.len())))
}

pub(crate) fn no_context(probe: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-context", format!("`{probe}` has no `ctx`"))
        .primary(span, "no object here")
        .help("`ctx` belongs to iter probes: `iter:task { print(ctx.task.pid); }`")
}
