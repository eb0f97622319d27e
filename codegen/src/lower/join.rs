//! `join`: the texts that an array of addresses points to, in one record of just their size.

use super::event::{HEADER_SIZE, write_header};
use super::expr::scalar;
use super::load::{reader, string_reader};
use super::unit::Internal;
use super::{Address, Cx, arith, own};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty};
use crate::object::Health;
use sema::ir::{EventId, Expr, Space, Type};

/// Texts of a record at most.
const MOST_TEXTS: u64 = 64;
/// Bytes of texts in a record at most, beside the last one.
const MOST_BYTES: u64 = 16 << 10;

/// Sends the texts of an array that ends with a null pointer.
pub(super) fn emit<'m>(cx: &mut Cx<'_, 'm>, id: EventId, array: &'m Expr, space: Space) {
    let longest = cx.unit.ir.config.max_strlen.clamp(1, 1 << 13) + 1;
    let room = cx.scratch_room(HEADER_SIZE + MOST_BYTES as u32 + longest);
    write_header(cx, room, id);
    let array = scalar(cx, array);
    let array = cx.b.resize(array, Ty::I64, false);
    let (number, end, pointer) = (cx.temp(8), cx.temp(8), cx.temp(8));
    number.store(cx, cx.u64(0));
    end.store(cx, cx.u64(0));
    let [round, text, next, done] = [
        cx.block(c"element"),
        cx.block(c"text"),
        cx.block(c"more"),
        cx.block(c"joined"),
    ];
    cx.b.jump(round);

    cx.enter(round);
    let index = number.load(cx, &Type::U64);
    let from = cx.b.add(array, cx.b.shl(index, cx.u64(3)));
    let args = [pointer.ptr, cx.u64(8), from];
    cx.b.call_helper(reader(space), &args, Ty::I64);
    // A failed read has made it zero.
    let from = pointer.load(cx, &Type::U64);
    cx.b.branch(cx.b.is_zero(from), done, text);

    cx.enter(text);
    let start = end.load(cx, &Type::U64);
    let start = arith::at_most(cx, cx.b.opaque(start), MOST_BYTES - 1);
    let at = Address {
        ptr: cx.b.offset_by(room.at(cx, HEADER_SIZE).ptr, start),
        align: 1,
    };
    at.store(cx, cx.b.constant(Ty::I8, 0));
    let args = [at.ptr, cx.u64(u64::from(longest)), from];
    let read = cx.b.call_helper(string_reader(space), &args, Ty::I64);
    let failed = cx.b.compare(Predicate::SignedLt, read, cx.u64(1));
    let read = cx.b.select(failed, cx.u64(1), read);
    let stop = cx.b.add(start, read);
    end.store(cx, stop);
    let fits =
        cx.b.compare(Predicate::UnsignedLt, stop, cx.u64(MOST_BYTES));
    cx.b.branch(fits, next, done);

    cx.enter(next);
    let index = cx.b.add(index, cx.u64(1));
    number.store(cx, index);
    let more =
        cx.b.compare(Predicate::UnsignedLt, index, cx.u64(MOST_TEXTS));
    cx.b.branch(more, round, done);

    cx.enter(done);
    let bytes = end.load(cx, &Type::U64);
    let most = MOST_BYTES + u64::from(longest);
    let bytes = arith::at_most(cx, cx.b.opaque(bytes), most);
    let size = cx.b.add(bytes, cx.u64(u64::from(HEADER_SIZE)));
    let sent = cx.block(c"sent");
    own::pass_over(cx, id, sent);
    let ring = cx.unit.internal(Internal::Ring);
    let args = [ring, room.ptr, size, cx.u64(0)];
    let error = cx.b.call_helper(helper::RINGBUF_OUTPUT, &args, Ty::I64);
    cx.if_set(error, |cx| cx.count_loss(Health::RING_LOST));
    cx.b.jump(sent);
    cx.enter(sent);
}
