//! What a script says about itself: its parameters, and what it takes for granted.

use super::{Builtin, Call, Check, action};
use crate::cx::Cx;
use crate::error;
use crate::infer::{self, check_value, text};
use crate::ir::{EventKind, ExprKind, Format, Parameter, Piece, Stmt, StmtKind};
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "getopt",
        signature: "getopt(\"name\"[, default[, \"description\"]])",
        doc: "Gives the value of a named parameter: `-- --name=value`; a truth without default.",
        example: "getopt(\"limit\", 10, \"how many to show\")",
        check: Check::Call(1, 3, getopt),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "assert",
        signature: "assert(condition, \"message\")",
        doc: "Ends the run with an error, and exit code 1, where a condition does not hold.",
        example: "assert(pid > 0, \"no process\")",
        check: Check::Call(2, 2, assert),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "static_assert",
        signature: "static_assert(condition[, \"message\"])",
        doc: "Refuses to compile where a condition does not hold.",
        example: "static_assert(sizeof(uint64) == 8, \"eight bytes\")",
        check: Check::Call(1, 2, static_assert),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "fail",
        signature: "fail(\"format\", ...)",
        doc: "Refuses to compile where it is reached when compiling.",
        example: "if ($# < 1) { fail(\"give a name\"); }",
        check: Check::Call(1, 32, fail),
        ..Builtin::PLAIN
    },
];

fn getopt(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(name) = literal_text(call, 0, "the name of a parameter", cx) else {
        return Typed::unknown(call.span);
    };
    let default = call.args.get(1).map(|_| call.value(1, cx));
    let description = match call.args.get(2) {
        Some(_) => literal_text(call, 2, "a description", cx),
        None => None,
    };
    let given = cx.options.named.iter().rev().find(|(n, _)| *n == name);
    let given = given.map(|(_, value)| value.clone());
    let default = default.unwrap_or_else(|| truth(false, call.span));
    let shown = match &default.kind {
        crate::typed::TypedKind::Literal(number) => number.to_string(),
        _ => match (default.as_text(), as_truth(&default)) {
            (Some(text), _) => String::from_utf8_lossy(text).into_owned(),
            (_, Some(truth)) => truth.to_string(),
            _ => return not_a_default(call, &default, cx),
        },
    };
    cx.parameter(Parameter {
        name: name.clone(),
        default: call.args.get(1).map(|_| shown),
        description,
    });
    let Some(given) = given else {
        return Typed {
            span: call.span,
            ..default
        };
    };
    let value = parse(given.as_deref(), &default, call.span);
    value.unwrap_or_else(|wanted| {
        let report = error::parameter_value(&name, given.as_deref(), wanted, call.span);
        cx.fail(report, call.span)
    })
}

/// What the person gave, as a value of the type that the default has.
fn parse(given: Option<&str>, default: &Typed, span: Span) -> Result<Typed, &'static str> {
    if as_truth(default).is_some() {
        return match given {
            None | Some("true" | "1") => Ok(truth(true, span)),
            Some("false" | "0") => Ok(truth(false, span)),
            Some(_) => Err("`true` or `false`"),
        };
    }
    if default.as_literal().is_some() {
        let number = given.and_then(infer::number).ok_or("a number")?;
        return Ok(Typed::literal(number, span));
    }
    let given = given.ok_or("a text")?;
    Ok(text(given.as_bytes().to_vec(), span))
}

fn not_a_default(call: &Call<'_>, default: &Typed, cx: &mut Cx<'_>) -> Typed {
    if !default.is_unknown() {
        let wanted = "a number, a text, `true` or `false`";
        cx.report(error::not_constant(call.name, wanted, default.span));
    }
    Typed::unknown(call.span)
}

fn truth(value: bool, span: Span) -> Typed {
    Typed::value(ExprKind::Int(u64::from(value)), Ty::Bool, span)
}

fn as_truth(value: &Typed) -> Option<bool> {
    match (&value.ty, &value.kind) {
        (Ty::Bool, crate::typed::TypedKind::Value(ExprKind::Int(bits))) => Some(*bits != 0),
        _ => None,
    }
}

fn literal_text(call: &Call<'_>, n: usize, wanted: &str, cx: &mut Cx<'_>) -> Option<String> {
    let (bytes, _) = call.text(n, wanted, cx)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn assert(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let cond = infer::condition(&call.args[0], cx);
    let Some(message) = literal_text(call, 1, "a message", cx) else {
        return Typed::unknown(call.span);
    };
    let span = call.span;
    let format = Format {
        pieces: vec![Piece::Text(message.into_bytes())],
    };
    let kind = EventKind::Message {
        error: true,
        format,
    };
    let say = cx.emit(kind, Vec::new(), span);
    cx.exits();
    let code = Typed::literal(1, span).convert(&Ty::I64);
    let exit = Stmt {
        kind: StmtKind::Exit(code),
        span,
    };
    let kind = StmtKind::If {
        cond,
        then: Vec::new(),
        otherwise: vec![say, exit],
    };
    action(vec![Stmt { kind, span }], span)
}

fn static_assert(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let cond = infer::condition(&call.args[0], cx);
    let message = match call.args.get(1) {
        Some(_) => literal_text(call, 1, "a message", cx),
        None => None,
    };
    let at = call.args[0].span;
    match infer::known_truth(&cond) {
        Some(true) => {}
        Some(false) => cx.report(error::static_assert(message.as_deref(), at)),
        None => cx.report(error::not_constant(call.name, "a condition", at)),
    }
    action(Vec::new(), call.span)
}

fn fail(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(format) = literal_text(call, 0, "a format", cx) else {
        return Typed::unknown(call.span);
    };
    let mut values = Vec::new();
    for arg in &call.args[1..] {
        let value = check_value(arg, cx);
        let shown = match (value.as_literal(), value.as_text(), as_truth(&value)) {
            (Some(number), ..) => number.to_string(),
            (_, Some(text), _) => String::from_utf8_lossy(text).into_owned(),
            (.., Some(truth)) => truth.to_string(),
            _ => return not_a_default(call, &value, cx),
        };
        values.push(shown);
    }
    cx.report(error::failed(&fill(&format, &values), call.span));
    Typed::unknown(call.span)
}

/// A format with its conversions replaced by values, each as it is.
fn fill(format: &str, values: &[String]) -> String {
    let mut values = values.iter();
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        // Flags, width and length do not matter here: the conversion is the last letter.
        let is_part = |c: char| c.is_ascii_digit() || "-+ #.hlzjt".contains(c);
        let end = rest.find(|c| !is_part(c)).map_or(rest.len(), |i| i + 1);
        rest = rest.get(end..).unwrap_or("");
        out.push_str(values.next().map_or("", String::as_str));
    }
    out.push_str(rest);
    out
}
