//! The top level of a script: definitions, configuration, macros and probes.

use super::{Block, Expr, Ident, TypeExpr};
use lexer::Span;

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// Everything at the top level, in the order written.
    pub items: Vec<Item>,
    /// Every comment, in the order written, for the formatter. The shebang line is one of them.
    pub comments: Vec<Span>,
}

/// One thing at the top level.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// C text: a preprocessor line or a `struct`/`union`/`enum`/`typedef` definition.
    Definition(Definition),
    /// `config = { … }`.
    Config(Config),
    /// `import "path";`.
    Import(Import),
    /// `let @m = lruhash(100);`.
    MapDecl(MapDecl),
    /// `macro name(…) { … }`.
    Macro(Macro),
    /// Attach points, predicate and action.
    Probe(Probe),
}

/// C text that stands at the top of a script, kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The text, without the closing semicolon.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// The configuration block.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Its entries in order.
    pub entries: Vec<ConfigEntry>,
    /// The whole block.
    pub span: Span,
}

/// `name = value;` in the configuration block.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigEntry {
    /// The name as written: any case, with or without prefix.
    pub name: Ident,
    /// An integer, a string or a bare word ([`super::ExprKind::Ident`]).
    pub value: Expr,
}

/// `import "path";`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The text between the quotes.
    pub path: String,
    /// The quoted path.
    pub span: Span,
}

/// A map declared by hand: `let @m = lruhash(100);`.
#[derive(Clone, Debug, PartialEq)]
pub struct MapDecl {
    /// `@m`.
    pub map: Ident,
    /// `hash`, `lruhash`, `percpuhash`, `percpulruhash`.
    pub kind: Ident,
    /// The largest number of keys.
    pub size: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// `macro name($v, @m, e) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    /// The name.
    pub name: Ident,
    /// The parameters.
    pub params: Vec<MacroParam>,
    /// The body.
    pub body: Block,
    /// The whole definition.
    pub span: Span,
}

/// A macro's parameter: its first character tells what it takes (`$v` a variable, `@m` a map,
/// a bare name an expression).
#[derive(Clone, Debug, PartialEq)]
pub struct MacroParam {
    /// The name with its `$` or `@`.
    pub name: Ident,
    /// A type that the argument must have, where one is given.
    pub ty: Option<TypeExpr>,
}

/// One clause: where it attaches, when it runs, what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `name=` before the first attach point.
    pub name: Option<Ident>,
    /// The comma list, never empty.
    pub attach_points: Vec<AttachPoint>,
    /// The expression between the slashes.
    pub predicate: Option<Expr>,
    /// The action.
    pub body: Block,
    /// The whole clause.
    pub span: Span,
}

/// `provider:part:part`, as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttachPoint {
    /// The parts between the colons; the first is the provider. Never empty.
    pub segments: Vec<Segment>,
    /// The whole attach point.
    pub span: Span,
}

/// A part of an attach point between two colons. May be empty (`software:faults:`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// Its pieces in order.
    pub parts: Vec<SegmentPart>,
    /// Its place.
    pub span: Span,
}

/// A piece of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SegmentPart {
    /// Bare text, in which `*`, `?` and `[ab]` are wildcards.
    Text(String),
    /// The inside of a quoted string, taken literally.
    Quoted(String),
    /// `$1`.
    Positional(u32),
}
