//! Helpers of the kernel that fail: told, where the person asked for it, with the place in the
//! script.

use super::event::{HEADER_SIZE, write_header};
use super::unit::Internal;
use super::{Cx, own};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty, Value};
use crate::object::Health;
use sema::ir::{EventId, EventKind, HelperErrors};

/// Bytes of the record: header, helper, error, and file, start and end of the place.
const SIZE: u32 = HEADER_SIZE + 5 * 4 + 4;

/// Calls a helper that returns something negative where it fails, and tells if it does.
pub(super) fn call<'m>(cx: &mut Cx<'_, 'm>, helper: u32, args: &[Value<'m>]) -> Value<'m> {
    let result = cx.b.call_helper(helper, args, Ty::I64);
    note(cx, helper, result);
    result
}

/// Tells of a result that is negative.
pub(super) fn note<'m>(cx: &mut Cx<'_, 'm>, helper: u32, result: Value<'m>) {
    if cx.unit.ir.helper_errors != HelperErrors::Ignored {
        tell(cx, helper, result);
    }
}

/// Tells of a result that is negative because there is no such key, where that is wanted too.
pub(super) fn note_miss<'m>(cx: &mut Cx<'_, 'm>, helper: u32, result: Value<'m>) {
    if cx.unit.ir.helper_errors == HelperErrors::All {
        tell(cx, helper, result);
    }
}

fn tell<'m>(cx: &mut Cx<'_, 'm>, helper: u32, result: Value<'m>) {
    let events = &cx.unit.ir.events;
    let Some(id) = events.iter().position(|e| e.kind == EventKind::HelperError) else {
        return;
    };
    let [failed, join] = [cx.block(c"failed"), cx.block(c"told")];
    let is_error = cx.b.compare(Predicate::SignedLt, result, cx.u64(0));
    cx.b.branch(is_error, failed, join);
    cx.enter(failed);
    cx.conditionally(|cx| own::pass_over(cx, EventId(id as u32), join));
    let place = cx.place;
    let record = cx.temp(SIZE);
    record.zero(cx, SIZE);
    write_header(cx, record, EventId(id as u32));
    let error = cx.b.resize(result, Ty::I32, true);
    let words = [helper, 0, place.file.0, place.start, place.end];
    for (word, offset) in words.into_iter().zip((HEADER_SIZE..).step_by(4)) {
        let word = cx.b.constant(Ty::I32, u64::from(word));
        record.at(cx, offset).store(cx, word);
    }
    record.at(cx, HEADER_SIZE + 4).store(cx, error);
    let ring = cx.unit.internal(Internal::Ring);
    let args = [ring, record.ptr, cx.u64(u64::from(SIZE)), cx.u64(0)];
    let lost = cx.b.call_helper(helper::RINGBUF_OUTPUT, &args, Ty::I64);
    cx.if_set(lost, |cx| cx.count_loss(Health::RING_LOST));
    cx.b.jump(join);
    cx.enter(join);
}
