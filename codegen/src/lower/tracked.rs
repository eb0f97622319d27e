//! Pointers that the verifier keeps track of, for helpers that take no others.
//!
//! Elsewhere the kernel's memory is read with a helper, after which an address is a number like any
//! other. Here every member is loaded directly, and each pointer tested, as any of them may be null.

use super::load::{copy, from_context, pointer};
use super::{Address, Cx, Tail};
use crate::kernel::helper;
use crate::llvm::{Ty, Value};
use sema::ir::{Expr, ExprKind, Type};

/// What happens with a pointer, once it is there.
type Then<'a, 'm> = dyn FnMut(&mut Cx<'_, 'm>, Value<'m>) + 'a;

/// The name of the file that a `struct path` stands for.
///
/// Where the room is too small, the kernel leaves the end of the name in it and answers with an
/// error, which is why that is of no interest (`prepend` of `fs/d_path.c`).
pub(super) fn file_path<'m>(
    cx: &mut Cx<'_, 'm>,
    path: &'m Expr,
    ty: &Type,
    to: Address<'m>,
    tail: Tail,
) {
    let room = cx.temp(ty.size());
    room.zero(cx, ty.size());
    let size = u64::from(ty.size());
    with(cx, path, &mut |cx, path| {
        let args = [path, room.ptr, cx.u64(size)];
        cx.b.call_helper(helper::D_PATH, &args, Ty::I64);
    });
    // Behind the terminator the helper leaves the name as it first was.
    copy(cx, room, ty, to, tail);
}

/// The number of a socket; 0 where there is none.
pub(super) fn socket_cookie<'m>(cx: &mut Cx<'_, 'm>, socket: &'m Expr) -> Value<'m> {
    let cookie = cx.number();
    cookie.store(cx, cx.u64(0));
    with(cx, socket, &mut |cx, socket| {
        let number =
            cx.b.call_helper(helper::GET_SOCKET_COOKIE, &[socket], Ty::I64);
        cookie.store(cx, number);
    });
    cookie.load(cx, &Type::U64)
}

/// Evaluates an address that [`ExprKind::is_tracked`], and goes on where nothing on the way is null.
fn with<'m>(cx: &mut Cx<'_, 'm>, address: &'m Expr, then: &mut Then<'_, 'm>) {
    match &address.kind {
        ExprKind::Builtin(_) => {
            let task = pointer(cx, address);
            then(cx, task);
        }
        ExprKind::Load { base, offset, .. } if base.kind == ExprKind::Context => {
            let word = from_context(cx, *offset, &Type::U64);
            let loaded = cx.b.to_ptr(word);
            cx.if_set(loaded, |cx| then(cx, loaded));
        }
        ExprKind::Load { base, offset, .. } => with(cx, base, &mut |cx, base| {
            let loaded = cx.b.load(Ty::Ptr, cx.b.offset(base, *offset), 8);
            cx.if_set(loaded, |cx| then(cx, loaded));
        }),
        ExprKind::Binary(_, base, offset) => {
            let ExprKind::Int(offset) = offset.kind else {
                cx.malformed(address.span, "a member at no constant offset");
                return;
            };
            with(cx, base, &mut |cx, base| {
                then(cx, cx.b.offset(base, offset.cast_signed()));
            });
        }
        _ => {
            cx.malformed(address.span, "an address that the verifier does not know");
        }
    }
}
