//! Statements.

use super::{BinaryOp, Expr, Ident, TypeExpr};
use lexer::Span;

/// `{ statements; result }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// The last expression, when nothing ends it with a semicolon: a block expression's value.
    /// An action's last expression is a statement, not a result.
    pub result: Option<Box<Expr>>,
    /// The block with its braces.
    pub span: Span,
}

/// A statement and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Its place, without the semicolon.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// An expression for its effect.
    Expr(Expr),
    /// `place = value` or `place op= value`; the place is a variable, a map, an indexed map, or
    /// something that will be refused.
    Assign {
        /// What is assigned to.
        target: Expr,
        /// The operator of a compound assignment.
        op: Option<BinaryOp>,
        /// The right-hand side.
        value: Expr,
    },
    /// `_ = value;`.
    Discard(Expr),
    /// `let $x;`, `let $x: T;`, `let $x = e;`, `let $x: T = e;`.
    Let {
        /// The variable.
        var: Ident,
        /// Its declared type.
        ty: Option<TypeExpr>,
        /// Its first value.
        value: Option<Expr>,
    },
    /// `if`, with `else if` as a block that holds one `if`.
    If {
        /// The condition.
        cond: Expr,
        /// When it holds.
        then: Block,
        /// When it does not.
        otherwise: Option<Block>,
    },
    /// `while (cond) { … }`.
    While {
        /// The condition.
        cond: Expr,
        /// The body.
        body: Block,
    },
    /// `for ($x : source) { … }`.
    For {
        /// The loop variable.
        var: Ident,
        /// What it runs over.
        source: ForSource,
        /// The body.
        body: Block,
    },
    /// `unroll(n) { … }`.
    Unroll {
        /// How often.
        count: Expr,
        /// The body.
        body: Block,
    },
    /// `{ … }` as a statement.
    Block(Block),
    /// `break;`.
    Break,
    /// `continue;`.
    Continue,
    /// `return;`, `return n;`.
    Return(Option<Expr>),
}

/// What a `for` runs over.
#[derive(Clone, Debug, PartialEq)]
pub enum ForSource {
    /// Every entry of a map.
    Map(Ident),
    /// `start..end`, half open.
    Range {
        /// First value.
        start: Expr,
        /// One past the last value.
        end: Expr,
    },
}
