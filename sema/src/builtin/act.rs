//! What changes the traced system; each needs `--unsafe`.

use super::names::{signal_number, signal_words};
use super::{Builtin, Call, Check, action, provider};
use crate::cx::Cx;
use crate::error;
use crate::ir::{Act, Expr, ExprKind, Stmt, StmtKind};
use crate::ty::Ty;
use crate::typed::Typed;

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

fn signal(call: &Call<'_>, cx: &mut Cx<'_>, act: Act) -> Typed {
    if matches!(provider(cx), "begin" | "end" | "self" | "interval") {
        let places = "a probe that fires in the process, such as a tracepoint or a uprobe";
        let report = error::wrong_provider(call.name, provider(cx), places, call.span);
        return cx.fail(report, call.span);
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

fn override_return(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if provider(cx) != "kprobe" {
        let report = error::wrong_provider(call.name, provider(cx), "`kprobe`", call.span);
        return cx.fail(report, call.span);
    }
    let value = call.value(0, cx);
    if !value.ty.is_integer() {
        return call.wrong("a number", &value, cx);
    }
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
