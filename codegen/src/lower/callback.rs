//! Loops whose number of rounds is not known when compiling. The kernel runs them: `bpf_loop`
//! counts, `bpf_for_each_map_elem` goes through a map. A round is a function of its own, which the
//! verifier looks at by itself, so that a loop costs it the same however many rounds there are.
//!
//! A round reaches the program's context and its scratch through an *environment*: two pointers on
//! the stack of the program, where the verifier keeps track of what they point to. Variables that
//! a round shares with what is around it live in scratch, of which the verifier knows no values:
//! all rounds look the same to it.

use super::address::{gaps, members};
use super::expr::scalar;
use super::frame::Frame;
use super::looping::Loop;
use super::walk::may_leave;
use super::{Address, Cx, aggregate, arith, branch, program, stmt};
use crate::kernel::{LOOP_ROUNDS_MAX, helper};
use crate::llvm::{Block, Predicate, Ty, Value};
use crate::object::Health;
use sema::ir::{Expr, MapId, MapValue, Stmt, StmtKind, Type, VarId};

/// What a round returns so that another one follows.
const GO_ON: u64 = 0;

/// What a round returns so that it is the last.
const STOP: u64 = 1;

/// A loop that the kernel runs.
pub(super) fn lower<'m>(cx: &mut Cx<'_, 'm>, stmt: &'m Stmt) {
    match &stmt.kind {
        StmtKind::While { cond, body } => while_loop(cx, stmt, cond, body),
        StmtKind::ForRange {
            var,
            start,
            end,
            body,
        } => range(cx, stmt, *var, (start, end), body),
        StmtKind::ForMap { map, var, body } => entries(cx, stmt, *map, *var, body),
        _ => {
            cx.malformed(stmt.span, "no loop");
        }
    }
}

fn while_loop<'m>(cx: &mut Cx<'_, 'm>, stmt: &'m Stmt, cond: &'m Expr, body: &'m [Stmt]) {
    let most = cx.u64(LOOP_ROUNDS_MAX);
    let rounds = Rounds {
        count: most,
        over: Some(cx.b.constant(Ty::I1, 1)),
    };
    counted(cx, stmt, rounds, body, |cx, _, out| {
        let round = cx.block(c"round");
        cx.with_temps(|cx| branch::on(cx, cond, round, out));
        cx.enter(round);
    });
}

fn range<'m>(
    cx: &mut Cx<'_, 'm>,
    stmt: &'m Stmt,
    var: VarId,
    (start, end): (&'m Expr, &'m Expr),
    body: &'m [Stmt],
) {
    let first = scalar(cx, start);
    let end = scalar(cx, end);
    let some = cx.b.compare(Predicate::SignedLt, first, end);
    let rounds = cx.b.sub(end, first);
    let rounds = cx.b.select(some, rounds, cx.u64(0));
    let over = match rounds.constant() {
        Some(count) if count <= LOOP_ROUNDS_MAX => None,
        _ => Some(cx.b.compare(Predicate::UnsignedGt, rounds, cx.u64(LOOP_ROUNDS_MAX))),
    };
    let rounds = arith::at_most(cx, rounds, LOOP_ROUNDS_MAX);
    if rounds.constant() == Some(0) {
        return;
    }
    let begun = cx.shared_temp(16);
    let kept = cx.resolve(begun);
    kept.store(cx, first);
    let rounds = Rounds {
        count: forget(cx, rounds, kept.at(cx, 8)),
        over,
    };
    counted(cx, stmt, rounds, body, |cx, round, _| {
        let first = cx.resolve(begun).load(cx, &Type::I64);
        let value = cx.b.add(first, round);
        let variable = cx.variable(var);
        variable.store(cx, value);
    });
}

/// The same number, of which the verifier knows nothing: where it finds that a loop has no rounds,
/// it takes their function out, but not the address of it, and then refuses the program (seen in
/// 6.18).
fn forget<'m>(cx: &Cx<'_, 'm>, rounds: Value<'m>, room: Address<'m>) -> Value<'m> {
    if rounds.constant().is_some() {
        return rounds;
    }
    room.store(cx, rounds);
    cx.b.load_volatile(Ty::I64, room.ptr, 8)
}

/// How often a body is to run.
#[derive(Clone, Copy)]
struct Rounds<'m> {
    /// As often as the kernel takes.
    count: Value<'m>,
    /// Whether more were asked for, so that the loop is cut unless it ends before; nothing where
    /// that cannot be.
    over: Option<Value<'m>>,
}

/// Runs a body so many times. `begin` starts a round, whose number it is given; it may go to the
/// block that ends the loop.
fn counted<'m>(
    cx: &mut Cx<'_, 'm>,
    stmt: &'m Stmt,
    rounds: Rounds<'m>,
    body: &'m [Stmt],
    begin: impl FnOnce(&mut Cx<'_, 'm>, Value<'m>, Block<'m>),
) {
    let environment = cx.environment();
    let round = cx.round(stmt, &[Ty::I64, Ty::Ptr], 1);
    let (function, number) = (round.function, round.function.param(0));
    let used = fill(round, stmt, body, |cx, out| begin(cx, number, out));
    cx.absorb(&used);
    let args = [rounds.count, function.pointer(), environment, cx.u64(0)];
    run(cx, body, |cx| {
        let ran = cx.b.call_helper(helper::LOOP, &args, Ty::I64);
        if let Some(over) = rounds.over {
            let all = cx.b.compare(Predicate::Eq, ran, cx.u64(LOOP_ROUNDS_MAX));
            let cut = cx.b.and(all, over);
            cx.if_set(cut, |cx| cx.count_loss(Health::LOOP_CUT));
        }
    });
}

/// `for ($kv : @m)`
fn entries<'m>(
    cx: &mut Cx<'_, 'm>,
    stmt: &'m Stmt,
    map: MapId,
    var: Option<VarId>,
    body: &'m [Stmt],
) {
    let environment = cx.environment();
    let round = cx.round(stmt, &[Ty::Ptr; 4], 3);
    let function = round.function;
    let (key, value) = (function.param(1), function.param(2));
    let used = fill(round, stmt, body, |cx, _| {
        if let Some(var) = var {
            copy_entry(cx, map, var, key, value);
        }
    });
    cx.absorb(&used);
    let symbol = cx.unit.map_symbol(map);
    let args = [symbol, function.pointer(), environment, cx.u64(0)];
    run(cx, body, |cx| {
        cx.b.call_helper(helper::FOR_EACH_MAP_ELEM, &args, Ty::I64);
    });
}

/// Copies an entry to the variable of a loop.
fn copy_entry<'m>(cx: &mut Cx<'_, 'm>, map: MapId, var: VarId, key: Value<'m>, value: Value<'m>) {
    let decl = cx.unit.map(map);
    let Some(key_type) = &decl.key else {
        cx.malformed(decl.span, "a map without keys is gone through");
        return;
    };
    let ty = &cx.probe.variables[var.0 as usize].ty;
    let offset = members(ty).get(1).map_or(0, |m| m.0);
    let variable = cx.variable(var);
    for (from, bytes) in gaps(ty) {
        variable.at(cx, from).zero(cx, bytes);
    }
    variable.copy_from(cx, Address::aligned(key), key_type.size());
    let to = variable.at(cx, offset);
    match &decl.value {
        MapValue::Plain(ty) => to.copy_from(cx, Address::aligned(value), ty.size()),
        MapValue::Aggregation(_) => {
            let total = cx.with_temps(|cx| aggregate::fold_entry(cx, map, variable.ptr));
            to.store(cx, total);
        }
    }
}

/// Lowers the rounds of a loop to their function. Yields what it used.
fn fill<'m>(
    mut round: Cx<'_, 'm>,
    stmt: &'m Stmt,
    body: &'m [Stmt],
    begin: impl FnOnce(&mut Cx<'_, 'm>, Block<'m>),
) -> Frame<'m> {
    let cx = &mut round;
    let first = cx.b.block();
    program::declare_own(cx, stmt);
    let [next, out] = [cx.block(c"next"), cx.block(c"out")];
    begin(cx, out);
    cx.loops.push(Loop { next, out });
    stmt::all(cx, body);
    cx.loops.pop();
    cx.b.jump(next);
    for (block, result) in [(next, GO_ON), (out, STOP)] {
        cx.enter(block);
        cx.b.ret(cx.u64(result));
    }
    // Where the whole program ends: every loop around stops.
    cx.enter(cx.end);
    if may_leave(body) {
        let leaving = cx.leaving();
        leaving.store(cx, cx.u64(1));
    }
    cx.b.ret(cx.u64(STOP));
    round.finish_round(first)
}

/// Has the kernel run a loop, and goes on behind it unless a round has ended the program.
fn run<'m>(cx: &mut Cx<'_, 'm>, body: &'m [Stmt], call: impl FnOnce(&mut Cx<'_, 'm>)) {
    if !may_leave(body) {
        return call(cx);
    }
    let leaving = cx.leaving();
    leaving.store(cx, cx.u64(0));
    call(cx);
    let left = leaving.load(cx, &Type::U64);
    let on = cx.block(c"on");
    cx.b.branch(cx.b.is_zero(left), on, cx.end);
    cx.enter(on);
}
