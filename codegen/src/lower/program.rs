//! One probe to one program: its variables, its predicate, its body.

use super::frame::Home;
use super::walk::uses;
use super::{Cx, Unit, branch, map, sharing, stmt};
use sema::ir::{Expr, ExprKind, MapId, Place, Probe, Stmt, StmtKind, Type, VarId};
use std::rc::Rc;

/// Lowers a probe.
pub(super) fn lower<'m>(unit: &mut Unit<'m>, probe: &'m Probe) {
    let mut cx = Cx::new(unit, probe);
    let start = cx.b.block();
    declare_variables(&mut cx);
    if let Some(predicate) = &probe.predicate {
        cx.at(predicate.span);
        let body = cx.block(c"action");
        let end = cx.end;
        cx.with_temps(|cx| match entry_asked_for(predicate) {
            Some((map, key, ty)) => map::pass_unless_set(cx, map, key, ty, [body, end]),
            None => branch::on(cx, predicate, body, end),
        });
        cx.enter(body);
    }
    stmt::all(&mut cx, &probe.body);
    cx.b.jump(cx.end);
    cx.finish(start);
}

/// The scalar under a key of which a predicate asks whether it is set: `/@start[tid]/`.
fn entry_asked_for(predicate: &Expr) -> Option<(MapId, &Expr, &Type)> {
    let ExprKind::Convert(entry) = &predicate.kind else {
        return None;
    };
    let ExprKind::MapGet {
        map,
        key: Some(key),
    } = &entry.kind
    else {
        return None;
    };
    let is_asked = predicate.ty == Type::Bool && entry.ty.is_scalar();
    is_asked.then_some((*map, key, &entry.ty))
}

/// Makes room for the program's own variables and for those that it shares with loops.
fn declare_variables(cx: &mut Cx<'_, '_>) {
    let sharing = Rc::clone(&cx.sharing);
    let mut registers = cx.budget().registers;
    for (variable, id) in cx.probe.variables.iter().zip((0..).map(VarId)) {
        let size = variable.ty.size().max(8);
        let home = match sharing.home(id) {
            sharing::Home::Elsewhere => None,
            sharing::Home::Program => Some(room(cx, &variable.ty, &mut registers)),
            sharing::Home::Shared => Some(cx.lasting_scratch(size)),
        };
        cx.variables.push(home);
        let unset = variable.ty.is_scalar() || may_be_read_unset(cx, id);
        if let Some(home) = home.filter(|_| unset) {
            cx.resolve(home).zero(cx, size);
        }
    }
}

/// Makes room for the variables that the rounds of a loop have for themselves.
pub(super) fn declare_own(cx: &mut Cx<'_, '_>, round: &Stmt) {
    let mut registers = cx.budget().registers;
    for id in cx.sharing.own(round) {
        let ty = &cx.probe.variables[id.0 as usize].ty;
        let home = room(cx, ty, &mut registers);
        cx.variables[id.0 as usize] = Some(home);
        let address = cx.resolve(home);
        address.zero(cx, ty.size().max(8));
    }
}

/// Room for a variable that one function has for itself: registers for the first scalars, as LLVM
/// sees fit, and memory for the others.
fn room<'m>(cx: &mut Cx<'_, 'm>, ty: &Type, registers: &mut u32) -> Home<'m> {
    let size = ty.size().max(8);
    if !ty.is_scalar() {
        return cx.lasting(size);
    }
    match registers.checked_sub(1) {
        Some(left) => {
            *registers = left;
            Home::Stack(cx.entry.alloca(size))
        }
        None => cx.lasting_scratch(size),
    }
}

/// Whether a variable may be read before it is assigned: unless the first statement of the body
/// that mentions it is its assignment.
fn may_be_read_unset(cx: &Cx<'_, '_>, variable: VarId) -> bool {
    let first = cx.sharing.first_use(variable);
    let first = first.and_then(|index| cx.probe.body.get(index));
    match first.map(|stmt| &stmt.kind) {
        Some(StmtKind::Assign {
            place: Place::Var(id),
            value,
        }) => *id != variable || uses(value, variable),
        _ => true,
    }
}
