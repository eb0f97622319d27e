//! Reading variables, maps, fields, elements and what pointers point to.

use super::expr::{check_expr, check_value, tuple_of};
use super::memory;
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, Aggregation, ExprKind, MapId, Place};
use crate::tables::Held;
use crate::ty::{Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, Ident};

/// A map and the key that the script gives, converted to the type of the map's keys.
#[derive(Clone, Debug)]
pub(crate) struct MapPlace {
    pub(crate) map: MapId,
    pub(crate) key: Option<ir::Expr>,
}

impl MapPlace {
    pub(crate) fn into_place(self) -> Place {
        Place::Map {
            map: self.map,
            key: self.key.map(Box::new),
        }
    }
}

/// `$x`
pub(super) fn variable(name: &str, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(id) = cx.program.variables.find(name) else {
        if let Some(assigned) = cx.program.variables.gone(name) {
            return cx.fail(error::variable_gone(name, assigned, span), span);
        }
        let mut names: Vec<&str> = cx.program.variables.names().collect();
        names.sort_unstable();
        let report = error::unknown_variable(name, &names, span);
        return cx.fail(report, span);
    };
    let ty = cx.program.variables.get(id).ty.clone();
    Typed::value(ExprKind::Var(id), ty, span)
}

/// The map and key of `@m` or `@m[k]`; learns the type of the key.
pub(crate) fn map_place(target: &ast::Expr, cx: &mut Cx<'_>) -> Option<MapPlace> {
    match &target.kind {
        ast::ExprKind::Map(name) => {
            let map = cx.maps.id(name, target.span);
            cx.learn_key(map, None, target.span);
            Some(MapPlace { map, key: None })
        }
        ast::ExprKind::MapIndex { map, keys } => keyed_place(map, keys, cx),
        _ => None,
    }
}

fn keyed_place(map: &Ident, keys: &[ast::Expr], cx: &mut Cx<'_>) -> Option<MapPlace> {
    let id = cx.maps.id(&map.name, map.span);
    let key = check_key(keys, cx);
    place_of(id, key, cx)
}

/// The key that a list of expressions makes: several are a tuple.
fn check_key(keys: &[ast::Expr], cx: &mut Cx<'_>) -> Typed {
    let mut values: Vec<Typed> = keys.iter().map(|key| check_value(key, cx)).collect();
    let span = keys
        .iter()
        .map(|key| key.span)
        .reduce(Span::to)
        .unwrap_or_default();
    match (values.pop(), values.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            values.push(last);
            tuple_of(values, span)
        }
        (None, _) => Typed::unknown(span),
    }
}

/// A map entry under a checked key.
pub(crate) fn place_of(map: MapId, key: Typed, cx: &mut Cx<'_>) -> Option<MapPlace> {
    if key.is_unknown() {
        return None;
    }
    cx.learn_key(map, Some(&key.stored_type()), key.span);
    let known = cx
        .maps
        .get(map)
        .key
        .as_ref()
        .and_then(|(key, _)| key.clone())?;
    Some(MapPlace {
        map,
        key: Some(key.convert(&known)),
    })
}

/// `@m` as a value.
pub(super) fn scalar_map(name: &str, span: Span, cx: &mut Cx<'_>) -> Typed {
    let map = cx.maps.id(name, span);
    if let Some((Some(_), _)) = cx.maps.get(map).key {
        let report = error::keyed_map_as_whole(name, span);
        return cx.fail(report, span);
    }
    cx.learn_key(map, None, span);
    read(MapPlace { map, key: None }, span, cx)
}

/// `@m[k]` as a value.
pub(super) fn map_entry(map: &Ident, keys: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    match keyed_place(map, keys, cx) {
        Some(place) => read(place, span, cx),
        None => Typed::unknown(span),
    }
}

/// The value of a map entry; an aggregation is folded over the CPUs.
fn read(place: MapPlace, span: Span, cx: &mut Cx<'_>) -> Typed {
    let entry = cx.maps.get(place.map);
    let key = place.key.map(Box::new);
    match &entry.value {
        None => Typed::unknown(span),
        Some((Held::Plain(ty), _)) => {
            let ty = ty.clone();
            Typed::value(
                ExprKind::MapGet {
                    map: place.map,
                    key,
                },
                ty,
                span,
            )
        }
        Some((Held::Aggregation(aggregation), _)) => match folded_type(*aggregation) {
            Some(ty) => Typed::value(
                ExprKind::AggregateGet {
                    map: place.map,
                    key,
                },
                ty,
                span,
            ),
            None => {
                let report = error::aggregation_as_value(entry, aggregation.name(), span);
                cx.fail(report, span)
            }
        },
    }
}

/// The type of an aggregation's single value, where it has one.
pub(super) fn folded_type(aggregation: Aggregation) -> Option<Ty> {
    match aggregation {
        Aggregation::Count => Some(Ty::I64),
        Aggregation::Sum { signed }
        | Aggregation::Min { signed }
        | Aggregation::Max { signed }
        | Aggregation::Avg { signed }
        | Aggregation::Stats { signed } => Some(Ty::int(8, signed)),
        Aggregation::Hist { .. } | Aggregation::Lhist { .. } | Aggregation::Tseries { .. } => None,
    }
}

/// `e.name`
pub(super) fn field(base: &ast::Expr, name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    let base = check_expr(base, cx);
    match &base.ty {
        Ty::Unknown => Typed::unknown(span),
        Ty::Record(fields) => {
            let Some(index) = fields.iter().position(|(n, _)| *n == name.name) else {
                let names: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
                let report = error::unknown_field(&name.name, "the record", &names, name.span);
                return cx.fail(report, span);
            };
            let ty = fields[index].1.clone();
            member(base, index as u32, ty, span)
        }
        _ => memory::field(base, name, span, cx),
    }
}

/// `e.0`
pub(super) fn element(
    base: &ast::Expr,
    index: u32,
    index_span: Span,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let base = check_value(base, cx);
    match (&base.ty, elements(&base.ty)) {
        (_, Some(elems)) => element_of(base, elems, index.into(), index_span, span, cx),
        (Ty::Unknown, None) => Typed::unknown(span),
        (ty, None) => {
            let report = error::operand("a number behind a dot", ty, "a tuple", base.span);
            cx.fail(report, span)
        }
    }
}

/// The types of the elements of a tuple or record.
fn elements(ty: &Ty) -> Option<Vec<Ty>> {
    match ty {
        Ty::Tuple(elems) => Some(elems.clone()),
        Ty::Record(fields) => Some(fields.iter().map(|(_, ty)| ty.clone()).collect()),
        _ => None,
    }
}

fn element_of(
    base: Typed,
    elems: Vec<Ty>,
    index: i128,
    index_span: Span,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let number = usize::try_from(index).ok();
    match number.and_then(|number| elems.into_iter().nth(number)) {
        Some(ty) => member(base, index as u32, ty, span),
        None => {
            let most = elements(&base.ty).map_or(0, |elems| elems.len().saturating_sub(1));
            let wanted = format!("from 0 to {most}");
            let report = error::out_of_bounds("the number of the element", &wanted, index_span);
            cx.fail(report, span)
        }
    }
}

fn member(base: Typed, index: u32, ty: Ty, span: Span) -> Typed {
    let base = base.into_ir();
    if let Some(known) = constant_member(&base, index, &ty, span) {
        return known;
    }
    Typed::value(ExprKind::Member(Box::new(base), index), ty, span)
}

/// A member of a value that is made of constants alone, as `config` is.
fn constant_member(base: &ir::Expr, index: u32, ty: &Ty, span: Span) -> Option<Typed> {
    let ExprKind::Aggregate(members) = &base.kind else {
        return None;
    };
    let is_constant =
        |member: &ir::Expr| matches!(member.kind, ExprKind::Int(_) | ExprKind::Str(_));
    if !members.iter().all(is_constant) {
        return None;
    }
    let kind = members.get(index as usize)?.kind.clone();
    Some(match (&kind, ty) {
        (ExprKind::Int(bits), Ty::Int { signed: true, .. }) => {
            Typed::literal(bits.cast_signed().into(), span).retyped(ty)
        }
        _ => Typed::value(kind, ty.clone(), span),
    })
}

/// `e[i]`
pub(super) fn index(base: &ast::Expr, index: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let number = check_value(index, cx);
    if !number.ty.is_integer() {
        let report = error::operand("[]", &number.ty, "a number", number.span);
        return cx.fail(report, span);
    }
    let base = check_expr(base, cx);
    if let Some(elems) = elements(&base.ty) {
        return match number.as_literal() {
            Some(n) => element_of(base, elems, n, index.span, span, cx),
            None => {
                let wanted = "the number of an element";
                cx.fail(error::not_constant("[]", wanted, index.span), span)
            }
        };
    }
    memory::index(base, number, span, cx)
}

/// `*e`
pub(super) fn deref_expr(operand: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let pointer = check_value(operand, cx);
    match &pointer.ty {
        Ty::Unknown => Typed::unknown(span),
        Ty::Pointer {
            to: Pointee::Void, ..
        } => {
            let report = error::operand("*", &pointer.ty, "a pointer to a type", pointer.span);
            cx.fail(report, span)
        }
        Ty::Pointer { .. } => memory::deref(pointer, span, cx),
        _ => {
            let report = error::operand("*", &pointer.ty, "a pointer", pointer.span);
            cx.fail(report, span)
        }
    }
}
