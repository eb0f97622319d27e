//! Records for user space: reserved in the ring buffer, written in place, and submitted. The
//! kernel wakes the reader only where it sleeps, so a busy reader takes many at once.

use super::expr::{into, scalar};
use super::unit::Internal;
use super::walk::has_effects;
use super::{Address, Cx, Tail, builtin, own, seq_file};
use crate::kernel::{RING_FORCE_WAKEUP, RING_SIZE, RING_UNREAD, helper};
use crate::llvm::{Block, Predicate, Ty, Value};
use crate::object::{Control, Health};
use sema::ir::{Event, EventId, EventKind, Expr};

/// Bytes before the first field: the event's id, and zero.
pub(super) const HEADER_SIZE: u32 = 8;

/// Sends a record. What finds the ring full is counted.
pub(super) fn emit<'m>(cx: &mut Cx<'_, 'm>, id: EventId, args: &'m [Expr]) {
    let Some(event) = cx.unit.ir.events.get(id.0 as usize) else {
        cx.malformed(cx.probe.span, "no such event");
        return;
    };
    if let EventKind::SeqFile(format) = &event.kind {
        return seq_file::write(cx, format, args);
    }
    let (offsets, size) = event.layout();
    if args.iter().any(has_effects) {
        return emit_copy(cx, id, event, args);
    }
    // Not below, where what is fetched is only known until the record is sent.
    for arg in args {
        builtin::prefetch(cx, arg);
    }
    send(cx, id, size, |cx, record| {
        for (arg, offset) in args.iter().zip(offsets) {
            let field = record.at(cx, offset);
            cx.with_temps(|cx| into(cx, arg, field, Tail::Any));
        }
    });
}

/// Asks for the end of the run, wakes the reader, and leaves the program.
pub(super) fn exit<'m>(cx: &mut Cx<'_, 'm>, code: &'m Expr) {
    let signed = code.ty.is_signed();
    let code = scalar(cx, code);
    let code = cx.b.resize(code, Ty::I32, signed);
    let control = cx.internal_element(Internal::Control);
    cx.if_set(control, |cx| {
        let control = Address::aligned(control);
        control.at(cx, Control::EXIT_CODE).store(cx, code);
        let one = cx.b.constant(Ty::I32, 1);
        control.at(cx, Control::EXIT).store(cx, one);
    });
    let id = cx.unit.exit_event();
    let record = cx.temp(HEADER_SIZE);
    write_header(cx, record, id);
    let ring = cx.unit.internal(Internal::Ring);
    let size = cx.u64(u64::from(HEADER_SIZE));
    let args = [ring, record.ptr, size, cx.u64(RING_FORCE_WAKEUP)];
    cx.b.call_helper(helper::RINGBUF_OUTPUT, &args, Ty::I64);
    cx.leave(cx.end);
}

/// Sends a record whose fields are evaluated before it is asked for: they change something, which
/// must happen whether or not there is room, or may leave the program, which must not happen
/// with a record in hand.
fn emit_copy<'m>(cx: &mut Cx<'_, 'm>, id: EventId, event: &Event, args: &'m [Expr]) {
    let (offsets, size) = event.layout();
    let copy = cx.temp(size - HEADER_SIZE);
    // All of it is copied, and the kernel does not let a program copy stack it has not written.
    copy.zero(cx, size - HEADER_SIZE);
    for (arg, offset) in args.iter().zip(offsets) {
        let field = copy.at(cx, offset - HEADER_SIZE);
        into(cx, arg, field, Tail::Any);
    }
    send(cx, id, size, |cx, record| {
        let fields = record.at(cx, HEADER_SIZE);
        fields.copy_from(cx, copy, size - HEADER_SIZE);
    });
}

fn send<'m>(
    cx: &mut Cx<'_, 'm>,
    id: EventId,
    size: u32,
    fill: impl FnOnce(&mut Cx<'_, 'm>, Address<'m>),
) {
    let ring = cx.unit.internal(Internal::Ring);
    let [room, full, join] = [cx.block(c"room"), cx.block(c"full"), cx.block(c"sent")];
    own::pass_over(cx, id, join);
    leave_room_for_messages(cx, id, full);
    let args = [ring, cx.u64(u64::from(size)), cx.u64(0)];
    let record = cx.b.call_helper(helper::RINGBUF_RESERVE, &args, Ty::Ptr);
    cx.b.branch(cx.b.is_zero(record), full, room);

    cx.enter(full);
    cx.count_loss(Health::RING_LOST);
    cx.b.jump(join);

    cx.enter(room);
    let record = Address::aligned(record);
    write_header(cx, record, id);
    cx.conditionally(|cx| fill(cx, record));
    submit(cx, record.ptr);
    cx.b.jump(join);
    cx.enter(join);
}

/// In a script with errors and warnings, other records find the ring full when an eighth of it is
/// left, so that those get through however much is printed.
fn leave_room_for_messages<'m>(cx: &mut Cx<'_, 'm>, id: EventId, full: Block<'m>) {
    let is_message = |event: &Event| matches!(event.kind, EventKind::Message { .. });
    let events = &cx.unit.ir.events;
    if !events.iter().any(is_message) || events.get(id.0 as usize).is_some_and(is_message) {
        return;
    }
    let ring = cx.unit.internal(Internal::Ring);
    let ask = |cx: &Cx<'_, 'm>, what| {
        let args = [ring, cx.u64(what)];
        cx.b.call_helper(helper::RINGBUF_QUERY, &args, Ty::I64)
    };
    let (unread, size) = (ask(cx, RING_UNREAD), ask(cx, RING_SIZE));
    let limit = cx.b.sub(size, cx.b.lshr(size, cx.u64(3)));
    let crowded = cx.b.compare(Predicate::UnsignedGt, unread, limit);
    let free = cx.block(c"free");
    cx.b.branch(crowded, full, free);
    cx.enter(free);
}

pub(super) fn write_header<'m>(cx: &Cx<'_, 'm>, record: Address<'m>, id: EventId) {
    record.store(cx, cx.u64(u64::from(id.0)));
}

fn submit<'m>(cx: &Cx<'_, 'm>, record: Value<'m>) {
    cx.b.call_helper(helper::RINGBUF_SUBMIT, &[record, cx.u64(0)], Ty::I64);
}
