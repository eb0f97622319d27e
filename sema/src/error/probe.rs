//! Reports about attach points and settings.

use super::{kernel, near, one_of};
use crate::kernel::{KernelError, TracepointName};
use crate::provider::{self, Provider};
use lexer::{Diagnostic, Span};

pub(crate) fn no_probes() -> Diagnostic {
    Diagnostic::error(
        "empty-script",
        "the script has no probe, so there is nothing to run",
    )
    .help("write a probe and what it does: `begin { printf(\"hello\\n\"); }`")
}

pub(crate) fn no_probe_wanted(filter: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-probe-wanted",
        format!("`--probe-filter {filter}` leaves nothing of the script"),
    )
    .primary(span, "no attach point of the script fits")
    .help("a filter is a pattern of whole names, such as `tracepoint:*`; see them with `-l SCRIPT`")
}

pub(crate) fn too_many_probes(count: usize, limit: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-many-probes",
        format!("the script has {count} attach points; {limit} are allowed"),
    )
    .primary(span, "the first clause")
    .help(format!(
        "narrow the wildcards, or set `config = {{ max_probes = {count} }}`"
    ))
}

pub(crate) fn too_many_programs(count: usize, limit: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-many-programs",
        format!("the script takes {count} BPF programs; {limit} are allowed"),
    )
    .primary(span, "the first clause")
    .help(format!(
        "narrow the wildcards, or set `config = {{ max_bpf_progs = {count} }}`"
    ))
}

pub(crate) fn refused(feature: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "refused-feature",
        format!("the script does not want {what}: `unstable_{feature}` is `error`"),
    )
    .primary(span, "used here")
    .help(format!(
        "set `unstable_{feature} = enable`, or leave this out"
    ))
}

pub(crate) fn unknown_provider(name: &str, span: Span) -> Diagnostic {
    let names: Vec<&str> = provider::names().collect();
    let report = Diagnostic::error(
        "unknown-provider",
        format!("there is no probe provider `{name}`"),
    )
    .primary(span, "not a provider");
    one_of(report, name, "providers", &names)
}

/// Events that tracefs alone would tell of, which cannot be read.
pub(crate) fn without_tracefs(e: &KernelError, system: &str, span: Span) -> Diagnostic {
    let report = kernel(e, span);
    match system {
        "syscalls" => report
            .note("of the events of single system calls no one else knows")
            .help("use `rawtracepoint:sys_enter`: `args.id` is the call's number, and `syscall_name(args.id)` its name"),
        "*" => report,
        _ => report
            .note("no one else knows of which subsystem an event is")
            .help("write `tracepoint:*:…` for a pattern, or the whole name of the event"),
    }
}

/// A field of a record where there are the arguments of the function behind it.
pub(crate) fn no_record(name: &str, probe: &str, arguments: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error(
        "unknown-field",
        format!("`{probe}` has no `{name}` here: the record is in the tracing file system (tracefs), which cannot be read"),
    )
    .primary(span, "a field of the record")
    .note(format!(
        "what type information tells are the arguments of the function behind it: `{}`",
        arguments.join("`, `")
    ))
    .help("use those, or run strobe as root (sudo strobe …)")
}

/// The name of a tracepoint where a provider should be.
pub(crate) fn bare_tracepoint(homes: &[&TracepointName], span: Span) -> Diagnostic {
    let written = |name: &TracepointName| format!("tracepoint:{}:{}", name.system, name.event);
    let names: Vec<String> = homes.iter().map(|name| written(name)).collect();
    Diagnostic::error(
        "unknown-provider",
        "the name of a tracepoint stands behind its provider and its subsystem",
    )
    .primary(span, "a tracepoint, not a provider")
    .help(format!("write `{}`", names.join("` or `")))
}

pub(crate) fn attach_point_form(provider: &Provider, span: Span) -> Diagnostic {
    Diagnostic::error(
        "attach-point-form",
        format!("`{}` is not written like this", provider.name),
    )
    .primary(span, "unexpected form")
    .help(format!("write {}", provider.forms))
}

pub(crate) fn timer_count(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "timer-count",
        format!("`{text}` is not a number of units above zero"),
    )
    .primary(span, "how many?")
    .help("write a whole number: `interval:s:1`, `profile:hz:99`")
}

pub(crate) fn timer_unit(text: &str, span: Span) -> Diagnostic {
    let units = ["us", "ms", "s", "hz"];
    let report = Diagnostic::error("timer-unit", format!("`{text}` is not a unit of time"))
        .primary(span, "unknown unit");
    one_of(report, text, "units", &units)
}

pub(crate) fn no_match(pattern: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-match",
        format!("nothing on this machine matches `{pattern}`"),
    )
    .primary(span, "matches nothing")
    .help(format!(
        "see what there is with `strobe -l '{}*'`",
        before_wildcard(pattern)
    ))
}

fn before_wildcard(pattern: &str) -> &str {
    pattern.split(['*', '?', '[']).next().unwrap_or(pattern)
}

pub(crate) fn unknown_tracepoint(
    system: &str,
    event: &str,
    all: &[&str],
    span: Span,
) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-tracepoint",
        format!("there is no tracepoint `{event}` in `{system}`"),
    )
    .primary(span, "no such event");
    near(report, event, all, |n| format!("tracepoint:{system}:{n}")).help(format!(
        "see what there is with `strobe -l 'tracepoint:{system}:*'`"
    ))
}

pub(crate) fn unknown_subsystem(
    system: &str,
    event: &str,
    all: &[TracepointName],
    span: Span,
) -> Diagnostic {
    let mut systems: Vec<&str> = all.iter().map(|name| name.system.as_str()).collect();
    systems.dedup();
    let mut report = Diagnostic::error(
        "unknown-tracepoint",
        format!("there is no tracepoint `{event}` in a subsystem `{system}`"),
    )
    .primary(span, "no such tracepoint");
    let homes: Vec<&str> = all
        .iter()
        .filter(|name| name.event == event)
        .map(|name| name.system.as_str())
        .collect();
    for home in &homes {
        report = report.help(format!("did you mean `tracepoint:{home}:{event}`?"));
    }
    if homes.is_empty() {
        report = near(report, system, &systems, |n| {
            format!("tracepoint:{n}:{event}")
        });
    }
    report.help("see what there is with `strobe -l 'tracepoint:*'`")
}

pub(crate) fn unknown_raw_tracepoint(event: &str, all: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-tracepoint",
        format!("there is no raw tracepoint `{event}`"),
    )
    .primary(span, "no such event");
    near(report, event, all, |n| format!("rawtracepoint:{n}"))
        .help("see what there is with `strobe -l 'rawtracepoint:*'`")
}

/// A function that the verifier takes no program for, without a word.
pub(crate) fn not_traceable(provider: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-traceable",
        format!("`{name}` cannot be traced by `{provider}`"),
    )
    .primary(span, "refused by the kernel")
    .note("it runs while a program is started, so that its own would never be")
    .help("trace a function that calls it")
}

pub(crate) fn no_module(module: &str, span: Span) -> Diagnostic {
    Diagnostic::error("unknown-module", format!("no module `{module}` is loaded"))
        .primary(span, "no such module")
        .help("the kernel itself is `vmlinux`, or leave the module out")
}

pub(crate) fn unknown_setting(name: &str, all: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-config", format!("there is no setting `{name}`"))
        .primary(span, "unknown setting");
    one_of(report, name, "settings", all)
}

pub(crate) fn setting_value(name: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("config-value", format!("`{name}` takes {wanted}"))
        .primary(span, "this does not do")
        .help(format!("write {wanted}"))
}

/// A setting from the environment, which has no place in the script.
pub(crate) fn environment_value(name: &str, value: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        "config-value",
        format!("the environment sets `{name}` to `{value}`, but it takes {wanted}"),
    )
    .help(format!(
        "set STROBE_{} to {wanted}, or unset it",
        name.to_uppercase()
    ))
}

pub(crate) fn pin_name(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("pin-name", format!("no iterator can be pinned as `{name}`"))
        .primary(span, "not a name in the BPF file system")
        .note("that file system has no names with a dot, and none that are empty")
        .help("write a name, for a file in `/sys/fs/bpf`, or a path: `iter:task:tasks`")
}

/// What the program of a pinned iterator asks of strobe.
pub(crate) fn pinned_output(span: Span) -> Diagnostic {
    Diagnostic::error("pinned-output", "a pinned iterator has no one to do this")
        .primary(span, "strobe would have to do it")
        .note("its program runs when somebody reads the file, and strobe has ended by then")
        .help("print with `printf`, or leave out the pin")
}

/// A conversion of `printf` that the kernel does not know.
pub(crate) fn pinned_conversion(value: Span, format: Span) -> Diagnostic {
    Diagnostic::error(
        "pinned-format",
        "a pinned iterator cannot print this value in this format",
    )
    .primary(value, "the kernel has no text for it")
    .secondary(format, "the format")
    .note("the kernel itself puts the text together, of numbers, addresses and strings")
    .help("use `%d`, `%u`, `%x`, `%c`, `%p`, and `%s` for numbers and strings, without a precision")
}
