//! Expressions: as a value in a register, into given memory, or by the address they live at.

use super::address::{gaps, members, register};
use super::place::increment;
use super::{Address, Cx, Tail};
use super::{
    aggregate, arith, branch, builtin, compare, convert, load, map, packet, stmt, string, table,
    text, tracked,
};
use crate::kernel::helper;
use crate::llvm::{Ty, Value};
use sema::ir::{Expr, ExprKind, Space, Type};

/// The value of a scalar expression.
pub(super) fn scalar<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) -> Value<'m> {
    let ty = register(&expr.ty);
    match &expr.kind {
        ExprKind::Int(bits) => cx.b.constant(ty, *bits),
        ExprKind::Var(id) => {
            let address = cx.variable(*id);
            address.load(cx, &expr.ty)
        }
        ExprKind::MapGet { map, key } => map::get_scalar(cx, *map, key.as_deref(), &expr.ty),
        ExprKind::AggregateGet { map, key } => {
            let total = aggregate::fold(cx, *map, key.as_deref());
            cx.b.resize(total, ty, false)
        }
        ExprKind::MapHas { map, key } => map::has(cx, *map, key),
        ExprKind::MapDelete { map, key } => map::delete(cx, *map, key.as_deref()),
        ExprKind::Increment {
            place,
            delta,
            before,
        } => increment(cx, place, *delta, *before, &expr.ty),
        ExprKind::Unary(op, operand) => {
            let operand = scalar(cx, operand);
            arith::unary(cx, *op, operand)
        }
        ExprKind::Binary(op, left, right) => {
            let signed = right.ty.is_signed();
            let (left, right) = (scalar(cx, left), scalar(cx, right));
            let right = cx.b.resize(right, left.ty(), signed);
            arith::binary(cx, *op, left, right, expr.ty.is_signed())
        }
        ExprKind::Compare(op, left, right) => compare::compare(cx, *op, left, right),
        ExprKind::And(..) | ExprKind::Or(..) => branch::truth(cx, expr),
        ExprKind::Convert(operand) => {
            let value = scalar(cx, operand);
            convert::scalar(cx, value, &operand.ty, &expr.ty)
        }
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => branch::choose(cx, cond, |cx| scalar(cx, then), |cx| scalar(cx, otherwise)),
        ExprKind::Member(..) => address(cx, expr).load(cx, &expr.ty),
        ExprKind::Index(array, index) => load::index_scalar(cx, array, index, &expr.ty),
        ExprKind::Context => cx.b.to_int(cx.context),
        ExprKind::Load { .. } => load::scalar(cx, expr),
        ExprKind::AddressOf(_) => {
            let pointer = load::address_value(cx, expr, 0);
            as_number(cx, pointer)
        }
        ExprKind::Builtin(which) => builtin::scalar(cx, *which, expr),
        ExprKind::Block(stmts, value) => {
            stmt::all(cx, stmts);
            scalar(cx, value)
        }
        ExprKind::ByteSwap(_)
        | ExprKind::SocketCookie(_)
        | ExprKind::StrLen(_)
        | ExprKind::StrFind(..)
        | ExprKind::Order { .. }
        | ExprKind::Act(..)
        | ExprKind::Packet { .. }
        | ExprKind::WriteUser { .. } => function(cx, expr),
        ExprKind::Str(_)
        | ExprKind::Bytes(_)
        | ExprKind::Resize(_)
        | ExprKind::Reinterpret(_)
        | ExprKind::Inet { .. }
        | ExprKind::Concat(..)
        | ExprKind::FilePath { .. }
        | ExprKind::Table { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::LoadStr { .. }
        | ExprKind::LoadBuffer { .. } => {
            let zero = cx.malformed(expr.span, "a value in memory where a scalar is due");
            cx.b.resize(zero, ty, false)
        }
    }
}

/// The value of an integer of any width, as an I64.
pub(super) fn wide<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) -> Value<'m> {
    let value = scalar(cx, expr);
    cx.b.resize(value, Ty::I64, expr.ty.is_signed())
}

/// The value of what is written as a call of a function.
fn function<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) -> Value<'m> {
    match &expr.kind {
        ExprKind::ByteSwap(operand) => {
            let value = scalar(cx, operand);
            cx.b.swap_bytes(value)
        }
        ExprKind::SocketCookie(socket) => tracked::socket_cookie(cx, socket),
        ExprKind::StrLen(operand) => text::length(cx, operand),
        ExprKind::StrFind(all, part) => text::find(cx, all, part),
        ExprKind::Order {
            left,
            right,
            bytes,
            count,
        } => compare::order(cx, (left, right), *bytes, count.as_deref()),
        ExprKind::Act(act, operand) => builtin::act(cx, *act, operand),
        ExprKind::Packet {
            event,
            data,
            bytes,
            length,
        } => packet::emit(cx, *event, data, (bytes, length)),
        ExprKind::WriteUser { to, from, len } => string::write_user(cx, to, from, len),
        _ => cx.malformed(expr.span, "no function"),
    }
}

/// Writes the value of any expression to memory, which must not be what the expression reads.
pub(super) fn into<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr, to: Address<'m>, tail: Tail) {
    if expr.ty.is_scalar() {
        let value = scalar(cx, expr);
        return to.store(cx, value);
    }
    match &expr.kind {
        ExprKind::Str(text) => string::literal(cx, text, &expr.ty, to, tail),
        ExprKind::LoadStr {
            address,
            len,
            space,
        } => {
            let cap = expr.ty.size();
            let source = string::Source::new(expr, address, len, *space);
            string::load(cx, &source, to, cap, tail);
        }
        ExprKind::LoadBuffer {
            address,
            len,
            space,
        } => {
            let source = string::Source::new(expr, address, len, *space);
            string::load_buffer(cx, &source, to, expr.ty.size() - 4, tail);
        }
        ExprKind::Resize(operand) => string::resize(cx, operand, &expr.ty, to, tail),
        ExprKind::Convert(operand) => {
            let from = address(cx, operand);
            convert::members(cx, from, (&operand.ty, &expr.ty), to, tail);
        }
        ExprKind::Aggregate(values) => aggregate_into(cx, &expr.ty, values, to, tail),
        ExprKind::Bytes(bytes) => string::bytes(cx, bytes, to),
        ExprKind::Reinterpret(operand) => into(cx, operand, to, tail),
        ExprKind::Inet { family, address } => inet_into(cx, family, address, to),
        ExprKind::Concat(left, right) => text::concat(cx, left, right, to, expr.ty.size()),
        ExprKind::FilePath { address } => tracked::file_path(cx, address, &expr.ty, to, tail),
        ExprKind::Table {
            index,
            texts,
            otherwise,
        } => table::into(cx, index, texts, otherwise, to, expr.ty.size()),
        ExprKind::MapGet { map, key } => map::get_into(cx, *map, key.as_deref(), &expr.ty, to),
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => branch::either(
            cx,
            cond,
            |cx| into(cx, then, to, tail),
            |cx| into(cx, otherwise, to, tail),
        ),
        ExprKind::Index(array, index) => load::index_into(cx, array, index, &expr.ty, to),
        ExprKind::Load { .. } => load::into(cx, expr, to, tail),
        ExprKind::Builtin(which) => builtin::into(cx, *which, expr, to),
        ExprKind::Block(stmts, value) => {
            stmt::all(cx, stmts);
            into(cx, value, to, tail);
        }
        _ => {
            let from = address(cx, expr);
            to.copy_from(cx, from, expr.ty.size());
        }
    }
}

/// Where the value of any expression lives: its own place where it has one, or a temporary.
pub(super) fn address<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) -> Address<'m> {
    match &expr.kind {
        ExprKind::Var(id) => cx.variable(*id),
        ExprKind::Member(base, number) => {
            let offset = members(&base.ty).get(*number as usize).map(|m| m.0);
            let Some(offset) = offset else {
                cx.malformed(expr.span, "no such member");
                return cx.temp(expr.ty.size());
            };
            address(cx, base).at(cx, offset)
        }
        ExprKind::Load {
            base,
            offset,
            space: Space::Own,
            bits: None,
        } => load::own(cx, base, *offset),
        ExprKind::Builtin(which) if !expr.ty.is_scalar() => builtin::address(cx, *which, expr),
        ExprKind::Block(stmts, value) => {
            stmt::all(cx, stmts);
            address(cx, value)
        }
        // What has no address of its own and no way into memory either.
        _ if !expr.ty.is_scalar() && !has_value(&expr.kind) => {
            cx.malformed(expr.span, "a scalar where a value in memory is due");
            cx.temp(expr.ty.size())
        }
        _ => {
            let to = cx.temp(expr.ty.size());
            into(cx, expr, to, Tail::Zero);
            to
        }
    }
}

/// Evaluates an expression for its effect.
pub(super) fn effect<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) {
    match &expr.kind {
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => branch::either(cx, cond, |cx| effect(cx, then), |cx| effect(cx, otherwise)),
        ExprKind::Block(stmts, value) => {
            stmt::all(cx, stmts);
            effect(cx, value);
        }
        _ if expr.ty == Type::Void => {}
        _ if expr.ty.is_scalar() => {
            scalar(cx, expr);
        }
        _ => {
            address(cx, expr);
        }
    }
}

/// A pointer as a number that may be shifted, chosen among others and stored: to the verifier it
/// stays a pointer, until it has been through memory that a helper wrote.
fn as_number<'m>(cx: &mut Cx<'_, 'm>, pointer: Value<'m>) -> Value<'m> {
    let (from, to) = (cx.temp(8), cx.temp(8));
    from.store(cx, pointer);
    let address = cx.b.to_int(from.ptr);
    let args = [to.ptr, cx.u64(8), address];
    cx.b.call_helper(helper::PROBE_READ_KERNEL, &args, Ty::I64);
    to.load(cx, &Type::U64)
}

fn aggregate_into<'m>(
    cx: &mut Cx<'_, 'm>,
    ty: &Type,
    values: &'m [Expr],
    to: Address<'m>,
    tail: Tail,
) {
    if tail == Tail::Zero {
        for (offset, bytes) in gaps(ty) {
            to.at(cx, offset).zero(cx, bytes);
        }
    }
    for (value, (offset, _)) in values.iter().zip(members(ty)) {
        let member = to.at(cx, offset);
        into(cx, value, member, tail);
    }
}

/// The address family, and then the address with zeros behind it.
fn inet_into<'m>(cx: &mut Cx<'_, 'm>, family: &'m Expr, address: &'m Expr, to: Address<'m>) {
    to.zero(cx, Type::Inet.size());
    into(cx, family, to, Tail::Zero);
    into(cx, address, to.at(cx, 4), Tail::Zero);
}

fn has_value(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Reinterpret(_)
            | ExprKind::Inet { .. }
            | ExprKind::Concat(..)
            | ExprKind::FilePath { .. }
            | ExprKind::Table { .. }
            | ExprKind::LoadStr { .. }
            | ExprKind::LoadBuffer { .. }
            | ExprKind::Resize(_)
            | ExprKind::Convert(_)
            | ExprKind::Aggregate(_)
            | ExprKind::MapGet { .. }
            | ExprKind::Ternary { .. }
            | ExprKind::Index(..)
            | ExprKind::Load { .. }
    )
}
