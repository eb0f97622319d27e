//! Lengths of strings, strings in strings, and strings put together.

use super::expr::address;
use super::{Address, Cx, Tail, arith, string};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::{Expr, ExprKind, Type};

/// Bytes of a table with a word for each byte that there can be.
const TABLE_SIZE: u32 = 256 * 8;

/// Bytes of a string before its terminator. Where it is read from memory, the reading tells.
pub(super) fn length<'m>(cx: &mut Cx<'_, 'm>, operand: &'m Expr) -> Value<'m> {
    let cap = operand.ty.size();
    let room = cx.temp(cap);
    let read = match &operand.kind {
        ExprKind::LoadStr {
            address,
            len,
            space,
        } => {
            let source = string::Source::new(operand, address, len, *space);
            string::load(cx, &source, room, cap, Tail::Any)
        }
        _ => {
            let from = address(cx, operand);
            copy(cx, room, from, cap)
        }
    };
    content(cx, read)
}

/// Two strings one behind the other. They are put together in scratch: the verifier allows a
/// write at an offset that it does not know there alone.
pub(super) fn concat<'m>(
    cx: &mut Cx<'_, 'm>,
    left: &'m Expr,
    right: &'m Expr,
    to: Address<'m>,
    cap: u32,
) {
    let (first, second) = (left.ty.size(), right.ty.size());
    let room = cx.scratch_room(first + second);
    let (left, right) = (address(cx, left), address(cx, right));
    room.zero(cx, first + second);
    let read = copy(cx, room, left, first);
    let length = content(cx, read);
    let length = arith::at_most(cx, cx.b.opaque(length), u64::from(first - 1));
    let behind = Address {
        ptr: cx.b.offset_by(room.ptr, length),
        align: 1,
    };
    copy(cx, behind, right, second);
    to.copy_from(cx, room, cap);
}

/// Where a string first is in another, or -1.
///
/// One pass over the text, whatever the part (the "shift-and" way): bit `k` of a word tells
/// whether the last `k + 1` bytes are the part's first ones, and a table tells which bits each
/// byte lets pass. The verifier sees a loop whose state is one number that it knows nothing of.
pub(super) fn find<'m>(cx: &mut Cx<'_, 'm>, all: &'m Expr, part: &'m Expr) -> Value<'m> {
    let table = cx.scratch_room(TABLE_SIZE);
    table.zero(cx, TABLE_SIZE);
    let needle = match &part.kind {
        ExprKind::Str(text) => table_of_literal(cx, table, text),
        _ => table_of(cx, table, part),
    };
    let cap = all.ty.size();
    let haystack = address(cx, all);
    let [round, step, next, found, join] = [
        cx.block(c"look"),
        cx.block(c"step"),
        cx.block(c"next"),
        cx.block(c"match"),
        cx.block(c"looked"),
    ];
    let (position, state, last) = (cx.temp(8), cx.temp(8), cx.temp(8));
    position.store(cx, cx.u64(0));
    state.store(cx, cx.u64(0));
    let index = cx.b.sub(needle, cx.u64(1));
    let index = cx.b.and(index, cx.u64(63));
    last.store(cx, cx.b.shl(cx.u64(1), index));
    let nowhere = cx.u64(u64::MAX);
    let empty = (cx.u64(0), cx.b.block());
    cx.b.branch(cx.b.is_zero(needle), join, round);

    cx.enter(round);
    let at = position.load(cx, &Type::U64);
    let byte = cx.b.load(Ty::I8, cx.b.offset_by(haystack.ptr, at), 1);
    let ended = (nowhere, cx.b.block());
    cx.b.branch(cx.b.is_zero(byte), join, step);

    cx.enter(step);
    let so_far = state.load(cx, &Type::U64);
    let shifted = cx.b.or(cx.b.shl(so_far, cx.u64(1)), cx.u64(1));
    let passed = cx.b.and(shifted, row(cx, table, byte).load(cx, &Type::U64));
    state.store(cx, passed);
    let whole = cx.b.and(passed, last.load(cx, &Type::U64));
    cx.b.branch(cx.b.is_zero(whole), next, found);

    cx.enter(next);
    let after = cx.b.add(at, cx.u64(1));
    position.store(cx, after);
    let more =
        cx.b.compare(Predicate::UnsignedLt, after, cx.u64(u64::from(cap)));
    let over = (nowhere, cx.b.block());
    cx.b.branch(more, round, join);

    cx.enter(found);
    let end = cx.b.add(at, cx.u64(1));
    let start = (cx.b.sub(end, needle), cx.b.block());
    cx.b.jump(join);

    cx.enter(join);
    cx.b.phi(&[empty, ended, over, start])
}

/// Fills the table for a literal; yields its length.
fn table_of_literal<'m>(cx: &mut Cx<'_, 'm>, table: Address<'m>, text: &[u8]) -> Value<'m> {
    let text = string::up_to_nul(text);
    let text = &text[..text.len().min(ExprKind::NEEDLE_MAX as usize)];
    for byte in 0..=u8::MAX {
        let places = text.iter().enumerate().filter(|(_, b)| **b == byte);
        let bits = places.fold(0u64, |bits, (place, _)| bits | 1 << place);
        if bits != 0 {
            let bits = cx.u64(bits);
            table.set_word(cx, 8 * u32::from(byte), bits);
        }
    }
    cx.u64(text.len() as u64)
}

/// Fills the table for a string that is known only now; yields its length.
fn table_of<'m>(cx: &mut Cx<'_, 'm>, table: Address<'m>, part: &'m Expr) -> Value<'m> {
    let most = part.ty.size().min(ExprKind::NEEDLE_MAX);
    let from = address(cx, part);
    let [round, add, join] = [cx.block(c"fill"), cx.block(c"add"), cx.block(c"filled")];
    let position = cx.temp(8);
    position.store(cx, cx.u64(0));
    cx.b.jump(round);

    cx.enter(round);
    let at = position.load(cx, &Type::U64);
    let byte = cx.b.load(Ty::I8, cx.b.offset_by(from.ptr, at), 1);
    cx.b.branch(cx.b.is_zero(byte), join, add);

    cx.enter(add);
    let place = row(cx, table, byte);
    let bits = place.load(cx, &Type::U64);
    let bit = cx.b.shl(cx.u64(1), cx.b.and(at, cx.u64(63)));
    place.store(cx, cx.b.or(bits, bit));
    let after = cx.b.add(at, cx.u64(1));
    position.store(cx, after);
    let more =
        cx.b.compare(Predicate::UnsignedLt, after, cx.u64(u64::from(most)));
    cx.b.branch(more, round, join);

    cx.enter(join);
    let length = position.load(cx, &Type::U64);
    cx.b.opaque(length)
}

/// The word of a byte in a table.
fn row<'m>(cx: &Cx<'_, 'm>, table: Address<'m>, byte: Value<'m>) -> Address<'m> {
    let index = cx.b.resize(byte, Ty::I64, false);
    let offset = cx.b.shl(index, cx.u64(3));
    Address::aligned(cx.b.offset_by(table.ptr, offset))
}

/// Copies a string up to its terminator; yields bytes copied, the terminator counted.
fn copy<'m>(cx: &mut Cx<'_, 'm>, to: Address<'m>, from: Address<'m>, cap: u32) -> Value<'m> {
    let from = cx.b.to_int(from.ptr);
    let args = [to.ptr, cx.u64(u64::from(cap)), from];
    cx.b.call_helper(helper::PROBE_READ_KERNEL_STR, &args, Ty::I64)
}

/// What a helper read of a string without its terminator; nothing where it failed.
fn content<'m>(cx: &Cx<'_, 'm>, read: Value<'m>) -> Value<'m> {
    let one = cx.u64(1);
    let failed = cx.b.compare(Predicate::SignedLt, read, one);
    cx.b.select(failed, cx.u64(0), cx.b.sub(read, one))
}
