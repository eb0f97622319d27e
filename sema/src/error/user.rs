//! Reports about executables and libraries.

use super::near;
use lexer::{Diagnostic, Span};

pub(crate) fn no_binary(name: &str, pid: Option<u32>, span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "no-binary",
        format!("there is no executable or library `{name}`"),
    )
    .primary(span, "not found");
    let report = match pid {
        Some(pid) => report.note(format!(
            "looked for among the files that process {pid} sees"
        )),
        None => report,
    };
    if name.contains('/') {
        return report.help(match pid {
            Some(pid) => format!(
                "check the path; the program itself, though it was deleted, is `/proc/{pid}/exe`"
            ),
            None => "check the path".to_owned(),
        });
    }
    report
        .note("a bare name is looked for in the libraries of ld.so.cache and in $PATH")
        .help("write a path: `uprobe:/usr/bin/bash:readline`")
}

pub(crate) fn unknown_user_function(
    name: &str,
    path: &str,
    all: &[&str],
    span: Span,
) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-user-function",
        format!("there is no function `{name}` in `{path}`"),
    )
    .primary(span, "no such function");
    if all.is_empty() {
        return report
            .note("the file has no symbols")
            .help("install its debug symbols, or name an address: `uprobe:PATH:0x1234`");
    }
    near(report, name, all, str::to_owned).help(format!(
        "see what there is with `strobe -l 'uprobe:{path}:*'`"
    ))
}

pub(crate) fn return_from_instruction(span: Span) -> Diagnostic {
    Diagnostic::error(
        "return-from-instruction",
        "a `uretprobe` runs when a function returns, and an instruction does not",
    )
    .primary(span, "not a function")
    .help("name the function alone, or use a `uprobe`")
}

pub(crate) fn offset_outside(name: &str, offset: u64, size: u64, span: Span) -> Diagnostic {
    Diagnostic::error(
        "offset-outside",
        format!("`{name}` is {size} bytes long, so {offset} is outside of it"),
    )
    .primary(span, "behind the end")
    .help(format!("use an offset below {size}"))
}

pub(crate) fn offset_inside_instruction(
    name: &str,
    offset: u64,
    (before, next): (u64, u64),
    span: Span,
) -> Diagnostic {
    Diagnostic::error(
        "offset-inside-instruction",
        format!("no instruction of `{name}` starts at {offset}"),
    )
    .primary(span, "inside an instruction")
    .note("a breakpoint there would change what the instruction does")
    .help(format!(
        "the nearest that start are `{name}+{before}` and `{name}+{next}`"
    ))
}

pub(crate) fn address_not_code(address: u64, path: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "address-not-code",
        format!("`{path}` has no code at {address:#x}"),
    )
    .primary(span, "no code here")
    .note("addresses are those of the file's own tables, as `nm` and `objdump` show them")
    .help(format!(
        "name a function instead: `strobe -l 'uprobe:{path}:*'` shows them"
    ))
}

pub(crate) fn address_outside(address: u64, path: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "address-outside",
        format!("no function of `{path}` is at {address:#x}"),
    )
    .primary(span, "outside of every function")
    .note("whether an instruction starts there cannot be checked")
    .help("use `--unsafe` if you know that one does")
}

pub(crate) fn no_debug_information(path: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-debug-information",
        format!("`{path}` has no debug information, so its source lines are not known"),
    )
    .primary(span, "a source line")
    .help("build it with `-g`, or install its debug symbols")
}

pub(crate) fn no_code_at_line(path: &str, file: &str, line: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-code-at-line",
        format!("`{path}` has no code for line {line} of `{file}`"),
    )
    .primary(span, "no code")
    .note("comments, declarations and what was optimised away have none")
    .help("name a line with a statement, or the function: `uprobe:PATH:function`")
}

pub(crate) fn no_static_probe(name: &str, path: &str, all: &[String], span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "no-static-probe",
        format!("there is no static probe `{name}` in `{path}`"),
    )
    .primary(span, "no such probe");
    if all.is_empty() {
        return report
            .note("the file has no static probes at all")
            .help(format!("name a function instead: `uprobe:{path}:…`"));
    }
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    near(report, name, &names, str::to_owned).help(format!(
        "see what there is with `strobe -l 'usdt:{path}:*'`"
    ))
}

pub(crate) fn no_static_probe_anywhere(
    name: &str,
    files: usize,
    all: &[String],
    span: Span,
) -> Diagnostic {
    let report = Diagnostic::error(
        "no-static-probe",
        format!("there is no static probe `{name}` in any of {files} files"),
    )
    .primary(span, "no such probe");
    if all.is_empty() {
        return report
            .note("none of them has a static probe")
            .help("name a process that has some with `-p PID`, or the file: `usdt:PATH:name`");
    }
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    near(report, name, &names, str::to_owned)
        .help("see what a process has with `strobe -p PID -l 'usdt:*'`")
}

pub(crate) fn ambiguous_static_probe(name: &str, all: &[String], span: Span) -> Diagnostic {
    Diagnostic::error(
        "ambiguous-static-probe",
        format!("`{name}` is in several namespaces"),
    )
    .primary(span, "which one?")
    .help(format!(
        "name the one that you mean: `{}`",
        all.join("`, `")
    ))
}

pub(crate) fn static_probe_argument(n: u32, probe: &str, count: usize, span: Span) -> Diagnostic {
    Diagnostic::error("no-argument", format!("`{probe}` has no argument `arg{n}`"))
        .primary(span, "no such argument")
        .note(match count {
            0 => "it has no arguments".to_owned(),
            1 => "it has one argument, `arg0`".to_owned(),
            count => format!("its arguments are `arg0` to `arg{}`", count - 1),
        })
}

pub(crate) fn static_probe_place(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "argument-place",
        format!("the argument is in a place that strobe cannot read: `{text}`"),
    )
    .primary(span, "cannot be read")
    .note("floating-point registers are not kept for programs that run at a probe")
}

pub(crate) fn static_probe_variable(symbol: &str, several: bool, span: Span) -> Diagnostic {
    let report = Diagnostic::error(
        "argument-place",
        format!("the argument is in the variable `{symbol}`, whose place is not known"),
    )
    .primary(span, "cannot be read");
    match several {
        true => report.note("several variables of the file have this name"),
        false => report
            .note("neither the file's symbol tables nor those kept beside it name it")
            .help("trace a program that was not stripped, or install its debug symbols"),
    }
}

pub(crate) fn unknown_stack_mode(name: &str, span: Span) -> Diagnostic {
    let modes = ["bpftrace", "perf", "raw", "build_id"];
    let report = Diagnostic::error("stack-mode", format!("`{name}` is not a form of stacks"))
        .primary(span, "unknown form");
    near(report, name, &modes, str::to_owned)
        .help("the forms are `bpftrace`, `perf`, `raw` and, of processes, `build_id` and `dwarf`")
}

pub(crate) fn kernel_build_id(span: Span) -> Diagnostic {
    Diagnostic::error("stack-mode", "the kernel's stack has no build ids")
        .primary(span, "of the kernel")
        .help("use `ustack(build_id)`, or another form: `bpftrace`, `perf`, `raw`")
}

pub(crate) fn kernel_by_tables(span: Span) -> Diagnostic {
    Diagnostic::error(
        "stack-mode",
        "`dwarf` is for stacks of processes; the kernel unwinds its own",
    )
    .primary(span, "not of the kernel")
    .help("write `kstack`, which needs no mode for that")
}

pub(crate) fn stack_copy(span: Span) -> Diagnostic {
    Diagnostic::error(
        "stack-copy",
        "a stack that is unwound by tables can only be printed",
    )
    .primary(span, "used otherwise")
    .note(
        "the probe sends the registers and a copy of the stack; its frames are known when they \
         are printed, not in the probe",
    )
    .help("print it with `print(ustack(dwarf))` or `printf`, or use `ustack`, which follows frame pointers")
}

pub(crate) fn unknown_symbol(name: &str, of: &str, span: Span) -> Diagnostic {
    Diagnostic::error("unknown-symbol", format!("{of} has no symbol `{name}`"))
        .primary(span, "no such symbol")
        .help("look for it with `nm`, or in /proc/kallsyms for the kernel")
}

pub(crate) fn unknown_data_symbol(name: &str, span: Span) -> Diagnostic {
    unknown_symbol(name, "the kernel", span)
        .note("variables are listed by kernels that are built with CONFIG_KALLSYMS_ALL")
}

pub(crate) fn no_file(probe: &str, span: Span) -> Diagnostic {
    let provider = probe.split(':').next().unwrap_or(probe);
    Diagnostic::error(
        "no-file",
        format!("a `{provider}` probe is in no program whose symbols could be meant"),
    )
    .primary(span, "a symbol of a program")
    .help("use it in a `uprobe` or `uretprobe`")
}

pub(crate) fn no_signature(function: &str, path: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-debug-information",
        format!(
            "`{path}` has no debug information of `{function}`, so its parameters are not known"
        ),
    )
    .primary(span, "the parameters by name")
    .help("use `arg0`, `arg1`, …, build the file with `-g`, or install its debug symbols")
}

pub(crate) fn parameter_place(name: &str, declaration: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "argument-place",
        format!("`{name}` is in a place that strobe cannot read"),
    )
    .primary(span, format!("of type `{declaration}`"))
    .note("floating-point numbers, structs by value and what does not fit into registers are elsewhere")
}

pub(crate) fn arguments_at_return(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "arguments-at-return",
        format!("`{name}` is gone when a function returns"),
    )
    .primary(span, "used at a return")
    .help("keep it in a map at entry (`@a[tid] = arg0;`), and read it at the return")
}
