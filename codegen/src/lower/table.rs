//! Texts by number: constants of the object, of which one is copied.

use super::expr::wide;
use super::{Address, Cx};
use crate::llvm::Predicate;
use sema::ir::Expr;

/// Writes the text with a number, or another one where there is none.
pub(super) fn into<'m>(
    cx: &mut Cx<'_, 'm>,
    index: &'m Expr,
    texts: &[Vec<u8>],
    otherwise: &[u8],
    to: Address<'m>,
    cap: u32,
) {
    let table = cx.unit.constants(&rows(texts, otherwise, cap as usize));
    let index = wide(cx, index);
    // The other text is in the row behind the last.
    let last = cx.u64(texts.len() as u64);
    let index = cx.b.opaque(index);
    let inside = cx.b.compare(Predicate::UnsignedLt, index, last);
    let index = cx.b.select(inside, index, last);
    let offset = cx.b.mul(index, cx.u64(u64::from(cap)));
    let row = Address::aligned(cx.b.offset_by(table, offset));
    to.copy_from(cx, row, cap);
}

/// The texts in rows of one size, and the other one both in place of those that are empty and
/// behind the last.
fn rows(texts: &[Vec<u8>], otherwise: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity((texts.len() + 1) * size);
    for text in texts.iter().map(Vec::as_slice).chain([otherwise]) {
        let text = if text.is_empty() { otherwise } else { text };
        let start = bytes.len();
        bytes.extend_from_slice(&text[..text.len().min(size.saturating_sub(1))]);
        bytes.resize(start + size, 0);
    }
    bytes
}
