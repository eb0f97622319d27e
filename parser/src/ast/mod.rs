//! The syntax tree: what was written, with wildcards and sugar kept and every node's place.
//!
//! Nothing here is resolved or typed. `pid`, `O_RDONLY` and a macro's name are all
//! [`ExprKind::Ident`]; `(u32)x` is a cast to a [`TypeKind::Named`].

mod expr;
mod probe;
mod stmt;
mod ty;

pub use expr::{BinaryOp, Expr, ExprKind, IncDec, TypeOrExpr, UnaryOp};
pub use probe::{
    AttachPoint, Config, ConfigEntry, Definition, Import, Item, Macro, MacroParam, MapDecl, Probe,
    Program, Segment, SegmentPart,
};
pub use stmt::{Block, ForSource, Stmt, StmtKind};
pub use ty::{TypeExpr, TypeKind};

use lexer::Span;

/// A name and its place. Variables keep their `$`, maps their `@`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The name as written.
    pub name: String,
    /// Its place.
    pub span: Span,
}
