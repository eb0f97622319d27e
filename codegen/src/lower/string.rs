//! Strings and buffers: literals, reading them, changing their capacity.

use super::compare::{data, pieces};
use super::expr::{address, wide};
use super::load::{address_value, reader, string_reader};
use super::{Address, Cx, Tail, arith, failure};
use crate::kernel::helper;
use crate::llvm::{Ty, Value};
use lexer::Span;
use sema::ir::{Expr, Space, Type};

/// Where a string or a buffer is read from.
pub(super) struct Source<'m> {
    pub(super) address: &'m Expr,
    /// Bytes at most, as the script says.
    pub(super) len: Option<&'m Expr>,
    pub(super) space: Space,
    /// The whole expression.
    pub(super) span: Span,
}

impl<'m> Source<'m> {
    /// The source that a [`sema::ir::ExprKind::LoadStr`] or `LoadBuffer` names.
    pub(super) fn new(
        whole: &Expr,
        address: &'m Expr,
        len: &'m Option<Box<Expr>>,
        space: Space,
    ) -> Self {
        Self {
            address,
            len: len.as_deref(),
            space,
            span: whole.span,
        }
    }
}

/// Writes a constant, which is part of the instructions.
pub(super) fn literal<'m>(cx: &Cx<'_, 'm>, text: &[u8], ty: &Type, to: Address<'m>, tail: Tail) {
    let cap = ty.size();
    let text = up_to_nul(text);
    let text = &text[..text.len().min(cap.saturating_sub(1) as usize)];
    let written = (text.len() as u32 + 1).next_multiple_of(8).min(cap);
    for (offset, size) in pieces(0, written, to.align) {
        let word = word(text, offset as usize, size);
        let word = cx.b.constant(Ty::int(size), word);
        to.at(cx, offset).store(cx, word);
    }
    if tail == Tail::Zero {
        to.at(cx, written).zero(cx, cap - written);
    }
}

/// Writes a constant of bytes, which is part of the instructions.
pub(super) fn bytes<'m>(cx: &Cx<'_, 'm>, bytes: &[u8], to: Address<'m>) {
    for (offset, size) in pieces(0, bytes.len() as u32, to.align) {
        let word = word(bytes, offset as usize, size);
        let word = cx.b.constant(Ty::int(size), word);
        to.at(cx, offset).store(cx, word);
    }
}

/// Reads a NUL-ended string of at most `cap` bytes, the NUL counted. A failed read makes it empty.
/// Yields what the helper does: bytes read, the NUL counted, or a negative error.
pub(super) fn load<'m>(
    cx: &mut Cx<'_, 'm>,
    source: &Source<'m>,
    to: Address<'m>,
    cap: u32,
    tail: Tail,
) -> Value<'m> {
    let from = address_value(cx, source.address, 0);
    let size = match source.len {
        Some(len) => {
            let content = limited(cx, len, cap.saturating_sub(1));
            cx.b.add(content, cx.u64(1))
        }
        None => cx.u64(u64::from(cap)),
    };
    if tail == Tail::Zero {
        to.zero(cx, cap);
    }
    let args = [to.ptr, size, from];
    cx.place = source.span;
    failure::call(cx, string_reader(source.space), &args)
}

/// Reads a buffer of at most `cap` bytes of data: their number, and then the bytes.
pub(super) fn load_buffer<'m>(
    cx: &mut Cx<'_, 'm>,
    source: &Source<'m>,
    to: Address<'m>,
    cap: u32,
    tail: Tail,
) {
    let from = address_value(cx, source.address, 0);
    let len = match source.len {
        Some(len) => limited(cx, len, cap),
        None => cx.u64(u64::from(cap)),
    };
    let count = cx.b.resize(len, Ty::I32, false);
    to.store(cx, count);
    let data = to.at(cx, 4);
    if tail == Tail::Zero {
        data.zero(cx, cap);
    }
    let args = [data.ptr, len, from];
    cx.place = source.span;
    failure::call(cx, reader(source.space), &args);
}

/// Writes the first bytes of a value to memory of the process; yields what the helper does.
pub(super) fn write_user<'m>(
    cx: &mut Cx<'_, 'm>,
    to: &'m Expr,
    from: &'m Expr,
    len: &'m Expr,
) -> Value<'m> {
    let to = address_value(cx, to, 0);
    let (data, most) = (data(cx, from), from.ty.data_size());
    let len = wide(cx, len);
    let result = cx.number();
    result.store(cx, cx.u64(0));
    cx.if_set(len, |cx| {
        // The helper wants a byte at least, and the verifier has to see that there is one.
        let rest = cx.b.opaque(cx.b.sub(len, cx.u64(1)));
        let rest = arith::at_most(cx, rest, u64::from(most.saturating_sub(1)));
        let len = cx.b.add(rest, cx.u64(1));
        let args = [to, data.ptr, len];
        let written = failure::call(cx, helper::PROBE_WRITE_USER, &args);
        result.store(cx, written);
    });
    result.load(cx, &Type::U64)
}

/// Converts a string, buffer or stack to another capacity.
pub(super) fn resize<'m>(
    cx: &mut Cx<'_, 'm>,
    operand: &'m Expr,
    ty: &Type,
    to: Address<'m>,
    tail: Tail,
) {
    let from = address(cx, operand);
    resize_from(cx, from, (&operand.ty, ty), to, tail);
}

/// As [`resize`], of a value that is in memory already.
pub(super) fn resize_from<'m>(
    cx: &mut Cx<'_, 'm>,
    from: Address<'m>,
    (of, ty): (&Type, &Type),
    to: Address<'m>,
    tail: Tail,
) {
    let (have, want) = (of.size(), ty.size());
    let kept = have.min(want);
    to.copy_from(cx, from, kept);
    if tail == Tail::Zero {
        to.at(cx, kept).zero(cx, want - kept);
    }
    match ty {
        Type::Str { .. } if have > want => {
            let last = to.at(cx, want.saturating_sub(1));
            last.store(cx, cx.b.constant(Ty::I8, 0));
        }
        Type::Buffer { cap } if have > want => shrink_count(cx, to, *cap),
        Type::Stack { depth, .. } if have > want => shrink_count(cx, to, *depth),
        _ => {}
    }
}

/// The bytes of a text before its first NUL.
pub(super) fn up_to_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// `size` bytes of a text, zero behind its end, as a little-endian integer.
pub(super) fn word(text: &[u8], offset: usize, size: u32) -> u64 {
    let rest = text.get(offset..).unwrap_or_default();
    let bytes = rest.iter().take(size as usize).rev();
    bytes.fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// A length that a script gives, cut to what there is room for: the verifier sees the bound.
fn limited<'m>(cx: &mut Cx<'_, 'm>, len: &'m Expr, max: u32) -> Value<'m> {
    let value = wide(cx, len);
    if value.constant().is_some() {
        return arith::at_most(cx, value, u64::from(max));
    }
    arith::at_most(cx, cx.b.opaque(value), u64::from(max))
}

/// Cuts the number of elements that a value begins with.
fn shrink_count<'m>(cx: &Cx<'_, 'm>, at: Address<'m>, max: u32) {
    let count = at.load(cx, &Type::U32);
    at.store(cx, arith::at_most(cx, count, u64::from(max)));
}
