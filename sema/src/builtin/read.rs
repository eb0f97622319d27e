//! Functions that read memory or say how a number is to be shown.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::text;
use crate::ir::{self, ExprKind, Space};
use crate::ty::{Pointee, Ty};
use crate::typed::{Typed, TypedKind, expr};
use lexer::Span;
use parser::ast;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "str",
        signature: "str(address[, length])",
        doc: "Reads the text that an address points to, of at most max_strlen bytes.",
        example: "str(args.filename)",
        check: Check::Call(1, 2, str_),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "buf",
        signature: "buf(data[, length])",
        doc: "Reads bytes from an address or an array, for %r.",
        example: "printf(\"%r\\n\", buf(args.buf, 8))",
        check: Check::Call(1, 2, buf),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "strftime",
        signature: "strftime(\"format\", nsecs)",
        doc: "Shows nanoseconds since boot as a wall-clock time, as strftime(3) formats it.",
        example: "printf(\"%s\\n\", strftime(\"%H:%M:%S\", nsecs))",
        check: Check::Call(2, 2, strftime),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ksym",
        signature: "ksym(address)",
        doc: "Shows an address of the kernel as a symbol.",
        example: "@[ksym(args.ip)] = count()",
        check: Check::Call(1, 1, ksym),
        ..Builtin::PLAIN
    },
];

/// `$1 + n`: what follows the first characters of a parameter.
fn rest_of_positional(e: &ast::Expr, cx: &Cx<'_>) -> Option<Vec<u8>> {
    let ast::ExprKind::Binary {
        op: ast::BinaryOp::Add,
        left,
        right,
    } = &e.kind
    else {
        return None;
    };
    let (ast::ExprKind::Positional(n), ast::ExprKind::Int(skip)) = (&left.kind, &right.kind) else {
        return None;
    };
    let given = cx.options.parameter(*n).unwrap_or("").as_bytes();
    let skip = usize::try_from(*skip).unwrap_or(usize::MAX);
    Some(given.get(skip..).unwrap_or_default().to_vec())
}

fn str_(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if let ast::ExprKind::Positional(n) = call.args[0].kind {
        let given = cx.options.parameter(n).unwrap_or("").as_bytes().to_vec();
        return text(given, call.span);
    }
    if let Some(rest) = rest_of_positional(&call.args[0], cx) {
        return text(rest, call.span);
    }
    let address = call.value(0, cx);
    if let Ty::Str { cap, .. } = address.ty {
        return shortened(address, cap, call, cx);
    }
    let Some(space) = space_of(&address) else {
        return call.wrong("an address", &address, cx);
    };
    let most = cx.config.max_strlen;
    let (len, ty) = match length(call, cx) {
        Length::Whole => (
            None,
            Ty::Str {
                cap: most + 1,
                cut: true,
            },
        ),
        Length::Wrong => return Typed::unknown(call.span),
        Length::Fixed(n) if n <= most => (
            None,
            Ty::Str {
                cap: n + 1,
                cut: false,
            },
        ),
        Length::Fixed(_) => (
            None,
            Ty::Str {
                cap: most + 1,
                cut: true,
            },
        ),
        Length::Given(len) => (
            Some(Box::new(len)),
            Ty::Str {
                cap: most + 1,
                cut: true,
            },
        ),
    };
    let kind = ExprKind::LoadStr {
        address: Box::new(address.convert(&Ty::U64)),
        len,
        space,
    };
    Typed::value(kind, ty, call.span)
}

/// A text that is one already, cut to the length that the call gives.
fn shortened(value: Typed, cap: u32, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    match length(call, cx) {
        Length::Whole => value,
        Length::Wrong => Typed::unknown(call.span),
        Length::Fixed(n) if n.saturating_add(1) >= cap => value,
        Length::Fixed(n) => value.converted(&Ty::Str {
            cap: n + 1,
            cut: false,
        }),
        Length::Given(_) => {
            let span = call.args[1].span;
            let report = error::not_constant(call.name, "a number of bytes", span);
            cx.fail(report, call.span)
        }
    }
}

/// The second argument of `str` and `buf`.
enum Length {
    Whole,
    Fixed(u32),
    Given(ir::Expr),
    Wrong,
}

fn length(call: &Call<'_>, cx: &mut Cx<'_>) -> Length {
    if call.args.len() < 2 {
        return Length::Whole;
    }
    let len = call.value(1, cx);
    match len.as_literal() {
        Some(n) => match u32::try_from(n) {
            Ok(n) => Length::Fixed(n),
            Err(_) => {
                cx.report(error::out_of_bounds(
                    "a length",
                    "of 0 bytes or more",
                    len.span,
                ));
                Length::Wrong
            }
        },
        None if len.ty.is_integer() => Length::Given(len.convert(&Ty::U64)),
        None => {
            call.wrong("a number of bytes", &len, cx);
            Length::Wrong
        }
    }
}

/// Which memory an address points into; nothing for what is no address.
fn space_of(address: &Typed) -> Option<Space> {
    match &address.ty {
        Ty::Pointer { space, .. } => Some(space.space()),
        ty if ty.is_integer() => Some(Space::Any),
        _ => None,
    }
}

/// An argument as text: what already is one, an array of bytes, or what an address points to.
pub(super) fn text_of(call: &Call<'_>, n: usize, cx: &mut Cx<'_>) -> Option<Typed> {
    let value = call.value(n, cx);
    let (span, most) = (value.span, cx.config.max_strlen);
    let (len, cap) = match &value.ty {
        Ty::Unknown => return None,
        Ty::Str { .. } => return Some(value),
        Ty::Array { elem, len } if matches!(**elem, Ty::Int { bytes: 1, .. }) => {
            (Some(*len), *len + 1)
        }
        Ty::Pointer { .. } => (None, most + 1),
        _ => {
            call.wrong("text, an array of bytes or an address", &value, cx);
            return None;
        }
    };
    let (address, space) = bytes_of(value, call, cx)?;
    let len = len.map(|len| Box::new(Typed::literal(len.into(), span).convert(&Ty::U64)));
    let kind = ExprKind::LoadStr {
        address: Box::new(address),
        len,
        space,
    };
    Some(Typed::value(kind, Ty::Str { cap, cut: false }, span))
}

fn buf(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let data = crate::infer::check_expr(&call.args[0], cx);
    let most = cx.config.max_strlen;
    let given = length(call, cx);
    if matches!(given, Length::Wrong) || data.is_unknown() {
        return Typed::unknown(call.span);
    }
    let whole = match &data.ty {
        Ty::Str { cap, .. } => Some(text_len(&data).unwrap_or(*cap)),
        Ty::Array { .. } => Some(data.ty.lower().size()),
        Ty::Pointer {
            to: Pointee::Ty(ty),
            ..
        } => match &**ty {
            Ty::Array { .. } => Some(ty.lower().size()),
            _ => None,
        },
        _ => None,
    };
    let Some((address, space)) = bytes_of(data, call, cx) else {
        return Typed::unknown(call.span);
    };
    let (len, cap) = match (given, whole) {
        (Length::Fixed(n), Some(whole)) => (None, n.min(whole)),
        (Length::Fixed(n), None) => (None, n),
        (Length::Given(len), whole) => (Some(Box::new(len)), whole.unwrap_or(most)),
        (_, Some(whole)) => (None, whole),
        (_, None) => (None, most),
    };
    let kind = ExprKind::LoadBuffer {
        address: Box::new(address),
        len,
        space,
    };
    Typed::value(
        kind,
        Ty::Buffer {
            cap: cap.clamp(1, most.max(1)),
        },
        call.span,
    )
}

/// The bytes at an address: as many as a number says, and no more than `cap`.
pub(super) fn bytes_at(pointer: Typed, len: &Typed, cap: u32, span: Span) -> ir::Expr {
    let space = space_of(&pointer).unwrap_or(Space::Any);
    let kind = ExprKind::LoadBuffer {
        address: Box::new(pointer.convert(&Ty::U64)),
        len: Some(Box::new(len.clone().convert(&Ty::U64))),
        space,
    };
    expr(kind, ir::Type::Buffer { cap }, span)
}

fn text_len(data: &Typed) -> Option<u32> {
    data.as_text().map(|text| text.len() as u32)
}

/// The address of the bytes that `buf` reads, and which memory it is in.
fn bytes_of(data: Typed, call: &Call<'_>, cx: &mut Cx<'_>) -> Option<(ir::Expr, Space)> {
    let span = data.span;
    match &data.ty {
        Ty::Str { .. } | Ty::Array { .. } => match data.kind {
            TypedKind::Memory(memory) if memory.space != Space::Context => {
                let space = memory.space;
                Some((memory.address(span), space))
            }
            _ => {
                let kind = ExprKind::AddressOf(Box::new(data.into_ir()));
                Some((
                    ir::Expr {
                        kind,
                        ty: ir::Type::Pointer,
                        span,
                    },
                    Space::Kernel,
                ))
            }
        },
        _ => match space_of(&data) {
            Some(space) => Some((data.convert(&Ty::U64), space)),
            None => {
                call.wrong("an address or an array", &data, cx);
                None
            }
        },
    }
}

fn strftime(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let format = call.text(0, "a format", cx);
    let when = call.value(1, cx);
    let Some((format, _)) = format else {
        return Typed::unknown(call.span);
    };
    if !when.ty.is_integer() {
        return call.wrong("nanoseconds since boot", &when, cx);
    }
    let format = String::from_utf8_lossy(&format).into();
    let clock = clock_of(&call.args[1], cx);
    let when = when.convert(&Ty::U64);
    Typed::value(when.kind, Ty::Timestamp { format, clock }, call.span)
}

/// The clock that a time is of, where it is told by `nsecs` right there; else the usual one.
fn clock_of(time: &ast::Expr, cx: &mut Cx<'_>) -> ir::Clock {
    match &time.kind {
        ast::ExprKind::Call { name, args } if name.name == "nsecs" => {
            let call = Call {
                name: "nsecs",
                signature: "",
                args,
                span: time.span,
            };
            super::machine::clock(&call, cx).unwrap_or_default()
        }
        _ => ir::Clock::Boot,
    }
}

fn ksym(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let address = call.value(0, cx);
    if !address.ty.is_integer() && !address.ty.is_pointer() {
        return call.wrong("an address", &address, cx);
    }
    let address = address.convert(&Ty::U64);
    Typed::value(address.kind, Ty::Ksym, call.span)
}
