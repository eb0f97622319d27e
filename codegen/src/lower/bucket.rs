//! Numbers to histogram buckets, without a loop and almost without a jump.

use super::{Cx, arith};
use crate::llvm::{Predicate, Value};

/// The bucket of a `hist`, as [`sema::ir::Aggregation::log2_bucket`] describes it.
///
/// With `m = n >> bits` and `shift` the position of the highest bit set of `m` (0 for none), the
/// bucket is `1 + (shift << bits) + (n >> shift)`, for numbers below `2^bits` too.
pub(super) fn log2<'m>(cx: &Cx<'_, 'm>, number: Value<'m>, bits: u8, signed: bool) -> Value<'m> {
    let b = &cx.b;
    let bits = u64::from(bits);
    // What LLVM knows of the number would let it drop the mask below, which is the bound that the
    // verifier sees.
    let number = hidden(cx, number);
    let shift = highest_bit(cx, b.lshr(number, cx.u64(bits)));
    let mut part = b.lshr(number, shift);
    if bits == 0 {
        // True of every number; the verifier does not know it.
        part = b.and(part, cx.u64(1));
    }
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

/// Position of the highest bit set, 0 for none: a binary search that adds up instead of jumping,
/// since every jump would double what the kernel's verifier has to follow.
fn highest_bit<'m>(cx: &Cx<'_, 'm>, mut number: Value<'m>) -> Value<'m> {
    let b = &cx.b;
    let mut position = cx.u64(0);
    for step in (0..6).rev() {
        let upper = b.lshr(number, cx.u64(1 << step));
        // The upper part is below 2^63, so that its negation has the sign bit unless it is zero.
        let negated = b.sub(cx.u64(0), upper);
        let is_set = b.lshr(negated, cx.u64(63));
        // Added up of numbers whose bits LLVM cannot see: it would make that an `or`, and a kernel
        // before 6.10 takes the `or` of two unknown numbers for one without bounds.
        let shift = hidden(cx, b.shl(is_set, cx.u64(step)));
        number = b.lshr(number, shift);
        position = b.add(position, shift);
    }
    position
}

/// A number of which LLVM knows nothing, unless it is known to everybody now.
fn hidden<'m>(cx: &Cx<'_, 'm>, number: Value<'m>) -> Value<'m> {
    match number.constant() {
        Some(_) => number,
        None => cx.b.opaque(number),
    }
}
