//! Structs as values: copied out of memory as a whole, kept in variables and maps, printed.

use super::memory::{self, Part};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, Space, Type};
use crate::kernel::KernelError;
use crate::kernel::btf::{Btf, BtfType, Composite, Kind, TypeId};
use crate::ty::Ty;
use crate::typed::{Memory, Typed, expr};
use lexer::Span;

/// Members of a struct as a value at most, those of its structs counted. More is no value that
/// anybody reads.
const MAX_MEMBERS: usize = 4096;

/// Bytes of a struct as a value at most.
const MAX_BYTES: u32 = 32 << 10;

/// How deep structs nest at most, as in the kernel's own `MAX_RESOLVE_DEPTH`.
const MAX_DEPTH: usize = 32;

/// The value of what may be a struct in memory, or an array of structs: all of it.
pub(crate) fn valued(value: Typed, cx: &mut Cx<'_>) -> Typed {
    match declared(value.ty.clone(), value.span, cx) {
        Some(ty) => Typed { ty, ..value },
        None => Typed::unknown(value.span),
    }
}

/// A type as values have it; nothing where there are none, which is reported.
pub(super) fn declared(ty: Ty, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    if !has_struct(&ty) {
        return Some(ty);
    }
    let answer = cx.btf();
    let btf = cx.ask(answer, span)?;
    let mut left = MAX_MEMBERS;
    let answer = value_type(btf, &ty, &mut left);
    let ty = cx.ask(answer, span)?;
    let fitting = ty.filter(|ty| ty.lower().size() <= MAX_BYTES);
    if fitting.is_none() {
        cx.report(error::struct_too_large(span));
    }
    fitting
}

fn has_struct(ty: &Ty) -> bool {
    match ty {
        Ty::Struct(_) => true,
        Ty::Array { elem, .. } => has_struct(elem),
        _ => false,
    }
}

/// The type with the structs in it laid out; nothing where there is too much, or no size.
fn value_type(btf: &Btf, ty: &Ty, left: &mut usize) -> Result<Option<Ty>, KernelError> {
    Ok(match ty {
        Ty::Struct(id) => layout(btf, *id, left, 0)?.map(|layout| Ty::Object { id: *id, layout }),
        Ty::Array { elem, len } => value_type(btf, elem, left)?.map(|elem| Ty::Array {
            elem: Box::new(elem),
            len: *len,
        }),
        ty => Some(ty.clone()),
    })
}

/// The layout of a struct or union.
fn layout(
    btf: &Btf,
    id: TypeId,
    left: &mut usize,
    depth: usize,
) -> Result<Option<Type>, KernelError> {
    let id = btf.resolve(id)?;
    let (BtfType::Struct(composite) | BtfType::Union(composite)) = btf.get(id)? else {
        return Ok(None);
    };
    if depth >= MAX_DEPTH {
        return Ok(None);
    }
    let mut fields = Vec::new();
    if add_members(btf, &composite, 0, left, depth, &mut fields)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Type::Record {
        fields: fields.into(),
        size: composite.bytes,
        align: btf.align_of(id)?.clamp(1, 8),
    }))
}

/// Adds the members of a struct that starts at a bit; those of anonymous ones as its own.
fn add_members(
    btf: &Btf,
    composite: &Composite<'_>,
    start: u32,
    left: &mut usize,
    depth: usize,
    fields: &mut Vec<ir::Field>,
) -> Result<Option<()>, KernelError> {
    for member in &composite.members {
        *left = match left.checked_sub(1) {
            Some(left) if depth < MAX_DEPTH => left,
            _ => return Ok(None),
        };
        let bit = start.saturating_add(member.bit_offset);
        if member.name.is_empty() {
            let inner = btf.resolve(member.ty)?;
            if let BtfType::Struct(inner) | BtfType::Union(inner) = btf.get(inner)?
                && add_members(btf, &inner, bit, left, depth + 1, fields)?.is_none()
            {
                return Ok(None);
            }
            continue;
        }
        let ty = memory::from_btf(btf, member.ty)?;
        let Some(ty) = member_type(btf, ty, left, depth + 1)? else {
            return Ok(None);
        };
        let part = Part::of(bit, member.bits, &ty);
        fields.push(ir::Field {
            name: member.name.to_owned(),
            offset: part.offset,
            ty: part.load.unwrap_or(ty),
            bits: part.bits,
        });
    }
    Ok(Some(()))
}

fn member_type(
    btf: &Btf,
    ty: Ty,
    left: &mut usize,
    depth: usize,
) -> Result<Option<Type>, KernelError> {
    Ok(match ty {
        Ty::Struct(id) if btf.kind(id) == Some(Kind::Forward) => None,
        Ty::Struct(id) => layout(btf, id, left, depth)?,
        Ty::Array { elem, len } => member_type(btf, *elem, left, depth)?.map(|elem| Type::Array {
            elem: Box::new(elem),
            len,
        }),
        ty => Some(ty.lower()),
    })
}

/// A struct that is a value, as a place from which its members are read.
pub(super) fn in_place(value: Typed, id: TypeId) -> Typed {
    let span = value.span;
    let memory = own_memory(value.into_ir(), span);
    Typed::memory(memory, Ty::Struct(id), span)
}

/// Where a value is that the program holds itself.
pub(super) fn own_memory(value: ir::Expr, span: Span) -> Memory {
    let address = ir::ExprKind::AddressOf(Box::new(value));
    Memory {
        base: expr(address, Type::Pointer, span),
        offset: 0,
        space: Space::Own,
        bits: None,
    }
}
