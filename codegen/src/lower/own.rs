//! Strobe's own work, which probes find like anybody's: what is sent of it makes more of it, without
//! end, where the probe is on the way of what is sent.

use super::unit::Shared;
use super::{Address, Cx, builtin};
use crate::kernel::helper;
use crate::llvm::{Block, Predicate, Ty, Value};
use crate::object::{Own, fires_at_strobe};
use sema::ir::{EventId, EventKind, Lineage, Type};

/// How far up the parents of a process are looked at.
const GENERATIONS: u32 = 8;

/// Goes to `join` instead of on, where it is strobe that a probe fires at, and too often; for a
/// command to run, also where it is a command of the script.
pub(super) fn pass_over<'m>(cx: &mut Cx<'_, 'm>, id: EventId, join: Block<'m>) {
    if !cx.probe.targets.iter().any(|t| fires_at_strobe(&t.attach)) {
        return;
    }
    let [ours, send] = [cx.block(c"ours"), cx.block(c"others")];
    let process = builtin::init_process(cx);
    let own = cx.unit.shared(Shared::Own);
    let us = own.word(cx, Own::PROCESS);
    let others = cx.block(c"not_us");
    cx.b.branch(cx.b.compare(Predicate::Eq, process, us), ours, others);
    cx.enter(others);
    if let Some(lineage) = lineage(cx, id) {
        find_ancestor(cx, lineage, us, ours);
    }
    cx.b.jump(send);

    cx.enter(ours);
    let before = cx.b.atomic_add(own.at(cx, Own::RECORDS).ptr, cx.u64(1));
    let too_many =
        cx.b.compare(Predicate::UnsignedGe, before, cx.u64(Own::MOST));
    cx.b.branch(too_many, join, send);
    cx.enter(send);
}

/// How to look at parents, for a record that asks for a command.
fn lineage(cx: &Cx<'_, '_>, id: EventId) -> Option<Lineage> {
    let event = cx.unit.ir.events.get(id.0 as usize)?;
    let is_command = matches!(event.kind, EventKind::System(_));
    cx.unit.ir.lineage.filter(|_| is_command)
}

/// Goes to `found` where the current process descends from a child that strobe has had since the
/// run began. The command of `-c` is older.
fn find_ancestor<'m>(cx: &mut Cx<'_, 'm>, lineage: Lineage, us: Value<'m>, found: Block<'m>) {
    let own = cx.unit.shared(Shared::Own);
    let start = own.word(cx, Own::START_NS);
    let mut task = cx.b.call_helper(helper::GET_CURRENT_TASK_BTF, &[], Ty::Ptr);
    let none = cx.block(c"stranger");
    for _ in 0..GENERATIONS {
        let of_task = Address::aligned(task);
        let parent = of_task.at(cx, lineage.parent).ptr;
        let parent = cx.b.load(Ty::Ptr, parent, 8);
        let process = Address::aligned(parent).at(cx, lineage.process);
        let process = process.load(cx, &Type::U32);
        let process = cx.b.resize(process, Ty::I64, false);
        let [child, up] = [cx.block(c"child"), cx.block(c"up")];
        cx.b.branch(cx.b.compare(Predicate::Eq, process, us), child, up);
        cx.enter(child);
        let since = of_task.word(cx, lineage.start);
        let is_command = cx.b.compare(Predicate::UnsignedGe, since, start);
        cx.b.branch(is_command, found, none);
        cx.enter(up);
        task = parent;
    }
    cx.b.jump(none);
    cx.enter(none);
}
