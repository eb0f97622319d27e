//! Assignments and increments.

use super::address::register;
use super::expr::{into, scalar};
use super::walk::{changes_map, has_effects, is_composed};
use super::{Cx, Tail, map};
use crate::llvm::{Ty, Value};
use sema::ir::{BinaryOp, Expr, ExprKind, MapId, Place, Type};

/// Stores a value in a place.
pub(super) fn assign<'m>(cx: &mut Cx<'_, 'm>, place: &'m Place, value: &'m Expr) {
    if let Some((map, key, op, amount)) = addition(cx, place, value) {
        let mut amount = scalar(cx, amount);
        if op == BinaryOp::Sub {
            amount = cx.b.sub(cx.b.constant(amount.ty(), 0), amount);
        }
        map::add(cx, map, key, amount, false);
        return;
    }
    match place {
        Place::Var(id) if value.ty.is_scalar() => {
            let value = scalar(cx, value);
            cx.variable(*id).store(cx, value);
        }
        Place::Map { map, key } if value.ty.is_scalar() => {
            let value = scalar(cx, value);
            map::set_scalar(cx, *map, key.as_deref(), value);
        }
        Place::Var(_) if is_composed(value) => {
            let bytes = value.ty.size();
            let copy = cx.temp(bytes);
            into(cx, value, copy, Tail::Zero);
            write(cx, place, bytes, |cx, to| to.copy_from(cx, copy, bytes));
        }
        Place::Map { key: None, .. } if is_composed(value) || has_effects(value) => {
            let bytes = value.ty.size();
            let copy = cx.temp(bytes);
            into(cx, value, copy, Tail::Zero);
            write(cx, place, bytes, |cx, to| to.copy_from(cx, copy, bytes));
        }
        _ => {
            let bytes = value.ty.size();
            write(cx, place, bytes, |cx, to| into(cx, value, to, Tail::Zero));
        }
    }
}

/// Adds to the integer in a place; yields its value before or after.
pub(super) fn increment<'m>(
    cx: &mut Cx<'_, 'm>,
    place: &'m Place,
    delta: i64,
    before: bool,
    ty: &Type,
) -> Value<'m> {
    let delta = cx.b.constant(register(ty), delta.cast_unsigned());
    let old = match place {
        Place::Var(id) => {
            let variable = cx.variable(*id);
            let old = variable.load(cx, ty);
            variable.store(cx, cx.b.add(old, delta));
            old
        }
        Place::Map { map, key } => map::add(cx, *map, key.as_deref(), delta, true),
    };
    if before { old } else { cx.b.add(old, delta) }
}

fn write<'m>(
    cx: &mut Cx<'_, 'm>,
    place: &'m Place,
    bytes: u32,
    write: impl FnOnce(&mut Cx<'_, 'm>, super::Address<'m>),
) {
    match place {
        Place::Var(id) => {
            let variable = cx.variable(*id);
            write(cx, variable);
        }
        Place::Map { map, key } => map::set_memory(cx, *map, key.as_deref(), bytes, write),
    }
}

/// An assignment that adds to what its place holds, such as `@x += 1`, taken apart: it becomes
/// one step that no other CPU can come between.
fn addition<'m>(
    cx: &Cx<'_, 'm>,
    place: &'m Place,
    value: &'m Expr,
) -> Option<(MapId, Option<&'m Expr>, BinaryOp, &'m Expr)> {
    let Place::Map { map, key } = place else {
        return None;
    };
    let ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), left, right) =
        &same_bits(value).kind
    else {
        return None;
    };
    let ExprKind::MapGet {
        map: read,
        key: read_key,
    } = &same_bits(left).kind
    else {
        return None;
    };
    let same = map == read && key == read_key && !key.as_deref().is_some_and(has_effects);
    let width = register(&value.ty);
    let fits = matches!(width, Ty::I32 | Ty::I64) && register(&right.ty) == width;
    let plain = !cx.unit.map(*map).kind.is_per_cpu();
    // What the map holds is read before the amount is worked out, so that must not change it.
    let apart = !changes_map(right, *map);
    (same && fits && plain && apart).then_some((*map, key.as_deref(), *op, right))
}

/// What an expression converts without changing its bits.
fn same_bits(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Convert(operand) if register(&operand.ty) == register(&expr.ty) => {
            same_bits(operand)
        }
        _ => expr,
    }
}
