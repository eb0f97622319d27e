//! One probe to one program: its variables, its predicate, its body.

use super::walk::{mentions, uses};
use super::{Address, Cx, Unit, branch, stmt};
use sema::ir::{Place, Probe, Stmt, StmtKind, VarId};

/// Lowers a probe.
pub(super) fn lower<'m>(unit: &mut Unit<'m>, probe: &'m Probe) {
    let mut cx = Cx::new(unit, probe);
    let start = cx.b.block();
    declare_variables(&mut cx);
    if let Some(predicate) = &probe.predicate {
        cx.at(predicate.span);
        let body = cx.block(c"action");
        let end = cx.end;
        cx.with_temps(|cx| branch::on(cx, predicate, body, end));
        cx.enter(body);
    }
    stmt::all(&mut cx, &probe.body);
    cx.b.jump(cx.end);
    cx.finish(start);
}

/// Makes room for the variables: registers for the first scalars, as LLVM sees fit, and memory
/// for the others.
fn declare_variables(cx: &mut Cx<'_, '_>) {
    let mut registers = cx.unit.budget.registers;
    for (variable, id) in cx.probe.variables.iter().zip(0..) {
        let size = variable.ty.size().max(8);
        let address = if !variable.ty.is_scalar() {
            cx.lasting(size)
        } else if registers > 0 {
            registers -= 1;
            Address::aligned(cx.entry.alloca(size))
        } else {
            cx.lasting_scratch(size)
        };
        cx.variables.push(address);
        if variable.ty.is_scalar() || may_be_read_unset(cx.probe, VarId(id)) {
            address.zero(cx, size);
        }
    }
}

/// Whether a variable may be read before it is assigned: unless the first statement of the body
/// that mentions it is its assignment.
fn may_be_read_unset(probe: &Probe, variable: VarId) -> bool {
    let first: Option<&Stmt> = probe.body.iter().find(|stmt| mentions(stmt, variable));
    match first.map(|stmt| &stmt.kind) {
        Some(StmtKind::Assign {
            place: Place::Var(id),
            value,
        }) => *id != variable || uses(value, variable),
        _ => true,
    }
}
