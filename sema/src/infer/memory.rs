//! What is in memory: fields of structs, elements of arrays, what pointers point to. Nothing is
//! read until a value is wanted, so a chain of fields costs one read for each pointer in it.

use super::object;
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, Space};
use crate::kernel::KernelError;
use crate::kernel::btf::{Btf, BtfType, Int, Kind, TypeId};
use crate::provider::args;
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Memory, Typed, TypedKind, offset_by};
use lexer::Span;
use parser::ast::Ident;
use std::sync::Arc;

/// `base.name`, where the base is a struct, a pointer to one, or the probe's arguments.
pub(super) fn field(base: Typed, name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    match &base.ty {
        Ty::Args => args::field(name, span, cx),
        Ty::Pointer {
            to: Pointee::Btf(_),
            ..
        } => {
            let pointed = deref(base, span, cx);
            match pointed.ty {
                Ty::Struct(_) => field(pointed, name, span, cx),
                _ => no_fields(&pointed, cx),
            }
        }
        Ty::Struct(id) => {
            let id = *id;
            struct_field(base, id, name, span, cx)
        }
        Ty::Object { id, .. } => {
            let id = *id;
            struct_field(object::in_place(base, id), id, name, span, cx)
        }
        _ => no_fields(&base, cx),
    }
}

fn no_fields(base: &Typed, cx: &mut Cx<'_>) -> Typed {
    if base.is_unknown() {
        return Typed::unknown(base.span);
    }
    cx.fail(error::no_fields(&base.ty, base.span), base.span)
}

fn struct_field(base: Typed, id: TypeId, name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    let answer = cx.btf();
    let Some(btf) = cx.ask(answer, span) else {
        return Typed::unknown(span);
    };
    let answer = btf.find_member(id, &name.name);
    let Some(found) = cx.ask(answer, span) else {
        return Typed::unknown(span);
    };
    let Some(found) = found else {
        let names = field_names(btf, id);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let of = format!("`{}`", btf.type_name(id).unwrap_or_default());
        return cx.fail(
            error::unknown_field(&name.name, &of, &names, name.span),
            span,
        );
    };
    let TypedKind::Memory(memory) = base.kind else {
        return Typed::unknown(span);
    };
    let member = found.member;
    let answer = from_btf(btf, member.ty);
    let Some(ty) = cx.ask(answer, span) else {
        return Typed::unknown(span);
    };
    let part = Part::of(member.bit_offset, member.bits, &ty.lower());
    let memory = Memory {
        offset: memory.offset + i64::from(part.offset),
        bits: part.bits,
        ..memory
    };
    match part.load {
        None => Typed::memory(memory, ty, span),
        Some(load) => {
            let wide = Ty::int(8, ty.is_signed());
            let read = ExprKind::Convert(Box::new(memory.load(load, span)));
            Typed::value(read, wide, span).converted(&ty)
        }
    }
}

/// Where a member is.
pub(super) struct Part {
    /// Bytes from the start of the struct.
    pub(super) offset: u32,
    /// For a bit-field: the lowest bit of the integer read there, and the number of bits.
    pub(super) bits: Option<(u8, u8)>,
    /// The integer read there, where it is not of the member's own type: a packed bit-field may
    /// cross the boundaries of that.
    pub(super) load: Option<ir::Type>,
}

impl Part {
    /// The place of a member of a type.
    pub(super) fn of(bit_offset: u32, bits: Option<u8>, ty: &ir::Type) -> Self {
        let Some(bits) = bits else {
            return Part {
                offset: bit_offset / 8,
                bits: None,
                load: None,
            };
        };
        let size = ty.size().max(1);
        let unit = bit_offset / (size * 8);
        let low = bit_offset % (size * 8);
        if low + u32::from(bits) <= size * 8 {
            return Part {
                offset: unit * size,
                bits: Some((low as u8, bits)),
                load: None,
            };
        }
        // The smallest integer that ends where the bits end, so that nothing behind the struct is
        // read.
        let end = (bit_offset + u32::from(bits)).div_ceil(8);
        let bytes = (end - bit_offset / 8).next_power_of_two().min(8);
        let offset = end.saturating_sub(bytes);
        let low = (bit_offset - offset * 8).min(63) as u8;
        Part {
            offset,
            bits: Some((low, bits.min(64 - low))),
            load: Some(ir::Type::Int {
                bytes: bytes as u8,
                signed: ty.is_signed(),
            }),
        }
    }
}

/// The names of a struct's fields, those of its anonymous members too.
fn field_names(btf: &Btf, id: TypeId) -> Vec<String> {
    let mut names = Vec::new();
    let mut left = vec![id];
    // Anonymous members nest a few levels deep; more is a loop in the data.
    for _ in 0..256 {
        let Some(id) = left.pop() else { break };
        let Ok(resolved) = btf.resolve(id) else {
            continue;
        };
        if let Ok(BtfType::Struct(composite) | BtfType::Union(composite)) = btf.get(resolved) {
            for member in composite.members {
                match member.name {
                    "" => left.push(member.ty),
                    name => names.push(name.to_owned()),
                }
            }
        }
    }
    names
}

/// The field of this name.
pub(crate) fn field_of(base: Typed, name: &str, span: Span, cx: &mut Cx<'_>) -> Typed {
    let name = Ident {
        name: name.to_owned(),
        span,
    };
    field(base, &name, span, cx)
}

/// What a pointer to a type points to.
pub(crate) fn pointed_to(pointer: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    deref(pointer, span, cx)
}

/// What a pointer points to.
pub(super) fn deref(pointer: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Ty::Pointer { to, space } = pointer.ty.clone() else {
        return Typed::unknown(span);
    };
    let Some(ty) = pointee(&to, span, cx) else {
        return Typed::unknown(span);
    };
    let memory = Memory {
        base: pointer.into_ir(),
        offset: 0,
        space: space.space(),
        bits: None,
    };
    Typed::memory(memory, ty, span)
}

fn pointee(to: &Pointee, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    match to {
        Pointee::Void => None,
        Pointee::Ty(ty) => Some((**ty).clone()),
        Pointee::Btf(id) => {
            let answer = cx.btf().and_then(|btf| from_btf(btf, *id));
            defined(cx.ask(answer, span)?, span, cx)
        }
    }
}

/// A type, if it is one whose members are known. One that is only declared is reported.
fn defined(ty: Ty, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    let Ty::Struct(id) = ty else {
        return Some(ty);
    };
    let answer = cx.btf().and_then(|btf| btf.get(id));
    let BtfType::Forward { name, union } = cx.ask(answer, span)? else {
        return Some(ty);
    };
    let kind = tag_kind(union);
    let report = error::only_declared(name, kind, span);
    cx.wanted.ty(name, kind);
    cx.report(report);
    None
}

fn tag_kind(union: bool) -> Kind {
    match union {
        true => Kind::Union,
        false => Kind::Struct,
    }
}

/// `base[index]` of an array or a pointer.
pub(super) fn index(base: Typed, index: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    match base.ty.clone() {
        Ty::Unknown => Typed::unknown(span),
        Ty::Pointer {
            to: Pointee::Void, ..
        } => not_indexed(&base, span, cx),
        Ty::Pointer { to, space } => {
            let Some(ty) = pointee(&to, span, cx) else {
                return Typed::unknown(span);
            };
            let memory = Memory {
                base: base.into_ir(),
                offset: 0,
                space: space.space(),
                bits: None,
            };
            element(memory, ty, index, span, cx)
        }
        Ty::Array { elem, len } => memory_index(base, *elem, len, index, span, cx),
        Ty::Str { cap, .. } => {
            let bytes = Ty::Array {
                elem: Box::new(Ty::I8),
                len: cap,
            };
            let base = match base.kind {
                TypedKind::Memory(_) => Typed { ty: bytes, ..base },
                _ => Typed::memory(object::own_memory(base.into_ir(), span), bytes, span),
            };
            memory_index(base, Ty::I8, cap, index, span, cx)
        }
        _ => not_indexed(&base, span, cx),
    }
}

/// Element of an array of a length, which a constant must not exceed. The length of a flexible
/// array is not written in its type.
fn memory_index(
    base: Typed,
    elem: Ty,
    len: u32,
    index: Typed,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    if let Some(n) = index.as_literal()
        && (n < 0 || len > 0 && n >= i128::from(len))
    {
        let wanted = format!("from 0 to {}", len.saturating_sub(1));
        let report = error::out_of_bounds("the index", &wanted, index.span);
        return cx.fail(report, span);
    }
    array_element(base, elem, index, span, cx)
}

fn not_indexed(base: &Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    let report = error::operand(
        "[]",
        &base.ty,
        "an array, a pointer to a type, or a map",
        base.span,
    );
    cx.fail(report, span)
}

fn array_element(base: Typed, elem: Ty, index: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    // The context and the program's own memory are read at constant offsets alone.
    let reachable = |memory: &Memory| {
        !matches!(memory.space, Space::Context | Space::Own) || index.as_literal().is_some()
    };
    match base.kind {
        TypedKind::Memory(memory) if reachable(&memory) => element(memory, elem, index, span, cx),
        _ => {
            let index = Box::new(index.convert(&Ty::U64));
            Typed::value(ExprKind::Index(Box::new(base.into_ir()), index), elem, span)
        }
    }
}

/// Element `index` of the elements that start at a place in memory.
fn element(memory: Memory, elem: Ty, index: Typed, span: Span, cx: &mut Cx<'_>) -> Typed {
    let size = i64::from(size_of(&elem, cx));
    let memory = match index.as_literal() {
        Some(n) => Memory {
            offset: memory.offset.wrapping_add((n as i64).wrapping_mul(size)),
            ..memory
        },
        None => {
            let index = index.convert(&Ty::U64);
            let scale = Typed::literal(i128::from(size), span).convert(&Ty::U64);
            let product = ExprKind::Binary(ir::BinaryOp::Mul, Box::new(index), Box::new(scale));
            let product = ir::Expr {
                kind: product,
                ty: ir::Type::Pointer,
                span,
            };
            let base = offset_by(memory.base, memory.offset, span);
            let sum = ExprKind::Binary(ir::BinaryOp::Add, Box::new(base), Box::new(product));
            Memory {
                base: ir::Expr {
                    kind: sum,
                    ty: ir::Type::Pointer,
                    span,
                },
                offset: 0,
                ..memory
            }
        }
    };
    Typed::memory(memory, elem, span)
}

/// Size of a type in bytes, structs of the kernel as they are in memory.
pub(super) fn size_of(ty: &Ty, cx: &Cx<'_>) -> u32 {
    match ty {
        Ty::Struct(id) => {
            let btf = cx.btf().ok();
            btf.and_then(|btf| btf.size_of(*id).ok().flatten())
                .unwrap_or(0)
        }
        Ty::Array { elem, len } => size_of(elem, cx).saturating_mul(*len),
        _ => ty.lower().size(),
    }
}

/// A type of the kernel as type checking sees it.
///
/// # Errors
/// When the type information does not hold together.
pub(crate) fn from_btf(btf: &Btf, id: TypeId) -> Result<Ty, KernelError> {
    let id = btf.resolve(id)?;
    Ok(match btf.get(id)? {
        BtfType::Int(int) if int.bool => Ty::Bool,
        BtfType::Int(int) if matches!(int.bytes, 1 | 2 | 4 | 8) => {
            Ty::int(int.bytes as u8, int.signed || int.name == "char")
        }
        BtfType::Int(Int { bytes, .. }) | BtfType::Float { bytes, .. } => Ty::Array {
            elem: Box::new(Ty::U8),
            len: bytes,
        },
        BtfType::Pointer(target) => pointer_to(btf, target)?,
        BtfType::Array(array) => array_of(btf, array.elem, array.len)?,
        BtfType::Enum(of) => Ty::Enum {
            name: of.name.to_owned(),
            bytes: of.bytes as u8,
            signed: of.signed,
            names: of
                .constants
                .iter()
                .map(|c| (c.value, c.name.to_owned()))
                .collect::<Arc<_>>(),
        },
        // What one module declares another one may define.
        BtfType::Forward { name, union } => {
            Ty::Struct(btf.find(name, tag_kind(union)).unwrap_or(id))
        }
        _ => Ty::Struct(id),
    })
}

fn pointer_to(btf: &Btf, target: TypeId) -> Result<Ty, KernelError> {
    let space = match btf.get(target)? {
        BtfType::TypeTag { name: "user", .. } => AddressSpace::User,
        _ => AddressSpace::Kernel,
    };
    let to = match btf.get(btf.resolve(target)?)? {
        BtfType::Void | BtfType::Function { .. } | BtfType::Prototype(_) => Pointee::Void,
        _ => Pointee::Btf(target),
    };
    Ok(Ty::Pointer { to, space })
}

fn array_of(btf: &Btf, elem: TypeId, len: u32) -> Result<Ty, KernelError> {
    if let BtfType::Int(int) = btf.get(btf.resolve(elem)?)?
        && (int.char || int.name == "char")
    {
        return Ok(Ty::Str {
            cap: len,
            cut: false,
        });
    }
    Ok(Ty::Array {
        elem: Box::new(from_btf(btf, elem)?),
        len,
    })
}
