//! `skboutput`: bytes of a packet, in one record of just their size.

use super::event::{HEADER_SIZE, write_header};
use super::expr::scalar;
use super::unit::Internal;
use super::{Cx, arith};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty, Value};
use crate::object::Health;
use sema::ir::{EventId, Expr, Type};

/// Bytes of a packet in a record at most.
const MOST_BYTES: u64 = 16 << 10;
/// Bytes before them: the header, when it was, and how long the packet was.
const BEFORE: u32 = HEADER_SIZE + 16;

/// Sends the bytes; yields 0 or a negative error.
pub(super) fn emit<'m>(
    cx: &mut Cx<'_, 'm>,
    id: EventId,
    data: &'m Expr,
    (bytes, length): (&'m Expr, &'m Expr),
) -> Value<'m> {
    let room = cx.scratch_room(BEFORE + MOST_BYTES as u32);
    write_header(cx, room, id);
    let now = cx.b.call_helper(helper::KTIME_GET_BOOT_NS, &[], Ty::I64);
    room.at(cx, HEADER_SIZE).store(cx, now);
    let length = scalar(cx, length);
    room.at(cx, HEADER_SIZE + 8).store(cx, length);
    let data = scalar(cx, data);
    let bytes = scalar(cx, bytes);
    let bytes = arith::at_most(cx, cx.b.opaque(bytes), MOST_BYTES);
    let result = cx.number();
    let args = [room.at(cx, BEFORE).ptr, bytes, data];
    let read = cx.b.call_helper(helper::PROBE_READ_KERNEL, &args, Ty::I64);
    result.store(cx, read);
    let failed = cx.b.compare(Predicate::SignedLt, read, cx.u64(0));
    let [send, join] = [cx.block(c"packet"), cx.block(c"sent")];
    cx.b.branch(failed, join, send);

    cx.enter(send);
    let size = cx.b.add(bytes, cx.u64(u64::from(BEFORE)));
    let ring = cx.unit.internal(Internal::Ring);
    let args = [ring, room.ptr, size, cx.u64(0)];
    let lost = cx.b.call_helper(helper::RINGBUF_OUTPUT, &args, Ty::I64);
    result.store(cx, lost);
    cx.if_set(lost, |cx| cx.count_loss(Health::RING_LOST));
    cx.b.jump(join);

    cx.enter(join);
    result.load(cx, &Type::U64)
}
