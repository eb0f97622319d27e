//! Comparison of scalars, and of values in memory word by word.

use super::expr::{address, scalar, wide};
use super::{Address, Cx, string};
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::{CompareOp, Expr, ExprKind, Type};

/// Bytes that are compared without a jump. More of them go through a loop that ends at the first
/// difference.
const STRAIGHT_MAX: u32 = 256;

/// A comparison, as an I1.
pub(super) fn compare<'m>(
    cx: &mut Cx<'_, 'm>,
    op: CompareOp,
    left: &'m Expr,
    right: &'m Expr,
) -> Value<'m> {
    if left.ty.is_scalar() {
        let signed = left.ty.is_signed();
        let (left, right) = (scalar(cx, left), scalar(cx, right));
        return cx.b.compare(predicate(op, signed), left, right);
    }
    let equal = match (&left.kind, &right.kind) {
        (_, ExprKind::Str(text)) => equals_literal(cx, left, text),
        (ExprKind::Str(text), _) => equals_literal(cx, right, text),
        _ => {
            // Strings of two capacities are clean: the shorter one ends in a NUL, and where the
            // longer one has it too, all that follows is zero.
            let bytes = left.ty.size().min(right.ty.size());
            let (left, right) = (address(cx, left), address(cx, right));
            equal_bytes(cx, left, right, bytes)
        }
    };
    match op {
        CompareOp::Ne => cx.b.is_zero(equal),
        _ => equal,
    }
}

/// Whether two clean pieces of memory hold the same bytes.
fn equal_bytes<'m>(
    cx: &mut Cx<'_, 'm>,
    left: Address<'m>,
    right: Address<'m>,
    bytes: u32,
) -> Value<'m> {
    let align = left.align.min(right.align);
    if bytes > STRAIGHT_MAX {
        return equal_in_loop(cx, left, right, bytes, align);
    }
    let difference = pieces(0, bytes, align).map(|(offset, size)| {
        let ty = piece_type(size);
        let (left, right) = (left.at(cx, offset), right.at(cx, offset));
        cx.b.xor(left.load(cx, &ty), right.load(cx, &ty))
    });
    let difference: Vec<_> = difference.collect();
    none_set(cx, difference)
}

/// Whether a string is this text, compared with as few words as hold the text and its NUL.
fn equals_literal<'m>(cx: &mut Cx<'_, 'm>, other: &'m Expr, text: &[u8]) -> Value<'m> {
    let text = string::up_to_nul(text);
    let needed = text.len() as u32 + 1;
    let cap = other.ty.size();
    if needed > cap {
        super::expr::effect(cx, other);
        return cx.b.constant(Ty::I1, 0);
    }
    // One byte more than the text has is enough to tell a longer string from it.
    let wanted = needed.next_multiple_of(8).min(cap);
    let other = match &other.kind {
        ExprKind::LoadStr {
            address,
            len,
            space,
        } => {
            let source = string::Source::new(other, address, len, *space);
            let cap = (wanted + 1).min(cap);
            let to = cx.temp(cap);
            string::load(cx, &source, to, cap, super::Tail::Zero);
            to
        }
        _ => address(cx, other),
    };
    let difference = pieces(0, wanted, other.align).map(|(offset, size)| {
        let ty = piece_type(size);
        let bytes = string::word(text, offset as usize, size);
        let loaded = other.at(cx, offset).load(cx, &ty);
        cx.b.xor(loaded, cx.b.constant(loaded.ty(), bytes))
    });
    let difference: Vec<_> = difference.collect();
    none_set(cx, difference)
}

/// The order of the first bytes of two values, as an I64: negative, zero or positive.
pub(super) fn order<'m>(
    cx: &mut Cx<'_, 'm>,
    (left, right): (&'m Expr, &'m Expr),
    bytes: u32,
    count: Option<&'m Expr>,
) -> Value<'m> {
    let (left, right) = (data(cx, left), data(cx, right));
    if let Some(count) = count {
        let count = wide(cx, count);
        return order_of_some(cx, left, right, bytes, count);
    }
    let align = left.align.min(right.align);
    if bytes > STRAIGHT_MAX {
        return order_in_loop(cx, left, right, bytes, None);
    }
    let parts: Vec<_> = pieces(0, bytes, align).collect();
    // From the last to the first, so that the first difference has the last word.
    parts
        .into_iter()
        .rev()
        .fold(cx.u64(0), |order, (offset, size)| {
            let ty = piece_type(size);
            let load = |cx: &Cx<'_, 'm>, from: Address<'m>| {
                let part = from.at(cx, offset).load(cx, &ty);
                // The first byte counts most.
                if size > 1 {
                    cx.b.swap_bytes(part)
                } else {
                    part
                }
            };
            let (one, other) = (load(cx, left), load(cx, right));
            let same = cx.b.compare(Predicate::Eq, one, other);
            cx.b.select(same, order, less_or_greater(cx, one, other))
        })
}

/// -1 where one integer is below the other by unsigned order, else 1.
fn less_or_greater<'m>(cx: &Cx<'_, 'm>, one: Value<'m>, other: Value<'m>) -> Value<'m> {
    let less = cx.b.compare(Predicate::UnsignedLt, one, other);
    cx.b.select(less, cx.u64(u64::MAX), cx.u64(1))
}

/// Where the bytes of a value are, [`Type::data_size`] of them.
pub(super) fn data<'m>(cx: &mut Cx<'_, 'm>, value: &'m Expr) -> Address<'m> {
    let at = address(cx, value);
    match value.ty {
        Type::Buffer { .. } => at.at(cx, 4),
        _ => at,
    }
}

/// As [`order_in_loop`], of no more bytes than a number that only the run knows.
fn order_of_some<'m>(
    cx: &mut Cx<'_, 'm>,
    left: Address<'m>,
    right: Address<'m>,
    bytes: u32,
    count: Value<'m>,
) -> Value<'m> {
    let none = cx.b.is_zero(count);
    let order = cx.number();
    order.store(cx, cx.u64(0));
    let [some, join] = [cx.block(c"some"), cx.block(c"compared")];
    cx.b.branch(none, join, some);
    cx.enter(some);
    let found = order_in_loop(cx, left, right, bytes, Some(count));
    order.store(cx, found);
    cx.b.jump(join);
    cx.enter(join);
    order.load(cx, &Type::U64)
}

/// Byte by byte, up to the first difference.
fn order_in_loop<'m>(
    cx: &mut Cx<'_, 'm>,
    left: Address<'m>,
    right: Address<'m>,
    bytes: u32,
    count: Option<Value<'m>>,
) -> Value<'m> {
    let [round, next, differ, join] = [
        cx.block(c"order"),
        cx.block(c"same"),
        cx.block(c"differ"),
        cx.block(c"ordered"),
    ];
    let position = cx.temp(8);
    position.store(cx, cx.u64(0));
    cx.b.jump(round);

    cx.enter(round);
    let at = position.load(cx, &Type::U64);
    let one = cx.b.load(Ty::I8, cx.b.offset_by(left.ptr, at), 1);
    let other = cx.b.load(Ty::I8, cx.b.offset_by(right.ptr, at), 1);
    let same = cx.b.compare(Predicate::Eq, one, other);
    cx.b.branch(same, next, differ);

    cx.enter(next);
    let at = cx.b.add(at, cx.u64(1));
    position.store(cx, at);
    let more =
        cx.b.compare(Predicate::UnsignedLt, at, cx.u64(u64::from(bytes)));
    let mut equal = vec![(cx.u64(0), cx.b.block())];
    match count {
        None => cx.b.branch(more, round, join),
        Some(count) => {
            let asked = cx.block(c"asked");
            cx.b.branch(more, asked, join);
            cx.enter(asked);
            let more = cx.b.compare(Predicate::UnsignedLt, at, count);
            equal.push((cx.u64(0), cx.b.block()));
            cx.b.branch(more, round, join);
        }
    }

    cx.enter(differ);
    let order = (less_or_greater(cx, one, other), cx.b.block());
    cx.b.jump(join);

    equal.push(order);
    cx.enter(join);
    cx.b.phi(&equal)
}

/// Whether all of these are zero.
fn none_set<'m>(cx: &Cx<'_, 'm>, words: Vec<Value<'m>>) -> Value<'m> {
    let widened = words
        .into_iter()
        .map(|word| cx.b.resize(word, Ty::I64, false));
    let all = widened.reduce(|all, word| cx.b.or(all, word));
    cx.b.is_zero(all.unwrap_or(cx.u64(0)))
}

/// The loop counts in constants of the verifier: it follows every round, so that a round is kept
/// short.
fn equal_in_loop<'m>(
    cx: &mut Cx<'_, 'm>,
    left: Address<'m>,
    right: Address<'m>,
    bytes: u32,
    align: u32,
) -> Value<'m> {
    let [round, next, rest, join] = [
        cx.block(c"compare"),
        cx.block(c"same"),
        cx.block(c"rest"),
        cx.block(c"compared"),
    ];
    let ty = piece_type(align);
    let whole = bytes / align * align;
    let position = cx.number();
    position.store(cx, cx.u64(0));
    cx.b.jump(round);

    cx.enter(round);
    let at = position.load(cx, &Type::U64);
    let part = |cx: &Cx<'_, 'm>, base: Address<'m>| Address {
        ptr: cx.b.offset_by(base.ptr, at),
        align,
    };
    let (one, other) = (part(cx, left), part(cx, right));
    let (one, other) = (one.load(cx, &ty), other.load(cx, &ty));
    let same = cx.b.compare(Predicate::Eq, one, other);
    let different = (cx.b.constant(Ty::I1, 0), cx.b.block());
    cx.b.branch(same, next, join);

    cx.enter(next);
    let at = cx.b.add(at, cx.u64(u64::from(align)));
    position.store(cx, at);
    let more =
        cx.b.compare(Predicate::UnsignedLt, at, cx.u64(u64::from(whole)));
    cx.b.branch(more, round, rest);

    cx.enter(rest);
    let (left, right) = (left.at(cx, whole), right.at(cx, whole));
    let tail = equal_bytes(cx, left, right, bytes - whole);
    let tail = (tail, cx.b.block());
    cx.b.jump(join);

    cx.enter(join);
    cx.b.phi(&[different, tail])
}

/// Cuts bytes into pieces of 8, 4, 2 and 1 that are aligned: offset and size of each.
pub(super) fn pieces(start: u32, bytes: u32, align: u32) -> impl Iterator<Item = (u32, u32)> {
    let mut offset = start;
    std::iter::from_fn(move || {
        let left = start + bytes - offset;
        let size = [8, 4, 2, 1].into_iter().find(|s| *s <= left.min(align))?;
        offset += size;
        Some((offset - size, size))
    })
}

/// The unsigned integer of 1, 2, 4 or 8 bytes.
pub(super) fn piece_type(size: u32) -> Type {
    Type::Int {
        bytes: size as u8,
        signed: false,
    }
}

fn predicate(op: CompareOp, signed: bool) -> Predicate {
    match (op, signed) {
        (CompareOp::Eq, _) => Predicate::Eq,
        (CompareOp::Ne, _) => Predicate::Ne,
        (CompareOp::Lt, true) => Predicate::SignedLt,
        (CompareOp::Lt, false) => Predicate::UnsignedLt,
        (CompareOp::Le, true) => Predicate::SignedLe,
        (CompareOp::Le, false) => Predicate::UnsignedLe,
        (CompareOp::Gt, true) => Predicate::SignedGt,
        (CompareOp::Gt, false) => Predicate::UnsignedGt,
        (CompareOp::Ge, true) => Predicate::SignedGe,
        (CompareOp::Ge, false) => Predicate::UnsignedGe,
    }
}
