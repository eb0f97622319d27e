//! What changes the traced system; each needs `--unsafe`.

use super::names::{signal_number, signal_words};
use super::{Builtin, Call, Check, action, provider, read};
use crate::cx::Cx;
use crate::error;
use crate::ir::{Act, CompareOp, Expr, ExprKind, Stmt, StmtKind};
use crate::ty::Ty;
use crate::typed::Typed;

/// Bytes that are written at once at most.
const MOST_BYTES: u32 = 1 << 16;

/// The greatest number of a signal, `_NSIG` of `asm/signal.h`.
const LAST_SIGNAL: i128 = 64;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "signal",
        signature: "signal(\"SIGNAL\") or signal(number)",
        doc: "Sends a signal to the process that the probe found.",
        is_unsafe: true,
        probes: "all but begin, end, self and interval",
        example: "tracepoint:syscalls:sys_enter_execve /comm == \"sh\"/ { signal(\"SIGKILL\") }",
        check: Check::Call(1, 1, |call, cx| signal(call, cx, Act::Signal)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "signal_thread",
        signature: "signal_thread(\"SIGNAL\") or signal_thread(number)",
        doc: "Sends a signal to the thread that the probe found.",
        is_unsafe: true,
        probes: "all but begin, end, self and interval",
        example: "signal_thread(\"SIGSTOP\")",
        check: Check::Call(1, 1, |call, cx| signal(call, cx, Act::SignalThread)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "write_user",
        signature: "write_user(address, data[, length])",
        doc: "Writes a text, an array, a number or what a pointer points to into the memory of the \
              process that the probe found, and tells whether that could be done. The whole value, \
              or its first bytes.",
        is_unsafe: true,
        kernel: "not locked down",
        probes: "all but begin, end, self and interval",
        example: "uprobe:/bin/app:greet { write_user(arg0, \"Hi\", 3) }",
        check: Check::Call(2, 3, write_user),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "override",
        signature: "override(value)",
        doc: "Lets the probed function return a value without running. The function must allow \
              it (ALLOW_ERROR_INJECTION).",
        is_unsafe: true,
        kernel: "CONFIG_BPF_KPROBE_OVERRIDE",
        probes: "kprobe",
        example: "kprobe:__x64_sys_getuid /comm == \"id\"/ { override(1000) }",
        check: Check::Call(1, 1, override_return),
        ..Builtin::PLAIN
    },
];

/// Reports a call in a probe that finds no process of any meaning.
fn finds_process(call: &Call<'_>, cx: &mut Cx<'_>) -> bool {
    let finds = !matches!(provider(cx), "begin" | "end" | "self" | "interval");
    if !finds {
        let places = "a probe that fires in the process, such as a tracepoint or a uprobe";
        let report = error::wrong_provider(call.name, provider(cx), places, call.span);
        cx.report(report);
    }
    finds
}

fn signal(call: &Call<'_>, cx: &mut Cx<'_>, act: Act) -> Typed {
    if !finds_process(call, cx) {
        return Typed::unknown(call.span);
    }
    match signal_of(call, cx) {
        Some(number) => done(act, number.convert(&Ty::U64), call),
        None => Typed::unknown(call.span),
    }
}

/// The signal that a call names, as a number.
fn signal_of(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Typed> {
    let given = call.value(0, cx);
    if let Some(name) = given.as_text() {
        let name = String::from_utf8_lossy(name).into_owned();
        let number = signal_number(&name);
        if number.is_none() {
            cx.report(error::unknown_signal(&name, &signal_words(), given.span));
        }
        return Some(Typed::literal(number?.into(), given.span));
    }
    if !given.ty.is_integer() {
        call.wrong("the name or the number of a signal", &given, cx);
        return None;
    }
    if given
        .as_literal()
        .is_some_and(|n| !(1..=LAST_SIGNAL).contains(&n))
    {
        cx.report(error::out_of_bounds("a signal", "from 1 to 64", given.span));
        return None;
    }
    Some(given)
}

fn write_user(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if !finds_process(call, cx) {
        return Typed::unknown(call.span);
    }
    let to = call.value(0, cx);
    if !to.ty.is_integer() && !to.ty.is_pointer() {
        return call.wrong("an address", &to, cx);
    }
    let len = match call.args.get(2) {
        None => None,
        Some(_) => match call.integer(2, "a number of bytes", cx) {
            None => return Typed::unknown(call.span),
            len => len,
        },
    };
    let Some((from, size)) = written(call, len.as_ref(), cx) else {
        return Typed::unknown(call.span);
    };
    let len = len.unwrap_or_else(|| Typed::literal(size.into(), call.span));
    if len
        .as_literal()
        .is_some_and(|n| !(0..=size.into()).contains(&n))
    {
        let wanted = format!("from 0 to {size}, which is all that there is to write");
        let report = error::out_of_bounds("the number of bytes", &wanted, len.span);
        return cx.fail(report, call.span);
    }
    let kind = ExprKind::WriteUser {
        to: Box::new(to.convert(&Ty::U64)),
        from: Box::new(from),
        len: Box::new(len.convert(&Ty::U64)),
    };
    let error = Typed::value(kind, Ty::I64, call.span).into_ir();
    let none = Typed::value(ExprKind::Int(0), Ty::I64, call.span).into_ir();
    let kind = ExprKind::Compare(CompareOp::Eq, Box::new(error), Box::new(none));
    Typed::value(kind, Ty::Bool, call.span)
}

/// What is to be written, and how many bytes of it there are. What a pointer points to is read
/// first, as much of it as is asked for.
fn written(call: &Call<'_>, len: Option<&Typed>, cx: &mut Cx<'_>) -> Option<(Expr, u32)> {
    let value = call.value(1, cx);
    match value.ty {
        Ty::Unknown => None,
        Ty::Pointer { .. } => {
            let Some(len) = len else {
                cx.report(error::argument_count(
                    call.signature,
                    call.name,
                    call.args.len(),
                    call.span,
                ));
                return None;
            };
            let known = len.as_literal().and_then(|n| u32::try_from(n).ok());
            let cap = known.unwrap_or(cx.config.max_strlen).clamp(1, MOST_BYTES);
            Some((read::bytes_at(value, len, cap, call.args[1].span), cap))
        }
        Ty::Void | Ty::Stack { .. } | Ty::Args => {
            call.wrong("text, an array, a number or a pointer", &value, cx);
            None
        }
        _ => {
            let from = value.into_ir();
            let size = from.ty.data_size();
            Some((from, size))
        }
    }
}

fn override_return(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if provider(cx) != "kprobe" {
        let report = error::wrong_provider(call.name, provider(cx), "`kprobe`", call.span);
        return cx.fail(report, call.span);
    }
    let Some(value) = call.integer(0, "a number", cx) else {
        return Typed::unknown(call.span);
    };
    done(Act::Override, value.convert(&Ty::U64), call)
}

fn done(act: Act, value: Expr, call: &Call<'_>) -> Typed {
    let kind = ExprKind::Act(act, Box::new(value));
    let result = Typed::value(kind, Ty::I64, call.span).into_ir();
    let stmt = Stmt {
        kind: StmtKind::Expr(result),
        span: call.span,
    };
    action(vec![stmt], call.span)
}
