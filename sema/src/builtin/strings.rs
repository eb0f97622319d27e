//! Functions on texts and bytes.

use super::names;
use super::read::{bytes_at, text_of};
use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::{pointed_to, text};
use crate::ir::{Expr, ExprKind, Place, Stmt, StmtKind, Type};
use crate::ty::{Pointee, Ty};
use crate::typed::{Typed, expr};

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
    let most = left.ty.size().min(right.ty.size());
    match n {
        Count::Known(n) => order(left, right, n.min(most), None, call),
        Count::Asked(n) => order(left, right, most, Some(n), call),
    }
}

fn memcmp(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    match count(call, cx) {
        Some(Count::Known(n)) => {
            let sides = (bytes_of(call, 0, n, cx), bytes_of(call, 1, n, cx));
            let (Some(left), Some(right)) = sides else {
                return Typed::unknown(call.span);
            };
            order(left.into_ir(), right.into_ir(), n, None, call)
        }
        Some(Count::Asked(n)) => compare_some(n, call, cx),
        None => Typed::unknown(call.span),
    }
}

/// As many bytes as the run says, and no more than both values have. The number is worked out once.
fn compare_some(n: Expr, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let held = cx.program.variables.declare_lowered(Type::U64, n.span);
    let assign = Stmt {
        kind: StmtKind::Assign {
            place: Place::Var(held),
            value: n,
        },
        span: call.span,
    };
    let n = expr(ExprKind::Var(held), Type::U64, call.span);
    let most = cx.config.max_strlen;
    let sides = (
        some_bytes_of(call, 0, &n, most, cx),
        some_bytes_of(call, 1, &n, most, cx),
    );
    let (Some((left, x)), Some((right, y))) = sides else {
        return Typed::unknown(call.span);
    };
    let compared = order(left, right, x.min(y), Some(n), call).into_ir();
    let kind = ExprKind::Block(vec![assign], Box::new(compared));
    Typed::value(kind, Ty::I64, call.span)
}

/// An argument as bytes in memory, and how many they are at most; of what a pointer points to, no
/// more are read than are asked for.
fn some_bytes_of(
    call: &Call<'_>,
    n: usize,
    asked: &Expr,
    most: u32,
    cx: &mut Cx<'_>,
) -> Option<(Expr, u32)> {
    let value = call.value(n, cx);
    match value.ty {
        Ty::Unknown => None,
        Ty::Pointer { .. } => {
            let asked = Typed::value(asked.kind.clone(), Ty::U64, asked.span);
            Some((bytes_at(value, &asked, most, call.args[n].span), most))
        }
        Ty::Buffer { .. } | Ty::Stack { .. } => {
            call.wrong("text, an array, a number or a pointer", &value, cx);
            None
        }
        _ => {
            let value = value.into_ir();
            let size = value.ty.size();
            Some((value, size))
        }
    }
}

fn order(left: Expr, right: Expr, bytes: u32, count: Option<Expr>, call: &Call<'_>) -> Typed {
    let kind = ExprKind::Order {
        left: Box::new(left),
        right: Box::new(right),
        bytes,
        count: count.map(Box::new),
    };
    Typed::value(kind, Ty::I64, call.span)
}

/// How many bytes are to be compared.
enum Count {
    /// As many as the script says.
    Known(u32),
    /// As many as the run says: a U64.
    Asked(Expr),
}

fn count(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Count> {
    let n = call.integer(2, "a number of bytes", cx)?;
    if n.is_unknown() {
        return None;
    }
    let Some(literal) = n.as_literal() else {
        return Some(Count::Asked(n.convert(&Ty::U64)));
    };
    let fits = u32::try_from(literal)
        .ok()
        .filter(|n| (1..=1 << 16).contains(n));
    if fits.is_none() {
        let what = "the number of bytes to compare";
        cx.report(error::out_of_bounds(
            what,
            "from 1 to 65536",
            call.args[2].span,
        ));
    }
    fits.map(Count::Known)
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
    let Some(number) = call.integer(0, "a number", cx) else {
        return Typed::unknown(call.span);
    };
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
fn positive(number: Expr) -> Expr {
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
