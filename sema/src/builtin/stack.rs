//! Stacks, and addresses that print as symbols.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, StackMode, StackSide};
use crate::ty::Ty;
use crate::typed::{Typed, expr};
use parser::ast;

/// Frames of a stack at most: `PERF_MAX_STACK_DEPTH` of `linux/perf_event.h`.
const MAX_FRAMES: u32 = 127;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "kstack",
        signature: "kstack, kstack(frames) or kstack(mode, frames)",
        doc: "The kernel's stack; modes are bpftrace, perf and raw.",
        example: "@[kstack(3)] = count()",
        check: Check::Either(2, |call, cx| stack(StackSide::Kernel, call, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ustack",
        signature: "ustack, ustack(frames) or ustack(mode, frames)",
        doc: "The process's stack; modes are bpftrace, perf, raw and build_id.",
        example: "@[ustack(perf, 3)] = count()",
        check: Check::Either(2, |call, cx| stack(StackSide::User, call, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "usym",
        signature: "usym(address)",
        doc: "Shows an address of the process as a symbol.",
        example: "print(usym(reg(\"ip\")))",
        check: Check::Call(1, 1, usym),
        ..Builtin::PLAIN
    },
];

fn stack(side: StackSide, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let (mode, depth) = match call.args {
        [
            ast::Expr {
                kind: ast::ExprKind::Ident(name),
                span,
            },
            ..,
        ] => match StackMode::of_name(name) {
            Some(mode) => (Some(mode), 1),
            None if is_dwarf(name) => {
                return cx.fail(error::unwinding_by_tables(*span), call.span);
            }
            None => return cx.fail(error::unknown_stack_mode(name, *span), call.span),
        },
        _ => (None, 0),
    };
    let depth = match call.args.get(depth) {
        None => i128::from(MAX_FRAMES),
        Some(_) => match call.constant(depth, "the number of frames", cx) {
            Some(depth) => depth,
            None => return Typed::unknown(call.span),
        },
    };
    let mode = mode.unwrap_or(cx.config.stack_mode);
    let mode = match (side, mode) {
        (StackSide::Kernel, StackMode::BuildId) if call.args.is_empty() => StackMode::Bpftrace,
        (StackSide::Kernel, StackMode::BuildId) => {
            return cx.fail(error::kernel_build_id(call.span), call.span);
        }
        (_, mode) => mode,
    };
    cx.program.takes_stack = true;
    match u32::try_from(depth) {
        Ok(depth @ 1..=MAX_FRAMES) => {
            let ty = Ty::Stack { side, depth, mode };
            Typed::value(ExprKind::Builtin(ir::Builtin::Stack), ty, call.span)
        }
        _ => {
            let last = call.args.last().map_or(call.span, |arg| arg.span);
            let report = error::out_of_bounds("the number of frames", "from 1 to 127", last);
            cx.fail(report, call.span)
        }
    }
}

fn is_dwarf(name: &str) -> bool {
    matches!(name, "dwarf" | "dw")
}

/// An address and the process whose address it is.
fn usym(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let address = call.value(0, cx);
    if !address.ty.is_integer() && !address.ty.is_pointer() {
        return call.wrong("an address", &address, cx);
    }
    let pid = expr(
        ExprKind::Builtin(ir::Builtin::Pid),
        ir::Type::U32,
        call.span,
    );
    let pid = Typed::value(pid.kind, Ty::U32, call.span).convert(&Ty::U64);
    let parts = vec![address.convert(&Ty::U64), pid];
    Typed::value(ExprKind::Aggregate(parts), Ty::Usym, call.span)
}
