//! Operators: which operands go together, and in which type the work is done.
//!
//! Arithmetic is done in 64 bits. It is signed, unless an operand is `uint64` (or an unsigned
//! product or shift might need the top bit). A literal that is not negative goes with either sign,
//! and so does what unsigned numbers narrower than `uint64` add up to.

use super::expr::{check_expr, check_value};
use super::{access, address, assign, constant, memory, object};
use crate::cx::{Cx, Phase};
use crate::error;
use crate::ir::{self, CompareOp, ExprKind};
use crate::ty::{Join, Pointee, Ty, join};
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, BinaryOp, UnaryOp};

/// An expression as a condition: Bool.
pub(crate) fn condition(e: &ast::Expr, cx: &mut Cx<'_>) -> ir::Expr {
    let value = check_expr(e, cx);
    truth(value, cx)
}

fn truth(value: Typed, cx: &mut Cx<'_>) -> ir::Expr {
    let fits = value.ty.is_integer() || value.ty.is_pointer();
    if let Some(literal) = value.as_literal() {
        return Typed::value(ExprKind::Int(u64::from(literal != 0)), Ty::Bool, value.span)
            .into_ir();
    }
    if fits {
        return value.truth();
    }
    let report = error::not_a_condition(&value.ty, value.span);
    let span = value.span;
    cx.fail(report, span).truth()
}

pub(super) fn unary(op: UnaryOp, operand: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    match op {
        UnaryOp::Not => {
            let value = condition(operand, cx);
            Typed::value(
                ExprKind::Unary(ir::UnaryOp::Not, Box::new(value)),
                Ty::Bool,
                span,
            )
        }
        UnaryOp::Neg | UnaryOp::BitNot => arithmetic_unary(op, operand, span, cx),
        UnaryOp::AddrOf => address::of(operand, span, cx),
        UnaryOp::Deref => access::deref_expr(operand, span, cx),
        UnaryOp::Comptime => comptime(operand, cx),
    }
}

/// `comptime e`: the value of `e`, which must not depend on when the probe runs.
fn comptime(operand: &ast::Expr, cx: &mut Cx<'_>) -> Typed {
    let value = check_value(operand, cx);
    if value.is_unknown() || value.as_literal().is_some() || value.as_text().is_some() {
        return value;
    }
    let (ty, span) = (value.ty.clone(), value.span);
    let known = value.into_ir();
    let folded = if ty == Ty::Bool {
        constant::truth(&known)
            .map(|holds| Typed::value(ExprKind::Int(u64::from(holds)), Ty::Bool, span))
    } else {
        constant::number(&known).map(|number| Typed::literal(number, span))
    };
    folded.unwrap_or_else(|| cx.fail(error::not_constant("comptime", "a value", span), span))
}

fn arithmetic_unary(op: UnaryOp, operand: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let value = check_value(operand, cx);
    if value.is_unknown() {
        return Typed::unknown(span);
    }
    let (spelt, lowered) = match op {
        UnaryOp::Neg => ("-", ir::UnaryOp::Neg),
        _ => ("~", ir::UnaryOp::BitNot),
    };
    if !value.ty.is_integer() {
        let report = error::operand(spelt, &value.ty, "a number", value.span);
        return cx.fail(report, span);
    }
    if let Some(literal) = value.as_literal() {
        let result = if op == UnaryOp::Neg {
            -literal
        } else {
            !literal
        };
        if Ty::I64.holds(result) {
            return Typed::literal(result, span);
        }
    }
    let ty = match op {
        UnaryOp::BitNot if !value.ty.is_signed() => Ty::U64,
        _ => Ty::I64,
    };
    let value = value.convert(&ty);
    Typed::value(ExprKind::Unary(lowered, Box::new(value)), ty, span)
}

/// A binary expression. Chains like `a + b + c + …` lean to the left and may be very long, so the
/// left spine is walked in a loop.
pub(super) fn binary(e: &ast::Expr, cx: &mut Cx<'_>) -> Typed {
    let mut spine = Vec::new();
    let mut leftmost = e;
    while let ast::ExprKind::Binary { op, left, right } = &leftmost.kind {
        spine.push((*op, right.as_ref(), leftmost.span));
        leftmost = left;
    }
    let mut value = check_value(leftmost, cx);
    while let Some((op, right, span)) = spine.pop() {
        let right = check_value(right, cx);
        value = combine(op, value, right, span, cx);
    }
    value
}

/// `left op right` of checked operands; also what a compound assignment computes.
pub(super) fn combine(
    op: BinaryOp,
    left: Typed,
    right: Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    if left.is_unknown() || right.is_unknown() {
        return unknown_result(op, left, right, span, cx);
    }
    match op {
        BinaryOp::And | BinaryOp::Or => logical(op, left, right, span, cx),
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            compare(op, left, right, span, cx)
        }
        _ if left.ty.is_pointer() || right.ty.is_pointer() => {
            pointer_arithmetic(op, left, right, span, cx)
        }
        _ => arithmetic(op, left, right, span, cx),
    }
}

/// One bad operand is not to spawn a second report: comparisons are Bool whatever they compare.
///
/// An operand may also be a map of which nothing else is ever known, as in `@n = @n + 1`. Beside a
/// number it is a number, and counts as the zero that it starts from.
fn unknown_result(op: BinaryOp, left: Typed, right: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    if matches!(op, BinaryOp::And | BinaryOp::Or) || lower_compare(op).is_some() {
        return Typed::value(ExprKind::Int(0), Ty::Bool, span);
    }
    let guesses = cx.phase == Phase::Guesses;
    let number = |side: &Typed| guesses && side.ty.is_integer() && !side.is_unknown();
    let zero = Typed::literal(0, span);
    match (number(&left), number(&right)) {
        (true, _) if !matches!(op, BinaryOp::Div | BinaryOp::Mod) => {
            arithmetic(op, left, zero, span, cx)
        }
        (_, true) => arithmetic(op, zero, right, span, cx),
        _ => Typed::unknown(span),
    }
}

fn logical(op: BinaryOp, left: Typed, right: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    let (left, right) = (Box::new(truth(left, cx)), Box::new(truth(right, cx)));
    let kind = match op {
        BinaryOp::And => ExprKind::And(left, right),
        _ => ExprKind::Or(left, right),
    };
    Typed::value(kind, Ty::Bool, span)
}

fn arithmetic(op: BinaryOp, left: Typed, right: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    for side in [&left, &right] {
        if !side.ty.is_integer() {
            let report = error::operand(op.as_str(), &side.ty, "numbers", side.span);
            return cx.fail(report, span);
        }
    }
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && right.as_literal() == Some(0) {
        return cx.fail(error::division_by_zero(right.span), span);
    }
    if let (Some(a), Some(b)) = (left.as_literal(), right.as_literal())
        && let Some(value) = fold(op, a, b)
    {
        return Typed::literal(value, span);
    }
    let (ty, natural) = arithmetic_type(op, &left, &right, span, cx);
    let Some(lowered) = lower_arithmetic(op) else {
        return Typed::unknown(span);
    };
    let (left, right) = (Box::new(left.convert(&ty)), Box::new(right.convert(&ty)));
    Typed {
        natural,
        ..Typed::value(ExprKind::Binary(lowered, left, right), ty, span)
    }
}

/// The 64-bit type in which two integers are added, multiplied and so on, and whether the result is
/// an `int64` that cannot be negative.
fn arithmetic_type(
    op: BinaryOp,
    left: &Typed,
    right: &Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> (Ty, bool) {
    let any_u64 = is_u64(left) || is_u64(right);
    let unsigned = is_unsigned(left) && is_unsigned(right);
    match op {
        BinaryOp::Sub => (Ty::I64, false),
        BinaryOp::Shl | BinaryOp::Shr if !is_unsigned(left) => (Ty::I64, false),
        BinaryOp::Shl => (Ty::U64, false),
        BinaryOp::Shr if is_u64(left) => (Ty::U64, false),
        BinaryOp::Shr => (Ty::I64, true),
        _ if unsigned && (any_u64 || op == BinaryOp::Mul) => (Ty::U64, false),
        _ if unsigned => (Ty::I64, true),
        _ => {
            let bitwise = matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor);
            if any_u64 && !bitwise {
                cx.report(error::operands_sign(op.as_str(), span));
            }
            (Ty::I64, false)
        }
    }
}

/// Whether a number goes with unsigned ones: by its type, or because it cannot be negative.
fn is_unsigned(side: &Typed) -> bool {
    !side.ty.is_signed() || side.natural
}

fn is_u64(side: &Typed) -> bool {
    matches!(
        side.ty,
        Ty::U64
            | Ty::Ksym
            | Ty::Username
            | Ty::Enum {
                bytes: 8,
                signed: false,
                ..
            }
    )
}

/// Arithmetic on literals, where the result is an `int64` or `uint64`.
fn fold(op: BinaryOp, a: i128, b: i128) -> Option<i128> {
    let shift = || u32::try_from(b).ok().filter(|&bits| bits < 64);
    let value = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Div => a.checked_div(b)?,
        BinaryOp::Mod => a.checked_rem(b)?,
        BinaryOp::Shl => a << shift()?,
        BinaryOp::Shr => a >> shift()?,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        _ => return None,
    };
    (Ty::I64.holds(value) || Ty::U64.holds(value)).then_some(value)
}

fn pointer_arithmetic(
    op: BinaryOp,
    left: Typed,
    right: Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let fits = match op {
        BinaryOp::Add => left.ty.is_integer() || right.ty.is_integer(),
        BinaryOp::Sub => left.ty.is_pointer() && right.ty.is_integer(),
        _ => left.ty.is_pointer() && right.ty.is_integer() || left.ty.is_integer(),
    };
    if !fits {
        let report = error::operands(op.as_str(), (&left.ty, left.span), (&right.ty, right.span));
        return cx.fail(report, span);
    }
    let keeps_type = matches!(op, BinaryOp::Add | BinaryOp::Sub);
    let (pointer, number) = if left.ty.is_pointer() {
        (left, right)
    } else {
        (right, left)
    };
    let ty = if keeps_type {
        pointer.ty.clone()
    } else {
        Ty::U64
    };
    let scale = if keeps_type { pointee_size(&ty, cx) } else { 1 };
    let lowered = lower_arithmetic(op).unwrap_or(ir::BinaryOp::Add);
    let scale = Typed::literal(i128::from(scale), span);
    let number = combine(BinaryOp::Mul, number, scale, span, cx).convert(&Ty::U64);
    let kind = ExprKind::Binary(
        lowered,
        Box::new(pointer.into_ir()),
        Box::new(ir::Expr {
            ty: ty.lower(),
            ..number
        }),
    );
    Typed::value(kind, ty, span)
}

/// Bytes of what a pointer points to; 1 where nobody knows.
pub(super) fn pointee_size(pointer: &Ty, cx: &Cx<'_>) -> u32 {
    match pointer {
        Ty::Pointer {
            to: Pointee::Ty(ty),
            ..
        } => ty.lower().size().max(1),
        Ty::Pointer {
            to: Pointee::Btf(id),
            ..
        } => {
            let ty = cx.btf().and_then(|btf| memory::from_btf(btf, *id));
            ty.map_or(1, |ty| memory::size_of(&ty, cx)).max(1)
        }
        _ => 1,
    }
}

fn compare(op: BinaryOp, left: Typed, right: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(lowered) = lower_compare(op) else {
        return Typed::unknown(span);
    };
    let Some(ty) = comparison_type(op, &left, &right, span, cx) else {
        let report = error::operands(op.as_str(), (&left.ty, left.span), (&right.ty, right.span));
        cx.report(report);
        return Typed::value(ExprKind::Int(0), Ty::Bool, span);
    };
    // Strings are compared up to their terminators, whatever their capacities.
    let (left, right) = match ty {
        Ty::Str { .. } => (left.into_ir(), right.into_ir()),
        _ => (left.convert(&ty), right.convert(&ty)),
    };
    let kind = ExprKind::Compare(lowered, Box::new(left), Box::new(right));
    Typed::value(kind, Ty::Bool, span)
}

/// The type in which two values are compared.
fn comparison_type(
    op: BinaryOp,
    left: &Typed,
    right: &Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<Ty> {
    let (a, b) = (&left.ty, &right.ty);
    let ordered = !matches!(op, BinaryOp::Eq | BinaryOp::Ne);
    if a.is_integer() && b.is_integer() {
        return Some(integer_comparison(op, left, right, span, cx));
    }
    if (a.is_pointer() || b.is_pointer())
        && (a.is_pointer() || a.is_integer())
        && (b.is_pointer() || b.is_integer())
    {
        return Some(Ty::U64);
    }
    match join(a, b) {
        Join::Fits(ty) if !ordered => Some(ty),
        _ => None,
    }
}

fn integer_comparison(
    op: BinaryOp,
    left: &Typed,
    right: &Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Ty {
    if !is_u64(left) && !is_u64(right) {
        return Ty::I64;
    }
    if is_unsigned(left) && is_unsigned(right) {
        return Ty::U64;
    }
    cx.report(error::operands_sign(op.as_str(), span));
    Ty::I64
}

pub(super) fn ternary(
    cond: &ast::Expr,
    then: Option<&ast::Expr>,
    otherwise: &ast::Expr,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let first = check_expr(cond, cx);
    let (kept, first) = match then {
        Some(_) => (None, first),
        None => assign::keep(first, cx),
    };
    let decides = truth(first.clone(), cx);
    let then = match then {
        Some(then) => object::valued(check_expr(then, cx), cx),
        None => first,
    };
    let otherwise = object::valued(check_expr(otherwise, cx), cx);
    let types = (then.stored_type(), otherwise.stored_type());
    let ty = match join(&types.0, &types.1) {
        Join::Fits(ty) => ty,
        Join::SignLost => Ty::I64,
        Join::Mismatch => {
            let report = error::ternary((&then.ty, then.span), (&otherwise.ty, otherwise.span));
            return cx.fail(report, span);
        }
    };
    if ty == Ty::Unknown {
        return Typed::unknown(span);
    }
    let kind = ExprKind::Ternary {
        cond: Box::new(decides),
        then: Box::new(then.convert(&ty)),
        otherwise: Box::new(otherwise.convert(&ty)),
    };
    let chosen = Typed::value(kind, ty.clone(), span);
    match kept {
        Some(keep) => Typed::value(
            ExprKind::Block(vec![keep], Box::new(chosen.into_ir())),
            ty,
            span,
        ),
        None => chosen,
    }
}

fn lower_arithmetic(op: BinaryOp) -> Option<ir::BinaryOp> {
    Some(match op {
        BinaryOp::Add => ir::BinaryOp::Add,
        BinaryOp::Sub => ir::BinaryOp::Sub,
        BinaryOp::Mul => ir::BinaryOp::Mul,
        BinaryOp::Div => ir::BinaryOp::Div,
        BinaryOp::Mod => ir::BinaryOp::Mod,
        BinaryOp::Shl => ir::BinaryOp::Shl,
        BinaryOp::Shr => ir::BinaryOp::Shr,
        BinaryOp::BitAnd => ir::BinaryOp::BitAnd,
        BinaryOp::BitOr => ir::BinaryOp::BitOr,
        BinaryOp::BitXor => ir::BinaryOp::BitXor,
        _ => return None,
    })
}

fn lower_compare(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => return None,
    })
}
