//! Values that the kernel or the attach point provides.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, StackSide};
use crate::provider::args;
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;

/// Frames of a stack at most: `PERF_MAX_STACK_DEPTH` of `linux/perf_event.h`.
const MAX_FRAMES: u32 = 127;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "uid",
        signature: "uid",
        doc: "The user id.",
        example: "/uid == 0/",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Uid, Ty::U64, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "gid",
        signature: "gid",
        doc: "The group id.",
        example: "print(gid)",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Gid, Ty::U64, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "username",
        signature: "username",
        doc: "The name of the user.",
        example: "@[username] = count()",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Uid, Ty::Username, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "args",
        signature: "args.field",
        doc: "The arguments of the tracepoint or function.",
        example: "print(args.fd)",
        check: Check::Value(args::whole),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "kstack",
        signature: "kstack or kstack(frames)",
        doc: "The kernel's stack.",
        example: "@[kstack(3)] = count()",
        check: Check::Either(1, |call, cx| stack(StackSide::Kernel, call, cx)),
        ..Builtin::PLAIN
    },
];

pub(super) fn kernel_value(builtin: ir::Builtin, ty: Ty, span: Span) -> Typed {
    Typed::value(ExprKind::Builtin(builtin), ty, span)
}

fn stack(side: StackSide, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let depth = match call.args {
        [] => i128::from(MAX_FRAMES),
        _ => match call.constant(0, "the number of frames", cx) {
            Some(depth) => depth,
            None => return Typed::unknown(call.span),
        },
    };
    cx.program.takes_stack = true;
    match u32::try_from(depth) {
        Ok(depth @ 1..=MAX_FRAMES) => {
            kernel_value(ir::Builtin::Stack, Ty::Stack { side, depth }, call.span)
        }
        _ => {
            let report =
                error::out_of_bounds("the number of frames", "from 1 to 127", call.args[0].span);
            cx.fail(report, call.span)
        }
    }
}

/// A constant of one of the kernel's enums.
pub(super) fn kernel_constant(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let btf = cx.btf().ok()?;
    let found = btf.find_constant(name).ok()??;
    let ty = crate::infer::from_btf(btf, found.ty).ok()?;
    Some(Typed::value(ExprKind::Int(found.value as u64), ty, span))
}
