//! Maps: reading, writing, removing and adding to entries.
//!
//! An entry is changed in place after one look-up; only a key that is not there takes an
//! insertion. Two CPUs may insert the same key at once, so a refused insertion is followed by
//! another look-up, and only if that fails as well is it counted as lost.

use super::address::register;
use super::reads::is_fixed;
use super::{Address, Cx, failure, key};
use crate::kernel::{UPDATE_ANY, UPDATE_NOEXIST, helper};
use crate::llvm::{Block, Predicate, Ty, Value};
use crate::object::Health;
use sema::ir::{Expr, Map, MapId, MapValue, Type};

/// `-E2BIG`: the map is full. Other errors are `EBUSY`, where the program has interrupted another one
/// that holds the lock of the same bucket, and `ENOMEM`, where there is no memory at hand; and
/// `EEXIST`, where somebody else was first, if that is asked for.
const FULL: i64 = -7;

/// The bit of an error that tells `-E2BIG` from `-EBUSY` and `-ENOMEM`, and how far the counter of the
/// first lies behind that of the others.
const FULL_BIT: u64 = 8;

/// The scalar under a key, or zero.
pub(super) fn get_scalar<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    ty: &Type,
) -> Value<'m> {
    if let Some(value) = key.and_then(|key| cx.reads.find(map, key)) {
        return value;
    }
    let (_, value) = look_up(cx, map, key, ty);
    if let Some(key) = key {
        cx.reads.note(map, key, value);
    }
    value
}

/// Whether there is an entry under a key, as 1 or 0, and the scalar under it, or zero.
fn look_up<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    ty: &Type,
) -> (Value<'m>, Value<'m>) {
    let key = key::lower(cx, map, key);
    let entry = lookup(cx, map, key);
    let (before, none) = (cx.b.block(), cx.b.constant(register(ty), 0));
    let [found, join] = [cx.block(c"found"), cx.block(c"got")];
    cx.b.branch(cx.b.is_zero(entry), join, found);
    cx.enter(found);
    let value = Address::aligned(entry).load(cx, ty);
    cx.b.jump(join);
    cx.enter(join);
    let is_there = cx.b.phi(&[(cx.u64(0), before), (cx.u64(1), found)]);
    (is_there, cx.b.phi(&[(none, before), (value, found)]))
}

/// Goes on in `set`, which then knows the scalar under a key, where that is there and not zero, and
/// in `unset` where not. Nothing else of the program may follow `unset`.
pub(super) fn pass_unless_set<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: &'m Expr,
    ty: &Type,
    [set, unset]: [Block<'m>; 2],
) {
    let address = key::lower(cx, map, Some(key));
    let entry = lookup(cx, map, address);
    let found = cx.block(c"found");
    cx.b.branch(cx.b.is_zero(entry), unset, found);
    cx.enter(found);
    let value = Address::aligned(entry).load(cx, ty);
    cx.reads.note(map, key, value);
    cx.b.branch(cx.b.is_zero(value), unset, set);
}

/// The address of a key whose entry is about to change: what was read of the map holds no longer.
fn key_to_change<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Option<&'m Expr>) -> Value<'m> {
    let key = key::lower(cx, map, key);
    cx.reads.forget(map);
    key
}

/// The value in memory under a key, or zeros.
pub(super) fn get_into<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    ty: &Type,
    to: Address<'m>,
) {
    let key = key::lower(cx, map, key);
    let entry = lookup(cx, map, key);
    let [found, none, join] = [cx.block(c"found"), cx.block(c"none"), cx.block(c"got")];
    cx.b.branch(cx.b.is_zero(entry), none, found);
    cx.enter(found);
    to.copy_from(cx, Address::aligned(entry), ty.size());
    cx.b.jump(join);
    cx.enter(none);
    to.zero(cx, ty.size());
    cx.b.jump(join);
    cx.enter(join);
}

/// The address of the value under a key; may be null for the verifier.
pub(super) fn entry<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Option<&'m Expr>) -> Value<'m> {
    let key = key::lower(cx, map, key);
    lookup(cx, map, key)
}

/// Whether there is such a key.
pub(super) fn has<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: &'m Expr) -> Value<'m> {
    if let MapValue::Plain(ty) = &cx.unit.map(map).value
        && ty.is_scalar()
        && is_fixed(key)
    {
        // Who asks for an entry mostly reads it then.
        let (is_there, value) = look_up(cx, map, Some(key), ty);
        cx.reads.note(map, key, value);
        return cx
            .b
            .compare(Predicate::Ne, cx.b.opaque(is_there), cx.u64(0));
    }
    let key = key::lower(cx, map, Some(key));
    let entry = lookup(cx, map, key);
    let null = cx.b.constant(Ty::Ptr, 0);
    let there = cx.b.compare(Predicate::Ne, entry, null);
    // LLVM would join this with other conditions by an `or` on the pointer, which the verifier
    // does not allow.
    let there = cx.b.opaque(cx.b.resize(there, Ty::I64, false));
    cx.b.compare(Predicate::Ne, there, cx.u64(0))
}

/// Removes an entry, and tells whether there was one.
pub(super) fn delete<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Option<&'m Expr>) -> Value<'m> {
    let lowered = key_to_change(cx, map, key);
    if key.is_some() {
        let args = [cx.unit.map_symbol(map), lowered];
        let error = cx.b.call_helper(helper::MAP_DELETE_ELEM, &args, Ty::I64);
        failure::note_miss(cx, helper::MAP_DELETE_ELEM, error);
        return cx.b.is_zero(error);
    }
    let size = cx.unit.map(map).value_size();
    let was_set = cx.number();
    was_set.store(cx, cx.u64(0));
    let forget = |cx: &mut Cx<'_, 'm>, element: Value<'m>| {
        let element = Address::aligned(element);
        let flag = element.word(cx, size - 8);
        let so_far = was_set.load(cx, &Type::U64);
        was_set.store(cx, cx.b.or(so_far, flag));
        element.zero(cx, size);
    };
    if cx.unit.map(map).kind.is_per_cpu() {
        on_each_cpu(cx, map, lowered, forget);
    } else {
        let element = lookup(cx, map, lowered);
        cx.if_set(element, |cx| forget(cx, element));
    }
    let was_set = was_set.load(cx, &Type::U64);
    cx.b.compare(Predicate::Ne, was_set, cx.u64(0))
}

/// Stores a scalar under a key.
pub(super) fn set_scalar<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    value: Value<'m>,
) {
    let keyed = key.is_some();
    let key = key_to_change(cx, map, key);
    if keyed && cx.unit.is_deleted_from(map) {
        return insert_scalar(cx, map, key, value);
    }
    let entry = lookup(cx, map, key);
    if !keyed {
        return cx.if_set(entry, |cx| {
            let entry = Address::aligned(entry);
            entry.store(cx, value);
            mark_set(cx, map, entry);
        });
    }
    let [found, none, join] = [cx.block(c"found"), cx.block(c"none"), cx.block(c"stored")];
    cx.b.branch(cx.b.is_zero(entry), none, found);
    cx.enter(found);
    Address::aligned(entry).store(cx, value);
    cx.b.jump(join);
    cx.enter(none);
    insert_scalar(cx, map, key, value);
    cx.b.jump(join);
    cx.enter(join);
}

/// Stores a scalar under a key without a look at what is there: nothing, most of the time.
fn insert_scalar<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>, value: Value<'m>) {
    let room = cx.temp(8);
    room.store(cx, cx.b.resize(value, Ty::I64, false));
    replace(cx, map, key, room.ptr);
}

/// Stores a value in memory, of the map's type, under a key: in one step where there are keys, so
/// that nobody reads half of it.
pub(super) fn set_memory<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    bytes: u32,
    write: impl FnOnce(&mut Cx<'_, 'm>, Address<'m>),
) {
    if key.is_none() {
        let key = cx.zero_key();
        let entry = lookup(cx, map, key);
        return cx.if_set(entry, |cx| {
            let entry = Address::aligned(entry);
            cx.conditionally(|cx| write(cx, entry));
            mark_set(cx, map, entry);
        });
    }
    let size = cx.unit.map(map).value_size();
    let room = cx.temp(size);
    write(cx, room);
    room.at(cx, bytes).zero(cx, size - bytes);
    let key = key_to_change(cx, map, key);
    replace(cx, map, key, room.ptr);
}

/// Adds to an integer under a key, in one step where others may do so at the same time. Yields
/// what was there before if `wanted`, else anything.
pub(super) fn add<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Option<&'m Expr>,
    amount: Value<'m>,
    wanted: bool,
) -> Value<'m> {
    let (decl, keyed) = (cx.unit.map(map), key.is_some());
    let key = key_to_change(cx, map, key);
    let change = |cx: &mut Cx<'_, 'm>, entry: Value<'m>| {
        let before = bump(cx, decl, entry, amount);
        if !keyed {
            mark_set(cx, map, Address::aligned(entry));
        }
        before
    };
    if keyed {
        let first = |cx: &mut Cx<'_, 'm>| {
            let room = cx.temp(8);
            room.store(cx, cx.b.resize(amount, Ty::I64, false));
            First::Complete(room.ptr)
        };
        let zero = cx.b.constant(amount.ty(), 0);
        return upsert(cx, map, key, first, |cx, entry| {
            let before = change(cx, entry);
            if wanted { before } else { zero }
        });
    }
    let entry = lookup(cx, map, key);
    let before = cx.number();
    if wanted {
        before.store(cx, cx.u64(0));
    }
    cx.if_set(entry, |cx| {
        let value = change(cx, entry);
        if wanted {
            before.store(cx, value);
        }
    });
    match wanted {
        true => cx.b.load(amount.ty(), before.ptr, amount.ty().bytes()),
        false => amount,
    }
}

/// Adds to an integer of an entry; yields what was there before. Atomic unless only one CPU and
/// one program at a time can be here. BPF has no atomics of one and two bytes.
pub(super) fn bump<'m>(
    cx: &Cx<'_, 'm>,
    map: &Map,
    place: Value<'m>,
    amount: Value<'m>,
) -> Value<'m> {
    let ty = amount.ty();
    let alone = map.kind.is_per_cpu() && !map.shared;
    if !alone && ty.bytes() >= 4 {
        return cx.b.atomic_add(place, amount);
    }
    let before = cx.b.load(ty, place, ty.bytes());
    let after = cx.b.add(before, amount);
    cx.b.store(after, place, ty.bytes());
    before
}

/// The value that a new entry starts with.
pub(super) enum First<'m> {
    /// It is all there is to say.
    Complete(Value<'m>),
    /// It is then changed as one that was there. May be null for the verifier.
    Blank(Value<'m>),
}

/// Where the entry of a key is.
#[derive(Clone, Copy)]
struct Holder<'m> {
    /// The kernel map.
    symbol: Value<'m>,
    key: Value<'m>,
}

impl<'m> Holder<'m> {
    fn of(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>) -> Self {
        let mut holder = Self::whole(cx, map, key);
        if let Some((short_key, short)) = cx.unit.short_map(map) {
            holder.symbol = short_key.holder(cx, key, [short, holder.symbol]);
        }
        holder
    }

    /// The same in a map without short keys.
    fn whole(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>) -> Self {
        let symbol = cx.unit.map_symbol(map);
        Self { symbol, key }
    }

    fn lookup(self, cx: &Cx<'_, 'm>) -> Value<'m> {
        cx.b.call_helper(helper::MAP_LOOKUP_ELEM, &[self.symbol, self.key], Ty::Ptr)
    }

    /// Yields 0, or a negative error.
    fn update(self, cx: &Cx<'_, 'm>, value: Value<'m>, flags: u64) -> Value<'m> {
        let args = [self.symbol, self.key, value, cx.u64(flags)];
        cx.b.call_helper(helper::MAP_UPDATE_ELEM, &args, Ty::I64)
    }
}

/// Changes the entry of a key in place, or inserts a first value where there is none. Yields what
/// `update` does, or zero where nothing was there before.
pub(super) fn upsert<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Value<'m>,
    first: impl FnOnce(&mut Cx<'_, 'm>) -> First<'m>,
    update: impl FnOnce(&mut Cx<'_, 'm>, Value<'m>) -> Value<'m>,
) -> Value<'m> {
    let [insert, again, refused, change, join] = [
        cx.block(c"insert"),
        cx.block(c"again"),
        cx.block(c"refused"),
        cx.block(c"change"),
        cx.block(c"join"),
    ];
    let holder = Holder::of(cx, map, key);
    let entry = holder.lookup(cx);
    let found = cx.b.block();
    cx.b.branch(cx.b.is_zero(entry), insert, change);

    cx.enter(insert);
    let (refusal, inserted) = match first(cx) {
        First::Complete(value) => {
            let error = holder.update(cx, value, UPDATE_NOEXIST);
            let inserted = cx.b.block();
            cx.b.branch(cx.b.is_zero(error), join, again);
            cx.enter(again);
            (error, Some(inserted))
        }
        First::Blank(value) => {
            let (none, blank) = (cx.b.block(), cx.block(c"blank"));
            cx.b.branch(cx.b.is_zero(value), again, blank);
            cx.enter(blank);
            let error = holder.update(cx, value, UPDATE_NOEXIST);
            let inserted = cx.b.block();
            cx.b.jump(again);
            cx.enter(again);
            let refusal = cx.b.phi(&[(cx.u64(0), none), (error, inserted)]);
            (refusal, None)
        }
    };

    let other = holder.lookup(cx);
    cx.b.branch(cx.b.is_zero(other), refused, change);

    cx.enter(change);
    let entry = cx.b.phi(&[(entry, found), (other, again)]);
    let value = update(cx, entry);
    let changed = (value, cx.b.block());
    cx.b.jump(join);

    cx.enter(refused);
    let is_full =
        cx.b.compare(Predicate::Eq, refusal, cx.u64(FULL.cast_unsigned()));
    let full = cx.b.select(is_full, cx.u64(FULL_BIT), cx.u64(0));
    count_refusal(cx, map, refusal, full);
    let zero = cx.b.constant(value.ty(), 0);
    let mut incoming = vec![changed, (zero, cx.b.block())];
    cx.b.jump(join);

    cx.enter(join);
    incoming.extend(inserted.map(|block| (zero, block)));
    cx.b.phi(&incoming)
}

/// Runs `each` for the element of every CPU under a key that is there.
pub(super) fn on_each_cpu<'m>(
    cx: &mut Cx<'_, 'm>,
    map: MapId,
    key: Value<'m>,
    each: impl FnOnce(&mut Cx<'_, 'm>, Value<'m>),
) {
    let [round, join] = [cx.block(c"cpu"), cx.block(c"cpus")];
    let cpu = cx.number();
    cpu.store(cx, cx.u64(0));
    cx.b.jump(round);
    cx.enter(round);
    let number = cpu.load(cx, &Type::U64);
    let args = [cx.unit.map_symbol(map), key, number];
    let element =
        cx.b.call_helper(helper::MAP_LOOKUP_PERCPU_ELEM, &args, Ty::Ptr);
    cx.if_set(element, |cx| each(cx, element));
    let next = cx.b.add(number, cx.u64(1));
    cpu.store(cx, next);
    let cpus = cx.u64(u64::from(cx.unit.options.cpus));
    let more = cx.b.compare(Predicate::UnsignedLt, next, cpus);
    cx.b.branch(more, round, join);
    cx.enter(join);
}

/// Looks a key up: the address of the entry's value, or null.
pub(super) fn lookup<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>) -> Value<'m> {
    Holder::whole(cx, map, key).lookup(cx)
}

/// Notes that a scalar map has been assigned, where it has a word for that.
fn mark_set<'m>(cx: &Cx<'_, 'm>, map: MapId, entry: Address<'m>) {
    let map = cx.unit.map(map);
    if matches!(map.value, MapValue::Plain(_)) && map.key.is_none() {
        entry.set_word(cx, map.value_size() - 8, cx.u64(1));
    }
}

/// Creates or replaces an entry, and counts what the kernel refuses.
fn replace<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Value<'m>, value: Value<'m>) {
    let error = Holder::whole(cx, map, key).update(cx, value, UPDATE_ANY);
    cx.if_set(error, |cx| {
        let full = cx.b.and(error, cx.u64(FULL_BIT));
        count_refusal(cx, map, error, full);
    });
}

/// Counts an insertion that the kernel refused with this error; `full` is [`FULL_BIT`] if because the
/// map is full, else 0.
fn count_refusal<'m>(cx: &mut Cx<'_, 'm>, map: MapId, error: Value<'m>, full: Value<'m>) {
    debug_assert_eq!(
        u64::from(8 * (Health::map_refused(map) - Health::map_busy(map))),
        FULL_BIT
    );
    failure::note(cx, helper::MAP_UPDATE_ELEM, error);
    let counters = cx.loss(Health::map_busy(map));
    let counter = cx.b.offset_by(counters, full);
    cx.b.atomic_add(counter, cx.u64(1));
}
