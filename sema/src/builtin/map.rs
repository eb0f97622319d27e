//! Functions on maps.

use super::output::as_map;
use super::{Builtin, Call, Check, Mode, action};
use crate::cx::Cx;
use crate::error;
use crate::infer::{self, MapPlace, map_place, place_of};
use crate::ir::{EventKind, ExprKind, MapId, Place, Space, Stmt, StmtKind, Type};
use crate::tables::Held;
use crate::ty::Ty;
use crate::typed::{Memory, Typed, expr};
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
    Builtin {
        name: "find",
        signature: "find(@map, key, $variable)",
        doc: "Tells whether a map has a key, and if so puts its value into a variable.",
        example: "if (find(@start, tid, $since)) { print(nsecs - $since) }",
        check: Check::Call(3, 3, find),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "len",
        signature: "len(@map) or len(stack)",
        doc: "Counts the entries of a map, or the frames of a stack.",
        example: "print(len(@start))",
        check: Check::Call(1, 1, len),
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

/// `find(@m, k, $v)`: looks, and only where there is a value assigns it.
fn find(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let ast::ExprKind::Var(variable) = &call.args[2].kind else {
        let report = error::not_assignable(call.args[2].span);
        return cx.fail(report, call.span);
    };
    let Some(MapPlace {
        map,
        key: Some(key),
    }) = entry(call, cx)
    else {
        return Typed::value(ExprKind::Int(0), Ty::Bool, call.span);
    };
    let span = call.span;
    let ty = match &cx.maps.get(map).value {
        Some((Held::Plain(ty), _)) => ty.clone(),
        _ => Ty::Unknown,
    };
    // The key is worked out once, though it is used twice.
    let (kept, key) = infer::keep_key(key, span, cx);
    let has = ExprKind::MapHas {
        map,
        key: Box::new(key.clone()),
    };
    let (looked, found) = infer::keep(Typed::value(has, Ty::Bool, span), cx);
    let value = ExprKind::MapGet {
        map,
        key: Some(Box::new(key)),
    };
    let value = Typed::value(value, ty, span);
    let assign = infer::assign_variable(variable, call.args[2].span, value, cx);
    let kind = StmtKind::If {
        cond: found.clone().into_ir(),
        then: vec![Stmt { kind: assign, span }],
        otherwise: Vec::new(),
    };
    let mut stmts: Vec<Stmt> = kept.into_iter().chain(looked).collect();
    stmts.push(Stmt { kind, span });
    let found = Box::new(found.into_ir());
    Typed::value(ExprKind::Block(stmts, found), Ty::Bool, span)
}

/// The number of a map's entries, or of a stack's frames.
fn len(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let span = call.span;
    let Some(name) = as_map(&call.args[0]) else {
        return frames(call, cx);
    };
    let map = cx.maps.id(name, call.args[0].span);
    if let Some((None, at)) = cx.maps.get(map).key {
        let report = error::not_iterable(name, call.args[0].span, at);
        return cx.fail(report, span);
    }
    let (zero, count) = infer::counter(span, cx);
    let step = ExprKind::Increment {
        place: Place::Var(count),
        delta: 1,
        before: false,
    };
    let kind = StmtKind::Expr(expr(step, Type::I64, span));
    let kind = StmtKind::ForMap {
        map,
        var: None,
        body: vec![Stmt { kind, span }],
    };
    let stmts = vec![zero, Stmt { kind, span }];
    let total = Box::new(expr(ExprKind::Var(count), Type::I64, span));
    Typed::value(ExprKind::Block(stmts, total), Ty::I64, span)
}

/// A stack begins with the number of its frames.
fn frames(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let value = call.value(0, cx);
    if !matches!(value.ty, Ty::Stack { .. }) {
        return call.wrong("a map or a stack", &value, cx);
    }
    let span = call.span;
    let base = ExprKind::AddressOf(Box::new(value.into_ir()));
    let memory = Memory {
        base: expr(base, Type::Pointer, span),
        offset: 0,
        space: Space::Kernel,
        bits: None,
    };
    Typed::memory(memory, Ty::U32, span).converted(&Ty::I64)
}
