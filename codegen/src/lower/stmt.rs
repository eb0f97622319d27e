//! Statements.

use super::expr::effect;
use super::{Cx, aggregate, branch, callback, event, join, looping, map, place};
use crate::llvm::Ty;
use sema::ir::{Expr, ExprKind, Place, Stmt, StmtKind};

/// Statements one after the other. What follows one that leaves is not lowered.
pub(super) fn all<'m>(cx: &mut Cx<'_, 'm>, stmts: &'m [Stmt]) {
    for stmt in stmts {
        lower(cx, stmt);
        if matches!(
            stmt.kind,
            StmtKind::Exit(_) | StmtKind::Return | StmtKind::Break | StmtKind::Continue
        ) {
            break;
        }
    }
}

fn lower<'m>(cx: &mut Cx<'_, 'm>, stmt: &'m Stmt) {
    cx.at(stmt.span);
    cx.with_temps(|cx| match &stmt.kind {
        StmtKind::Expr(expr) => expression(cx, expr),
        StmtKind::Assign { place, value } => place::assign(cx, place, value),
        StmtKind::Aggregate {
            map,
            key,
            aggregation,
            value,
        } => aggregate::update(cx, *map, key.as_ref(), *aggregation, value.as_ref()),
        StmtKind::Emit { event, args } => event::emit(cx, *event, args),
        StmtKind::Join {
            event,
            array,
            space,
        } => join::emit(cx, *event, array, *space),
        StmtKind::Exit(code) => event::exit(cx, code),
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => branch::either(cx, cond, |cx| all(cx, then), |cx| all(cx, otherwise)),
        StmtKind::While { .. } | StmtKind::ForRange { .. } | StmtKind::ForMap { .. } => {
            callback::lower(cx, stmt);
        }
        StmtKind::Unroll { count, body } => looping::unroll(cx, *count, body),
        StmtKind::Break => looping::leave(cx, stmt.span),
        StmtKind::Continue => looping::again(cx, stmt.span),
        StmtKind::Return => cx.leave(cx.end),
    });
}

/// An expression whose value nobody uses: an increment then needs not fetch it.
fn expression<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) {
    match &expr.kind {
        ExprKind::Increment {
            place: Place::Map { map, key },
            delta,
            ..
        } => {
            let ty = Ty::int(expr.ty.size());
            let delta = cx.b.constant(ty, delta.cast_unsigned());
            map::add(cx, *map, key.as_deref(), delta, false);
        }
        _ => effect(cx, expr),
    }
}
