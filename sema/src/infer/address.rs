//! Addresses: of variables, of maps' values, of members, and from a member to what it is in.

use super::access::{self, map_place};
use super::cast;
use super::expr::{check_expr, check_value};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, Space};
use crate::tables::Held;
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Typed, TypedKind};
use lexer::Span;
use parser::ast::{self, Ident, TypeExpr};

/// `&e`
pub(super) fn of(operand: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    match &operand.kind {
        ast::ExprKind::Var(name) => {
            let value = access::variable(name, operand.span, cx);
            of_value(value, span)
        }
        ast::ExprKind::Map(_) | ast::ExprKind::MapIndex { .. } => of_map(operand, span, cx),
        _ => {
            let place = check_expr(operand, cx);
            of_place(place, span, cx)
        }
    }
}

fn of_value(value: Typed, span: Span) -> Typed {
    if value.is_unknown() {
        return Typed::unknown(span);
    }
    let ty = pointer_to(&value.ty, AddressSpace::Kernel);
    let kind = ExprKind::AddressOf(Box::new(value.into_ir()));
    Typed::value(kind, ty, span)
}

fn of_map(operand: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(place) = map_place(operand, cx) else {
        return Typed::unknown(span);
    };
    let ty = match &cx.maps.get(place.map).value {
        None => return Typed::unknown(span),
        Some((Held::Plain(ty), _)) => ty.clone(),
        Some((Held::Aggregation(_), _)) => {
            let report = error::no_address("an aggregation", span);
            return cx.fail(report, span);
        }
    };
    let kind = ExprKind::MapGet {
        map: place.map,
        key: place.key.map(Box::new),
    };
    of_value(Typed::value(kind, ty, operand.span), span)
}

/// The address of something in memory.
fn of_place(place: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    if place.is_unknown() {
        return Typed::unknown(span);
    }
    let TypedKind::Memory(memory) = place.kind else {
        return cx.fail(error::no_address("a value", span), span);
    };
    let space = match memory.space {
        Space::Kernel | Space::Btf | Space::Own => AddressSpace::Kernel,
        Space::User => AddressSpace::User,
        Space::Any => AddressSpace::Any,
        Space::Context => return cx.fail(error::no_address("an argument", span), span),
    };
    if memory.bits.is_some() {
        return cx.fail(error::no_address("a bit-field", span), span);
    }
    let ty = pointer_to(&place.ty, space);
    let address = memory.address(span);
    Typed::value(address.kind, ty, span)
}

fn pointer_to(ty: &Ty, space: AddressSpace) -> Ty {
    let to = match ty {
        Ty::Struct(id) | Ty::Object { id, .. } => Pointee::Btf(*id),
        ty => Pointee::Ty(Box::new(ty.clone())),
    };
    Ty::Pointer { to, space }
}

/// `container_of(pointer, T, a.b)`
pub(super) fn container(
    pointer: &ast::Expr,
    ty: &TypeExpr,
    path: &[Ident],
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let pointer = check_value(pointer, cx);
    let Some(to) = cast::resolve(ty, cx) else {
        return Typed::unknown(span);
    };
    let Some(offset) = cast::offset_in(&to, path, span, cx) else {
        return Typed::unknown(span);
    };
    let space = match &pointer.ty {
        Ty::Pointer { space, .. } => *space,
        ty if ty.is_integer() => AddressSpace::Any,
        ty => {
            let report = error::argument("container_of", "a pointer", ty, pointer.span);
            return cx.fail(report, span);
        }
    };
    let address = pointer.convert(&Ty::U64);
    let address = ir::Expr {
        ty: ir::Type::Pointer,
        ..address
    };
    let start = crate::typed::offset_by(address, -offset, span);
    Typed::value(start.kind, pointer_to(&to, space), span)
}
