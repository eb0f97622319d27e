//! Values that the kernel or the attach point provides.

use super::{Builtin, Check};
use crate::cx::Cx;
use crate::ir::{self, ExprKind};
use crate::provider::args;
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;

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
];

pub(super) fn kernel_value(builtin: ir::Builtin, ty: Ty, span: Span) -> Typed {
    Typed::value(ExprKind::Builtin(builtin), ty, span)
}

/// A constant of one of the kernel's enums.
pub(super) fn kernel_constant(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let found = cx.find_constant(name)?;
    let btf = cx.btf().ok()?;
    let ty = crate::infer::from_btf(btf, found.ty).ok()?;
    Some(Typed::value(ExprKind::Int(found.value as u64), ty, span))
}
