//! Functions that print: the probe sends a record, and user space does the rest.

use super::{Builtin, Call, Check, Mode, action, pinned};
use crate::cx::Cx;
use crate::error;
use crate::format;
use crate::infer::check_printed;
use crate::ir::{EventKind, Format, Space, Stmt, StmtKind};
use crate::tables::Held;
use crate::ty::Ty;
use crate::typed::Typed;
use parser::ast::{self, ExprKind};

/// The most arguments of a formatted call.
const MANY: usize = 128;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "printf",
        signature: "printf(\"format\", …)",
        doc: "Prints its arguments as the format says.",
        mode: Mode::Async,
        example: "printf(\"%s %d\\n\", comm, pid)",
        check: Check::Call(1, MANY, |call, cx| formatted(call, cx, EventKind::Printf)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "errorf",
        signature: "errorf(\"format\", …)",
        doc: "Prints an error message with the place in the script to standard error.",
        mode: Mode::Async,
        example: "errorf(\"no such file: %s\", str(args.filename))",
        check: Check::Call(1, MANY, |call, cx| {
            formatted(call, cx, |format| EventKind::Message {
                error: true,
                format,
            })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "warnf",
        signature: "warnf(\"format\", …)",
        doc: "Prints a warning with the place in the script to standard error.",
        mode: Mode::Async,
        example: "warnf(\"slow: %d ns\", $ns)",
        check: Check::Call(1, MANY, |call, cx| {
            formatted(call, cx, |format| EventKind::Message {
                error: false,
                format,
            })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "print",
        signature: "print(@map[, top[, divisor]]) or print(value)",
        doc: "Prints a map or a value.",
        mode: Mode::Async,
        example: "print(@, 5)",
        check: Check::Call(1, 3, print),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "time",
        signature: "time([\"format\"])",
        doc: "Prints the wall-clock time, as strftime(3) formats it.",
        mode: Mode::Async,
        example: "time(\"%H:%M:%S\\n\")",
        check: Check::Call(0, 1, time),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "cat",
        signature: "cat(\"format\", …)",
        doc: "Prints the file whose name the format gives, up to max_cat_bytes of it.",
        mode: Mode::Async,
        example: "cat(\"/proc/%d/maps\", pid)",
        check: Check::Call(1, MANY, |call, cx| formatted(call, cx, EventKind::Cat)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "system",
        signature: "system(\"format\", …)",
        doc: "Runs the command that the format gives and prints what it prints.",
        mode: Mode::Async,
        is_unsafe: true,
        example: "system(\"ps -p %d\", pid)",
        check: Check::Call(1, MANY, |call, cx| {
            cx.find_lineage();
            formatted(call, cx, EventKind::System)
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "join",
        signature: "join(array[, \"separator\"])",
        doc: "Prints the texts that an array of addresses points to, up to the first address that \
              is zero and at most 64, with spaces or something else between them.",
        mode: Mode::Async,
        example: "tracepoint:syscalls:sys_enter_execve { join(args.argv) }",
        check: Check::Call(1, 2, join),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "unwatch",
        signature: "unwatch(address)",
        doc: "Ends the watching of an address by a watchpoint of the script.",
        mode: Mode::Async,
        example: "watchpoint:0x7ffd1000:8:w { unwatch(0x7ffd1000) }",
        check: Check::Call(1, 1, unwatch),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "exit",
        signature: "exit([code])",
        doc: "Ends the run, with an exit code.",
        mode: Mode::Async,
        example: "exit(1)",
        check: Check::Call(0, 1, exit),
        ..Builtin::PLAIN
    },
];

fn formatted(call: &Call<'_>, cx: &mut Cx<'_>, kind: fn(Format) -> EventKind) -> Typed {
    let format = call.text(0, "a format", cx);
    let args: Vec<Typed> = call
        .args
        .iter()
        .skip(1)
        .map(|arg| check_printed(arg, cx))
        .collect();
    let Some((text, span)) = format else {
        return Typed::unknown(call.span);
    };
    match format::check(&text, args, span, call.span, cx) {
        Some((format, args)) => {
            let kind = match kind(format) {
                EventKind::Printf(format) if cx.program.site.is_pinned() => {
                    pinned::printed(format, &args, span, cx)
                }
                kind => kind,
            };
            let stmt = cx.emit(kind, args, call.span);
            action(vec![stmt], call.span)
        }
        None => Typed::unknown(call.span),
    }
}

fn print(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    match &call.args[0].kind {
        ExprKind::Map(name) => print_map(name, call, cx),
        _ if call.args.len() > 1 => {
            let report = error::not_a_map("print", call.args[0].span);
            cx.fail(report, call.span)
        }
        ExprKind::MapIndex { .. } => print_entry(call, cx),
        _ => print_value(check_printed(&call.args[0], cx), call, cx),
    }
}

fn print_map(name: &str, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let map = cx.maps.id(name, call.args[0].span);
    let mut numbers = Vec::new();
    for n in 1..3 {
        let number = match call.args.get(n) {
            Some(_) => call.value(n, cx),
            None => Typed::literal(0, call.span),
        };
        if !number.ty.is_integer() {
            return call.wrong("a number", &number, cx);
        }
        if number.as_literal().is_some_and(|n| n < 0) {
            let report = error::out_of_bounds("this argument of `print`", "0 or more", number.span);
            return cx.fail(report, call.span);
        }
        numbers.push(number.convert(&Ty::U64));
    }
    let stmt = cx.emit(EventKind::PrintMap(map), numbers, call.span);
    action(vec![stmt], call.span)
}

/// `print(@m[k])`: the value; an aggregation without a single value prints as the map does.
fn print_entry(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(place) = crate::infer::map_place(&call.args[0], cx) else {
        return Typed::unknown(call.span);
    };
    if let (Some((Held::Aggregation(_), _)), Some(key)) =
        (&cx.maps.get(place.map).value, &place.key)
    {
        let stmt = cx.emit(
            EventKind::PrintMapEntry(place.map),
            vec![key.clone()],
            call.span,
        );
        return action(vec![stmt], call.span);
    }
    print_value(call.value(0, cx), call, cx)
}

fn print_value(value: Typed, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if value.is_unknown() {
        return value;
    }
    let ty = if value.as_literal().is_some() && value.ty != Ty::U64 {
        Ty::I64
    } else {
        value.ty.clone()
    };
    let value = value.convert(&ty);
    let stmt = cx.emit(EventKind::PrintValue, vec![value], call.span);
    action(vec![stmt], call.span)
}

fn time(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let format = match call.args {
        [] => Some(b"%H:%M:%S\n".to_vec()),
        _ => call.text(0, "a format", cx).map(|(text, _)| text),
    };
    let Some(format) = format else {
        return Typed::unknown(call.span);
    };
    let format = String::from_utf8_lossy(&format).into_owned();
    let stmt = cx.emit(EventKind::Time(format), Vec::new(), call.span);
    action(vec![stmt], call.span)
}

fn unwatch(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let address = call.value(0, cx);
    if !address.ty.is_integer() && !address.ty.is_pointer() {
        return call.wrong("an address", &address, cx);
    }
    let address = address.convert(&Ty::U64);
    let stmt = cx.emit(EventKind::Unwatch, vec![address], call.span);
    action(vec![stmt], call.span)
}

fn exit(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let code = match call.args {
        [] => Typed::literal(0, call.span),
        _ => call.value(0, cx),
    };
    if !code.ty.is_integer() {
        return call.wrong("an exit code", &code, cx);
    }
    if code
        .as_literal()
        .is_some_and(|code| !(0..=255).contains(&code))
    {
        let report = error::out_of_bounds("an exit code", "from 0 to 255", code.span);
        return cx.fail(report, call.span);
    }
    if cx.program.site.is_pinned() {
        return cx.fail(error::pinned_output(call.span), call.span);
    }
    let code = code.convert(&Ty::I64);
    cx.exits();
    let stmt = Stmt {
        kind: StmtKind::Exit(code),
        span: call.span,
    };
    action(vec![stmt], call.span)
}

fn join(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let array = call.value(0, cx);
    let separator = match call.args.get(1) {
        Some(_) => call.text(1, "a separator", cx),
        None => Some((b" ".to_vec(), call.span)),
    };
    let Some((separator, _)) = separator else {
        return Typed::unknown(call.span);
    };
    let space = match &array.ty {
        Ty::Pointer { space, .. } => space.space(),
        ty if ty.is_integer() => Space::Any,
        _ => return call.wrong("the address of an array of addresses", &array, cx),
    };
    let separator = String::from_utf8_lossy(&separator).into_owned();
    let event = cx.event(EventKind::Join(separator), Vec::new(), call.span);
    let kind = StmtKind::Join {
        event,
        array: array.convert(&Ty::U64),
        space,
    };
    let stmt = Stmt {
        kind,
        span: call.span,
    };
    action(vec![stmt], call.span)
}

/// Whether an argument is a map as a whole.
pub(super) fn as_map(e: &ast::Expr) -> Option<&str> {
    match &e.kind {
        ExprKind::Map(name) => Some(name),
        _ => None,
    }
}
