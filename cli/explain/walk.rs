//! What an expression is made of.

use sema::ir::{Expr, ExprKind, Place};

/// The operands of an expression, in the order in which they are worked out.
pub fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::MapGet { key, .. }
        | ExprKind::MapDelete { key, .. }
        | ExprKind::AggregateGet { key, .. } => key.iter().map(|key| &**key).collect(),
        ExprKind::MapHas { key, .. } => vec![key],
        ExprKind::Increment { place, .. } => of_place(place),
        ExprKind::Unary(_, value)
        | ExprKind::Convert(value)
        | ExprKind::Resize(value)
        | ExprKind::Member(value, _)
        | ExprKind::AddressOf(value)
        | ExprKind::Block(_, value) => vec![value],
        ExprKind::Binary(_, left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Index(left, right) => vec![left, right],
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => vec![cond, then, otherwise],
        ExprKind::Aggregate(members) => members.iter().collect(),
        ExprKind::Load { base, .. } => vec![base],
        ExprKind::LoadStr { address, len, .. } | ExprKind::LoadBuffer { address, len, .. } => {
            let mut parts = vec![&**address];
            parts.extend(len.as_deref());
            parts
        }
        _ => Vec::new(),
    }
}

/// The key of the entry that is changed.
pub fn of_place(place: &Place) -> Vec<&Expr> {
    match place {
        Place::Map { key, .. } => key.iter().map(|key| &**key).collect(),
        Place::Var(_) => Vec::new(),
        #[allow(unreachable_patterns, reason = "other places have no parts to tell of")]
        _ => Vec::new(),
    }
}
