//! Conditions that are known when compiling: parameters of the run, types, sizes.

use crate::ir::{BinaryOp, CompareOp, Expr, ExprKind, Type, UnaryOp};

/// Whether a condition holds, where that does not depend on when the probe runs.
pub(crate) fn truth(cond: &Expr) -> Option<bool> {
    match &cond.kind {
        ExprKind::And(left, right) => match (truth(left), truth(right)) {
            (Some(false), _) => Some(false),
            (Some(true), right) => right,
            _ => None,
        },
        ExprKind::Or(left, right) => match (truth(left), truth(right)) {
            (Some(true), _) => Some(true),
            (Some(false), right) => right,
            _ => None,
        },
        ExprKind::Unary(UnaryOp::Not, operand) => truth(operand).map(|holds| !holds),
        ExprKind::Compare(op, left, right) => compare(*op, left, right),
        _ => number(cond).map(|value| value != 0),
    }
}

fn compare(op: CompareOp, left: &Expr, right: &Expr) -> Option<bool> {
    if let (ExprKind::Str(left), ExprKind::Str(right)) = (&left.kind, &right.kind) {
        return match op {
            CompareOp::Eq => Some(left == right),
            CompareOp::Ne => Some(left != right),
            _ => None,
        };
    }
    let (left, right) = (number(left)?, number(right)?);
    Some(match op {
        CompareOp::Eq => left == right,
        CompareOp::Ne => left != right,
        CompareOp::Lt => left < right,
        CompareOp::Le => left <= right,
        CompareOp::Gt => left > right,
        CompareOp::Ge => left >= right,
    })
}

/// The value of an expression that is made of constants.
pub(super) fn number(e: &Expr) -> Option<i128> {
    let value = match &e.kind {
        ExprKind::Int(bits) => i128::from(*bits),
        ExprKind::Convert(operand) if e.ty == Type::Bool => i128::from(number(operand)? != 0),
        ExprKind::Convert(operand) => number(operand)?,
        ExprKind::Unary(UnaryOp::Neg, operand) => -number(operand)?,
        ExprKind::Binary(op, left, right) => {
            let (left, right) = (number(left)?, number(right)?);
            match op {
                BinaryOp::Add => left + right,
                BinaryOp::Sub => left - right,
                BinaryOp::Mul => left.checked_mul(right)?,
                BinaryOp::BitAnd => left & right,
                BinaryOp::BitOr => left | right,
                _ => return None,
            }
        }
        ExprKind::Compare(..) | ExprKind::And(..) | ExprKind::Or(..) => i128::from(truth(e)?),
        _ => return None,
    };
    Some(cut(value, &e.ty))
}

/// A number as a value of a type.
fn cut(value: i128, ty: &Type) -> i128 {
    let bits = 8 * u32::from(ty.scalar_bytes().unwrap_or(8));
    let low = value & ((1i128 << bits) - 1);
    match ty.is_signed() && low >> (bits - 1) != 0 {
        true => low - (1i128 << bits),
        false => low,
    }
}
