//! What the grammar does when it has read something: builds the node, with its place.

use crate::ast::*;
use crate::attach_point;
use crate::error::{ParseError, ParseErrorKind};
use lexer::{FileId, Span, unescape};
use std::cell::RefCell;

/// What the actions share: the file they read, and the mistakes that the grammar lets pass.
#[derive(Debug)]
pub(crate) struct Context {
    file: FileId,
    errors: RefCell<Vec<ParseError>>,
}

impl Context {
    pub(crate) fn new(file: FileId) -> Self {
        Self {
            file,
            errors: RefCell::default(),
        }
    }

    /// The mistakes since the last call.
    pub(crate) fn take_errors(&self) -> Vec<ParseError> {
        self.errors.take()
    }

    fn error(&self, kind: ParseErrorKind, span: Span) {
        self.errors.borrow_mut().push(ParseError { kind, span });
    }

    pub(crate) fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start, end)
    }

    pub(crate) fn ident(&self, name: &str, start: u32) -> Ident {
        Ident {
            name: name.to_owned(),
            span: self.span(start, start + name.len() as u32),
        }
    }

    pub(crate) fn expr(&self, kind: ExprKind, start: u32, end: u32) -> Expr {
        let span = self.span(start, end);
        Expr { kind, span }
    }

    pub(crate) fn stmt(&self, kind: StmtKind, start: u32, end: u32) -> Stmt {
        let span = self.span(start, end);
        Stmt { kind, span }
    }

    pub(crate) fn ty(&self, kind: TypeKind, start: u32, end: u32) -> TypeExpr {
        let span = self.span(start, end);
        TypeExpr { kind, span }
    }

    pub(crate) fn attach_point(&self, text: &str, start: u32) -> AttachPoint {
        let split = attach_point::split(text, self.span(start, start + text.len() as u32));
        for span in split.bad_positionals {
            self.error(ParseErrorKind::BadPositional, span);
        }
        split.attach_point
    }

    pub(crate) fn assign(&self, target: Expr, op: Option<BinaryOp>, value: Expr) -> StmtKind {
        if let ExprKind::Ident(name) = &target.kind {
            let kind = ParseErrorKind::AssignToName { name: name.clone() };
            self.error(kind, target.span);
        }
        StmtKind::Assign { target, op, value }
    }

    /// A condition; `(a = b)` reads as a record there, but `==` was meant.
    pub(crate) fn condition(&self, cond: Expr) -> Expr {
        if let ExprKind::Record(fields) = &cond.kind
            && let [(name, value)] = fields.as_slice()
        {
            let between = self.span(name.span.end, value.span.start);
            self.error(ParseErrorKind::AssignInCondition, between);
        }
        cond
    }

    pub(crate) fn tuple_field(&self, base: Expr, index: u64, start: u32, end: u32) -> ExprKind {
        if let ExprKind::Int(_) = base.kind {
            let number = self.span(base.span.start, end);
            self.error(ParseErrorKind::FloatingPoint, number);
        }
        ExprKind::TupleField {
            base: Box::new(base),
            index: u32::try_from(index).unwrap_or(u32::MAX),
            index_span: self.span(start, end),
        }
    }

    /// `base[keys]`: of a map all of them, of anything else one.
    pub(crate) fn index(&self, base: Expr, mut keys: Vec<Expr>) -> ExprKind {
        if let ExprKind::Map(name) = base.kind {
            let map = Ident {
                name,
                span: base.span,
            };
            return ExprKind::MapIndex { map, keys };
        }
        if let [_, second, ..] = keys.as_slice() {
            self.error(ParseErrorKind::SeveralIndices, second.span);
        }
        ExprKind::Index {
            base: Box::new(base),
            index: Box::new(keys.swap_remove(0)),
        }
    }
}

pub(crate) fn definition(text: &str, span: Span) -> Item {
    let text = text.to_owned();
    Item::Definition(Definition { text, span })
}

pub(crate) fn config(mut entries: Vec<ConfigEntry>, last: Option<ConfigEntry>, span: Span) -> Item {
    entries.extend(last);
    Item::Config(Config { entries, span })
}

pub(crate) fn import(path: &str, span: Span) -> Item {
    let path = String::from_utf8_lossy(&unescape(path)).into_owned();
    Item::Import(Import { path, span })
}

/// A block of statements, whose last expression is one of them.
pub(crate) fn block(stmts: Vec<Option<Stmt>>, last: Option<Stmt>, span: Span) -> Block {
    Block {
        stmts: stmts.into_iter().flatten().chain(last).collect(),
        result: None,
        span,
    }
}

/// A block whose last expression is its value.
pub(crate) fn value_block(stmts: Vec<Option<Stmt>>, last: Option<Stmt>, span: Span) -> Block {
    match last {
        Some(Stmt {
            kind: StmtKind::Expr(value),
            ..
        }) => Block {
            result: Some(Box::new(value)),
            ..block(stmts, None, span)
        },
        last => block(stmts, last, span),
    }
}

pub(crate) fn else_if(inner: Stmt) -> Block {
    let span = inner.span;
    block(Vec::new(), Some(inner), span)
}

pub(crate) fn binary(op: BinaryOp, left: Expr, right: Expr) -> ExprKind {
    ExprKind::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
    }
}

pub(crate) fn ternary(cond: Expr, then: Option<Expr>, otherwise: Expr) -> ExprKind {
    ExprKind::Ternary {
        cond: Box::new(cond),
        then: then.map(Box::new),
        otherwise: Box::new(otherwise),
    }
}

pub(crate) fn inc_dec(op: IncDec, target: Expr) -> ExprKind {
    let target = Box::new(target);
    ExprKind::IncDec { op, target }
}

pub(crate) fn string(text: &str) -> ExprKind {
    ExprKind::Str(unescape(text))
}

pub(crate) fn named(name: Ident) -> Expr {
    Expr {
        kind: ExprKind::Ident(name.name),
        span: name.span,
    }
}

/// Neighbouring literals are one string, unless there are names among them.
pub(crate) fn text(pieces: Vec<Expr>) -> ExprKind {
    let mut bytes = Vec::new();
    for piece in &pieces {
        let ExprKind::Str(more) = &piece.kind else {
            return ExprKind::Text(pieces);
        };
        bytes.extend_from_slice(more);
    }
    ExprKind::Str(bytes)
}

pub(crate) fn tuple(first: Expr, rest: Vec<Expr>) -> ExprKind {
    ExprKind::Tuple(prepend(first, rest))
}

pub(crate) fn prepend<T>(first: T, mut rest: Vec<T>) -> Vec<T> {
    rest.insert(0, first);
    rest
}

/// C's names of several words stand with one space between them.
pub(crate) fn named_type(words: &str) -> TypeKind {
    TypeKind::Named(words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// `T[n]`; on `string`, `buffer` and `inet` the size is the type's own.
pub(crate) fn array(inner: TypeExpr, size: Option<Expr>) -> TypeKind {
    match (inner.kind, size) {
        (TypeKind::Named(name), Some(size)) if is_sized(&name) => {
            TypeKind::Sized(name, Box::new(size))
        }
        (kind, size) => {
            let span = inner.span;
            TypeKind::Array(Box::new(TypeExpr { kind, span }), size.map(Box::new))
        }
    }
}

fn is_sized(name: &str) -> bool {
    matches!(name, "string" | "buffer" | "inet")
}
