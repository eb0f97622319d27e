//! Loops and the ways out of them.

use super::expr::check_value;
use super::{access, op, stmt};
use crate::cx::Cx;
use crate::error;
use crate::ir::{MapId, Stmt, StmtKind, VarId};
use crate::tables::Held;
use crate::ty::Ty;
use lexer::Span;
use parser::ast::{self, Block, ForSource, Ident};

/// The largest count of an `unroll`.
const MAX_UNROLL: i128 = 100;

/// Copies of one body at most, where `unroll`s are nested.
const MAX_COPIES: u32 = 10_000;

/// Loops inside each other: each is a function of its own, of which the kernel has eight under
/// way at most, the program included (`MAX_CALL_FRAMES` of `linux/bpf_verifier.h`).
const MAX_NESTING: u32 = 7;

/// `while`
pub(super) fn while_loop(
    cond: &ast::Expr,
    body: &Block,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let cond = op::condition(cond, cx);
    let body = rounds(body, span, cx);
    Some(StmtKind::While { cond, body })
}

/// `for`
pub(super) fn for_loop(
    var: &Ident,
    source: &ForSource,
    body: &Block,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    match source {
        ForSource::Range { start, end } => range(var, (start, end), body, span, cx),
        ForSource::Map(map) => entries(var, map, body, span, cx),
    }
}

fn range(
    var: &Ident,
    (start, end): (&ast::Expr, &ast::Expr),
    body: &Block,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let mut bounds = [start, end].map(|bound| {
        let value = check_value(bound, cx);
        if !value.ty.is_integer() {
            let report = error::operand("..", &value.ty, "a number", value.span);
            return cx.fail(report, value.span);
        }
        value
    });
    let known = bounds.iter().all(|bound| !bound.is_unknown());
    let [start, end] = std::array::from_fn(|i| {
        let unknown = crate::typed::Typed::unknown(span);
        std::mem::replace(&mut bounds[i], unknown).convert(&Ty::I64)
    });
    let (var, body) = with_variable(var, &Ty::I64, body, span, cx);
    known.then_some(StmtKind::ForRange {
        var,
        start,
        end,
        body,
    })
}

fn entries(
    var: &Ident,
    map: &Ident,
    body: &Block,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<StmtKind> {
    let id = cx.maps.id(&map.name, map.span);
    let entry = entry_type(id, map, cx);
    let ty = entry.clone().unwrap_or(Ty::Unknown);
    let (var, body) = with_variable(var, &ty, body, span, cx);
    entry.map(|_| StmtKind::ForMap {
        map: id,
        var: Some(var),
        body,
    })
}

/// The type of a map's entries, as far as it is known; nothing, and a report, where the map has
/// none that a loop could go through.
fn entry_type(id: MapId, map: &Ident, cx: &mut Cx<'_>) -> Option<Ty> {
    let entry = cx.maps.get(id);
    let key = match &entry.key {
        Some((None, at)) => {
            let report = error::not_iterable(&map.name, map.span, *at);
            cx.report(report);
            return None;
        }
        Some((Some(key), _)) => key.clone(),
        None => Ty::Unknown,
    };
    let value = match &entry.value {
        None => Ty::Unknown,
        Some((Held::Plain(ty), _)) => ty.clone(),
        Some((Held::Aggregation(aggregation), _)) => match access::folded_type(*aggregation) {
            Some(ty) => ty,
            None => {
                let report = error::aggregation_as_value(entry, aggregation.name(), map.span);
                cx.report(report);
                return None;
            }
        },
    };
    Some(Ty::Tuple(vec![key, value]))
}

/// The body of a loop that has a variable of its own.
fn with_variable(
    var: &Ident,
    ty: &Ty,
    body: &Block,
    span: Span,
    cx: &mut Cx<'_>,
) -> (VarId, Vec<Stmt>) {
    cx.program.variables.enter();
    let id = cx.program.variables.declare(&var.name, None, var.span);
    cx.program.variables.fix(id, ty);
    let body = rounds(body, span, cx);
    cx.program.variables.leave();
    (id, body)
}

/// The body of a loop that the kernel runs.
fn rounds(body: &Block, span: Span, cx: &mut Cx<'_>) -> Vec<Stmt> {
    cx.program.nesting += 1;
    if cx.program.nesting > MAX_NESTING {
        cx.report(error::loops_too_deep(MAX_NESTING, span));
    }
    let body = in_loop(body, cx);
    cx.program.nesting -= 1;
    body
}

fn in_loop(body: &Block, cx: &mut Cx<'_>) -> Vec<Stmt> {
    cx.program.loops += 1;
    let body = stmt::check_body(body, cx);
    cx.program.loops -= 1;
    body
}

/// `unroll`
pub(super) fn unroll(count: &ast::Expr, body: &Block, cx: &mut Cx<'_>) -> Option<StmtKind> {
    let times = check_value(count, cx);
    let count = match times.as_literal() {
        Some(n) if (1..=MAX_UNROLL).contains(&n) => n as u32,
        Some(_) => {
            let what = "the count of `unroll`";
            cx.report(error::out_of_bounds(what, "from 1 to 100", count.span));
            1
        }
        None => {
            let wanted = "a number from 1 to 100";
            if !times.is_unknown() {
                cx.report(error::not_constant("unroll", wanted, count.span));
            }
            1
        }
    };
    let outer = cx.program.copies;
    cx.program.copies = outer.max(1) * count;
    if cx.program.copies > MAX_COPIES {
        cx.report(error::unrolled_too_often(
            cx.program.copies,
            MAX_COPIES,
            times.span,
        ));
    }
    let body = in_loop(body, cx);
    cx.program.copies = outer;
    Some(StmtKind::Unroll { count, body })
}

/// `break`, `continue`
pub(super) fn jump(word: &str, kind: StmtKind, span: Span, cx: &mut Cx<'_>) -> Option<StmtKind> {
    if cx.program.loops == 0 {
        cx.report(error::outside_loop(word, span));
    }
    Some(kind)
}
