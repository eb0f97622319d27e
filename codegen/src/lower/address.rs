//! Addresses of values in memory, and moving bytes between them.

use super::Cx;
use crate::kernel::helper;
use crate::llvm::{Ty, Value};
use sema::ir;

/// Where a value lives, and how far that is aligned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'m> {
    pub(super) ptr: Value<'m>,
    /// 1, 2, 4 or 8.
    pub(super) align: u32,
}

/// What becomes of bytes that a value does not need: padding, and those behind a string's NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// They become zero.
    Zero,
    /// They may be anything, for a reader that does not look at them.
    Any,
}

/// Moves of more pieces than this go through a helper.
const INLINE_PIECES: u32 = 64;

/// Pieces that are moved at once: LLVM reads them all before it writes any, and what it has no
/// registers for it keeps on the stack, eight bytes for each.
const PIECES_AT_ONCE: u32 = 4;

impl<'m> Address<'m> {
    /// An address that is aligned to 8.
    pub(super) fn aligned(ptr: Value<'m>) -> Self {
        Self { ptr, align: 8 }
    }

    /// The address of a part.
    pub(super) fn at(self, cx: &Cx<'_, 'm>, offset: u32) -> Self {
        let known = match offset {
            0 => 8,
            _ => 1 << offset.trailing_zeros().min(3),
        };
        Self {
            ptr: cx.b.offset(self.ptr, i64::from(offset)),
            align: self.align.min(known),
        }
    }

    /// Reads the scalar that lives here.
    pub(super) fn load(self, cx: &Cx<'_, 'm>, ty: &ir::Type) -> Value<'m> {
        let ty = register(ty);
        if ty == Ty::I1 {
            let byte = cx.b.load(Ty::I8, self.ptr, 1);
            return cx.b.resize(byte, Ty::I1, false);
        }
        cx.b.load(ty, self.ptr, self.align.min(ty.bytes()))
    }

    /// Writes a scalar.
    pub(super) fn store(self, cx: &Cx<'_, 'm>, value: Value<'m>) {
        let value = match value.ty() {
            Ty::I1 => cx.b.resize(value, Ty::I8, false),
            _ => value,
        };
        let align = self.align.min(value.ty().bytes());
        cx.b.store(value, self.ptr, align);
    }

    /// Reads the word at an offset.
    pub(super) fn word(self, cx: &Cx<'_, 'm>, offset: u32) -> Value<'m> {
        self.at(cx, offset).load(cx, &ir::Type::U64)
    }

    /// Writes the word at an offset.
    pub(super) fn set_word(self, cx: &Cx<'_, 'm>, offset: u32, value: Value<'m>) {
        self.at(cx, offset).store(cx, value);
    }

    /// Copies bytes from elsewhere.
    pub(super) fn copy_from(self, cx: &Cx<'_, 'm>, from: Self, bytes: u32) {
        let align = self.align.min(from.align);
        if cx.budget().is_large() && from.align == 8 && align < 8 && bytes <= 2 * INLINE_PIECES {
            return self.copy_words(cx, from, bytes);
        }
        if bytes.div_ceil(align) <= INLINE_PIECES {
            let step = align * PIECES_AT_ONCE;
            for offset in (0..bytes).step_by(step as usize) {
                let (to, from) = (self.at(cx, offset), from.at(cx, offset));
                cx.b.copy(to.ptr, from.ptr, align, step.min(bytes - offset));
            }
            return;
        }
        let size = cx.u64(u64::from(bytes));
        let args = [self.ptr, size, from.ptr];
        cx.b.call_helper(helper::PROBE_READ_KERNEL, &args, Ty::I64);
    }

    /// Copies bytes from an aligned place to another, reading words: LLVM is quicker to take
    /// words apart than to put a load and a store of each byte in order.
    fn copy_words(self, cx: &Cx<'_, 'm>, from: Self, bytes: u32) {
        let words = bytes & !7;
        for offset in (0..words).step_by(8) {
            self.set_word(cx, offset, from.word(cx, offset));
        }
        if words < bytes {
            let (to, from) = (self.at(cx, words), from.at(cx, words));
            cx.b.copy(to.ptr, from.ptr, to.align, bytes - words);
        }
    }

    /// Zeroes bytes.
    pub(super) fn zero(self, cx: &Cx<'_, 'm>, bytes: u32) {
        if bytes == 0 {
            return;
        }
        if bytes.div_ceil(self.align) <= INLINE_PIECES {
            return cx.b.zero(self.ptr, self.align, bytes);
        }
        // A read that fails fills its target with zeros, and nothing is mapped at address 0.
        let args = [self.ptr, cx.u64(u64::from(bytes)), cx.u64(0)];
        cx.b.call_helper(helper::PROBE_READ_KERNEL, &args, Ty::I64);
    }
}

/// The register type of a scalar; I64 for what is none.
pub(super) fn register(ty: &ir::Type) -> Ty {
    match ty {
        ir::Type::Bool => Ty::I1,
        _ => Ty::int(ty.scalar_bytes().map_or(8, u32::from)),
    }
}

/// Offset and type of the members of a tuple or record; none of anything else.
pub(super) fn members(ty: &ir::Type) -> Vec<(u32, &ir::Type)> {
    match ty {
        ir::Type::Tuple(elems) => ir::struct_offsets(elems).0.into_iter().zip(elems).collect(),
        ir::Type::Record { fields, .. } => fields.iter().map(|f| (f.offset, &f.ty)).collect(),
        ir::Type::Usym => vec![(0, &WORD), (8, &WORD)],
        _ => Vec::new(),
    }
}

/// What a symbol of a process is made of: an address and a process.
static WORD: ir::Type = ir::Type::U64;

/// Offset and length of the padding between the members of a tuple or record.
pub(super) fn gaps(ty: &ir::Type) -> Vec<(u32, u32)> {
    let mut members: Vec<_> = members(ty)
        .into_iter()
        .map(|(offset, ty)| (offset, offset + ty.size()))
        .collect();
    members.sort_unstable();
    members.push((ty.size(), ty.size()));
    let mut gaps = Vec::new();
    let mut end = 0;
    for (start, stop) in members {
        if start > end {
            gaps.push((end, start - end));
        }
        end = end.max(stop);
    }
    gaps
}
