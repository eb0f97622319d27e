//! Reports about attach points that are functions of the kernel or of BPF programs.

use super::{list, near};
use crate::kernel::BpfFunction;
use lexer::{Diagnostic, Span};

pub(crate) fn unknown_function_of_kernel(
    provider: &str,
    module: Option<&str>,
    function: &str,
    names: &[&str],
    span: Span,
) -> Diagnostic {
    let place = match module {
        Some(module) => format!("module `{module}`"),
        None => "the kernel".to_owned(),
    };
    let report = Diagnostic::error(
        "unknown-kernel-function",
        format!("there is no function `{function}` in {place}"),
    )
    .primary(span, "no such function");
    let written = |name: &str| match module {
        Some(module) => format!("{provider}:{module}:{name}"),
        None => format!("{provider}:{name}"),
    };
    // A part of the name may lead there, where the whole name does not.
    let stem = function.split(['_', '.']).max_by_key(|part| part.len());
    let stem = stem.filter(|stem| !stem.is_empty()).unwrap_or(function);
    near(report, function, names, written)
        .note("a function may be inlined in this kernel, or have another name in its version")
        .help(format!(
            "see what there is with `strobe -l '{}'`",
            written(&format!("*{stem}*"))
        ))
}

pub(crate) fn needs_unsafe_address(span: Span) -> Diagnostic {
    Diagnostic::error(
        "unsafe-address",
        "a kprobe on a bare address may stop the machine",
    )
    .primary(span, "nobody checks that an instruction starts here")
    .help("name the function and the offset in it, or allow it with `--unsafe`")
}

pub(crate) fn bad_offset(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "attach-point-offset",
        format!("`{text}` is not a number of bytes"),
    )
    .primary(span, "the offset does not read as a number")
    .help("write `function+16` or `function+0x10`")
}

pub(crate) fn return_with_offset(function: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "attach-point-offset",
        "a return probe has no offset: a function returns as a whole",
    )
    .primary(span, "offset in a return probe")
    .help(format!("write `kretprobe:{function}`, or use a kprobe"))
}

pub(crate) fn no_bpf_program(name: &str, all: &[BpfFunction], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-bpf-program",
        format!("no function of a loaded BPF program is called `{name}`"),
    )
    .primary(span, "no such program");
    let mut names: Vec<&str> = all.iter().map(|f| f.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let report = near(report, name, &names, |n| format!("fentry:bpf:{n}"));
    if names.is_empty() {
        return report.note("no loaded BPF program has type information");
    }
    report.note(format!("there are {}", list(&names, 10)))
}
