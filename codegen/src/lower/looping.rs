//! Loops. A `while` runs in place, with a count that shows the verifier an end.

use super::expr::scalar;
use super::{Cx, stmt};
use crate::llvm::{Block, Predicate};
use lexer::Span;
use sema::ir::{Expr, Stmt, Type};

/// Rounds at most. The verifier follows each of them, and gives up after a million instructions.
const ROUNDS_MAX: u64 = 4096;

/// Where the statements of a loop can go.
pub(super) struct Loop<'m> {
    next: Block<'m>,
    out: Block<'m>,
}

/// A `while` loop.
pub(super) fn lower<'m>(cx: &mut Cx<'_, 'm>, cond: &'m Expr, body: &'m [Stmt]) {
    let [check, next, round, out] = [
        cx.block(c"while"),
        cx.block(c"next"),
        cx.block(c"round"),
        cx.block(c"out"),
    ];
    let rounds = cx.temp(8);
    rounds.store(cx, cx.u64(0));
    cx.b.jump(check);

    cx.enter(check);
    cx.conditionally(|cx| {
        let value = scalar(cx, cond);
        cx.b.branch(value, next, out);

        cx.enter(next);
        let count = rounds.load(cx, &Type::U64);
        rounds.store(cx, cx.b.add(count, cx.u64(1)));
        let more =
            cx.b.compare(Predicate::UnsignedLt, count, cx.u64(ROUNDS_MAX));
        cx.b.branch(more, round, out);

        cx.enter(round);
        cx.loops.push(Loop { next: check, out });
        stmt::all(cx, body);
        cx.loops.pop();
        cx.b.jump(check);
    });
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
