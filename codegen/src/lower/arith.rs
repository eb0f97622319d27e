//! Arithmetic, with the results that the kernel defines where C defines none.
//!
//! LLVM takes a division by zero, the smallest integer divided by -1, and a shift by the width or
//! more as licence to produce anything, so none of them reaches it.

use super::Cx;
use crate::llvm::{Predicate, Value};
use sema::ir::{BinaryOp, UnaryOp};

/// An operator with one operand.
pub(super) fn unary<'m>(cx: &Cx<'_, 'm>, op: UnaryOp, value: Value<'m>) -> Value<'m> {
    let constant = |bits| cx.b.constant(value.ty(), bits);
    match op {
        UnaryOp::Neg => cx.b.sub(constant(0), value),
        UnaryOp::BitNot => cx.b.xor(value, constant(u64::MAX)),
        UnaryOp::Not => cx.b.is_zero(value),
    }
}

/// An operator with two operands of one width.
pub(super) fn binary<'m>(
    cx: &Cx<'_, 'm>,
    op: BinaryOp,
    left: Value<'m>,
    right: Value<'m>,
    signed: bool,
) -> Value<'m> {
    let b = &cx.b;
    match op {
        BinaryOp::Add => b.add(left, right),
        BinaryOp::Sub => b.sub(left, right),
        BinaryOp::Mul => b.mul(left, right),
        BinaryOp::Div if signed => signed_divide(cx, left, right),
        BinaryOp::Div => divide(cx, left, right),
        BinaryOp::Mod if signed => signed_remainder(cx, left, right),
        BinaryOp::Mod => remainder(cx, left, right),
        BinaryOp::Shl => b.shl(left, shift_amount(cx, right)),
        BinaryOp::Shr if signed => b.ashr(left, shift_amount(cx, right)),
        BinaryOp::Shr => b.lshr(left, shift_amount(cx, right)),
        BinaryOp::BitAnd => b.and(left, right),
        BinaryOp::BitOr => b.or(left, right),
        BinaryOp::BitXor => b.xor(left, right),
    }
}

/// Unsigned quotient; zero where the divisor is zero.
pub(super) fn divide<'m>(cx: &Cx<'_, 'm>, left: Value<'m>, right: Value<'m>) -> Value<'m> {
    let zero = cx.b.constant(left.ty(), 0);
    guarded(cx, right, zero, |divisor| cx.b.udiv(left, divisor))
}

/// Signed quotient, rounded towards zero, from the unsigned one: the same on every instruction
/// set. The smallest integer divided by -1 is itself, as in the kernel.
pub(super) fn signed_divide<'m>(cx: &Cx<'_, 'm>, left: Value<'m>, right: Value<'m>) -> Value<'m> {
    let (left_sign, right_sign) = (sign(cx, left), sign(cx, right));
    let left = flip(cx, left, left_sign);
    let right = flip(cx, right, right_sign);
    let quotient = divide(cx, left, right);
    flip(cx, quotient, cx.b.xor(left_sign, right_sign))
}

/// Unsigned remainder; the left operand where the divisor is zero.
fn remainder<'m>(cx: &Cx<'_, 'm>, left: Value<'m>, right: Value<'m>) -> Value<'m> {
    guarded(cx, right, left, |divisor| cx.b.urem(left, divisor))
}

/// Signed remainder, with the sign of the left operand.
fn signed_remainder<'m>(cx: &Cx<'_, 'm>, left: Value<'m>, right: Value<'m>) -> Value<'m> {
    let left_sign = sign(cx, left);
    let left = flip(cx, left, left_sign);
    let right = flip(cx, right, sign(cx, right));
    let rest = remainder(cx, left, right);
    flip(cx, rest, left_sign)
}

/// `operate` on a divisor that is never zero; `otherwise` where it would be.
fn guarded<'m>(
    cx: &Cx<'_, 'm>,
    divisor: Value<'m>,
    otherwise: Value<'m>,
    operate: impl FnOnce(Value<'m>) -> Value<'m>,
) -> Value<'m> {
    let b = &cx.b;
    let is_zero = b.is_zero(divisor);
    let one = b.constant(divisor.ty(), 1);
    let result = operate(b.select(is_zero, one, divisor));
    b.select(is_zero, otherwise, result)
}

/// All ones where the value is negative, else zero.
fn sign<'m>(cx: &Cx<'_, 'm>, value: Value<'m>) -> Value<'m> {
    let width = u64::from(value.ty().bits());
    cx.b.ashr(value, cx.b.constant(value.ty(), width - 1))
}

/// The value negated where `sign` is all ones.
fn flip<'m>(cx: &Cx<'_, 'm>, value: Value<'m>, sign: Value<'m>) -> Value<'m> {
    cx.b.sub(cx.b.xor(value, sign), sign)
}

/// The amount modulo the width, which is a power of two.
fn shift_amount<'m>(cx: &Cx<'_, 'm>, amount: Value<'m>) -> Value<'m> {
    let width = u64::from(amount.ty().bits());
    cx.b.and(amount, cx.b.constant(amount.ty(), width - 1))
}

/// The integer nearest to `value` that is not above `max`, by unsigned order.
pub(super) fn at_most<'m>(cx: &Cx<'_, 'm>, value: Value<'m>, max: u64) -> Value<'m> {
    let max = cx.b.constant(value.ty(), max);
    let above = cx.b.compare(Predicate::UnsignedGt, value, max);
    cx.b.select(above, max, value)
}
