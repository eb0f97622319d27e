//! Casts: which types can become which, and how.

use super::object::own_memory;
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, Space};
use crate::ty::{AddressSpace, Join, Ty, join};
use crate::typed::{Typed, TypedKind, expr};
use lexer::Span;

/// The array of such elements that a value of unsaid length becomes.
pub(super) fn array(elem: Ty, value: &Typed) -> Ty {
    let bytes = match value.as_literal() {
        // A literal has no size of its own: it is one of the language's integers.
        Some(_) => value.stored_type().lower().size(),
        None => value.ty.lower().size(),
    };
    let len = bytes / elem.lower().size().max(1);
    let elem = Box::new(elem);
    Ty::Array { elem, len }
}

/// A value in another type.
pub(super) fn cast(value: Typed, to: Ty, span: Span, cx: &mut Cx<'_>) -> Typed {
    if value.is_unknown() {
        return Typed::value(ExprKind::Int(0), to, span);
    }
    let from = value.ty.clone();
    let is_number = from.is_integer() || from.is_pointer();
    let cast = match (&to, &from) {
        (Ty::Pointer { .. }, _) if is_number => Some(to_pointer(value.clone(), to.clone(), span)),
        (Ty::Int { .. } | Ty::Bool | Ty::Enum { .. }, _) if is_number => {
            Some(plain(value.clone(), &to, span))
        }
        (Ty::Str { .. }, Ty::Str { .. }) => Some(value.clone().converted(&to)),
        (Ty::Str { .. }, Ty::Array { elem, len }) if elem.lower().size() == 1 => {
            Some(to_string(value.clone(), *len, to.clone(), span))
        }
        (Ty::Buffer { .. }, Ty::Str { .. } | Ty::Array { .. }) => {
            Some(to_buffer(value.clone(), to.clone(), span))
        }
        (Ty::Int { .. } | Ty::Array { .. }, _) => reinterpret(value.clone(), &to, span),
        _ => None,
    };
    let fits = || match join(&to, &from) {
        Join::Fits(ty) if ty == to => Some(value.clone().converted(&to)),
        _ => None,
    };
    match cast.or_else(fits) {
        Some(cast) => Typed { span, ..cast },
        None => cx.fail(error::cast(&from, &to, value.span), span),
    }
}

fn to_pointer(value: Typed, to: Ty, span: Span) -> Typed {
    let Ty::Pointer { to: pointee, .. } = to else {
        return Typed::unknown(span);
    };
    let space = match value.ty {
        Ty::Pointer { space, .. } => space,
        _ => AddressSpace::Any,
    };
    let ty = Ty::Pointer { to: pointee, space };
    let address = ExprKind::Convert(Box::new(value.convert(&Ty::U64)));
    Typed::value(address, ty, span)
}

/// A number in another integer type. A literal that is cast has that type for good.
fn plain(value: Typed, to: &Ty, span: Span) -> Typed {
    let lowered = value.convert(to);
    Typed::value(lowered.kind, to.clone(), span)
}

/// The bytes of an array as a string: up to a NUL or the end of the array.
fn to_string(value: Typed, len: u32, to: Ty, span: Span) -> Typed {
    let (address, space) = bytes_of(value, span);
    let len = Typed::literal(i128::from(len), span).convert(&Ty::U64);
    let kind = ExprKind::LoadStr {
        address: Box::new(address),
        len: Some(Box::new(len)),
        space,
    };
    Typed::value(kind, to, span)
}

fn to_buffer(value: Typed, to: Ty, span: Span) -> Typed {
    let bytes = match value.as_text() {
        Some(text) => text.len() as u32,
        None => value.ty.lower().size(),
    };
    let (address, space) = bytes_of(value, span);
    let len = Typed::literal(i128::from(bytes), span).convert(&Ty::U64);
    let kind = ExprKind::LoadBuffer {
        address: Box::new(address),
        len: Some(Box::new(len)),
        space,
    };
    Typed::value(kind, to, span)
}

/// The address of the bytes of a value, and which memory it is in.
fn bytes_of(value: Typed, span: Span) -> (ir::Expr, Space) {
    match value.kind {
        TypedKind::Memory(memory)
            if matches!(memory.space, Space::Kernel | Space::User | Space::Any) =>
        {
            let space = memory.space;
            (memory.address(span), space)
        }
        _ => {
            let kind = ExprKind::AddressOf(Box::new(value.into_ir()));
            (expr(kind, ir::Type::Pointer, span), Space::Kernel)
        }
    }
}

/// The same bytes as another type: integers and arrays of integers of one size. A string or a
/// smaller integer is filled up first.
fn reinterpret(value: Typed, to: &Ty, span: Span) -> Option<Typed> {
    let size = to.lower().size();
    let has = value.ty.lower().size();
    let value = match &value.ty {
        Ty::Array { elem, .. } if is_flat(elem) && size == has => value,
        Ty::Int { .. } | Ty::Bool | Ty::Enum { .. } if matches!(size, 1 | 2 | 4 | 8) => {
            let wide = Ty::int(size as u8, value.ty.is_signed());
            let fits = match value.as_literal() {
                Some(literal) => wide.holds(literal) || Ty::int(size as u8, false).holds(literal),
                None => has <= size,
            };
            fits.then(|| value.converted(&wide))?
        }
        // A literal has no size of its own. Of what is wider than that many bytes, they come first.
        Ty::Int { .. } if value.as_literal().is_some() && size < 8 => {
            let fits = |literal: i128| (0..1i128 << (8 * size)).contains(&literal);
            let fits = value.as_literal().is_some_and(fits);
            fits.then(|| value.converted(&Ty::U64))?
        }
        Ty::Int { .. } if value.as_literal() == Some(0) && matches!(to, Ty::Array { .. }) => {
            let (cap, cut) = (size, false);
            super::expr::text(Vec::new(), span).converted(&Ty::Str { cap, cut })
        }
        Ty::Str { cut, .. } if has <= size && matches!(to, Ty::Array { .. }) => {
            let (cap, cut) = (size, *cut);
            value.converted(&Ty::Str { cap, cut })
        }
        _ => return None,
    };
    let flat = match to {
        Ty::Array { elem, .. } => is_flat(elem),
        ty => ty.is_integer(),
    };
    // Text constants live in memory at their own length alone.
    flat.then(|| Typed::memory(own_memory(value.into_ir(), span), to.clone(), span))
}

fn is_flat(elem: &Ty) -> bool {
    match elem {
        Ty::Array { elem, .. } => is_flat(elem),
        ty => ty.is_integer() || ty.is_pointer(),
    }
}
