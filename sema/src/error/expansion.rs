//! Reports about macros, parameters and what a script takes for granted.

use super::{list, near};
use lexer::{Diagnostic, Span};
use parser::ast::Ident;

pub(crate) fn macro_redefined(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        "macro-redefined",
        format!(
            "the macro `{}` is defined twice with the same parameters",
            name.name
        ),
    )
    .primary(name.span, "defined again")
    .secondary(first, "defined here first")
    .help("choose another name; macros of one name differ in their parameters")
}

pub(crate) fn parameter_twice(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        "macro-redefined",
        format!("two parameters are called `{}`", name.name),
    )
    .primary(name.span, "the second")
    .secondary(first, "the first")
    .help("give each parameter a name of its own")
}

pub(crate) fn macro_argument(name: &str, wanted: &str, arg: Span, param: Span) -> Diagnostic {
    let example = match wanted {
        "a map" => {
            "a map as a whole, `@m`; to pass what is in it, let the parameter be a bare name"
        }
        _ => "a variable, `$x`; to pass any value, let the parameter be a bare name",
    };
    Diagnostic::error(
        "macro-argument",
        format!("the macro `{name}` takes {wanted} here"),
    )
    .primary(arg, format!("not {wanted}"))
    .secondary(param, "the parameter")
    .help(format!("give {example}"))
}

pub(crate) fn macro_argument_count(
    name: &str,
    given: usize,
    signatures: &[String],
    span: Span,
    defined: Option<Span>,
) -> Diagnostic {
    let plural = if given == 1 { "" } else { "s" };
    let report = Diagnostic::error(
        "argument-count",
        format!("no macro `{name}` takes {given} argument{plural}"),
    )
    .primary(span, format!("{given} given"));
    let report = match defined {
        Some(defined) => report.secondary(defined, "defined here"),
        None => report,
    };
    let quoted: Vec<String> = signatures.iter().map(|s| format!("`{s}`")).collect();
    report.help(format!("write {}", quoted.join(" or ")))
}

pub(crate) fn macro_recursion(chain: &[String], span: Span, defined: Span) -> Diagnostic {
    let name = chain.last().map_or("", String::as_str);
    let calls = chain.join("` calls `");
    Diagnostic::error(
        "macro-recursion",
        format!("the macro `{name}` calls itself"),
    )
    .primary(span, "expands what is being expanded")
    .secondary(defined, "defined here")
    .note(format!("`{calls}`"))
    .note("a macro is written out where it is called, so this would never end")
    .help("use a loop: `while`, or `for ($i : 0..n)`")
}

pub(crate) fn too_many_expansions(limit: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "macro-too-large",
        format!("this probe takes more than {limit} expansions of macros"),
    )
    .primary(span, "one too many")
    .note("a macro that calls others more than once doubles with every level")
    .help("keep a value that is needed twice in a variable: `let $x = f(); $x + $x`")
}

pub(crate) fn map_not_passed(map: &str, span: Span, of: &Ident) -> Diagnostic {
    Diagnostic::error(
        "map-not-passed",
        format!(
            "the macro `{}` uses `{map}`, which it was not given",
            of.name
        ),
    )
    .primary(span, "not a parameter")
    .secondary(of.span, "the macro")
    .note("a macro sees its parameters alone, so that a call shows what it touches")
    .help(format!(
        "add a parameter: `macro {}({map})`, and pass the map in the call",
        of.name
    ))
}

pub(crate) fn unknown_parameter(name: &str, names: &[&str]) -> Diagnostic {
    let report = Diagnostic::error(
        "unknown-parameter",
        format!("the script takes no parameter `--{name}`"),
    );
    let report = near(report, name, names, |n| format!("--{n}"));
    match names {
        [] => report.help("leave it out: the script takes no named parameters"),
        _ => {
            let dashed: Vec<String> = names.iter().map(|name| format!("--{name}")).collect();
            let dashed: Vec<&str> = dashed.iter().map(String::as_str).collect();
            report.help(format!("give one of {}", list(&dashed, dashed.len())))
        }
    }
}

pub(crate) fn parameter_value(
    name: &str,
    given: Option<&str>,
    wanted: &str,
    span: Span,
) -> Diagnostic {
    let message = match given {
        Some(given) => format!("`--{name}={given}` does not do: it takes {wanted}"),
        None => format!("`--{name}` needs a value: {wanted}"),
    };
    Diagnostic::error("parameter-value", message)
        .primary(span, "asked for here")
        .help(format!("give {wanted}: `-- --{name}=…`"))
}

pub(crate) fn static_assert(message: Option<&str>, span: Span) -> Diagnostic {
    let message = match message {
        Some(message) => format!("what the script takes for granted does not hold: {message}"),
        None => "what the script takes for granted does not hold".to_owned(),
    };
    Diagnostic::error("static-assert", message)
        .primary(span, "this is false")
        .help("the script was written for another machine, or for other parameters")
}

pub(crate) fn failed(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error("fail", message)
        .primary(span, "the script refuses to be compiled")
        .help("see what the script says of the parameters and the machine that it needs")
}
