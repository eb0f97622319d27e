//! Reading the kernel's and the process's memory, and the program's context.

use super::address::{gaps, members, register};
use super::compare::piece_type;
use super::expr::{address, scalar as lower_scalar, wide};
use super::{Address, Cx, Tail, failure, map};
use crate::kernel::helper;
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::{Builtin, Expr, ExprKind, ProgramType, Space, Type};

/// A scalar from memory.
pub(super) fn scalar<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) -> Value<'m> {
    let ExprKind::Load {
        base,
        offset,
        space,
        bits,
    } = &expr.kind
    else {
        return cx.malformed(expr.span, "not a load");
    };
    let whole = match bits {
        // Bit-fields of Bool are read as the byte they are part of.
        Some(_) => piece_type(expr.ty.size()),
        None => expr.ty.clone(),
    };
    let value = match space {
        Space::Context => from_context(cx, *offset, &whole),
        Space::Btf => {
            let base = pointer(cx, base);
            let ptr = cx.b.offset(base, *offset);
            Address::aligned(ptr).load(cx, &whole)
        }
        Space::Own => own(cx, base, *offset).load(cx, &whole),
        Space::Kernel | Space::User | Space::Any => {
            let from = address_value(cx, base, *offset);
            cx.place = expr.span;
            read_scalar(cx, *space, from, &whole)
        }
    };
    match bits {
        Some((low, count)) => bit_field(cx, value, *low, *count, &expr.ty),
        None => value,
    }
}

/// Where something is in a value that the program holds itself.
pub(super) fn own<'m>(cx: &mut Cx<'_, 'm>, base: &'m Expr, offset: i64) -> Address<'m> {
    match (&base.kind, u32::try_from(offset)) {
        (ExprKind::AddressOf(value), Ok(offset)) => address(cx, value).at(cx, offset),
        _ => {
            cx.malformed(base.span, "a value of the program's own without an address");
            cx.temp(8)
        }
    }
}

/// A value in memory from memory.
pub(super) fn into<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr, to: Address<'m>, tail: Tail) {
    let ExprKind::Load {
        base,
        offset,
        space,
        ..
    } = &expr.kind
    else {
        cx.malformed(expr.span, "not a load");
        return;
    };
    if *space == Space::Own {
        let from = own(cx, base, *offset);
        return copy(cx, from, &expr.ty, to, tail);
    }
    let from = address_value(cx, base, *offset);
    cx.place = expr.span;
    read(cx, *space, from, &expr.ty, to, tail);
}

/// Copies a value of the program's own, whose strings may have anything behind their ends.
pub(super) fn copy<'m>(
    cx: &mut Cx<'_, 'm>,
    from: Address<'m>,
    ty: &Type,
    to: Address<'m>,
    tail: Tail,
) {
    if matches!(ty, Type::Str { .. }) {
        let from = cx.b.to_int(from.ptr);
        return read_string(cx, Space::Kernel, from, ty, to, tail);
    }
    to.copy_from(cx, from, ty.size());
}

/// A scalar element of an array.
pub(super) fn index_scalar<'m>(
    cx: &mut Cx<'_, 'm>,
    array: &'m Expr,
    index: &'m Expr,
    ty: &Type,
) -> Value<'m> {
    let to = cx.temp(ty.size());
    index_into(cx, array, index, ty, to);
    to.load(cx, ty)
}

/// An element of an array. Of an array in the kernel's or the process's memory, only the element
/// is read.
pub(super) fn index_into<'m>(
    cx: &mut Cx<'_, 'm>,
    array: &'m Expr,
    index: &'m Expr,
    ty: &Type,
    to: Address<'m>,
) {
    let Type::Array { len, .. } = array.ty else {
        cx.malformed(array.span, "an index into what is no array");
        return;
    };
    let index = wide(cx, index);
    let source = match &array.kind {
        ExprKind::Load {
            base,
            offset,
            space,
            ..
        } if *space != Space::Own => Element::Elsewhere(*space, address_value(cx, base, *offset)),
        _ => Element::Here(address(cx, array)),
    };
    let size = ty.size();
    to.zero(cx, size);
    // The verifier has to see the bound, even where LLVM could prove it.
    let index = cx.b.opaque(index);
    let [inside, join] = [cx.block(c"inside"), cx.block(c"indexed")];
    let len = cx.u64(u64::from(len));
    let fits = cx.b.compare(Predicate::UnsignedLt, index, len);
    cx.b.branch(fits, inside, join);
    cx.enter(inside);
    let offset = cx.b.mul(index, cx.u64(u64::from(size)));
    match source {
        Element::Elsewhere(space, from) => {
            let from = cx.b.add(from, offset);
            read(cx, space, from, ty, to, Tail::Zero);
        }
        Element::Here(from) => {
            let element = Address {
                ptr: cx.b.offset_by(from.ptr, offset),
                align: from.align.min(ty.align()),
            };
            copy(cx, element, ty, to, Tail::Zero);
        }
    }
    cx.b.jump(join);
    cx.enter(join);
}

enum Element<'m> {
    Elsewhere(Space, Value<'m>),
    Here(Address<'m>),
}

/// The helper that reads bytes of a space.
pub(super) fn reader(space: Space) -> u32 {
    match space {
        Space::User => helper::PROBE_READ_USER,
        Space::Any => helper::PROBE_READ,
        Space::Kernel | Space::Context | Space::Btf | Space::Own => helper::PROBE_READ_KERNEL,
    }
}

/// The helper that reads a string of a space.
pub(super) fn string_reader(space: Space) -> u32 {
    match space {
        Space::User => helper::PROBE_READ_USER_STR,
        Space::Any => helper::PROBE_READ_STR,
        Space::Kernel | Space::Context | Space::Btf | Space::Own => helper::PROBE_READ_KERNEL_STR,
    }
}

/// Reads a value of any type. What cannot be read becomes zero.
fn read<'m>(
    cx: &mut Cx<'_, 'm>,
    space: Space,
    from: Value<'m>,
    ty: &Type,
    to: Address<'m>,
    tail: Tail,
) {
    if matches!(ty, Type::Str { .. }) {
        return read_string(cx, space, from, ty, to, tail);
    }
    let size = cx.u64(u64::from(ty.size()));
    failure::call(cx, reader(space), &[to.ptr, size, from]);
    if tail == Tail::Zero {
        clean(cx, space, from, ty, to);
    }
}

fn read_scalar<'m>(cx: &mut Cx<'_, 'm>, space: Space, from: Value<'m>, ty: &Type) -> Value<'m> {
    let to = cx.temp(8);
    let size = cx.u64(u64::from(ty.size()));
    failure::call(cx, reader(space), &[to.ptr, size, from]);
    if *ty == Type::Bool {
        let byte = to.load(cx, &Type::U8);
        return cx.b.compare(Predicate::Ne, byte, cx.b.constant(Ty::I8, 0));
    }
    to.load(cx, ty)
}

fn read_string<'m>(
    cx: &mut Cx<'_, 'm>,
    space: Space,
    from: Value<'m>,
    ty: &Type,
    to: Address<'m>,
    tail: Tail,
) {
    if tail == Tail::Zero {
        to.zero(cx, ty.size());
    }
    let size = cx.u64(u64::from(ty.size()));
    failure::call(cx, string_reader(space), &[to.ptr, size, from]);
}

/// Makes memory clean that was read as it was: reads strings again as such, and zeroes what no
/// member of a struct covers. A struct's own strings stay as they are: members of unions overlap.
fn clean<'m>(cx: &mut Cx<'_, 'm>, space: Space, from: Value<'m>, ty: &Type, at: Address<'m>) {
    match ty {
        Type::Array { elem, len } if matches!(**elem, Type::Str { .. }) => {
            for offset in (0..*len).map(|i| i * elem.size()) {
                let from = cx.b.add(from, cx.u64(u64::from(offset)));
                read_string(cx, space, from, elem, at.at(cx, offset), Tail::Zero);
            }
        }
        _ => {
            for (offset, bytes) in holes(ty) {
                at.at(cx, offset).zero(cx, bytes);
            }
        }
    }
}

/// Offset and length of what no member covers, in the structs of a type.
fn holes(ty: &Type) -> Vec<(u32, u32)> {
    let mut covered = Vec::new();
    cover(ty, 0, &mut covered);
    covered.sort_unstable();
    covered.push((ty.size(), ty.size()));
    let mut holes = Vec::new();
    let mut end = 0;
    for (start, stop) in covered {
        if start > end {
            holes.push((end, start - end));
        }
        end = end.max(stop);
    }
    holes
}

/// Adds start and end of each member that is no struct.
fn cover(ty: &Type, at: u32, covered: &mut Vec<(u32, u32)>) {
    /// Longer arrays count as covered: their padding costs an instruction an element.
    const ELEMENTS_MAX: u32 = 64;
    match ty {
        Type::Record { fields, .. } => {
            for field in fields.iter() {
                cover(&field.ty, at + field.offset, covered);
            }
        }
        Type::Array { elem, len } if *len <= ELEMENTS_MAX && !is_plain(elem) => {
            for index in 0..*len {
                cover(elem, at + index * elem.size(), covered);
            }
        }
        _ => covered.push((at, at + ty.size())),
    }
}

/// Whether every byte of a type's values matters.
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Str { .. } => false,
        Type::Array { elem, .. } => is_plain(elem),
        Type::Tuple(_) | Type::Record { .. } => {
            gaps(ty).is_empty() && members(ty).iter().all(|(_, ty)| is_plain(ty))
        }
        _ => true,
    }
}

/// The address some bytes behind a base, as a number.
pub(super) fn address_value<'m>(cx: &mut Cx<'_, 'm>, base: &'m Expr, offset: i64) -> Value<'m> {
    let base = match &base.kind {
        ExprKind::AddressOf(value) => match &value.kind {
            ExprKind::MapGet { map, key } if offset == 0 => {
                let entry = map::entry(cx, *map, key.as_deref());
                cx.b.to_int(entry)
            }
            // To what may be null nothing can be added.
            ExprKind::MapGet { .. } => lower_scalar(cx, base),
            _ => {
                let address = address(cx, value);
                cx.b.to_int(address.ptr)
            }
        },
        _ => lower_scalar(cx, base),
    };
    let base = cx.b.resize(base, Ty::I64, false);
    if offset == 0 {
        return base;
    }
    cx.b.add(base, cx.u64(offset.cast_unsigned()))
}

/// A base as a pointer that the verifier knows.
pub(super) fn pointer<'m>(cx: &mut Cx<'_, 'm>, base: &'m Expr) -> Value<'m> {
    match base.kind {
        ExprKind::Context => cx.context,
        ExprKind::Builtin(Builtin::CurrentTask) => {
            cx.b.call_helper(helper::GET_CURRENT_TASK_BTF, &[], Ty::Ptr)
        }
        _ => {
            let base = lower_scalar(cx, base);
            cx.b.to_ptr(base)
        }
    }
}

/// The context is read at constant offsets, by pieces that are aligned to their size.
pub(super) fn from_context<'m>(cx: &Cx<'_, 'm>, offset: i64, ty: &Type) -> Value<'m> {
    let register = register(ty);
    let ptr = cx.b.offset(cx.context, offset);
    let known = 1 << offset.trailing_zeros().min(3);
    let align = register.bytes().min(known);
    match cx.probe.program {
        // What a perf event's or a function's context holds can only be read whole, which LLVM
        // would not know when only a part of it is used.
        ProgramType::PerfEvent | ProgramType::Tracing => cx.b.load_volatile(register, ptr, align),
        ProgramType::Tracepoint | ProgramType::RawTracepoint | ProgramType::Kprobe
            if register == Ty::I1 =>
        {
            let byte = cx.b.load(Ty::I8, ptr, 1);
            cx.b.compare(Predicate::Ne, byte, cx.b.constant(Ty::I8, 0))
        }
        ProgramType::Tracepoint | ProgramType::RawTracepoint | ProgramType::Kprobe => {
            cx.b.load(register, ptr, align)
        }
    }
}

/// Cuts `count` bits from bit `low` on out of an integer.
fn bit_field<'m>(cx: &Cx<'_, 'm>, value: Value<'m>, low: u8, count: u8, ty: &Type) -> Value<'m> {
    let width = value.ty().bits();
    let constant = |bits: u32| cx.b.constant(value.ty(), u64::from(bits));
    let above = width
        .saturating_sub(u32::from(low) + u32::from(count))
        .min(width - 1);
    let below = width.saturating_sub(u32::from(count)).min(width - 1);
    let top = cx.b.shl(value, constant(above));
    let field = if ty.is_signed() {
        cx.b.ashr(top, constant(below))
    } else {
        cx.b.lshr(top, constant(below))
    };
    match ty {
        Type::Bool => cx.b.compare(Predicate::Ne, field, constant(0)),
        _ => field,
    }
}
