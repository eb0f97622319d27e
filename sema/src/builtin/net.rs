//! Addresses of networks, and the order of bytes.

use super::{Builtin, Call, Check, Mode};
use crate::cx::Cx;
use crate::error;
use crate::ir::{ExprKind, Type};
use crate::ty::{Pointee, Ty};
use crate::typed::Typed;
use std::net::IpAddr;

/// `AF_INET` and `AF_INET6` of `linux/socket.h`.
const AF_INET: i128 = 2;
const AF_INET6: i128 = 10;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "ntop",
        signature: "ntop([family, ]address)",
        doc: "Shows an IP address: IPv4 from an integer or 4 bytes, IPv6 from 16 bytes, or what \
              the family says.",
        example: "printf(\"%s\\n\", ntop(args.saddr))",
        check: Check::Call(1, 2, ntop),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "pton",
        signature: "pton(\"address\")",
        doc: "The 4 or 16 bytes of an IP address.",
        mode: Mode::CompileTime,
        example: "/args.daddr_v6 == pton(\"::1\")/",
        check: Check::Call(1, 1, pton),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "macaddr",
        signature: "macaddr(bytes)",
        doc: "Shows 6 bytes as an Ethernet address.",
        example: "printf(\"%s\\n\", macaddr($eth.h_source))",
        check: Check::Call(1, 1, macaddr),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "bswap",
        signature: "bswap(n)",
        doc: "The bytes of an integer in reverse order.",
        example: "printf(\"port %d\\n\", bswap($sk.__sk_common.skc_dport))",
        check: Check::Call(1, 1, bswap),
        ..Builtin::PLAIN
    },
];

fn ntop(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let address = bytes_of(call.value(call.args.len() - 1, cx), cx);
    let address = match (&address.ty, array_bytes(&address.ty)) {
        (_, Some(4 | 16)) => address,
        (ty, None) if ty.is_integer() => {
            let four = address.convert(&Ty::U32);
            Typed::value(four.kind, Ty::U32, call.span)
        }
        _ => return call.wrong("an integer, or an array of 4 or 16 bytes", &address, cx),
    };
    let family = match call.args {
        [_] if array_bytes(&address.ty) == Some(16) => Typed::literal(AF_INET6, call.span),
        [_] => Typed::literal(AF_INET, call.span),
        _ => call.value(0, cx),
    };
    if !family.ty.is_integer() {
        return call.wrong("an address family", &family, cx);
    }
    let kind = ExprKind::Inet {
        family: Box::new(family.convert(&Ty::U32)),
        address: Box::new(address.into_ir()),
    };
    Typed::value(kind, Ty::Inet, call.span)
}

fn pton(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((text, span)) = call.text(0, "an IP address", cx) else {
        return Typed::unknown(call.span);
    };
    let text = String::from_utf8_lossy(&text);
    let Ok(address) = text.parse() else {
        return cx.fail(error::not_an_address(&text, span), call.span);
    };
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let ty = Ty::Array {
        elem: Box::new(Ty::U8),
        len: bytes.len() as u32,
    };
    Typed::value(ExprKind::Bytes(bytes), ty, call.span)
}

fn macaddr(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let bytes = bytes_of(call.value(0, cx), cx);
    if array_bytes(&bytes.ty) != Some(6) {
        return call.wrong("an array of 6 bytes", &bytes, cx);
    }
    let kind = ExprKind::Reinterpret(Box::new(bytes.into_ir()));
    Typed::value(kind, Ty::MacAddr, call.span)
}

fn bswap(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let number = call.value(0, cx);
    let Type::Int { bytes, .. } = number.ty.lower() else {
        return call.wrong("an integer", &number, cx);
    };
    let ty = Ty::int(bytes, false);
    let number = number.convert(&ty);
    match bytes {
        1 => Typed::value(number.kind, ty, call.span),
        _ => Typed::value(ExprKind::ByteSwap(Box::new(number)), ty, call.span),
    }
}

/// What a pointer to an array points to; anything else as it is.
fn bytes_of(value: Typed, cx: &mut Cx<'_>) -> Typed {
    match &value.ty {
        Ty::Pointer {
            to: Pointee::Ty(to),
            ..
        } if array_bytes(to).is_some() => {
            let span = value.span;
            crate::infer::pointed_to(value, span, cx)
        }
        _ => value,
    }
}

/// How many bytes an array of bytes has.
fn array_bytes(ty: &Ty) -> Option<u32> {
    match ty {
        Ty::Array { elem, len } if matches!(**elem, Ty::Int { bytes: 1, .. }) => Some(*len),
        Ty::Str { cap, cut: false } => Some(*cap),
        _ => None,
    }
}
