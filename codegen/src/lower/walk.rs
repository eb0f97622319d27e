//! Looking through expressions and statements for something.

use sema::ir::{Expr, ExprKind, MapId, Place, Program, Stmt, StmtKind, VarId};
use std::cell::RefCell;
use std::collections::HashSet;

/// What a search comes by.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Expr(&'a Expr),
    Place(&'a Place),
    Stmt(&'a Stmt),
    /// The rounds of a loop begin, which are a function of their own.
    Enter(&'a Stmt),
    /// The rounds of a loop end.
    Leave,
}

/// Whether evaluating an expression changes anything or leaves the program.
pub(super) fn has_effects(expr: &Expr) -> bool {
    let changes = |node: Node<'_>| {
        matches!(
            node,
            Node::Expr(Expr {
                kind: ExprKind::MapDelete { .. }
                    | ExprKind::Increment { .. }
                    | ExprKind::Act(..)
                    | ExprKind::WriteUser { .. }
                    | ExprKind::Packet { .. }
                    | ExprKind::Block(..),
                ..
            })
        )
    };
    in_expr(expr, &changes)
}

/// Whether evaluating an expression may change what a map holds.
pub(super) fn changes_map(expr: &Expr, map: MapId) -> bool {
    let changes = |node: Node<'_>| match node {
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Block(..) => true,
            ExprKind::MapDelete { map: other, .. } => *other == map,
            _ => false,
        },
        Node::Place(Place::Map { map: other, .. }) => *other == map,
        Node::Place(Place::Var(_)) | Node::Stmt(_) | Node::Enter(_) | Node::Leave => false,
    };
    in_expr(expr, &changes)
}

/// Whether a body may end the program.
pub(super) fn may_leave(body: &[Stmt]) -> bool {
    let leaves = |node: Node<'_>| match node {
        Node::Stmt(stmt) => matches!(stmt.kind, StmtKind::Return | StmtKind::Exit(_)),
        _ => false,
    };
    in_stmts(body, &leaves)
}

/// How many statements a body has, as often as `unroll` writes them out.
pub(super) fn count(body: &[Stmt]) -> u32 {
    let inner = |stmt: &Stmt| match &stmt.kind {
        StmtKind::If {
            then, otherwise, ..
        } => count(then).saturating_add(count(otherwise)),
        StmtKind::While { body, .. }
        | StmtKind::ForRange { body, .. }
        | StmtKind::ForMap { body, .. } => count(body),
        StmtKind::Unroll { count: times, body } => count(body).saturating_mul(*times),
        _ => 0,
    };
    let each = body.iter().map(|stmt| inner(stmt).saturating_add(1));
    each.fold(0, u32::saturating_add)
}

/// Whether an expression reads or writes a variable.
pub(super) fn uses(expr: &Expr, variable: VarId) -> bool {
    in_expr(expr, &is_variable(variable))
}

/// Whether a value is put together from parts, and so may be half written while a part is read.
pub(super) fn is_composed(expr: &Expr) -> bool {
    let composed = |node: Node<'_>| match node {
        Node::Expr(expr) => matches!(
            expr.kind,
            ExprKind::Aggregate(_)
                | ExprKind::Block(..)
                | ExprKind::Resize(_)
                | ExprKind::Inet { .. }
                | ExprKind::Reinterpret(_)
        ),
        _ => false,
    };
    in_expr(expr, &composed)
}

fn is_variable(variable: VarId) -> impl Fn(Node<'_>) -> bool {
    move |node| node.variable() == Some(variable)
}

impl Node<'_> {
    /// The variable that is read or written here.
    pub(super) fn variable(self) -> Option<VarId> {
        match self {
            Node::Expr(Expr {
                kind: ExprKind::Var(id),
                ..
            })
            | Node::Place(Place::Var(id)) => Some(*id),
            _ => None,
        }
    }

    /// The map that is read or written here, other than by adding to an aggregation.
    pub(super) fn map(self) -> Option<MapId> {
        match self {
            Node::Expr(Expr {
                kind:
                    ExprKind::MapGet { map, .. }
                    | ExprKind::MapHas { map, .. }
                    | ExprKind::MapDelete { map, .. }
                    | ExprKind::AggregateGet { map, .. },
                ..
            })
            | Node::Place(Place::Map { map, .. })
            | Node::Stmt(Stmt {
                kind: StmtKind::ForMap { map, .. },
                ..
            }) => Some(*map),
            _ => None,
        }
    }
}

/// What a search is after.
pub(super) type Found<'f> = dyn Fn(Node<'_>) -> bool + 'f;

/// The maps that keys are deleted from.
pub(super) fn deleted_from(program: &Program) -> HashSet<MapId> {
    let maps = RefCell::new(HashSet::new());
    anywhere(program, &|node| {
        if let Node::Expr(Expr {
            kind: ExprKind::MapDelete { map, .. },
            ..
        }) = node
        {
            maps.borrow_mut().insert(*map);
        }
        false
    });
    maps.into_inner()
}

/// Whether a search finds something in any probe.
pub(super) fn anywhere(program: &Program, found: &Found<'_>) -> bool {
    program.probes.iter().any(|probe| {
        let predicate = probe.predicate.as_ref();
        predicate.is_some_and(|predicate| in_expr(predicate, found))
            || probe.body.iter().any(|stmt| in_stmt(stmt, found))
    })
}

/// Whether a search finds something in an expression.
pub(super) fn in_expr(expr: &Expr, found: &Found<'_>) -> bool {
    if found(Node::Expr(expr)) {
        return true;
    }
    match &expr.kind {
        ExprKind::Int(_)
        | ExprKind::Str(_)
        | ExprKind::Var(_)
        | ExprKind::Bytes(_)
        | ExprKind::Context
        | ExprKind::Builtin(_) => false,
        ExprKind::MapGet { key, .. }
        | ExprKind::MapDelete { key, .. }
        | ExprKind::AggregateGet { key, .. } => in_option(key.as_deref(), found),
        ExprKind::Increment { place, .. } => in_place(place, found),
        ExprKind::MapHas { key: operand, .. }
        | ExprKind::Unary(_, operand)
        | ExprKind::Convert(operand)
        | ExprKind::Resize(operand)
        | ExprKind::Member(operand, _)
        | ExprKind::AddressOf(operand)
        | ExprKind::Reinterpret(operand)
        | ExprKind::ByteSwap(operand)
        | ExprKind::StrLen(operand)
        | ExprKind::SocketCookie(operand)
        | ExprKind::FilePath { address: operand }
        | ExprKind::Table { index: operand, .. }
        | ExprKind::Act(_, operand)
        | ExprKind::Load { base: operand, .. } => in_expr(operand, found),
        ExprKind::Binary(_, left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::StrFind(left, right)
        | ExprKind::Concat(left, right)
        | ExprKind::Inet {
            family: left,
            address: right,
        }
        | ExprKind::Index(left, right) => in_expr(left, found) || in_expr(right, found),
        ExprKind::Order {
            left, right, count, ..
        } => in_expr(left, found) || in_expr(right, found) || in_option(count.as_deref(), found),
        ExprKind::WriteUser {
            to: one,
            from: two,
            len: three,
        }
        | ExprKind::Packet {
            data: one,
            bytes: two,
            length: three,
            ..
        }
        | ExprKind::Ternary {
            cond: one,
            then: two,
            otherwise: three,
        } => in_expr(one, found) || in_expr(two, found) || in_expr(three, found),
        ExprKind::Aggregate(values) => values.iter().any(|value| in_expr(value, found)),
        ExprKind::LoadStr { address, len, .. } | ExprKind::LoadBuffer { address, len, .. } => {
            in_expr(address, found) || in_option(len.as_deref(), found)
        }
        ExprKind::Block(stmts, value) => in_stmts(stmts, found) || in_expr(value, found),
    }
}

/// Whether a search finds something in a statement.
pub(super) fn in_stmt(stmt: &Stmt, found: &Found<'_>) -> bool {
    if found(Node::Stmt(stmt)) {
        return true;
    }
    let rounds =
        |search: &dyn Fn() -> bool| found(Node::Enter(stmt)) || search() || found(Node::Leave);
    let variable = |var: &VarId| found(Node::Place(&Place::Var(*var)));
    match &stmt.kind {
        StmtKind::Expr(expr) | StmtKind::Exit(expr) | StmtKind::Join { array: expr, .. } => {
            in_expr(expr, found)
        }
        StmtKind::Assign { place, value } => in_place(place, found) || in_expr(value, found),
        StmtKind::Aggregate { key, value, .. } => {
            in_option(key.as_ref(), found) || in_option(value.as_ref(), found)
        }
        StmtKind::Emit { args, .. } => args.iter().any(|arg| in_expr(arg, found)),
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => in_expr(cond, found) || in_stmts(then, found) || in_stmts(otherwise, found),
        StmtKind::While { cond, body } => rounds(&|| in_expr(cond, found) || in_stmts(body, found)),
        StmtKind::ForRange {
            var,
            start,
            end,
            body,
        } => {
            in_expr(start, found)
                || in_expr(end, found)
                || rounds(&|| variable(var) || in_stmts(body, found))
        }
        StmtKind::ForMap { var, body, .. } => {
            rounds(&|| var.is_some_and(|var| variable(&var)) || in_stmts(body, found))
        }
        StmtKind::Unroll { body, .. } => in_stmts(body, found),
        StmtKind::Break | StmtKind::Continue | StmtKind::Return => false,
    }
}

fn in_stmts(stmts: &[Stmt], found: &Found<'_>) -> bool {
    stmts.iter().any(|stmt| in_stmt(stmt, found))
}

fn in_place(place: &Place, found: &Found<'_>) -> bool {
    found(Node::Place(place))
        || match place {
            Place::Var(_) => false,
            Place::Map { key, .. } => in_option(key.as_deref(), found),
        }
}

fn in_option(expr: Option<&Expr>, found: &Found<'_>) -> bool {
    expr.is_some_and(|expr| in_expr(expr, found))
}
