//! Assignments, declarations, `++` and `--`.

use super::access::{MapPlace, map_place};
use super::expr::{check_expr, check_value};
use super::{cast, object, op};
use crate::builtin;
use crate::cx::{Cx, Phase};
use crate::error;
use crate::ir::{self, ExprKind, Place, Stmt, StmtKind, VarId};
use crate::tables::{Held, Learnt};
use crate::ty::{Join, Ty, join};
use crate::typed::{Typed, TypedKind, expr};
use lexer::Span;
use parser::ast::{self, BinaryOp, Ident, IncDec};

/// `target = value` and `target op= value`.
pub(super) fn check(
    target: &ast::Expr,
    operator: Option<BinaryOp>,
    value: &ast::Expr,
    span: Span,
    out: &mut Vec<Stmt>,
    cx: &mut Cx<'_>,
) {
    let kind = match (&target.kind, operator) {
        (ast::ExprKind::Var(name), None) => to_variable(name, target.span, value, cx),
        (ast::ExprKind::Var(name), Some(operator)) => {
            change_variable(name, target.span, operator, value, span, cx)
        }
        (ast::ExprKind::Map(_) | ast::ExprKind::MapIndex { .. }, _) => {
            to_map(target, operator, value, span, out, cx)
        }
        _ => {
            check_expr(value, cx);
            cx.report(error::not_assignable(target.span));
            None
        }
    };
    out.extend(kind.map(|kind| Stmt { kind, span }));
}

/// `let $x…`.
pub(super) fn declare(
    var: &Ident,
    ty: Option<&ast::TypeExpr>,
    value: Option<&ast::Expr>,
    span: Span,
    out: &mut Vec<Stmt>,
    cx: &mut Cx<'_>,
) {
    let value = value.map(|value| check_value(value, cx));
    let fixed = ty.and_then(|ty| {
        let fixed = cast::resolve(ty, cx)?;
        object::declared(fixed, ty.span, cx)
    });
    if let Some(before) = cx.program.variables.in_scope(&var.name) {
        let before = cx.program.variables.get(before).span;
        cx.report(error::variable_redeclared(&var.name, var.span, before));
        return;
    }
    let id = cx.program.variables.declare(&var.name, fixed, var.span);
    let kind = match value {
        Some(value) => Some(store(id, value, cx)),
        // Programs begin with zeros; a round of a loop finds what the one before left.
        None if cx.program.loops > 0 => reset(id, span, cx),
        None => None,
    };
    out.extend(kind.map(|kind| Stmt { kind, span }));
}

/// Makes a variable zero.
fn reset(id: VarId, span: Span, cx: &Cx<'_>) -> Option<StmtKind> {
    let value = zero(&cx.program.variables.get(id).ty.lower(), span)?;
    let place = Place::Var(id);
    Some(StmtKind::Assign { place, value })
}

/// The zero of a type, where it can be written down.
fn zero(ty: &ir::Type, span: Span) -> Option<ir::Expr> {
    let kind = match ty {
        ir::Type::Str { .. } => ExprKind::Str(Vec::new()),
        ir::Type::Tuple(elems) => {
            let elems = elems.iter().map(|ty| zero(ty, span));
            ExprKind::Aggregate(elems.collect::<Option<_>>()?)
        }
        ir::Type::Record { fields, .. } => {
            let fields = fields.iter().map(|field| zero(&field.ty, span));
            ExprKind::Aggregate(fields.collect::<Option<_>>()?)
        }
        ty if ty.is_scalar() => ExprKind::Int(0),
        _ => return None,
    };
    Some(expr(kind, ty.clone(), span))
}

fn to_variable(name: &str, at: Span, value: &ast::Expr, cx: &mut Cx<'_>) -> Option<StmtKind> {
    let value = check_value(value, cx);
    let known = cx.program.variables.find(name);
    let id = known.unwrap_or_else(|| cx.program.variables.declare(name, None, at));
    Some(store(id, value, cx))
}

fn change_variable(
    name: &str,
    at: Span,
    operator: BinaryOp,
    value: &ast::Expr,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let value = check_value(value, cx);
    let current = super::access::variable(name, at, cx);
    let id = cx.program.variables.find(name)?;
    let changed = op::combine(operator, current, value, span, cx);
    Some(store(id, changed, cx))
}

/// The store of a value into a variable, whose type is widened as needed.
fn store(id: VarId, value: Typed, cx: &mut Cx<'_>) -> StmtKind {
    let variable = cx.program.variables.get(id).clone();
    if variable.fixed {
        check_fits(&variable.name, &variable.ty, &value, variable.span, cx);
    } else {
        let new = value.stored_type();
        match cx.program.variables.learn(id, &new, value.span) {
            Learnt::Agrees => {}
            Learnt::SignLost => cx.report(error::sign_lost(
                &format!("`{}`", variable.name),
                value.span,
            )),
            Learnt::Conflict(at) => {
                cx.report(error::variable_mismatch(
                    &variable.name,
                    &variable.ty,
                    &new,
                    value.span,
                    at,
                ));
                return StmtKind::Expr(Typed::unknown(value.span).into_ir());
            }
        }
    }
    let ty = cx.program.variables.get(id).ty.clone();
    StmtKind::Assign {
        place: Place::Var(id),
        value: value.convert(&ty),
    }
}

/// Whether a value may be stored where the script states the type.
pub(super) fn check_fits(name: &str, ty: &Ty, value: &Typed, declared: Span, cx: &mut Cx<'_>) {
    if let Some(literal) = value.as_literal() {
        if !ty.holds(literal) {
            cx.report(error::literal_out_of_range(literal, ty, value.span));
        }
        return;
    }
    if join(ty, &value.ty) == Join::Mismatch {
        cx.report(error::variable_mismatch(
            name, ty, &value.ty, value.span, declared,
        ));
    } else if let Some(parts) = value.as_parts() {
        check_parts(ty, parts, cx);
    } else if is_cut(ty, value) {
        cx.report(error::narrowed(name, ty, &value.ty, value.span, declared));
    }
}

/// Whether a number loses bits in a type that the script states. What is computed is meant to be
/// cut: of `$x + 1` nobody but its author knows how large it may grow.
fn is_cut(ty: &Ty, value: &Typed) -> bool {
    let computed = matches!(
        value.kind,
        TypedKind::Value(ExprKind::Binary(..) | ExprKind::Unary(..) | ExprKind::Convert(..))
    );
    let numbers = ty.is_integer() && value.ty.is_integer();
    numbers && !computed && ty.lower().size() < value.ty.lower().size()
}

/// Whether the literals in a tuple or record are values of the types that the script states.
fn check_parts(ty: &Ty, parts: &[ir::Expr], cx: &mut Cx<'_>) {
    let types: Vec<&Ty> = match ty {
        Ty::Tuple(elems) => elems.iter().collect(),
        Ty::Record(fields) => fields.iter().map(|(_, ty)| ty).collect(),
        _ => return,
    };
    for (ty, part) in types.into_iter().zip(parts) {
        match &part.kind {
            ExprKind::Aggregate(parts) => check_parts(ty, parts, cx),
            ExprKind::Int(bits) if ty.is_integer() => {
                let literal = match part.ty.is_signed() {
                    true => i128::from(bits.cast_signed()),
                    false => i128::from(*bits),
                };
                if !ty.holds(literal) {
                    cx.report(error::literal_out_of_range(literal, ty, part.span));
                }
            }
            _ => {}
        }
    }
}

fn to_map(
    target: &ast::Expr,
    operator: Option<BinaryOp>,
    value: &ast::Expr,
    span: Span,
    out: &mut Vec<Stmt>,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let Some(mut place) = map_place(target, cx) else {
        learn_from(target, operator.is_none(), value, cx);
        return None;
    };
    if let Some((aggregation, arg)) = builtin::check_aggregation(value, out, cx) {
        return match operator {
            Some(operator) => {
                let name = cx.maps.get(place.map).name.clone();
                let spelt = format!("{}=", operator.as_str());
                cx.report(error::aggregation_assigned(&name, &spelt, span));
                None
            }
            None => Some(aggregate(place, aggregation, arg, value.span, cx)),
        };
    }
    let value = check_value(value, cx);
    let value = match operator {
        None => value,
        Some(operator) => {
            refuse_aggregation(&place, &format!("{}=", operator.as_str()), span, cx)?;
            if let Some(kind) = atomic_add(&place, operator, &value, span, cx) {
                return Some(kind);
            }
            // The entry is read and then written, and its key may change something.
            if let Some(key) = place.key.take() {
                let span = key.span;
                let (kept, key) = keep_key(key, span, cx);
                out.extend(kept);
                place.key = Some(key);
            }
            let current = current(&place, target.span, cx);
            op::combine(operator, current, value, span, cx)
        }
    };
    refuse_aggregation(&place, "=", span, cx)?;
    if value.is_unknown() {
        // The mistake has been reported; the map itself is filled all the same.
        cx.maps
            .learn_value(place.map, &Held::Plain(Ty::Unknown), value.span);
        return None;
    }
    cx.learn_value(place.map, &Held::Plain(value.stored_type()), value.span);
    let ty = plain_type(&place, cx)?;
    Some(StmtKind::Assign {
        place: place.into_place(),
        value: value.convert(&ty),
    })
}

/// Learns what a map holds although its key is not known yet, or has a mistake: the map's type is
/// not to depend on which of both is known first, and somebody does fill it.
fn learn_from(target: &ast::Expr, whole: bool, value: &ast::Expr, cx: &mut Cx<'_>) {
    let ast::ExprKind::MapIndex { map, .. } = &target.kind else {
        return;
    };
    let id = cx.maps.id(&map.name, map.span);
    cx.maps.note_attempt(id);
    let held = match builtin::check_aggregation(value, &mut Vec::new(), cx) {
        Some((aggregation, _)) => Held::Aggregation(aggregation),
        None => Held::Plain(check_value(value, cx).stored_type()),
    };
    if whole && held != Held::Plain(Ty::Unknown) {
        cx.learn_value(id, &held, value.span);
    }
}

/// `@m += n` and `@m -= n` with a literal are additions that no other CPU can undo.
fn atomic_add(
    place: &MapPlace,
    operator: BinaryOp,
    value: &Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let literal = i64::try_from(value.as_literal()?).ok()?;
    let delta = match operator {
        BinaryOp::Add => literal,
        BinaryOp::Sub => literal.checked_neg()?,
        _ => return None,
    };
    let change = map_increment(place.clone(), delta, false, span, cx);
    Some(StmtKind::Expr(change.into_ir()))
}

fn aggregate(
    place: MapPlace,
    aggregation: ir::Aggregation,
    value: Option<Typed>,
    span: Span,
    cx: &mut Cx<'_>,
) -> StmtKind {
    cx.learn_value(place.map, &Held::Aggregation(aggregation), span);
    let number = cx.program.number;
    cx.maps.note_writer(place.map, number);
    let aggregation = match &cx.maps.get(place.map).value {
        Some((Held::Aggregation(known), _)) => *known,
        _ => aggregation,
    };
    let value = value.map(|value| {
        let wide = if value.ty.is_signed() {
            Ty::I64
        } else {
            Ty::U64
        };
        value.convert(&wide)
    });
    StmtKind::Aggregate {
        map: place.map,
        key: place.key,
        aggregation,
        value,
    }
}

/// `++` and `--`.
pub(super) fn increment(op: IncDec, target: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let (delta, before) = match op {
        IncDec::PreInc => (1, false),
        IncDec::PreDec => (-1, false),
        IncDec::PostInc => (1, true),
        IncDec::PostDec => (-1, true),
    };
    match &target.kind {
        ast::ExprKind::Var(name) => variable_increment(name, delta, before, target.span, span, cx),
        ast::ExprKind::Map(_) | ast::ExprKind::MapIndex { .. } => {
            let Some(place) = map_place(target, cx) else {
                return Typed::unknown(span);
            };
            let spelt = if delta > 0 { "++" } else { "--" };
            if refuse_aggregation(&place, spelt, span, cx).is_none() {
                return Typed::unknown(span);
            }
            map_increment(place, delta, before, span, cx)
        }
        _ => cx.fail(error::not_assignable(target.span), span),
    }
}

fn variable_increment(
    name: &str,
    delta: i64,
    before: bool,
    at: Span,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    let current = super::access::variable(name, at, cx);
    let Some(id) = cx.program.variables.find(name) else {
        return Typed::unknown(span);
    };
    let pointer = current.ty.is_pointer();
    if !pointer && !current.ty.is_integer() {
        let report = error::operand("++", &current.ty, "a number", at);
        return cx.fail(report, span);
    }
    let variable = cx.program.variables.get(id);
    if !pointer && !variable.fixed && current.ty != Ty::U64 && steps_count(cx) {
        cx.program.variables.learn(id, &Ty::I64, at);
    }
    let scale = if pointer {
        op::pointee_size(&current.ty, cx)
    } else {
        1
    };
    let ty = cx.program.variables.get(id).ty.clone();
    let kind = ExprKind::Increment {
        place: Place::Var(id),
        delta: delta * i64::from(scale),
        before,
    };
    Typed::value(kind, ty, span)
}

/// Whether types are learnt from `++` and `--` yet; if not, they will be.
fn steps_count(cx: &mut Cx<'_>) -> bool {
    cx.deferred |= cx.phase < Phase::Steps;
    cx.phase >= Phase::Steps
}

/// An addition to a map's number; the number is made 64 bits wide, so that it can be atomic.
fn map_increment(place: MapPlace, delta: i64, before: bool, span: Span, cx: &mut Cx<'_>) -> Typed {
    let known = plain_type(&place, cx).unwrap_or(Ty::Unknown);
    if known != Ty::U64 && steps_count(cx) {
        cx.learn_value(place.map, &Held::Plain(Ty::I64), span);
    }
    let ty = plain_type(&place, cx).unwrap_or(Ty::Unknown);
    let kind = ExprKind::Increment {
        place: place.into_place(),
        delta,
        before,
    };
    Typed::value(kind, ty, span)
}

/// The value of a map entry that an operator changes. Nothing is known of the result until the
/// map's type is: a zero in its place would give the map a type of its own.
fn current(place: &MapPlace, span: Span, cx: &Cx<'_>) -> Typed {
    let Some(ty) = plain_type(place, cx) else {
        return Typed::unknown(span);
    };
    let kind = ExprKind::MapGet {
        map: place.map,
        key: place.key.clone().map(Box::new),
    };
    Typed::value(kind, ty, span)
}

/// The type of a map's values, where they are known to be plain.
fn plain_type(place: &MapPlace, cx: &Cx<'_>) -> Option<Ty> {
    match &cx.maps.get(place.map).value {
        Some((Held::Plain(ty), _)) => Some(ty.clone()),
        _ => None,
    }
}

/// Nothing, and a report, where the map is an aggregation.
fn refuse_aggregation(place: &MapPlace, op: &str, span: Span, cx: &mut Cx<'_>) -> Option<()> {
    let entry = cx.maps.get(place.map);
    if !matches!(entry.value, Some((Held::Aggregation(_), _))) {
        return Some(());
    }
    let name = entry.name.clone();
    cx.report(error::aggregation_assigned(&name, op, span));
    None
}

/// Keeps a value in a nameless variable, so that it is worked out once though it is used twice.
pub(crate) fn keep(value: Typed, cx: &mut Cx<'_>) -> (Option<Stmt>, Typed) {
    let span = value.span;
    if value.as_literal().is_some() || value.is_unknown() || !value.ty.is_value() {
        return (None, value);
    }
    let id = cx.program.variables.declare("", None, span);
    let kind = store(id, value, cx);
    let ty = cx.program.variables.get(id).ty.clone();
    (
        Some(Stmt { kind, span }),
        Typed::value(ExprKind::Var(id), ty, span),
    )
}

/// As [`keep`], for a key that has been converted to the type of its map.
pub(crate) fn keep_key(key: ir::Expr, span: Span, cx: &mut Cx<'_>) -> (Option<Stmt>, ir::Expr) {
    let plain = matches!(
        key.kind,
        ExprKind::Int(_) | ExprKind::Str(_) | ExprKind::Var(_)
    );
    if plain {
        return (None, key);
    }
    let ty = key.ty.clone();
    let id = cx.program.variables.declare_lowered(ty.clone(), span);
    let kind = StmtKind::Assign {
        place: Place::Var(id),
        value: key,
    };
    let key = expr(ExprKind::Var(id), ty, span);
    (Some(Stmt { kind, span }), key)
}

/// A nameless variable that counts, and the statement that makes it zero.
pub(crate) fn counter(span: Span, cx: &mut Cx<'_>) -> (Stmt, VarId) {
    let id = cx.program.variables.declare("", Some(Ty::I64), span);
    let kind = StmtKind::Assign {
        place: Place::Var(id),
        value: Typed::literal(0, span).convert(&Ty::I64),
    };
    (Stmt { kind, span }, id)
}

/// The store of a checked value into a variable of this name, which is made where it is new.
pub(crate) fn assign_variable(name: &str, at: Span, value: Typed, cx: &mut Cx<'_>) -> StmtKind {
    let known = cx.program.variables.find(name);
    let id = known.unwrap_or_else(|| cx.program.variables.declare(name, None, at));
    store(id, value, cx)
}
