//! Functions that ask for the kind of a value when compiling, and that say where a pointer points.

use super::{Builtin, Call, Check, Mode};
use crate::cx::Cx;
use crate::infer::check_expr;
use crate::ir::{CompareOp, ExprKind};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Typed, TypedKind};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "is_ptr",
        signature: "is_ptr(value)",
        doc: "Whether a value is a pointer; known when compiling.",
        example: "print(is_ptr(curtask))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| ask(call, cx, |v| v.ty.is_pointer())),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_str",
        signature: "is_str(value)",
        doc: "Whether a value is a string; known when compiling.",
        example: "print(is_str(comm))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| {
            ask(call, cx, |v| matches!(v.ty, Ty::Str { .. }))
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_integer",
        signature: "is_integer(value)",
        doc: "Whether a value is an integer; known when compiling.",
        example: "print(is_integer(pid))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| ask(call, cx, is_integer)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_unsigned_integer",
        signature: "is_unsigned_integer(value)",
        doc: "Whether a value is an integer without a sign; known when compiling.",
        example: "print(is_unsigned_integer(pid))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| {
            ask(call, cx, |v| is_integer(v) && !v.stored_type().is_signed())
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_array",
        signature: "is_array(value)",
        doc: "Whether a value is an array; known when compiling.",
        example: "print(is_array((int8[4])pid))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| {
            ask(call, cx, |v| matches!(v.ty, Ty::Array { .. }))
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_literal",
        signature: "is_literal(value)",
        doc: "Whether a value is written as such: a number, a text, true or false.",
        example: "print(is_literal(5))",
        mode: Mode::CompileTime,
        check: Check::Call(1, 1, |call, cx| ask(call, cx, is_literal)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "is_err",
        signature: "is_err(pointer)",
        doc: "Whether a pointer of the kernel is an error number in disguise: one of the last 4095 \
              addresses.",
        example: "fexit:filp_open /is_err(retval)/ { @failed = count() }",
        check: Check::Call(1, 1, is_err),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "kptr",
        signature: "kptr(address)",
        doc: "The address as one of the kernel's memory, whatever the probe is.",
        example: "$value = *kptr(@address)",
        check: Check::Call(1, 1, |call, cx| pointing(call, AddressSpace::Kernel, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "uptr",
        signature: "uptr(address)",
        doc: "The address as one of the process's memory, whatever the probe is.",
        example: "$text = str(uptr(@address))",
        check: Check::Call(1, 1, |call, cx| pointing(call, AddressSpace::User, cx)),
        ..Builtin::PLAIN
    },
];

/// `MAX_ERRNO` of `linux/err.h`.
const LAST_ERROR: i64 = 4095;

fn is_err(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let pointer = call.value(0, cx);
    if !pointer.ty.is_pointer() && !pointer.ty.is_integer() {
        return call.wrong("a pointer", &pointer, cx);
    }
    let address = match pointer.ty.is_pointer() {
        true => {
            let kind = ExprKind::Convert(Box::new(pointer.into_ir()));
            Typed::value(kind, Ty::U64, call.span).into_ir()
        }
        false => pointer.convert(&Ty::U64),
    };
    let first = ExprKind::Int((-LAST_ERROR).cast_unsigned());
    let first = Typed::value(first, Ty::U64, call.span).into_ir();
    let kind = ExprKind::Compare(CompareOp::Ge, Box::new(address), Box::new(first));
    Typed::value(kind, Ty::Bool, call.span)
}

fn is_integer(value: &Typed) -> bool {
    matches!(value.ty, Ty::Int { .. } | Ty::Enum { .. })
}

fn is_literal(value: &Typed) -> bool {
    matches!(
        value.kind,
        TypedKind::Literal(_) | TypedKind::Value(ExprKind::Int(_) | ExprKind::Str(_))
    )
}

/// The answer is a constant; the value is not evaluated.
fn ask(call: &Call<'_>, cx: &mut Cx<'_>, holds: impl FnOnce(&Typed) -> bool) -> Typed {
    let value = check_expr(&call.args[0], cx);
    if value.is_unknown() {
        return Typed::value(ExprKind::Int(0), Ty::Bool, call.span);
    }
    let answer = ExprKind::Int(u64::from(holds(&value)));
    Typed::value(answer, Ty::Bool, call.span)
}

/// A number becomes a pointer to 64 bits.
fn pointing(call: &Call<'_>, space: AddressSpace, cx: &mut Cx<'_>) -> Typed {
    let address = call.value(0, cx);
    let to = match &address.ty {
        Ty::Unknown => return Typed::unknown(call.span),
        Ty::Pointer { to, .. } => to.clone(),
        ty if ty.is_integer() => Pointee::Ty(Box::new(Ty::U64)),
        _ => return call.wrong("an address", &address, cx),
    };
    let ty = Ty::Pointer { to, space };
    let address = match address.ty.is_pointer() {
        true => address.into_ir(),
        false => address.convert(&Ty::U64),
    };
    Typed::value(ExprKind::Convert(Box::new(address)), ty, call.span)
}
