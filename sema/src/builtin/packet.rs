//! Packets of the network, written to a file that tcpdump and Wireshark read.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::field_of;
use crate::ir::{BinaryOp, CompareOp, EventKind, Expr, ExprKind, Type};
use crate::ty::{Pointee, Ty};
use crate::typed::{Typed, expr};
use lexer::Span;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "skboutput",
    signature: "skboutput(\"file\", struct sk_buff *, length, offset)",
    doc: "Adds a packet to a PCAP file, raw IP without any header of the link: of its data, the \
          bytes from an offset on, up to 16 KiB of what lies in one piece. The file says how long \
          the packet was. Tells 0, or a negative error number.",
    probes: "all that have a struct sk_buff, such as rawtracepoint, kprobe and fentry",
    example: "rawtracepoint:netif_receive_skb { skboutput(\"in.pcap\", args.skb, args.skb.len, 0) }",
    check: Check::Call(4, 4, skboutput),
    ..Builtin::PLAIN
}];

fn skboutput(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let file = call.text(0, "the name of a file", cx);
    let packet = call.value(1, cx);
    let numbers = [2, 3].map(|n| number(call, n, cx));
    let (Some((file, span)), [Some(length), Some(offset)]) = (file, numbers) else {
        return Typed::unknown(call.span);
    };
    if !is_packet(&packet, cx) {
        return call.wrong("a pointer to a `struct sk_buff`", &packet, cx);
    }
    let Some(file) = String::from_utf8(file).ok().filter(|file| !file.is_empty()) else {
        let report = error::out_of_bounds("the name of a file", "some text", span);
        return cx.fail(report, call.span);
    };
    let mut member = |name: &str| {
        let value = field_of(packet.clone(), name, call.span, cx);
        (!value.is_unknown()).then(|| in_register(value))
    };
    let (Some(data), Some(len), Some(elsewhere)) =
        (member("data"), member("len"), member("data_len"))
    else {
        return Typed::unknown(call.span);
    };
    let binary = |op, left: &Expr, right: &Expr| {
        let kind = ExprKind::Binary(op, Box::new(left.clone()), Box::new(right.clone()));
        expr(kind, Type::U64, call.span)
    };
    // What lies in one piece, behind the offset.
    let piece = binary(BinaryOp::Sub, &len, &elsewhere);
    let there = rest_behind(&piece, &offset, call.span);
    let event = cx.event(EventKind::Packet(file), Vec::new(), call.span);
    let kind = ExprKind::Packet {
        event,
        data: Box::new(binary(BinaryOp::Add, &data, &offset)),
        bytes: Box::new(smaller(there, length.clone(), call.span)),
        length: Box::new(length),
    };
    Typed::value(kind, Ty::I64, call.span)
}

fn number(call: &Call<'_>, n: usize, cx: &mut Cx<'_>) -> Option<Expr> {
    let value = call.integer(n, "a number of bytes", cx)?;
    (!value.is_unknown()).then(|| value.convert(&Ty::U64))
}

fn is_packet(value: &Typed, cx: &Cx<'_>) -> bool {
    let Ty::Pointer {
        to: Pointee::Btf(id),
        ..
    } = value.ty
    else {
        return false;
    };
    let name = cx.btf().and_then(|btf| btf.type_name(btf.resolve(id)?));
    name.is_ok_and(|name| name == "struct sk_buff")
}

/// A number or a pointer as 64 bits.
fn in_register(value: Typed) -> Expr {
    let span = value.span;
    let kind = ExprKind::Convert(Box::new(value.into_ir()));
    expr(kind, Type::U64, span)
}

fn choose(cond: ExprKind, then: Expr, otherwise: Expr, span: Span) -> Expr {
    let cond = expr(cond, Type::Bool, span);
    let kind = ExprKind::Ternary {
        cond: Box::new(cond),
        then: Box::new(then),
        otherwise: Box::new(otherwise),
    };
    expr(kind, Type::U64, span)
}

/// What is left of a length behind an offset; nothing where the offset lies behind it.
fn rest_behind(length: &Expr, offset: &Expr, span: Span) -> Expr {
    let (a, b) = (Box::new(length.clone()), Box::new(offset.clone()));
    let rest = expr(
        ExprKind::Binary(BinaryOp::Sub, a.clone(), b.clone()),
        Type::U64,
        span,
    );
    let none = expr(ExprKind::Int(0), Type::U64, span);
    choose(ExprKind::Compare(CompareOp::Gt, a, b), rest, none, span)
}

fn smaller(one: Expr, other: Expr, span: Span) -> Expr {
    let cond = ExprKind::Compare(
        CompareOp::Lt,
        Box::new(one.clone()),
        Box::new(other.clone()),
    );
    choose(cond, one, other, span)
}
