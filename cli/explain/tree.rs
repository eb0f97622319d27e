//! The typed tree of a statement: every value with its type and size.

use super::walk::{of_place, operands};
use super::words::{Words, sized};
use lexer::Span;
use sema::ir::{Expr, Stmt, StmtKind};

/// A node: how deep it is, its text in the script, and its type.
#[derive(Debug, PartialEq, Eq)]
pub struct Node {
    /// Depth below the statement.
    pub depth: usize,
    /// Its text.
    pub text: String,
    /// Type and size.
    pub ty: String,
    /// Its place.
    pub span: Span,
}

/// The values of a statement, operands below what is made of them. Statements inside of it are not
/// part of it.
pub fn of(words: &Words<'_>, stmt: &Stmt) -> Vec<Node> {
    let mut nodes = Vec::new();
    let values: Vec<&Expr> = match &stmt.kind {
        StmtKind::Expr(value) | StmtKind::Exit(value) => vec![value],
        StmtKind::Assign { place, value } => {
            let mut values = of_place(place);
            values.push(value);
            values
        }
        StmtKind::Aggregate { key, value, .. } => key.iter().chain(value).collect(),
        StmtKind::Emit { args, .. } => args.iter().collect(),
        StmtKind::If { cond, .. } | StmtKind::While { cond, .. } => vec![cond],
        _ => Vec::new(),
    };
    values
        .into_iter()
        .for_each(|value| add(words, value, 1, &mut nodes));
    nodes
}

/// The values of a condition.
pub fn of_condition(words: &Words<'_>, condition: &Expr) -> Vec<Node> {
    let mut nodes = Vec::new();
    add(words, condition, 1, &mut nodes);
    nodes
}

fn add(words: &Words<'_>, value: &Expr, depth: usize, nodes: &mut Vec<Node>) {
    nodes.push(Node {
        depth,
        text: words.text(value.span),
        ty: sized(&value.ty),
        span: value.span,
    });
    for operand in operands(value) {
        add(words, operand, depth + 1, nodes);
    }
}
