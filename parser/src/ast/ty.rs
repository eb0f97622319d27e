//! Types as written.

use super::{Expr, Ident, TypeOrExpr};
use lexer::Span;

/// A type and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeKind,
    /// Its place.
    pub span: Span,
}

/// What a written type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `uint64`, `string`, `u32`, `size_t`, a typedef.
    Named(String),
    /// `struct S`.
    Struct(String),
    /// `union U`.
    Union(String),
    /// `enum E`.
    Enum(String),
    /// `string[64]`, `buffer[16]`, `inet[4]`: a built-in type with a size in bytes.
    Sized(String, Box<Expr>),
    /// `T*`.
    Pointer(Box<TypeExpr>),
    /// `T[n]`, `T[]`.
    Array(Box<TypeExpr>, Option<Box<Expr>>),
    /// `(T, U)`
    Tuple(Vec<TypeExpr>),
    /// `(name=T, size=U)`
    Record(Vec<(Ident, TypeExpr)>),
    /// `typeof(e)`, `typeof(T)`.
    TypeOf(Box<TypeOrExpr>),
}
