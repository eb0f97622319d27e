//! Typed statements.

use super::{Aggregation, EventId, Expr, MapId, Place, Space, VarId};
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
    /// Sends the texts that an array of addresses in memory points to.
    Join {
        /// The kind of record: an [`EventKind::Join`](super::EventKind::Join).
        event: EventId,
        /// The address of the array.
        array: Expr,
        /// Which memory the array and the texts are in.
        space: Space,
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
    /// `while`. The kernel runs 8,388,608 rounds of any loop at most (`BPF_MAX_LOOPS`).
    While {
        /// Decides before each round; Bool.
        cond: Expr,
        /// A round.
        body: Vec<Stmt>,
    },
    /// `for ($i : start..end)`.
    ForRange {
        /// The variable that counts: I64.
        var: VarId,
        /// Its first value: I64, evaluated once.
        start: Expr,
        /// One past its last value: I64, evaluated once.
        end: Expr,
        /// A round.
        body: Vec<Stmt>,
    },
    /// `for ($kv : @m)`: a round for each entry. The body may change the map.
    ForMap {
        /// A map with keys.
        map: MapId,
        /// The variable that takes a copy of each entry: a tuple of key and value, an aggregation
        /// folded over all CPUs. Nothing where the body does not look at the entries.
        var: Option<VarId>,
        /// A round.
        body: Vec<Stmt>,
    },
    /// `unroll`: the body, several times.
    Unroll {
        /// How often; small.
        count: u32,
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
