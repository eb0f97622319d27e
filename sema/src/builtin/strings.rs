//! Functions on texts and bytes.

use super::names;
use super::read::text_of;
use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::{pointed_to, text};
use crate::ir::ExprKind;
use crate::ty::{Pointee, Ty};
use crate::typed::Typed;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "strlen",
        signature: "strlen(text)",
        doc: "Bytes of a text, its terminator not counted.",
        example: "@ = hist(strlen(str(args.filename)))",
        check: Check::Call(1, 1, strlen),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strcap",
        signature: "strcap(text)",
        doc: "Bytes that a text may have, its terminator counted; of a pointer, those it has.",
        example: "print(strcap(comm))",
        check: Check::Call(1, 1, strcap),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strncmp",
        signature: "strncmp(text, text, n)",
        doc: "0 where the first n bytes of two texts are the same, else which is the greater.",
        example: "/strncmp(str(args.filename), \"/proc\", 5) == 0/",
        check: Check::Call(3, 3, strncmp),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "memcmp",
        signature: "memcmp(data, data, n)",
        doc: "0 where the first n bytes of two values are the same, else which is the greater.",
        example: "/memcmp($a, $b, 4) == 0/",
        check: Check::Call(3, 3, memcmp),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strstr",
        signature: "strstr(text, part)",
        doc: "Where a part first is in a text, counted from 0; -1 where it is not. Of the part, \
              the first 64 bytes count.",
        example: "print(strstr(str(args.filename), \".so\"))",
        check: Check::Call(2, 2, strstr),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strcontains",
        signature: "strcontains(text, part)",
        doc: "Whether a part is in a text. Of the part, the first 64 bytes count.",
        example: "/strcontains(str(args.filename), \"/etc/\")/",
        check: Check::Call(2, 2, strcontains),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "str_concat",
        signature: "str_concat(text, text)",
        doc: "Two texts one behind the other.",
        example: "@[str_concat(comm, str(args.filename))] = count()",
        check: Check::Call(2, 2, concat),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strerror",
        signature: "strerror(error)",
        doc: "What an error number means, positive or negative.",
        example: "@[strerror(args.ret)] = count()",
        check: Check::Call(1, 1, |call, cx| named(call, cx, &names::ERRORS)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "signal_name",
        signature: "signal_name(signal)",
        doc: "What a signal means.",
        example: "@[signal_name(args.sig)] = count()",
        check: Check::Call(1, 1, |call, cx| named(call, cx, &names::SIGNALS)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "syscall_name",
        signature: "syscall_name(number)",
        doc: "The name of a system call.",
        example: "@[syscall_name(args.id)] = count()",
        check: Check::Call(1, 1, |call, cx| named(call, cx, &names::SYSCALLS)),
        ..Builtin::PLAIN
    },
];

fn strlen(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(value) = text_of(call, 0, cx) else {
        return Typed::unknown(call.span);
    };
    Typed::value(
        ExprKind::StrLen(Box::new(value.into_ir())),
        Ty::U64,
        call.span,
    )
}

fn strcap(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let value = call.value(0, cx);
    match value.ty {
        Ty::Str { cap, .. } => Typed::literal(cap.into(), call.span),
        Ty::Array { len, .. } => Typed::literal(len.into(), call.span),
        _ => strlen(call, cx),
    }
}

fn strncmp(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let (left, right) = (text_of(call, 0, cx), text_of(call, 1, cx));
    let n = count(call, cx);
    let (Some(left), Some(right), Some(n)) = (left, right, n) else {
        return Typed::unknown(call.span);
    };
    let (left, right) = (left.into_ir(), right.into_ir());
    // Bytes behind a terminator are zero, so the shorter capacity holds the first difference.
    let bytes = n.min(left.ty.size()).min(right.ty.size());
    order(left, right, bytes, call)
}

fn memcmp(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(n) = count(call, cx) else {
        return Typed::unknown(call.span);
    };
    let (Some(left), Some(right)) = (bytes_of(call, 0, n, cx), bytes_of(call, 1, n, cx)) else {
        return Typed::unknown(call.span);
    };
    order(left.into_ir(), right.into_ir(), n, call)
}

fn order(left: crate::ir::Expr, right: crate::ir::Expr, bytes: u32, call: &Call<'_>) -> Typed {
    let kind = ExprKind::Order {
        left: Box::new(left),
        right: Box::new(right),
        bytes,
    };
    Typed::value(kind, Ty::I64, call.span)
}

/// The number of bytes to compare.
fn count(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<u32> {
    let n = call.constant(2, "a number of bytes", cx)?;
    let fits = u32::try_from(n).ok().filter(|n| (1..=1 << 16).contains(n));
    if fits.is_none() {
        let what = "the number of bytes to compare";
        cx.report(error::out_of_bounds(
            what,
            "from 1 to 65536",
            call.args[2].span,
        ));
    }
    fits
}

/// An argument as bytes in memory, of which there must be `n` at least.
fn bytes_of(call: &Call<'_>, n: usize, bytes: u32, cx: &mut Cx<'_>) -> Option<Typed> {
    let value = call.value(n, cx);
    let (span, value) = match value.ty.clone() {
        Ty::Unknown => return None,
        Ty::Pointer { space, .. } => {
            let to = Ty::Array {
                elem: Box::new(Ty::U8),
                len: bytes,
            };
            let ty = Ty::Pointer {
                to: Pointee::Ty(Box::new(to)),
                space,
            };
            let pointer = Typed { ty, ..value };
            let span = pointer.span;
            (span, pointed_to(pointer, span, cx))
        }
        Ty::Buffer { .. } | Ty::Stack { .. } => {
            call.wrong("text, an array, a number or a pointer", &value, cx);
            return None;
        }
        _ => (value.span, value),
    };
    let size = value.ty.lower().size();
    if size < bytes {
        let wanted = format!("at most {size}, which is all that this has");
        cx.report(error::out_of_bounds(
            "the number of bytes to compare",
            &wanted,
            span,
        ));
        return None;
    }
    Some(value)
}

fn strstr(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let (Some(all), Some(part)) = (text_of(call, 0, cx), text_of(call, 1, cx)) else {
        return Typed::unknown(call.span);
    };
    if let Some(part) = part
        .as_text()
        .filter(|p| p.len() > ExprKind::NEEDLE_MAX as usize)
    {
        let wanted = format!(
            "at most {} bytes long, not {}",
            ExprKind::NEEDLE_MAX,
            part.len()
        );
        let report = error::out_of_bounds("the part to look for", &wanted, call.args[1].span);
        return cx.fail(report, call.span);
    }
    let kind = ExprKind::StrFind(Box::new(all.into_ir()), Box::new(part.into_ir()));
    Typed::value(kind, Ty::I64, call.span)
}

fn strcontains(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let at = strstr(call, cx);
    if at.is_unknown() {
        return at;
    }
    let zero = Typed::value(ExprKind::Int(0), Ty::I64, call.span).into_ir();
    let kind = ExprKind::Compare(
        crate::ir::CompareOp::Ge,
        Box::new(at.into_ir()),
        Box::new(zero),
    );
    Typed::value(kind, Ty::Bool, call.span)
}

fn concat(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let (Some(left), Some(right)) = (text_of(call, 0, cx), text_of(call, 1, cx)) else {
        return Typed::unknown(call.span);
    };
    let (Ty::Str { cap: x, cut: p }, Ty::Str { cap: y, cut: q }) = (&left.ty, &right.ty) else {
        return Typed::unknown(call.span);
    };
    let ty = Ty::Str {
        cap: x + y - 1,
        cut: *p || *q,
    };
    let kind = ExprKind::Concat(Box::new(left.into_ir()), Box::new(right.into_ir()));
    Typed::value(kind, ty, call.span)
}

/// The text that belongs to a number.
fn named(call: &Call<'_>, cx: &mut Cx<'_>, table: &names::Table) -> Typed {
    let number = call.value(0, cx);
    if !number.ty.is_integer() {
        return call.wrong("a number", &number, cx);
    }
    if let Some(n) = number.as_literal() {
        return text(table.text(n).to_vec(), call.span);
    }
    let number = number.convert(&Ty::I64);
    let index = match table.is_signed {
        true => positive(number),
        false => number,
    };
    let kind = ExprKind::Table {
        index: Box::new(index),
        texts: table.texts(),
        otherwise: table.otherwise.as_bytes().to_vec(),
    };
    let ty = Ty::Str {
        cap: names::CAPACITY,
        cut: false,
    };
    Typed::value(kind, ty, call.span)
}

/// A number without its sign.
fn positive(number: crate::ir::Expr) -> crate::ir::Expr {
    let span = number.span;
    let zero = Typed::value(ExprKind::Int(0), Ty::I64, span).into_ir();
    let negative = ExprKind::Compare(
        crate::ir::CompareOp::Lt,
        Box::new(number.clone()),
        Box::new(zero),
    );
    let negated = ExprKind::Unary(crate::ir::UnaryOp::Neg, Box::new(number.clone()));
    let kind = ExprKind::Ternary {
        cond: Box::new(Typed::value(negative, Ty::Bool, span).into_ir()),
        then: Box::new(Typed::value(negated, Ty::I64, span).into_ir()),
        otherwise: Box::new(number),
    };
    Typed::value(kind, Ty::I64, span).into_ir()
}
