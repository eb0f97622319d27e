//! Reports about names that mean nothing here.

use super::{list, near, near_or, one_of};
use crate::ty::Ty;
use lexer::{Diagnostic, Span};

pub(crate) fn unknown_name(name: &str, candidates: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-name", format!("nothing is called `{name}`"))
        .primary(span, "not a built-in value, nor a constant of the kernel");
    near_or(report, name, candidates, str::to_owned, || {
        "text stands in quotes, a variable begins with `$`, a map with `@`".to_owned()
    })
}

pub(crate) fn call_without_parentheses(name: &str, signature: &str, span: Span) -> Diagnostic {
    Diagnostic::error("not-a-value", format!("`{name}` is a function"))
        .primary(span, "a function must be called")
        .help(format!("write `{signature}`"))
}

pub(crate) fn value_called(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-a-function",
        format!("`{name}` is a value, not a function"),
    )
    .primary(span, "called here")
    .help(format!("write `{name}` without the parentheses"))
}

pub(crate) fn needs_unsafe(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "needs-unsafe",
        format!("`{name}` changes the system and is off unless you allow it"),
    )
    .primary(span, "used here")
    .help("allow it with `--unsafe`")
}

pub(crate) fn unknown_signal(name: &str, known: &[String], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-signal", format!("there is no signal `{name}`"))
        .primary(span, "not a signal");
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    near(report, name, &known, str::to_owned).help("`kill -l` lists the signals")
}

pub(crate) fn no_cgroup(path: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "unknown-cgroup",
        format!("there is no control group at `{path}`"),
    )
    .primary(span, "no such directory")
    .help("give the directory of a group, below where the cgroup2 file system is mounted")
}

pub(crate) fn not_an_address(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-address", format!("`{text}` is no IP address"))
        .primary(span, "neither IPv4 nor IPv6")
        .help("write one such as `127.0.0.1` or `::1`")
}

pub(crate) fn unknown_word(function: &str, given: &str, known: &[&str], span: Span) -> Diagnostic {
    let all = list(known, known.len());
    let report = Diagnostic::error(
        "unknown-word",
        format!("`{function}` does not know this word"),
    )
    .primary(span, "none of its words")
    .help(format!("write one of {all}"));
    near(report, given, known, |word| format!("{function}({word})"))
}

pub(crate) fn wrong_provider(
    function: &str,
    provider: &str,
    works_in: &str,
    span: Span,
) -> Diagnostic {
    Diagnostic::error(
        "wrong-provider",
        format!("`{function}` makes no sense in a probe of `{provider}`"),
    )
    .primary(span, "used here")
    .help(format!("use it in {works_in}"))
}

pub(crate) fn untracked_pointer(function: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "untracked-pointer",
        format!("`{function}` cannot be given this pointer"),
    )
    .primary(span, "the kernel does not know where it comes from")
    .note("the kernel's verifier follows members from the probe's own arguments and the current task, not variables, maps and casts")
    .help(format!(
        "name all of the way in the call, as in `{function}(ctx.file.f_path)`"
    ))
}

pub(crate) fn unknown_function(name: &str, candidates: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-function", format!("there is no function `{name}`"))
        .primary(span, "not a function");
    near_or(
        report,
        name,
        candidates,
        |n| format!("{n}()"),
        || format!("functions: {}", list(candidates, candidates.len())),
    )
}

/// A name beside a text constant stands for none.
/// A value beside another one, of which is said whether it is a text constant.
pub(crate) fn not_a_text(span: Span, (beside, is_text): (Span, bool)) -> Diagnostic {
    Diagnostic::error("missing-comma", "missing `,` between two values")
        .primary(span, "not a text constant, so it is a value of its own")
        .secondary(
            beside,
            match is_text {
                true => "a text constant",
                false => "not a text constant either",
            },
        )
        .help("separate the values with `,`, and statements with `;`")
        .help("text constants that stand side by side are one; a name among them is one of `#define NAME \"text\"`")
}

/// A variable of a block that has ended.
pub(crate) fn variable_gone(name: &str, assigned: Span, span: Span) -> Diagnostic {
    Diagnostic::error("unknown-variable", format!("`{name}` has no value here"))
        .primary(span, "outside of the block that assigns it")
        .secondary(assigned, "assigned here, in a block that has ended")
        .note("a variable lives in the block that assigns it first, and in the blocks inside of that")
        .help(format!(
            "declare it before that block: `let {name};`; it is 0, or empty, where nothing assigns it"
        ))
}

pub(crate) fn unknown_variable(name: &str, candidates: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-variable", format!("`{name}` has no value here"))
        .primary(span, "not assigned before")
        .note("a variable lives in the block that assigns it first, and in that probe alone");
    let report = near(report, name, candidates, str::to_owned);
    report.help(format!(
        "assign it first: `{name} = 0;`, or use a map, `@{}`, to carry a value from probe to probe",
        name.trim_start_matches('$')
    ))
}

pub(crate) fn variable_redeclared(name: &str, span: Span, before: Span) -> Diagnostic {
    Diagnostic::error(
        "variable-redeclared",
        format!("`{name}` is declared twice in this block"),
    )
    .primary(span, "declared again")
    .secondary(before, "declared here first")
    .help("leave out this `let`, or choose another name")
}

pub(crate) fn unknown_field(name: &str, of: &str, fields: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-field", format!("{of} has no field `{name}`"))
        .primary(span, "no such field");
    if fields.is_empty() {
        return report.help(format!("{of} has no fields: leave out `.{name}`"));
    }
    one_of(report, name, "fields", fields)
}

pub(crate) fn no_fields(ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-a-struct",
        format!("a value of type `{ty}` has no fields"),
    )
    .primary(span, "this has no fields")
    .help("cast it to what it points to: `((struct task_struct *)$x).pid`")
}

pub(crate) fn no_args(probe: &str, span: Span) -> Diagnostic {
    let provider = probe.split(':').next().unwrap_or(probe);
    Diagnostic::error(
        "no-arguments",
        format!("a `{provider}` probe has no `args`"),
    )
    .primary(span, "used in a probe without arguments")
    .note(format!("this clause attaches to `{probe}`"))
    .help(
        "`args` belongs to tracepoint, rawtracepoint, fentry and fexit probes; kprobe has `arg0`, `arg1`, …",
    )
}

pub(crate) fn no_numbered_args(name: &str, probe: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-arguments",
        format!("`{name}` is not there in `{probe}`"),
    )
    .primary(span, "no numbered arguments here")
    .help("numbered arguments belong to kprobe and rawtracepoint probes; others have `args.FIELD`")
}

pub(crate) fn argument_on_stack(n: u32, registers: usize, span: Span) -> Diagnostic {
    let on_stack = n as usize - registers.min(n as usize);
    Diagnostic::error(
        "argument-on-stack",
        format!("`arg{n}` is not in a register: functions pass {registers} arguments that way"),
    )
    .primary(span, "no such register")
    .note("arguments are counted from `arg0`")
    .help(format!(
        "further arguments are on the stack: write `sarg{on_stack}`"
    ))
}

pub(crate) fn no_function(probe: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-function", format!("`{probe}` is not in a function"))
        .primary(span, "no function here")
        .help("`func` belongs to kprobe, fentry and uprobe probes; `probe` is the name of any")
}

pub(crate) fn no_return_value(probe: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-return-value",
        format!("nothing has been returned at `{probe}`"),
    )
    .primary(span, "no value here")
    .help(
        "`retval` belongs to kretprobe, fexit and uretprobe probes, of functions that return something",
    )
}

pub(crate) fn no_registers(probe: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-registers",
        format!("the registers are not known at `{probe}`"),
    )
    .primary(span, "no registers here")
    .help("`reg` belongs to kprobe, kretprobe, uprobe and uretprobe probes")
}

pub(crate) fn unknown_register(name: &str, names: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-register",
        format!("this machine has no register `{name}`"),
    )
    .primary(span, "no such register");
    near(report, name, names, |n| format!("reg(\"{n}\")"))
        .note(format!("registers: {}", list(names, names.len())))
}

pub(crate) fn unknown_map(name: &str, candidates: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-map",
        format!("`{name}` is read but never assigned"),
    )
    .primary(span, "no probe puts anything into it");
    near(report, name, candidates, str::to_owned)
        .help(format!("assign it somewhere: `{name} = 0;`"))
}

pub(crate) fn unknown_type(name: &str, candidates: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-type", format!("there is no type `{name}`"))
        .primary(span, "not a built-in type, nor one of the kernel");
    near_or(report, name, candidates, str::to_owned, || {
        "integers are `int8` to `int64` and `uint8` to `uint64`; a type of the kernel is found with `strobe -l 'struct *NAME*'`"
            .to_owned()
    })
}

pub(crate) fn unknown_map_kind(name: &str, kinds: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-type", format!("there is no kind of map `{name}`"))
        .primary(span, "not a kind of map");
    let report = near(report, name, kinds, str::to_owned);
    report.help(format!(
        "write one of {}, with a number of keys: `let @m = hash(100);`",
        list(kinds, kinds.len())
    ))
}

/// A struct, union or enum of which neither the script nor the kernel knows the name.
pub(crate) fn unknown_tag(word: &str, name: &str, names: &[&str], span: Span) -> Diagnostic {
    let report = Diagnostic::error("unknown-type", format!("there is no type `{word} {name}`"))
        .primary(span, "neither the script nor the kernel defines it");
    near_or(
        report,
        name,
        names,
        |near| format!("{word} {near}"),
        || format!("define it in the script, or find its name with `strobe -l '{word} *NAME*'`"),
    )
}

pub(crate) fn outside_loop(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("outside-loop", format!("`{word}` outside a loop"))
        .primary(span, "no loop around this")
        .help("to end the probe, write `return`")
}
