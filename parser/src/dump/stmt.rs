//! Statements and blocks.

use super::Tree;
use super::expr::{expr, ty};
use crate::ast::*;

pub(super) fn block(tree: &mut Tree<'_>, block: &Block) {
    tree.node("block", block.span, |tree| {
        block.stmts.iter().for_each(|s| stmt(tree, s));
        if let Some(result) = &block.result {
            tree.part("result", |tree| expr(tree, result));
        }
    });
}

fn stmt(tree: &mut Tree<'_>, stmt: &Stmt) {
    let span = stmt.span;
    match &stmt.kind {
        StmtKind::Expr(value) => expr(tree, value),
        StmtKind::Assign { target, op, value } => {
            let op = op.map_or("", BinaryOp::as_str);
            tree.node(&format!("assign {op}="), span, |tree| {
                expr(tree, target);
                expr(tree, value);
            });
        }
        StmtKind::Discard(value) => tree.node("discard", span, |tree| expr(tree, value)),
        StmtKind::Let {
            var,
            ty: written,
            value,
        } => {
            tree.node(&format!("let {}", var.name), span, |tree| {
                written.iter().for_each(|t| ty(tree, t));
                value.iter().for_each(|v| expr(tree, v));
            });
        }
        StmtKind::If { .. }
        | StmtKind::While { .. }
        | StmtKind::For { .. }
        | StmtKind::Unroll { .. } => compound(tree, stmt),
        StmtKind::Block(inner) => block(tree, inner),
        StmtKind::Break => tree.leaf("break", span),
        StmtKind::Continue => tree.leaf("continue", span),
        StmtKind::Return(value) => tree.node("return", span, |tree| {
            value.iter().for_each(|v| expr(tree, v));
        }),
    }
}

fn compound(tree: &mut Tree<'_>, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => tree.node("if", stmt.span, |tree| {
            expr(tree, cond);
            block(tree, then);
            otherwise.iter().for_each(|o| block(tree, o));
        }),
        StmtKind::While { cond, body } => tree.node("while", stmt.span, |tree| {
            expr(tree, cond);
            block(tree, body);
        }),
        StmtKind::For { var, source, body } => {
            tree.node(&format!("for {}", var.name), stmt.span, |tree| {
                for_source(tree, source);
                block(tree, body);
            });
        }
        StmtKind::Unroll { count, body } => tree.node("unroll", stmt.span, |tree| {
            expr(tree, count);
            block(tree, body);
        }),
        _ => {}
    }
}

fn for_source(tree: &mut Tree<'_>, source: &ForSource) {
    match source {
        ForSource::Map(map) => tree.leaf(&format!("entries of {}", map.name), map.span),
        ForSource::Range { start, end } => tree.part("range", |tree| {
            expr(tree, start);
            expr(tree, end);
        }),
    }
}
