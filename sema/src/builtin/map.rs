//! Functions on maps.

use super::output::as_map;
use super::{Builtin, Call, Check, Mode, action};
use crate::cx::Cx;
use crate::error;
use crate::infer::{MapPlace, map_place, place_of};
use crate::ir::{EventKind, ExprKind, MapId};
use crate::ty::Ty;
use crate::typed::Typed;
use parser::ast;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "clear",
        signature: "clear(@map)",
        doc: "Removes every entry of a map.",
        mode: Mode::Async,
        example: "clear(@)",
        check: Check::Call(1, 1, |call, cx| whole(call, cx, EventKind::Clear)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "zero",
        signature: "zero(@map)",
        doc: "Sets every value of a map to zero and keeps the keys.",
        mode: Mode::Async,
        example: "zero(@)",
        check: Check::Call(1, 1, |call, cx| whole(call, cx, EventKind::Zero)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "delete",
        signature: "delete(@map, key) or delete(@map)",
        doc: "Removes an entry of a map, and tells whether there was one.",
        example: "delete(@start, tid)",
        check: Check::Call(1, 2, delete),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "has_key",
        signature: "has_key(@map, key)",
        doc: "Tells whether a map has a key.",
        example: "if (has_key(@start, tid)) { print(tid) }",
        check: Check::Call(2, 2, has_key),
        ..Builtin::PLAIN
    },
];

fn whole(call: &Call<'_>, cx: &mut Cx<'_>, kind: fn(MapId) -> EventKind) -> Typed {
    let Some(name) = as_map(&call.args[0]) else {
        let report = error::not_a_map(call.name, call.args[0].span);
        return cx.fail(report, call.span);
    };
    let map = cx.maps.id(name, call.args[0].span);
    let stmt = cx.emit(kind(map), Vec::new(), call.span);
    action(vec![stmt], call.span)
}

/// The entry that `f(@m, key)` names.
fn entry(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<MapPlace> {
    let Some(name) = as_map(&call.args[0]) else {
        cx.report(error::not_a_map(call.name, call.args[0].span));
        return None;
    };
    let map = cx.maps.id(name, call.args[0].span);
    let key = call.value(1, cx);
    place_of(map, key, cx)
}

fn delete(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let place = match call.args {
        [target] => target_place(target, call, cx),
        _ => entry(call, cx),
    };
    let Some(place) = place else {
        return Typed::unknown(call.span);
    };
    let kind = ExprKind::MapDelete {
        map: place.map,
        key: place.key.map(Box::new),
    };
    Typed::value(kind, Ty::Bool, call.span)
}

/// The entry of `delete(@m[k])`, or the scalar map of `delete(@m)`.
fn target_place(target: &ast::Expr, call: &Call<'_>, cx: &mut Cx<'_>) -> Option<MapPlace> {
    let place = map_place(target, cx);
    if place.is_none() && !matches!(target.kind, ast::ExprKind::MapIndex { .. }) {
        cx.report(error::not_a_map(call.name, target.span));
    }
    place
}

fn has_key(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some(MapPlace {
        map,
        key: Some(key),
    }) = entry(call, cx)
    else {
        return Typed::value(ExprKind::Int(0), Ty::Bool, call.span);
    };
    let kind = ExprKind::MapHas {
        map,
        key: Box::new(key),
    };
    Typed::value(kind, Ty::Bool, call.span)
}
