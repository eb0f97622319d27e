//! Typed statements.

use super::{Aggregation, EventId, Expr, MapId, Place};
use lexer::Span;

/// A statement and its place; codegen emits a debug location for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Its place in the source.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// Evaluates an expression for its effect.
    Expr(Expr),
    /// Stores a value of the place's type.
    Assign {
        /// Where.
        place: Place,
        /// What.
        value: Expr,
    },
    /// Updates an aggregation in place.
    Aggregate {
        /// The map, whose value is this aggregation.
        map: MapId,
        /// Its key; nothing for a scalar map.
        key: Option<Expr>,
        /// The same as the map's.
        aggregation: Aggregation,
        /// The number that is added: I64 or U64; nothing for `count()`.
        value: Option<Expr>,
    },
    /// Sends a record to user space.
    Emit {
        /// The kind of record.
        event: EventId,
        /// Its fields, of the types that the event lists.
        args: Vec<Expr>,
    },
    /// Asks for the end of the run with this exit code (any integer), and ends the program.
    Exit(Expr),
    /// Two ways on.
    If {
        /// Decides; Bool.
        cond: Expr,
        /// When true.
        then: Vec<Stmt>,
        /// When false.
        otherwise: Vec<Stmt>,
    },
    /// `while`: at most `limit` rounds where the verifier must be shown a bound.
    While {
        /// Decides before each round; Bool.
        cond: Expr,
        /// A round.
        body: Vec<Stmt>,
    },
    /// Leaves the innermost loop.
    Break,
    /// Goes to the next round of the innermost loop.
    Continue,
    /// Ends the program.
    Return,
}
