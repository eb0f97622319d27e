//! Aggregations: updated in place on their own CPU, added up by user space or by [`fold`].

use super::expr::scalar;
use super::map::{First, bump, lookup, on_each_cpu, upsert};
use super::{Address, Cx, arith, bucket, key, series};
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::{Aggregation, Expr, Map, MapId, MapValue, Type};

/// Tries to replace a minimum or maximum that an interrupting program may change under way. Each
/// failure takes one more interruption within a few instructions.
const EXTREME_ATTEMPTS: u32 = 4;

/// Updates an aggregation with a number.
pub(super) fn update<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    aggregation: Aggregation,
    value: Option<&'m Expr>,
) {
    let number = match value {
        Some(value) => {
            let number = scalar(cx, value);
            cx.b.resize(number, Ty::I64, value.ty.is_signed())
        }
        None => cx.u64(1),
    };
    let signed = value.is_some_and(|value| value.ty.is_signed());
    let input = Input { number, signed };
    let keyed = key.is_some();
    let key = key::lower(cx, map, key);
    let decl = cx.unit.map(map);
    if keyed {
        let first = |cx: &mut Cx<'_, 'm>| first_value(cx, aggregation, number);
        upsert(cx, map, key, first, |cx, entry| {
            change(cx, decl, aggregation, &input, entry);
            cx.u64(0)
        });
    } else {
        let entry = lookup(cx, map, key);
        cx.if_set(entry, |cx| change(cx, decl, aggregation, &input, entry));
    }
}

/// The value of an aggregation over all CPUs: its count, sum, extreme or average.
pub(super) fn fold<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Option<&'m Expr>) -> Value<'m> {
    let key = key::lower(cx, map, key);
    fold_entry(cx, map, key)
}

/// The value of an aggregation over all CPUs, under the key at an address.
pub(super) fn fold_entry<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>) -> Value<'m> {
    let MapValue::Aggregation(aggregation) = cx.unit.map(map).value else {
        let span = cx.unit.map(map).span;
        return cx.malformed(span, "no aggregation to fold");
    };
    let (first, second) = (cx.number(), cx.number());
    first.store(cx, cx.u64(0));
    second.store(cx, cx.u64(0));
    on_each_cpu(cx, map, key, |cx, element| {
        let element = Address::aligned(element);
        let word = element.word(cx, 0);
        match aggregation {
            Aggregation::Min { signed } => {
                fold_extreme(cx, element, (first, second), (signed, false))
            }
            Aggregation::Max { signed } => {
                fold_extreme(cx, element, (first, second), (signed, true))
            }
            Aggregation::Count => add_to(cx, first, word),
            _ => {
                add_to(cx, first, word);
                let count = element.word(cx, 8);
                add_to(cx, second, count);
            }
        }
    });
    let (first, second) = (first.load(cx, &Type::U64), second.load(cx, &Type::U64));
    match aggregation {
        Aggregation::Avg { signed: true } | Aggregation::Stats { signed: true } => {
            arith::signed_divide(cx, first, second)
        }
        Aggregation::Avg { .. } | Aggregation::Stats { .. } => arith::divide(cx, first, second),
        _ => first,
    }
}

/// A number on its way into an aggregation.
struct Input<'m> {
    number: Value<'m>,
    signed: bool,
}

fn change<'m>(
    cx: &mut Cx<'_, 'm>,
    map: &Map,
    aggregation: Aggregation,
    input: &Input<'m>,
    entry: Value<'m>,
) {
    let one = cx.u64(1);
    let second = cx.b.offset(entry, 8);
    match aggregation {
        Aggregation::Count => {
            bump(cx, map, entry, one);
        }
        Aggregation::Sum { .. } => {
            bump(cx, map, entry, input.number);
            Address::aligned(second).store(cx, one);
        }
        Aggregation::Avg { .. } | Aggregation::Stats { .. } => {
            bump(cx, map, entry, input.number);
            bump(cx, map, second, one);
        }
        Aggregation::Min { signed } => extreme(cx, map, entry, input.number, (signed, false)),
        Aggregation::Max { signed } => extreme(cx, map, entry, input.number, (signed, true)),
        Aggregation::Hist { bits } => {
            let bucket = bucket::log2(cx, input.number, bits, input.signed);
            count_bucket(cx, map, aggregation, entry, bucket, bits == 0);
        }
        Aggregation::Tseries {
            signed,
            interval,
            count,
            fold,
        } => {
            let series = series::Series {
                signed,
                interval,
                count,
                fold,
            };
            series::record(cx, &series, input.number, entry);
        }
        Aggregation::Lhist { min, max, step } => {
            let last = aggregation.buckets() - 1;
            let range = (min, max, step);
            let bucket = bucket::linear(cx, input.number, range, input.signed, last);
            count_bucket(cx, map, aggregation, entry, bucket, false);
        }
    }
}

/// The value of a key's first number. A histogram starts from zeros.
fn first_value<'m>(cx: &mut Cx<'_, 'm>, aggregation: Aggregation, number: Value<'m>) -> First<'m> {
    if aggregation.starts_blank() {
        return First::Blank(cx.zeros());
    }
    let room = cx.temp(aggregation.size());
    room.set_word(cx, 0, number);
    if aggregation.size() > 8 {
        room.set_word(cx, 8, cx.u64(1));
    }
    First::Complete(room.ptr)
}

/// Adds one to a bucket. Unless its bound is plain to see, the verifier is shown one.
fn count_bucket<'m>(
    cx: &mut Cx<'_, 'm>,
    map: &Map,
    aggregation: Aggregation,
    entry: Value<'m>,
    bucket: Value<'m>,
    bounded: bool,
) {
    let add_one = |cx: &mut Cx<'_, 'm>, bucket: Value<'m>| {
        let offset = cx.b.shl(bucket, cx.u64(3));
        let counter = cx.b.offset_by(entry, offset);
        bump(cx, map, counter, cx.u64(1));
    };
    if bounded {
        return add_one(cx, bucket);
    }
    let bucket = cx.b.opaque(bucket);
    let [inside, join] = [cx.block(c"bucket"), cx.block(c"counted")];
    let buckets = cx.u64(u64::from(aggregation.buckets()));
    let fits = cx.b.compare(Predicate::UnsignedLt, bucket, buckets);
    cx.b.branch(fits, inside, join);
    cx.enter(inside);
    add_one(cx, bucket);
    cx.b.jump(join);
    cx.enter(join);
}

/// Replaces a minimum or maximum by a number that is beyond it.
fn extreme<'m>(
    cx: &mut Cx<'_, 'm>,
    map: &Map,
    entry: Value<'m>,
    number: Value<'m>,
    order: (bool, bool),
) {
    let at = Address::aligned(entry);
    if map.kind.is_per_cpu() && !map.shared {
        let [take, join] = [cx.block(c"take"), cx.block(c"kept")];
        let set = at.word(cx, 8);
        let unset = cx.b.is_zero(set);
        let old = at.word(cx, 0);
        let beyond = is_beyond(cx, number, old, order);
        cx.b.branch(cx.b.or(unset, beyond), take, join);
        cx.enter(take);
        at.set_word(cx, 0, number);
        at.set_word(cx, 8, cx.u64(1));
        cx.b.jump(join);
        return cx.enter(join);
    }
    // An interrupting program tells a value that was written but not yet marked from none by its
    // not being zero, so a zero has to be marked first.
    let [zero, tries, done] = [cx.block(c"zero"), cx.block(c"tries"), cx.block(c"done")];
    cx.b.branch(cx.b.is_zero(number), zero, tries);
    cx.enter(zero);
    at.set_word(cx, 8, cx.u64(1));
    cx.b.jump(tries);
    cx.enter(tries);
    for _ in 0..EXTREME_ATTEMPTS {
        let [exchange, next] = [cx.block(c"exchange"), cx.block(c"next")];
        let (old, set) = (at.word(cx, 0), at.word(cx, 8));
        let unset = cx.b.is_zero(cx.b.or(old, set));
        let beyond = is_beyond(cx, number, old, order);
        cx.b.branch(cx.b.or(unset, beyond), exchange, done);
        cx.enter(exchange);
        let seen = cx.b.compare_exchange(entry, old, number);
        let same = cx.b.compare(Predicate::Eq, seen, old);
        cx.b.branch(same, done, next);
        cx.enter(next);
    }
    cx.b.jump(done);
    cx.enter(done);
    at.set_word(cx, 8, cx.u64(1));
}

/// Takes one CPU's extreme into the one so far (`value`, and whether there is one).
fn fold_extreme<'m>(
    cx: &mut Cx<'_, 'm>,
    element: Address<'m>,
    (value, any): (Address<'m>, Address<'m>),
    order: (bool, bool),
) {
    let set = element.word(cx, 8);
    cx.if_set(set, |cx| {
        let number = element.word(cx, 0);
        let so_far = value.load(cx, &Type::U64);
        let unset = any.load(cx, &Type::U64);
        let unset = cx.b.is_zero(unset);
        let beyond = is_beyond(cx, number, so_far, order);
        let take = cx.b.or(unset, beyond);
        value.store(cx, cx.b.select(take, number, so_far));
        any.store(cx, cx.u64(1));
    });
}

pub(super) fn is_beyond<'m>(
    cx: &Cx<'_, 'm>,
    number: Value<'m>,
    old: Value<'m>,
    (signed, above): (bool, bool),
) -> Value<'m> {
    let predicate = match (signed, above) {
        (true, true) => Predicate::SignedGt,
        (true, false) => Predicate::SignedLt,
        (false, true) => Predicate::UnsignedGt,
        (false, false) => Predicate::UnsignedLt,
    };
    cx.b.compare(predicate, number, old)
}

fn add_to<'m>(cx: &Cx<'_, 'm>, total: Address<'m>, amount: Value<'m>) {
    let so_far = total.load(cx, &Type::U64);
    total.store(cx, cx.b.add(so_far, amount));
}
