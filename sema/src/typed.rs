//! A checked expression on its way into the typed program.

use crate::ir::{self, ExprKind, Space, Type};
use crate::ty::Ty;
use lexer::Span;

/// A checked expression: its type, and either its value or the place in memory that holds it.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) ty: Ty,
    pub(crate) span: Span,
    pub(crate) kind: TypedKind,
    /// Whether it is an `int64` that cannot be negative, as a sum of narrower unsigned numbers is:
    /// it goes with unsigned numbers too.
    pub(crate) natural: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum TypedKind {
    /// An integer that is known when compiling.
    Literal(i128),
    /// A value.
    Value(ExprKind),
    /// Something in memory, not read yet: fields and elements are reached without reading what
    /// is around them.
    Memory(Memory),
}

/// A place in memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) base: ir::Expr,
    pub(crate) offset: i64,
    pub(crate) space: Space,
    /// Lowest bit and number of bits, for a bit-field.
    pub(crate) bits: Option<(u8, u8)>,
}

impl Typed {
    pub(crate) fn value(kind: ExprKind, ty: Ty, span: Span) -> Self {
        Self {
            ty,
            span,
            kind: TypedKind::Value(kind),
            natural: false,
        }
    }

    pub(crate) fn literal(value: i128, span: Span) -> Self {
        Self {
            ty: Ty::of_literal(value),
            span,
            kind: TypedKind::Literal(value),
            natural: value >= 0,
        }
    }

    pub(crate) fn memory(memory: Memory, ty: Ty, span: Span) -> Self {
        Self {
            ty,
            span,
            kind: TypedKind::Memory(memory),
            natural: false,
        }
    }

    /// Stands for an expression whose error has been reported.
    pub(crate) fn unknown(span: Span) -> Self {
        Self::value(ExprKind::Int(0), Ty::Unknown, span)
    }

    pub(crate) fn void(kind: ExprKind, span: Span) -> Self {
        Self::value(kind, Ty::Void, span)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.ty == Ty::Unknown
    }

    /// The value, where it is a known integer.
    pub(crate) fn as_literal(&self) -> Option<i128> {
        match self.kind {
            TypedKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes, where it is a string literal.
    pub(crate) fn as_text(&self) -> Option<&[u8]> {
        match &self.kind {
            TypedKind::Value(ExprKind::Str(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The parts, where it is a tuple or record put together here.
    pub(crate) fn as_parts(&self) -> Option<&[ir::Expr]> {
        match &self.kind {
            TypedKind::Value(ExprKind::Aggregate(parts)) => Some(parts),
            _ => None,
        }
    }

    /// The expression that yields the value.
    pub(crate) fn into_ir(self) -> ir::Expr {
        let span = self.span;
        let ty = self.ty.lower();
        match self.kind {
            TypedKind::Literal(value) => expr(ExprKind::Int(value as u64), ty, span),
            TypedKind::Value(kind) => expr(kind, ty, span),
            TypedKind::Memory(memory) if self.ty.is_in_memory() => memory.address(span),
            TypedKind::Memory(memory) => memory.load(ty, span),
        }
    }

    /// The same value in another type: integers cut or extended, strings resized. The caller has
    /// made sure that the types go together.
    pub(crate) fn convert(self, to: &Ty) -> ir::Expr {
        self.converted(to).into_ir()
    }

    /// As [`Typed::convert`], still as a checked expression.
    pub(crate) fn converted(self, to: &Ty) -> Typed {
        if self.ty == *to || self.is_unknown() || *to == Ty::Unknown {
            return Typed {
                ty: to.clone(),
                ..self
            };
        }
        let span = self.span;
        if let (Some(value), Ty::Int { bytes, signed }) = (self.as_literal(), to) {
            return Typed {
                ty: to.clone(),
                span,
                kind: TypedKind::Literal(wrap(value, *bytes, *signed)),
                natural: false,
            };
        }
        match (&self.ty, to) {
            (Ty::Tuple(_), Ty::Tuple(types)) => self.convert_members(to, types.clone()),
            (Ty::Record(_), Ty::Record(fields)) => {
                let types = fields.iter().map(|(_, ty)| ty.clone()).collect();
                self.convert_members(to, types)
            }
            (Ty::Str { cap, .. }, Ty::Str { cap: wanted, .. }) if cap == wanted => Typed {
                ty: to.clone(),
                ..self
            },
            (Ty::Str { .. }, Ty::Str { cap, .. }) if self.as_text().is_some() => {
                self.cut_text(*cap).retyped(to)
            }
            (Ty::Str { .. } | Ty::Buffer { .. } | Ty::Stack { .. }, _) => {
                Typed::value(ExprKind::Resize(Box::new(self.into_ir())), to.clone(), span)
            }
            (Ty::Pointer { .. }, Ty::Pointer { .. }) => Typed {
                ty: to.clone(),
                ..self
            },
            _ => Typed::value(
                ExprKind::Convert(Box::new(self.into_ir())),
                to.clone(),
                span,
            ),
        }
    }

    /// A text constant with no more bytes than a capacity has room for.
    fn cut_text(mut self, cap: u32) -> Self {
        if let TypedKind::Value(ExprKind::Str(bytes)) = &mut self.kind {
            bytes.truncate(cap.saturating_sub(1) as usize);
        }
        self
    }

    /// The same under another type, which says the same of it.
    pub(crate) fn retyped(self, to: &Ty) -> Self {
        Typed {
            ty: to.clone(),
            ..self
        }
    }

    fn convert_members(self, to: &Ty, types: Vec<Ty>) -> Typed {
        let span = self.span;
        let from = match &self.ty {
            Ty::Tuple(types) => types.clone(),
            Ty::Record(fields) => fields.iter().map(|(_, ty)| ty.clone()).collect(),
            _ => Vec::new(),
        };
        let whole = self.into_ir();
        let ExprKind::Aggregate(members) = whole.kind else {
            return Typed::value(ExprKind::Convert(Box::new(whole)), to.clone(), span);
        };
        let converted = members
            .into_iter()
            .zip(from)
            .zip(&types)
            .map(|((member, from), to)| {
                let span = member.span;
                Typed::value(member.kind, from, span).convert(to)
            });
        Typed::value(ExprKind::Aggregate(converted.collect()), to.clone(), span)
    }

    /// The value as a condition.
    pub(crate) fn truth(self) -> ir::Expr {
        self.convert(&Ty::Bool)
    }
}

impl Ty {
    /// Whether a value of this type stays in memory and is passed by address.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self, Ty::Struct(_) | Ty::Args)
    }
}

impl Memory {
    /// The address of the place.
    pub(crate) fn address(self, span: Span) -> ir::Expr {
        offset_by(self.base, self.offset, span)
    }

    /// What is read there.
    pub(crate) fn load(self, ty: Type, span: Span) -> ir::Expr {
        let kind = ExprKind::Load {
            base: Box::new(self.base),
            offset: self.offset,
            space: self.space,
            bits: self.bits,
        };
        expr(kind, ty, span)
    }
}

/// `base + offset`, an address.
pub(crate) fn offset_by(base: ir::Expr, offset: i64, span: Span) -> ir::Expr {
    if offset == 0 {
        return base;
    }
    let offset = expr(ExprKind::Int(offset as u64), Type::Pointer, span);
    let kind = ExprKind::Binary(ir::BinaryOp::Add, Box::new(base), Box::new(offset));
    expr(kind, Type::Pointer, span)
}

/// An expression of the typed program.
pub(crate) fn expr(kind: ExprKind, ty: Type, span: Span) -> ir::Expr {
    ir::Expr { kind, ty, span }
}

/// A literal cut to the width of an integer type.
fn wrap(value: i128, bytes: u8, signed: bool) -> i128 {
    let unsigned = value & ((1i128 << (u32::from(bytes) * 8)) - 1);
    let sign = 1i128 << (u32::from(bytes) * 8 - 1);
    if signed && unsigned & sign != 0 {
        unsigned - (sign << 1)
    } else {
        unsigned
    }
}
