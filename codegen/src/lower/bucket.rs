//! Numbers to histogram buckets, without a loop and almost without a jump.

use super::{Cx, arith};
use crate::llvm::{Predicate, Value};
use sema::ir::Aggregation;

/// For each number below 16 the position of its highest bit set (0 for none), four bits each.
const POSITIONS: u64 = 0x3333_3333_2222_1100;
/// For each number below 16 how many bits it takes, four bits each.
const LENGTHS: u64 = 0x4444_4444_3333_2210;

/// The bucket of a `hist`, as [`sema::ir::Aggregation::log2_bucket`] describes it.
pub(super) fn log2<'m>(cx: &Cx<'_, 'm>, number: Value<'m>, bits: u8, signed: bool) -> Value<'m> {
    // What LLVM knows of the number would let it drop the bounds that the verifier is to see.
    let number = hidden(cx, number);
    match bits {
        0 => by_length(cx, number, signed),
        _ => by_position(cx, number, bits.into(), signed),
    }
}

/// A bucket for each length in bits, from 1 on.
fn by_length<'m>(cx: &Cx<'_, 'm>, number: Value<'m>, signed: bool) -> Value<'m> {
    let b = &cx.b;
    let (above, rest) = below_16(cx, number);
    let length = b.add(above, looked_up(cx, LENGTHS, rest));
    let bucket = b.add(length, cx.u64(1));
    // 1 more than the last is never reached, but the verifier allows for it. Negative numbers take
    // all 64 bits, as nothing does that is signed and positive.
    let last = Aggregation::Hist { bits: 0 }.buckets() - 1 - u32::from(signed);
    let fits = b.compare(Predicate::UnsignedLe, bucket, cx.u64(last.into()));
    b.select(fits, bucket, cx.u64(0))
}

/// With `m = n >> bits` and `shift` the position of the highest bit set of `m` (0 for none), the
/// bucket is `1 + (shift << bits) + (n >> shift)`, for numbers below `2^bits` too.
fn by_position<'m>(cx: &Cx<'_, 'm>, number: Value<'m>, bits: u64, signed: bool) -> Value<'m> {
    let b = &cx.b;
    let (above, rest) = below_16(cx, b.lshr(number, cx.u64(bits)));
    let shift = b.add(above, looked_up(cx, POSITIONS, rest));
    let part = b.lshr(number, shift);
    let bucket = b.add(b.add(b.shl(shift, cx.u64(bits)), part), cx.u64(1));
    if !signed {
        return bucket;
    }
    let negative = b.ashr(number, cx.u64(63));
    b.and(bucket, b.xor(negative, cx.u64(u64::MAX)))
}

/// The bucket of an `lhist`: 0 below `min`, the last one from `max` on.
pub(super) fn linear<'m>(
    cx: &Cx<'_, 'm>,
    number: Value<'m>,
    (min, max, step): (i64, i64, u64),
    signed: bool,
    last: u32,
) -> Value<'m> {
    let b = &cx.b;
    let number = if signed {
        number
    } else {
        arith::at_most(cx, number, i64::MAX.cast_unsigned())
    };
    let (low, high) = (cx.u64(min.cast_unsigned()), cx.u64(max.cast_unsigned()));
    let part = b.udiv(b.sub(number, low), cx.u64(step.max(1)));
    let bucket = b.add(part, cx.u64(1));
    let above = b.compare(Predicate::SignedGe, number, high);
    let bucket = b.select(above, cx.u64(u64::from(last)), bucket);
    let below = b.compare(Predicate::SignedLt, number, low);
    b.select(below, cx.u64(0), bucket)
}

/// Shifts a number right, by a multiple of four, until it is below 16: by how much, and what is
/// left. A binary search that adds up instead of jumping, since every jump would double what the
/// kernel's verifier has to follow.
fn below_16<'m>(cx: &Cx<'_, 'm>, mut number: Value<'m>) -> (Value<'m>, Value<'m>) {
    let b = &cx.b;
    let mut by = cx.u64(0);
    for step in (2..6).rev() {
        let width = 1 << step;
        // Negative, which its highest bit says, where the number is too large for this width.
        let difference = match step {
            5 => b.sub(cx.u64(0), b.lshr(number, cx.u64(width))),
            _ => b.sub(cx.u64((1 << width) - 1), number),
        };
        let is_large = b.lshr(difference, cx.u64(63));
        // Added up of numbers whose bits LLVM cannot see: it would make that an `or`, and a kernel
        // before 6.10 takes the `or` of two unknown numbers for one without bounds.
        let shift = hidden(cx, b.shl(is_large, cx.u64(step)));
        number = b.lshr(number, shift);
        by = b.add(by, shift);
    }
    (by, number)
}

/// What a table of 16 entries of four bits, none above 7, has for a number.
fn looked_up<'m>(cx: &Cx<'_, 'm>, table: u64, number: Value<'m>) -> Value<'m> {
    let b = &cx.b;
    let at = b.shl(number, cx.u64(2));
    let entry = b.lshr(cx.u64(table), at);
    hidden(cx, b.and(entry, cx.u64(7)))
}

/// A number of which LLVM knows nothing, unless it is known to everybody now.
fn hidden<'m>(cx: &Cx<'_, 'm>, number: Value<'m>) -> Value<'m> {
    match number.constant() {
        Some(_) => number,
        None => cx.b.opaque(number),
    }
}
