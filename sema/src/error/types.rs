//! Reports about types that do not go together.

use super::spell::spell;
use crate::tables::{Held, MapEntry};
use crate::ty::Ty;
use lexer::{Diagnostic, Span};
use parser::ast::Expr;

fn held(held: &Held) -> String {
    match held {
        Held::Plain(ty) => format!("a value of type `{ty}`"),
        Held::Aggregation(aggregation) => format!("the aggregation `{}()`", aggregation.name()),
    }
}

pub(crate) fn map_value_mismatch(
    map: &MapEntry,
    new: &Held,
    span: Span,
    before: Span,
) -> Diagnostic {
    let name = &map.name;
    let known = map
        .value
        .as_ref()
        .map(|(known, _)| held(known))
        .unwrap_or_default();
    Diagnostic::error(
        "map-value-mismatch",
        format!("`{name}` holds {known}, not {}", held(new)),
    )
    .primary(span, format!("{} here", held(new)))
    .secondary(before, format!("{known} here"))
    .help("use a map of another name for the other kind of value")
}

pub(crate) fn map_key_mismatch(
    map: &MapEntry,
    key: Option<&Ty>,
    span: Span,
    before: Span,
) -> Diagnostic {
    let name = &map.name;
    let known = map.key.as_ref().and_then(|(key, _)| key.as_ref());
    let message = match (known, key) {
        (Some(_), None) => format!("`{name}` has keys, but is used without one"),
        (None, Some(_)) => format!("`{name}` has no key, but is used with one"),
        (Some(known), Some(new)) => format!("`{name}` has keys of type `{known}`, not `{new}`"),
        (None, None) => format!("the keys of `{name}` do not go together"),
    };
    let describe = |key: Option<&Ty>| match key {
        Some(ty) => format!("key of type `{ty}`"),
        None => "no key".to_owned(),
    };
    Diagnostic::error("map-key-mismatch", message)
        .primary(span, describe(key))
        .secondary(before, format!("{} here", describe(known)))
        .help("use the same number and types of keys everywhere, or a map of another name")
}

pub(crate) fn sign_lost(what: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "sign-mix",
        format!("{what} holds both signed and unsigned 64-bit values; taken as int64"),
    )
    .primary(span, "of the other sign")
    .note("values above 9223372036854775807 will show as negative")
    .help("cast one side to say which is meant: `(int64)…` or `(uint64)…`")
}

pub(crate) fn operands_sign(op: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "sign-mix",
        format!("`{op}` between a signed and an unsigned 64-bit value is taken as int64"),
    )
    .primary(span, "signs differ")
    .help("cast one side to say which is meant: `(int64)…` or `(uint64)…`")
}

pub(crate) fn variable_mismatch(
    name: &str,
    known: &Ty,
    new: &Ty,
    span: Span,
    before: Span,
) -> Diagnostic {
    Diagnostic::error(
        "type-mismatch",
        format!("`{name}` is of type `{known}`, not `{new}`"),
    )
    .primary(span, format!("this is of type `{new}`"))
    .secondary(before, format!("`{known}` here"))
    .help("use a variable of another name for the other type")
}

pub(crate) fn narrowed(name: &str, ty: &Ty, from: &Ty, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::warning(
        "narrowed",
        format!("`{name}` is of type `{ty}`, which does not hold every `{from}`"),
    )
    .primary(
        span,
        format!("a `{from}`, of which the lowest bits are kept"),
    )
    .secondary(declared, format!("`{ty}` here"))
    .help(format!(
        "declare it as `{from}`, or cast the value, `({ty})…`, to say that it is meant"
    ))
}

pub(crate) fn array_without_length(elem: &str, span: Span) -> Diagnostic {
    Diagnostic::error("array-length", "an array has a length")
        .primary(span, "how many elements?")
        .help(format!(
            "write how many there are, such as `{elem}[16]`, or let a variable take the type of its value: `let $x = …`"
        ))
        .help(format!(
            "only a cast may leave it out: `({elem}[])…` has the length of its value"
        ))
}

pub(crate) fn text_without_length(span: Span) -> Diagnostic {
    Diagnostic::error("array-length", "the room of a text is a number")
        .primary(span, "how many bytes?")
        .help("write `string`, which has room for `max_strlen` bytes, or a room of its own, such as `string[64]`")
}

pub(crate) fn literal_out_of_range(value: i128, ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "literal-out-of-range",
        format!("{value} is not a value of `{ty}`"),
    )
    .primary(span, format!("does not fit `{ty}`"))
    .help("choose a wider type, or cast the number to cut it")
}

pub(crate) fn operand(op: &str, ty: &Ty, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("operand-type", format!("`{op}` takes {wanted}, not `{ty}`"))
        .primary(span, format!("this is of type `{ty}`"))
        .help(match ty {
            Ty::Str { .. } => "strings can be compared with `==` and `!=`".to_owned(),
            _ => format!("use {wanted} here"),
        })
}

pub(crate) fn operands(op: &str, left: (&Ty, Span), right: (&Ty, Span)) -> Diagnostic {
    Diagnostic::error(
        "operand-type",
        format!(
            "`{op}` between `{}` and `{}` makes no sense",
            left.0, right.0
        ),
    )
    .primary(right.1, format!("this is of type `{}`", right.0))
    .secondary(left.1, format!("this is of type `{}`", left.0))
    .help("put values of one kind on both sides: texts, or numbers")
}

pub(crate) fn ternary(then: (&Ty, Span), otherwise: (&Ty, Span)) -> Diagnostic {
    Diagnostic::error(
        "type-mismatch",
        format!(
            "the two values of `?:` are of types `{}` and `{}`",
            then.0, otherwise.0
        ),
    )
    .primary(otherwise.1, format!("`{}`", otherwise.0))
    .secondary(then.1, format!("`{}`", then.0))
    .help("give both the same type")
}

pub(crate) fn not_a_condition(ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-a-condition",
        format!("a value of type `{ty}` is neither true nor false"),
    )
    .primary(span, "used as a condition")
    .help("compare it with something: `==`, `!=`, `<`, …")
}

pub(crate) fn not_assignable(span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-assignable",
        "only variables and maps can be assigned to",
    )
    .primary(span, "this cannot be changed")
    .help("assign to a variable `$x`, a map `@m` or an entry `@m[key]`")
}

pub(crate) fn no_value(span: Span) -> Diagnostic {
    Diagnostic::error("no-value", "this gives no value")
        .primary(span, "used as a value")
        .help("write it as a statement of its own")
}

pub(crate) fn aggregation_alone(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "aggregation-misuse",
        format!("`{name}()` must be assigned to a map"),
    )
    .primary(span, "an aggregation needs a map that keeps it")
    .help(format!("write `@ = {name}(…);` or `@[key] = {name}(…);`"))
}

pub(crate) fn aggregation_as_value(map: &MapEntry, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "aggregation-misuse",
        format!("`{}` is a `{name}()` and has no single value", map.name),
    )
    .primary(span, "used as a value")
    .help(format!("print it with `print({})`", map.name))
}

pub(crate) fn aggregation_assigned(map: &str, op: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "aggregation-misuse",
        format!("`{op}` cannot change the aggregation `{map}`"),
    )
    .primary(span, "an aggregation changes by its function alone")
    .help(format!(
        "write `{map} = count();` (or sum, avg, …), or use another map"
    ))
}

pub(crate) fn not_a_map(function: &str, span: Span) -> Diagnostic {
    Diagnostic::error("argument-type", format!("`{function}` takes a map"))
        .primary(span, "not a map")
        .help(format!("write `{function}(@name)`"))
}

pub(crate) fn keyed_map_as_whole(map: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "map-key-mismatch",
        format!("`{map}` has keys, so which entry is meant?"),
    )
    .primary(span, "used as a value")
    .help(format!("name the entry: `{map}[key]`"))
}

pub(crate) fn argument_count(signature: &str, name: &str, given: usize, span: Span) -> Diagnostic {
    let s = if given == 1 { "" } else { "s" };
    Diagnostic::error(
        "argument-count",
        format!("`{name}` does not take {given} argument{s}"),
    )
    .primary(span, format!("{given} given"))
    .help(format!("write `{signature}`"))
}

pub(crate) fn argument(function: &str, wanted: &str, ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "argument-type",
        format!("`{function}` takes {wanted} here, not `{ty}`"),
    )
    .primary(span, format!("this is of type `{ty}`"))
    .help(format!("pass {wanted}"))
}

pub(crate) fn not_constant(function: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-constant",
        format!("`{function}` needs {wanted} that is known when compiling"),
    )
    .primary(span, "known only when the probe runs")
    .help(format!("write {wanted} as a literal"))
}

pub(crate) fn out_of_bounds(what: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("out-of-range", format!("{what} must be {wanted}"))
        .primary(span, "out of range")
        .help(format!("give a value {wanted}"))
}

pub(crate) fn cast(from: &Ty, to: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "bad-cast",
        format!("a value of type `{from}` cannot become `{to}`"),
    )
    .primary(span, format!("this is of type `{from}`"))
    .help(match (from, to) {
        (Ty::Array { .. }, _) | (_, Ty::Array { .. }) => {
            "both must have the same number of bytes; `(int8[])…` takes as many as there are"
        }
        _ => "integers, pointers and enums can be cast to one another",
    })
}

pub(crate) fn not_printable(ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-printable",
        format!("a value of type `{ty}` cannot be stored or printed"),
    )
    .primary(span, "used as a whole")
    .help("name one of its fields: `.field`")
}

pub(crate) fn struct_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("not-printable", "this struct is too large to be a value")
        .primary(span, "used as a whole")
        .note("a struct as a value has at most 32 KiB and 4096 members, all of known size")
        .help("name one of its fields: `.field`")
}

pub(crate) fn no_address(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-address", format!("{what} has no address"))
        .primary(span, "`&` in front of it")
        .help("variables, maps that hold values, and members of what pointers point to have one")
}

pub(crate) fn format_syntax(text: &str, why: &str, span: Span) -> Diagnostic {
    Diagnostic::error("format-syntax", format!("`{text}` in the format {why}"))
        .primary(span, "in this format")
        .help("conversions are %d %i %u %x %X %o %c %s %p %r %rx %rh, and %% for a percent sign")
}

pub(crate) fn format_count(wanted: usize, given: usize, format: Span, all: Span) -> Diagnostic {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    Diagnostic::error(
        "format-argument-count",
        format!(
            "the format takes {wanted} argument{}, but {given} {} given",
            plural(wanted),
            if given == 1 { "is" } else { "are" }
        ),
    )
    .primary(all, format!("{given} argument{}", plural(given)))
    .secondary(format, format!("{wanted} conversion{}", plural(wanted)))
    .help(if wanted > given {
        "add the missing arguments, or write `%%` for a percent sign"
    } else {
        "add a conversion such as `%d` for each argument, or drop the rest"
    })
}

pub(crate) fn format_type(
    conversion: &str,
    wanted: &str,
    ty: &Ty,
    span: Span,
    format: Span,
) -> Diagnostic {
    let fits = match ty {
        Ty::Str { .. } => "%s",
        Ty::Buffer { .. } => "%r",
        Ty::Pointer { .. } => "%p",
        Ty::Int { signed: false, .. } => "%u",
        Ty::Int { .. } => "%d",
        _ => "%s",
    };
    Diagnostic::error(
        "format-argument-type",
        format!("`{conversion}` prints {wanted}, not `{ty}`"),
    )
    .primary(span, format!("this is of type `{ty}`"))
    .secondary(format, format!("`{conversion}` in this format"))
    .help(format!("write `{fits}` for this argument"))
}

pub(crate) fn result_unused(e: &Expr) -> Diagnostic {
    let (what, help) = match spell(e) {
        Some(text) => (
            format!("the value of `{text}` is not used"),
            format!("print it with `print({text})`, or discard it with `_ = {text}`"),
        ),
        None => (
            "the value of this expression is not used".to_owned(),
            "print it, or discard it: put `_ = ` before it".to_owned(),
        ),
    };
    Diagnostic::warning("unused-result", what)
        .primary(e.span, "does nothing by itself")
        .help(help)
}

pub(crate) fn unreachable(span: Span) -> Diagnostic {
    Diagnostic::warning("unreachable", "this is never reached")
        .primary(span, "the probe has ended before")
        .help("drop it, or move it up")
}

pub(crate) fn division_by_zero(span: Span) -> Diagnostic {
    Diagnostic::error("division-by-zero", "division by zero")
        .primary(span, "always zero")
        .help("divide by something else")
}

pub(crate) fn not_iterable(name: &str, span: Span, scalar: Span) -> Diagnostic {
    Diagnostic::error(
        "not-iterable",
        format!("`{name}` has no keys, so there is nothing to go through"),
    )
    .primary(span, "a loop goes through the keys of a map")
    .secondary(scalar, "used without a key here")
    .help(format!("read it as it is: `{name}`"))
}

pub(crate) fn loops_too_deep(limit: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "loops-too-deep",
        format!("more than {limit} loops are inside each other"),
    )
    .primary(span, "one loop too many")
    .note("each is a function for the kernel, which has at most 8 of them under way")
    .help("write the innermost as `unroll`, or do its work in one loop with another")
}

pub(crate) fn unrolled_too_often(copies: u32, limit: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "unrolled-too-often",
        format!("the body would be written out {copies} times; {limit} are allowed"),
    )
    .primary(span, "within the `unroll`s around it")
    .help("use `for ($i : 0..n)`, which has one copy however often it runs")
}
