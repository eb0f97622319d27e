//! Statements and blocks.

use super::expr::{self, ty, value};
use super::{Printer, WIDTH};
use crate::ast::*;

/// A block, its braces included, over as many lines as it has statements.
pub(super) fn block(p: &mut Printer<'_>, block: &Block) {
    p.write("{");
    p.last_end = block.span.start + 1;
    let has_comments = p.comments.first().is_some_and(|c| c.start < block.span.end);
    if block.stmts.is_empty() && block.result.is_none() && !has_comments {
        p.write(" }");
        p.last_end = block.span.end;
        return;
    }
    p.end_line();
    p.indent += 1;
    for stmt in &block.stmts {
        statement(p, stmt);
    }
    if let Some(result) = &block.result {
        p.comments_before(expr_head_end(p, result));
        p.keep_blank_line(result.span.start);
        leading(p, result);
        p.last_end = result.span.end;
        p.end_line();
    }
    p.comments_before(block.span.end);
    p.indent -= 1;
    p.write("}");
    p.last_end = block.span.end;
}

fn statement(p: &mut Printer<'_>, stmt: &Stmt) {
    p.comments_before(head_end(p, stmt));
    p.keep_blank_line(stmt.span.start);
    print(p, stmt);
    if !is_compound(&stmt.kind) {
        p.write(";");
    }
    p.last_end = stmt.span.end;
    p.end_line();
}

fn is_compound(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::If { .. }
            | StmtKind::While { .. }
            | StmtKind::For { .. }
            | StmtKind::Unroll { .. }
            | StmtKind::Block(_)
    )
}

/// The end of the part of a statement whose comments are printed above it: where its first block
/// starts, which takes care of its own.
fn head_end(p: &Printer<'_>, stmt: &Stmt) -> u32 {
    match &stmt.kind {
        StmtKind::If { then: body, .. }
        | StmtKind::While { body, .. }
        | StmtKind::For { body, .. }
        | StmtKind::Unroll { body, .. }
        | StmtKind::Block(body) => body.span.start,
        _ if p.slice(stmt.span).contains('{') => stmt.span.start,
        _ => stmt.span.end,
    }
}

fn expr_head_end(p: &Printer<'_>, expr: &Expr) -> u32 {
    match p.slice(expr.span).contains('{') {
        true => expr.span.start,
        false => expr.span.end,
    }
}

fn print(p: &mut Printer<'_>, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::Expr(e) => leading(p, e),
        StmtKind::Assign {
            target,
            op,
            value: assigned,
        } => {
            leading(p, target);
            p.write(&format!(" {}= ", op.map_or("", BinaryOp::as_str)));
            fitted(p, assigned);
        }
        StmtKind::Discard(e) => {
            p.write("_ = ");
            fitted(p, e);
        }
        StmtKind::Let {
            var,
            ty: written,
            value,
        } => declaration(p, var, written.as_ref(), value.as_ref()),
        StmtKind::Return(None) => p.write("return"),
        StmtKind::Return(Some(e)) => {
            p.write("return ");
            value(p, e);
        }
        StmtKind::Break => p.write("break"),
        StmtKind::Continue => p.write("continue"),
        StmtKind::Block(inner) => block(p, inner),
        StmtKind::If { .. }
        | StmtKind::While { .. }
        | StmtKind::For { .. }
        | StmtKind::Unroll { .. } => compound(p, stmt),
    }
}

/// An expression at the start of a statement, where a bare `{` would open statements.
fn leading(p: &mut Printer<'_>, e: &Expr) {
    if let ExprKind::Block(_) = e.kind {
        expr::parenthesized(p, e);
    } else {
        fitted(p, e);
    }
}

/// An expression whose outermost list of arguments is broken into lines where it is too wide.
fn fitted(p: &mut Printer<'_>, e: &Expr) {
    let start = p.mark();
    value(p, e);
    let is_flat = !p.since(start).contains('\n');
    if let ExprKind::Call { name, args } = &e.kind
        && is_flat
        && p.column() > WIDTH
    {
        p.rewind(start);
        p.write(&name.name);
        p.write("(");
        p.indent += 1;
        expr::filled(p, args);
        p.indent -= 1;
        p.write(")");
    }
}

fn declaration(p: &mut Printer<'_>, var: &Ident, of: Option<&TypeExpr>, first: Option<&Expr>) {
    p.write(&format!("let {}", var.name));
    if let Some(of) = of {
        p.write(": ");
        ty(p, of);
    }
    if let Some(first) = first {
        p.write(" = ");
        fitted(p, first);
    }
}

fn compound(p: &mut Printer<'_>, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => conditional(p, cond, then, otherwise.as_ref()),
        StmtKind::While { cond, body } => {
            p.write("while ");
            expr::parenthesized(p, cond);
            p.write(" ");
            block(p, body);
        }
        StmtKind::For { var, source, body } => {
            p.write(&format!("for ({} : ", var.name));
            match source {
                ForSource::Map(map) => p.write(&map.name),
                ForSource::Range { start, end } => {
                    value(p, start);
                    p.write("..");
                    value(p, end);
                }
            }
            p.write(") ");
            block(p, body);
        }
        StmtKind::Unroll { count, body } => {
            p.write("unroll ");
            expr::parenthesized(p, count);
            p.write(" ");
            block(p, body);
        }
        _ => {}
    }
}

fn conditional(p: &mut Printer<'_>, cond: &Expr, then: &Block, otherwise: Option<&Block>) {
    p.write("if ");
    expr::parenthesized(p, cond);
    p.write(" ");
    block(p, then);
    let Some(otherwise) = otherwise else { return };
    p.write(" else ");
    match otherwise.stmts.as_slice() {
        [
            Stmt {
                kind:
                    StmtKind::If {
                        cond,
                        then,
                        otherwise: next,
                    },
                ..
            },
        ] if otherwise.result.is_none() => conditional(p, cond, then, next.as_ref()),
        _ => block(p, otherwise),
    }
}
