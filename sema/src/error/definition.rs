//! Reports about the C definitions of a script.

use super::near_or;
use crate::definitions::Unaided;
use crate::kernel::btf::Kind;
use lexer::{Diagnostic, Span};

pub(crate) fn unknown_c_type(name: &str, names: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-type", format!("there is no type `{name}`"))
        .primary(span, "neither the script nor the kernel defines it");
    near_or(report, name, names, str::to_owned, || {
        "define it before, or include the header that does".to_owned()
    })
}

pub(crate) fn redefined(name: &str, span: Span, before: Span) -> Diagnostic {
    Diagnostic::error("redefined", format!("`{name}` is defined twice"))
        .primary(span, "defined again")
        .secondary(before, "defined here first")
        .help("give one of them another name, or drop it")
}

pub(crate) fn member_twice(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("redefined", format!("there are two members `{name}`"))
        .primary(span, "the second of this name")
        .help("give one of them another name")
}

pub(crate) fn incomplete_member(name: &str, span: Span) -> Diagnostic {
    let message = match name {
        "" => "the type of this member has no size".to_owned(),
        name => format!("the type of `{name}` has no size"),
    };
    Diagnostic::error("incomplete-type", message)
        .primary(span, "only declared, a function, or `void`")
        .help("define the type before this, or make the member a pointer")
}

pub(crate) fn only_declared(name: &str, kind: Kind, span: Span) -> Diagnostic {
    let word = match kind {
        Kind::Union => "union",
        _ => "struct",
    };
    Diagnostic::error(
        "incomplete-type",
        format!("nobody says what is in `{word} {name}`"),
    )
    .primary(span, "only declared, not defined")
    .note("neither the kernel nor a loaded module describes its members")
    .help(format!(
        "load the module that it belongs to, or define it: `{word} {name} {{ … }};` before the probes"
    ))
}

pub(crate) fn bit_field(name: &str, bits: u64, integer: bool, span: Span) -> Diagnostic {
    let message = match integer {
        true => format!("the bit-field `{name}` must have 1 to {bits} bits"),
        false => format!("the bit-field `{name}` is not an integer"),
    };
    Diagnostic::error("bad-bit-field", message)
        .primary(span, "not possible in C")
        .help("bit-fields are written `unsigned int flag : 1;`")
}

pub(crate) fn bad_alignment(bytes: u64, span: Span) -> Diagnostic {
    Diagnostic::error(
        "bad-alignment",
        format!("nothing can be aligned to {bytes}"),
    )
    .primary(span, "not a power of two")
    .help("choose 1, 2, 4, 8, 16, …")
}

pub(crate) fn bad_array(sized: bool, span: Span) -> Diagnostic {
    let (message, why) = match sized {
        true => ("this array is too large", "more than 256 MiB"),
        false => (
            "the elements of this array have no size",
            "only declared, a function, or `void`",
        ),
    };
    Diagnostic::error("bad-array", message)
        .primary(span, why)
        .help("an array is written `type name[length]`, with a type that is defined")
}

pub(crate) fn c_type_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("type-too-large", "this type is too large")
        .primary(
            span,
            "more than 256 MiB, 2 MiB with bit-fields, or 65535 members",
        )
        .help("define the part of it that you read")
}

pub(crate) fn not_a_c_constant(why: &str, span: Span) -> Diagnostic {
    Diagnostic::error("not-constant", format!("this has no constant value: {why}"))
        .primary(span, "must be known when compiling")
        .help("numbers, constants of enums, macros, `sizeof` and operators can stand here")
}

pub(crate) fn negative_size(value: i128, span: Span) -> Diagnostic {
    Diagnostic::error("out-of-range", format!("a size cannot be {value}"))
        .primary(span, "below zero")
        .help("give 0 or more")
}

pub(crate) fn no_own_header(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-header", format!("there is no header `{name}`"))
        .primary(span, "included here")
        .note("a header in quotes is looked for beside the script, then where -I says")
        .help(format!("correct the path, or say where it is: `-I DIRECTORY`; for a header of the system write `<{name}>`"))
}

/// Directories of headers that the kernel itself has and does not give to programs.
const KERNEL_INTERNAL: [&str; 8] = [
    "net/",
    "trace/",
    "crypto/",
    "acpi/",
    "generated/",
    "uapi/",
    "kunit/",
    "keys/",
];

/// Headers in `linux/` and `asm/` that belong to the kernel alone; of the others most are for
/// programs too.
const KERNEL_ALONE: [&str; 12] = [
    "sched", "fs", "mm", "mm_types", "skbuff", "dcache", "path", "blkdev", "kernel", "slab",
    "list", "device",
];

fn is_kernel_internal(name: &str) -> bool {
    let alone = |name: &str| {
        KERNEL_ALONE
            .iter()
            .any(|one| name == format!("linux/{one}.h"))
    };
    KERNEL_INTERNAL.iter().any(|start| name.starts_with(start)) || alone(name)
}

pub(crate) fn no_header(name: &str, span: Span) -> Diagnostic {
    let for_programs = ["linux/", "asm/", "asm-generic/", "rdma/", "sound/", "mtd/"];
    let package = if is_kernel_internal(name) {
        "install the headers of the running kernel, `linux-headers-$(uname -r)`"
    } else if for_programs.iter().any(|start| name.starts_with(start)) {
        "install `linux-libc-dev`, and `linux-headers-$(uname -r)` if it is a header of the kernel alone"
    } else {
        "install the package that has it (`libc6-dev` for headers of the C library)"
    };
    Diagnostic::error(
        "no-header",
        format!("there is no header `{name}` on this machine"),
    )
    .primary(span, "included here")
    .note("what the kernel's type information (BTF) holds needs no header")
    .help(format!(
        "drop the line if only the kernel's types are used; else {package}, or say where it is: \
             `-I DIRECTORY`"
    ))
}

/// Whether a report is of a name that a header may define.
pub(crate) fn may_want_header(report: &Diagnostic) -> bool {
    matches!(
        report.code,
        "unknown-name" | "unknown-type" | "unknown-function"
    )
}

/// Such a report, where headers of the system were read without the help of a C compiler.
pub(crate) fn without_compiler(report: Diagnostic, unaided: &Unaided) -> Diagnostic {
    match unaided {
        Unaided::NoCompiler => report
            .note("the headers were read without a C compiler, which leaves out what only one understands")
            .help("if a header has it: `apt-get install clang`; what the kernel's type information (BTF) holds needs neither"),
        Unaided::Refused(reason) => report
            .note(format!("clang refuses the headers, which were read without it: {reason}"))
            .help("if a header has it: leave out the one that clang refuses, or write the definition into the script"),
    }
}

pub(crate) fn macro_without_value(name: &str, span: Span, text: Span) -> Diagnostic {
    Diagnostic::error(
        "macro-without-value",
        format!("the macro `{name}` is not a value"),
    )
    .primary(span, "used as a value")
    .secondary(text, "not an expression of a script")
    .help("macros for scripts are numbers, texts and expressions")
}

pub(crate) fn macro_too_deep(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("too-deeply-nested", format!("`{name}` expands without end"))
        .primary(span, "one macro too many inside another")
        .help("write the value itself")
}
