//! Statements and blocks.

use super::expr::{check_expr, check_value};
use super::{assign, constant, looping, macros, op};
use crate::builtin::{self, Aggregated};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ExprKind, Stmt, StmtKind};
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, Block};

/// An action: its last expression is a statement like any other.
pub(super) fn check_body(block: &Block, cx: &mut Cx<'_>) -> Vec<Stmt> {
    cx.program.variables.enter();
    let stmts = check_stmts(block, cx);
    cx.program.variables.leave();
    stmts
}

fn check_stmts(block: &Block, cx: &mut Cx<'_>) -> Vec<Stmt> {
    let mut stmts = Vec::new();
    let mut ended = false;
    for stmt in &block.stmts {
        if ended {
            cx.report(error::unreachable(stmt.span));
        }
        check_stmt(stmt, &mut stmts, cx);
        ended = matches!(
            stmt.kind,
            ast::StmtKind::Return(_) | ast::StmtKind::Break | ast::StmtKind::Continue
        );
    }
    if let Some(result) = &block.result {
        effect(result, &mut stmts, cx);
    }
    stmts
}

/// `{ …; e }` as a value.
pub(super) fn block_value(block: &Block, span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.variables.enter();
    let mut stmts = Vec::new();
    for stmt in &block.stmts {
        check_stmt(stmt, &mut stmts, cx);
    }
    let result = match &block.result {
        Some(result) => super::valued(check_expr(result, cx), cx),
        None => Typed::void(ExprKind::Int(0), span),
    };
    cx.program.variables.leave();
    let ty = result.stored_type();
    let result = Box::new(result.convert(&ty));
    Typed::value(ExprKind::Block(stmts, result), ty, span)
}

/// The aggregation at the end of a block, whose statements go to `out`.
pub(super) fn block_aggregation(
    block: &Block,
    out: &mut Vec<Stmt>,
    cx: &mut Cx<'_>,
) -> Option<Aggregated> {
    cx.program.variables.enter();
    for stmt in &block.stmts {
        check_stmt(stmt, out, cx);
    }
    let result = block.result.as_ref();
    let aggregated = result.and_then(|result| builtin::check_aggregation(result, out, cx));
    cx.program.variables.leave();
    aggregated
}

fn check_stmt(stmt: &ast::Stmt, out: &mut Vec<Stmt>, cx: &mut Cx<'_>) {
    let span = stmt.span;
    let stmt_of = |kind: StmtKind| Stmt { kind, span };
    let push = |kind: StmtKind, out: &mut Vec<Stmt>| out.push(stmt_of(kind));
    match &stmt.kind {
        ast::StmtKind::Expr(e) => effect(e, out, cx),
        ast::StmtKind::Assign { target, op, value } => {
            assign::check(target, *op, value, span, out, cx);
        }
        ast::StmtKind::Discard(e) => {
            let value = check_expr(e, cx).into_ir();
            push(StmtKind::Expr(value), out);
        }
        ast::StmtKind::Let { var, ty, value } => {
            assign::declare(var, ty.as_ref(), value.as_ref(), span, out, cx);
        }
        ast::StmtKind::If {
            cond,
            then,
            otherwise,
        } => {
            let cond = op::condition(cond, cx);
            // What is known when compiling decides what is compiled at all.
            if let Some(holds) = constant::truth(&cond) {
                let taken = if holds {
                    Some(then)
                } else {
                    otherwise.as_ref()
                };
                return out.extend(taken.map(|body| check_body(body, cx)).unwrap_or_default());
            }
            let then = check_body(then, cx);
            let otherwise = otherwise
                .as_ref()
                .map(|b| check_body(b, cx))
                .unwrap_or_default();
            push(
                StmtKind::If {
                    cond,
                    then,
                    otherwise,
                },
                out,
            );
        }
        ast::StmtKind::While { cond, body } => {
            out.extend(looping::while_loop(cond, body, span, cx).map(stmt_of));
        }
        ast::StmtKind::For { var, source, body } => {
            out.extend(looping::for_loop(var, source, body, span, cx).map(stmt_of));
        }
        ast::StmtKind::Unroll { count, body } => {
            out.extend(looping::unroll(count, body, cx).map(stmt_of));
        }
        ast::StmtKind::Block(block) => out.extend(check_body(block, cx)),
        ast::StmtKind::Break => {
            out.extend(looping::jump("break", StmtKind::Break, span, cx).map(stmt_of));
        }
        ast::StmtKind::Continue => {
            out.extend(looping::jump("continue", StmtKind::Continue, span, cx).map(stmt_of));
        }
        ast::StmtKind::Return(value) => {
            let value = value.as_ref().map(|value| check_value(value, cx));
            // What a test returns is its verdict.
            let is_test = matches!(cx.program.site.attach, AttachTarget::Test(_));
            match value {
                Some(value) if is_test && value.ty.is_integer() => {
                    cx.exits();
                    push(StmtKind::Exit(value.into_ir()), out);
                }
                _ => push(StmtKind::Return, out),
            }
        }
    }
}

/// An expression for its effect; a value that nobody takes is warned of.
fn effect(e: &ast::Expr, out: &mut Vec<Stmt>, cx: &mut Cx<'_>) {
    let value = check_expr(e, cx);
    if value.ty != Ty::Void && !value.is_unknown() && !is_change(e, cx) {
        cx.report(error::result_unused(e));
    }
    if value.is_unknown() {
        return;
    }
    let mut lowered = value.into_ir();
    while let ExprKind::Block(stmts, last) = lowered.kind {
        out.extend(stmts);
        lowered = *last;
    }
    // What stands for no value at the end of a block does nothing.
    if !matches!(lowered.kind, ExprKind::Int(_)) {
        let span = e.span;
        let kind = StmtKind::Expr(lowered);
        out.push(Stmt { kind, span });
    }
}

/// Whether an expression changes something, so that it may stand alone though it has a value.
fn is_change(e: &ast::Expr, cx: &Cx<'_>) -> bool {
    let (name, args) = match &e.kind {
        ast::ExprKind::Call { name, args } => (&name.name, args.as_slice()),
        ast::ExprKind::Ident(name) => (name, [].as_slice()),
        ast::ExprKind::Ternary {
            then, otherwise, ..
        } => {
            return then.as_deref().is_none_or(|then| is_change(then, cx))
                && is_change(otherwise, cx);
        }
        _ => return changes(e),
    };
    match macros::choose(name, args, cx) {
        Some(definition) => definition.body.result.as_deref().is_none_or(changes),
        None => changes(e),
    }
}

fn changes(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::IncDec { .. } => true,
        ast::ExprKind::Call { name, .. } => {
            matches!(name.name.as_str(), "delete" | "write_user" | "skboutput")
        }
        _ => false,
    }
}
