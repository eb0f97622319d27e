//! Time series: an interval of time is a slot of three words, found by the clock and taken over by
//! a later interval when its turn comes.

use super::aggregate::is_beyond;
use super::unit::Internal;
use super::{Address, Cx, arith};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty, Value};
use crate::object::Globals;
use sema::ir::{SeriesFold, Type};

/// Bytes of a slot: number of the interval, value, and what goes with it.
const SLOT: u64 = 24;

/// A time series, as `ir::Aggregation::Tseries` has it.
pub(super) struct Series {
    pub(super) signed: bool,
    pub(super) interval: u64,
    pub(super) count: u32,
    pub(super) fold: SeriesFold,
}

/// Puts a number into the slot of the current interval.
pub(super) fn record<'m>(
    cx: &mut Cx<'_, 'm>,
    series: &Series,
    number: Value<'m>,
    entry: Value<'m>,
) {
    let now = wall_clock(cx);
    let interval = cx.u64(series.interval.max(1));
    let epoch = cx.b.udiv(now, interval);
    let slot = cx.b.urem(epoch, cx.u64(u64::from(series.count.max(1))));
    // The verifier does not follow divisions.
    let slot = cx.b.opaque(slot);
    let slot = arith::at_most(cx, slot, u64::from(series.count.max(1) - 1));
    let offset = cx.b.mul(slot, cx.u64(SLOT));
    let at = Address::aligned(cx.b.offset_by(entry, offset));
    let mark = cx.b.add(epoch, cx.u64(1));

    let [fresh, known, join] = [
        cx.block(c"fresh"),
        cx.block(c"known"),
        cx.block(c"recorded"),
    ];
    let same = cx.b.compare(Predicate::Eq, at.word(cx, 0), mark);
    cx.b.branch(same, known, fresh);

    cx.enter(fresh);
    at.set_word(cx, 0, mark);
    at.set_word(cx, 8, number);
    let beside = match series.fold {
        SeriesFold::Last => now,
        _ => cx.u64(1),
    };
    at.set_word(cx, 16, beside);
    cx.b.jump(join);

    cx.enter(known);
    let old = at.word(cx, 8);
    match series.fold {
        SeriesFold::Last => {
            at.set_word(cx, 8, number);
            at.set_word(cx, 16, now);
        }
        SeriesFold::Avg | SeriesFold::Sum => {
            at.set_word(cx, 8, cx.b.add(old, number));
            let count = at.word(cx, 16);
            at.set_word(cx, 16, cx.b.add(count, cx.u64(1)));
        }
        SeriesFold::Max | SeriesFold::Min => {
            let order = (series.signed, series.fold == SeriesFold::Max);
            let beyond = is_beyond(cx, number, old, order);
            at.set_word(cx, 8, cx.b.select(beyond, number, old));
        }
    }
    cx.b.jump(join);
    cx.enter(join);
}

/// Nanoseconds since 1970, by what user space says of the clocks.
fn wall_clock<'m>(cx: &mut Cx<'_, 'm>) -> Value<'m> {
    let boot = cx.b.call_helper(helper::KTIME_GET_BOOT_NS, &[], Ty::I64);
    let offset = cx.number();
    offset.store(cx, cx.u64(0));
    let globals = cx.internal_element(Internal::Globals);
    cx.if_set(globals, |cx| {
        let known = Address::aligned(globals).word(cx, Globals::WALL_NS);
        offset.store(cx, known);
    });
    let offset = offset.load(cx, &Type::U64);
    cx.b.add(boot, offset)
}
