//! Leaving loops and going on with them, and `unroll`. The loops themselves are in `callback`.

use super::{Cx, stmt};
use crate::llvm::Block;
use lexer::Span;
use sema::ir::Stmt;

/// Where the statements of a loop can go.
pub(super) struct Loop<'m> {
    pub(super) next: Block<'m>,
    pub(super) out: Block<'m>,
}

/// `unroll`: the body, written out as often as it says.
pub(super) fn unroll<'m>(cx: &mut Cx<'_, 'm>, count: u32, body: &'m [Stmt]) {
    let out = cx.block(c"out");
    for _ in 0..count {
        let next = cx.block(c"next");
        cx.loops.push(Loop { next, out });
        cx.conditionally(|cx| stmt::all(cx, body));
        cx.loops.pop();
        cx.b.jump(next);
        cx.enter(next);
    }
    cx.b.jump(out);
    cx.enter(out);
}

/// `break`
pub(super) fn leave(cx: &mut Cx<'_, '_>, span: Span) {
    match cx.loops.last() {
        Some(innermost) => cx.leave(innermost.out),
        None => {
            cx.malformed(span, "`break` outside of a loop");
        }
    }
}

/// `continue`
pub(super) fn again(cx: &mut Cx<'_, '_>, span: Span) {
    match cx.loops.last() {
        Some(innermost) => cx.leave(innermost.next),
        None => {
            cx.malformed(span, "`continue` outside of a loop");
        }
    }
}
