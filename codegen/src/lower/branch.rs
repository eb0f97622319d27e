//! Conditions and choices. What only one branch evaluates, only that branch pays for.

use super::Cx;
use super::expr::scalar;
use crate::llvm::{Block, Ty, Value};
use sema::ir::{Expr, ExprKind, UnaryOp};

/// Goes on in one of two blocks by a condition, deciding as early as `&&`, `||` and `!` allow.
pub(super) fn on<'m>(cx: &mut Cx<'_, 'm>, cond: &'m Expr, then: Block<'m>, otherwise: Block<'m>) {
    match &cond.kind {
        ExprKind::And(left, right) => {
            let next = cx.block(c"and");
            on(cx, left, next, otherwise);
            cx.enter(next);
            cx.conditionally(|cx| on(cx, right, then, otherwise));
        }
        ExprKind::Or(left, right) => {
            let next = cx.block(c"or");
            on(cx, left, then, next);
            cx.enter(next);
            cx.conditionally(|cx| on(cx, right, then, otherwise));
        }
        ExprKind::Unary(UnaryOp::Not, operand) => on(cx, operand, otherwise, then),
        _ => {
            let value = scalar(cx, cond);
            cx.b.branch(value, then, otherwise);
        }
    }
}

/// The value of a condition.
pub(super) fn truth<'m>(cx: &mut Cx<'_, 'm>, cond: &'m Expr) -> Value<'m> {
    let constant = |cx: &mut Cx<'_, 'm>, bit| cx.b.constant(Ty::I1, bit);
    choose(cx, cond, |cx| constant(cx, 1), |cx| constant(cx, 0))
}

/// One of two values of one type.
pub(super) fn choose<'m>(
    cx: &mut Cx<'_, 'm>,
    cond: &'m Expr,
    then: impl FnOnce(&mut Cx<'_, 'm>) -> Value<'m>,
    otherwise: impl FnOnce(&mut Cx<'_, 'm>) -> Value<'m>,
) -> Value<'m> {
    let blocks = [cx.block(c"then"), cx.block(c"else"), cx.block(c"join")];
    let [yes, no, join] = blocks;
    on(cx, cond, yes, no);
    cx.enter(yes);
    let first = cx.conditionally(then);
    let first = (first, cx.b.block());
    cx.b.jump(join);
    cx.enter(no);
    let second = cx.conditionally(otherwise);
    let second = (second, cx.b.block());
    cx.b.jump(join);
    cx.enter(join);
    cx.b.phi(&[first, second])
}

/// One of two actions.
pub(super) fn either<'m>(
    cx: &mut Cx<'_, 'm>,
    cond: &'m Expr,
    then: impl FnOnce(&mut Cx<'_, 'm>),
    otherwise: impl FnOnce(&mut Cx<'_, 'm>),
) {
    let blocks = [cx.block(c"then"), cx.block(c"else"), cx.block(c"join")];
    let [yes, no, join] = blocks;
    on(cx, cond, yes, no);
    cx.enter(yes);
    cx.conditionally(then);
    cx.b.jump(join);
    cx.enter(no);
    cx.conditionally(otherwise);
    cx.b.jump(join);
    cx.enter(join);
}
