//! Written types, casts, `sizeof` and `offsetof`.

use super::expr::{check_expr, check_value};
use super::{convert, memory};
use crate::cx::Cx;
use crate::error;
use crate::kernel::btf::{Kind, TypeId};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, Ident, TypeExpr, TypeKind, TypeOrExpr};

/// The names of integers: the language's own, C's and the kernel's, with size and sign.
static INTEGERS: &[(&[&str], u8, bool)] = &[
    (&["int8", "s8", "__s8", "int8_t", "char"], 1, true),
    (&["uint8", "u8", "__u8", "uint8_t"], 1, false),
    (&["int16", "s16", "__s16", "int16_t", "short"], 2, true),
    (
        &["uint16", "u16", "__u16", "uint16_t", "__be16", "__le16"],
        2,
        false,
    ),
    (
        &["int32", "s32", "__s32", "int32_t", "int", "pid_t"],
        4,
        true,
    ),
    (
        &[
            "uint32", "u32", "__u32", "uint32_t", "__be32", "__le32", "unsigned",
        ],
        4,
        false,
    ),
    (
        &["int64", "s64", "__s64", "int64_t", "long", "ssize_t"],
        8,
        true,
    ),
    (
        &[
            "uint64", "u64", "__u64", "uint64_t", "__be64", "__le64", "size_t",
        ],
        8,
        false,
    ),
];

/// Bytes and sign of an integer type that is known by name on every machine.
pub(crate) fn integer_named(name: &str) -> Option<(u8, bool)> {
    let found = INTEGERS.iter().find(|(names, ..)| names.contains(&name));
    found.map(|&(_, bytes, signed)| (bytes, signed))
}

/// The type that a written type means; nothing where it means none, which has been reported.
pub(super) fn resolve(ty: &TypeExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    match &ty.kind {
        TypeKind::Named(name) => named(name, ty.span, cx),
        TypeKind::Struct(name) => of_kernel(name, Kind::Struct, "struct", ty.span, cx),
        TypeKind::Union(name) => of_kernel(name, Kind::Union, "union", ty.span, cx),
        TypeKind::Enum(name) => of_kernel(name, Kind::Enum, "enum", ty.span, cx),
        TypeKind::Pointer(to) => pointer(to, cx),
        TypeKind::Array(elem, Some(len)) => {
            let elem = Box::new(resolve(elem, cx)?);
            let len = constant_size(len, cx)?;
            Some(Ty::Array { elem, len })
        }
        TypeKind::Sized(name, size) => sized(name, size, ty.span, cx),
        TypeKind::TypeOf(what) => type_of(what, cx),
        TypeKind::Tuple(elems) => {
            let elems = elems.iter().map(|elem| element(elem, cx));
            Some(Ty::Tuple(elems.collect::<Option<_>>()?))
        }
        TypeKind::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, ty)| Some((name.name.clone(), element(ty, cx)?)));
            Some(Ty::Record(fields.collect::<Option<_>>()?))
        }
        TypeKind::Array(elem, None) => {
            let elem = resolve(elem, cx)?;
            let name = super::describe::name(&elem, cx.btf().ok());
            let report = match elem {
                Ty::Str { .. } => error::text_without_length(ty.span),
                _ => error::array_without_length(&name, ty.span),
            };
            cx.report(report);
            None
        }
    }
}

/// The type of a part of a tuple or record.
fn element(ty: &TypeExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    let part = resolve(ty, cx)?;
    super::object::declared(part, ty.span, cx)
}

fn named(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    let integer = INTEGERS.iter().find(|(names, ..)| names.contains(&name));
    if let Some(&(_, bytes, signed)) = integer {
        return Some(Ty::int(bytes, signed));
    }
    match name {
        "bool" => Some(Ty::Bool),
        "void" => Some(Ty::Void),
        "string" => Some(Ty::Str {
            cap: cx.config.max_strlen + 1,
            cut: true,
        }),
        _ => {
            let Some(id) = cx.find(name, Kind::Typedef) else {
                cx.wanted.ty(name, Kind::Typedef);
                let names: Vec<&str> = INTEGERS
                    .iter()
                    .flat_map(|(names, ..)| *names)
                    .copied()
                    .collect();
                cx.report(error::unknown_type(name, &names, span));
                return None;
            };
            let answer = cx.btf().and_then(|btf| memory::from_btf(btf, id));
            cx.ask(answer, span)
        }
    }
}

fn of_kernel(name: &str, kind: Kind, word: &str, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    let id = kernel_type(name, kind, word, span, cx)?;
    let answer = cx.btf().and_then(|btf| memory::from_btf(btf, id));
    cx.ask(answer, span)
}

fn kernel_type(name: &str, kind: Kind, word: &str, span: Span, cx: &mut Cx<'_>) -> Option<TypeId> {
    let answer = cx.btf();
    let btf = cx.ask(answer, span)?;
    if let Some(id) = cx.find(name, kind) {
        return Some(id);
    }
    cx.wanted.ty(name, kind);
    let names = btf.names(kind);
    let names: Vec<&str> = names.iter().map(|(name, _)| &**name).collect();
    cx.report(error::unknown_tag(word, name, &names, span));
    None
}

fn pointer(to: &TypeExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    let space = AddressSpace::Any;
    let pointee = match &to.kind {
        TypeKind::Struct(name) => {
            Pointee::Btf(kernel_type(name, Kind::Struct, "struct", to.span, cx)?)
        }
        TypeKind::Union(name) => {
            Pointee::Btf(kernel_type(name, Kind::Union, "union", to.span, cx)?)
        }
        _ => match resolve(to, cx)? {
            Ty::Void => Pointee::Void,
            Ty::Struct(id) => Pointee::Btf(id),
            ty => Pointee::Ty(Box::new(ty)),
        },
    };
    Some(Ty::Pointer { to: pointee, space })
}

/// `string[64]`, `buffer[16]`.
fn sized(name: &str, size: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Option<Ty> {
    let bytes = constant_size(size, cx)?;
    match name {
        "string" => Some(Ty::Str {
            cap: bytes,
            cut: false,
        }),
        "buffer" => Some(Ty::Buffer { cap: bytes }),
        _ => {
            cx.report(error::unknown_type(
                &format!("{name}[{bytes}]"),
                &["string", "buffer"],
                span,
            ));
            None
        }
    }
}

fn constant_size(size: &ast::Expr, cx: &mut Cx<'_>) -> Option<u32> {
    let size = check_value(size, cx);
    let bytes = size.as_literal().and_then(|n| u32::try_from(n).ok());
    let fits = bytes.filter(|n| (1..=1 << 16).contains(n));
    if fits.is_none() {
        cx.report(error::out_of_bounds(
            "a size in a type",
            "from 1 to 65536",
            size.span,
        ));
    }
    fits
}

fn type_of(what: &TypeOrExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    match what {
        TypeOrExpr::Type(ty) => resolve(ty, cx),
        TypeOrExpr::Expr(e) => match type_name(e, cx) {
            Some(ty) => resolve(&ty, cx),
            None => {
                let ty = check_expr(e, cx).stored_type();
                (ty != Ty::Unknown).then_some(ty)
            }
        },
    }
}

/// The type that a bare name is, where it is the name of nothing else.
fn type_name(e: &ast::Expr, cx: &mut Cx<'_>) -> Option<TypeExpr> {
    let ast::ExprKind::Ident(name) = &e.kind else {
        return None;
    };
    let known = !crate::builtin::is_value(name, cx) && cx.find(name, Kind::Typedef).is_some();
    known.then(|| TypeExpr {
        kind: TypeKind::Named(name.clone()),
        span: e.span,
    })
}

/// `(T)e`
pub(super) fn check(ty: &TypeExpr, value: &ast::Expr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let value = check_value(value, cx);
    let to = match &ty.kind {
        // The length is that of the value.
        TypeKind::Array(elem, None) => resolve(elem, cx).map(|elem| convert::array(elem, &value)),
        _ => resolve(ty, cx),
    };
    match to {
        Some(to) => convert::cast(value, to, span, cx),
        None => Typed::unknown(span),
    }
}

/// The type of a type or of an expression, as a variable would have it.
pub(super) fn measured_as_stored(what: &TypeOrExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    type_of(what, cx)
}

/// The type of a type or of an expression that is not evaluated.
pub(super) fn measured(what: &TypeOrExpr, cx: &mut Cx<'_>) -> Option<Ty> {
    match what {
        TypeOrExpr::Type(ty) => resolve(ty, cx),
        TypeOrExpr::Expr(e) => match type_name(e, cx) {
            Some(ty) => resolve(&ty, cx),
            None => Some(check_expr(e, cx).ty),
        },
    }
}

/// `sizeof(T)`, `sizeof(e)`: a number of bytes.
pub(super) fn size_of(what: &TypeOrExpr, span: Span, cx: &mut Cx<'_>) -> Typed {
    match measured(what, cx) {
        Some(Ty::Unknown) | None => Typed::unknown(span),
        Some(ty) => Typed::literal(i128::from(memory::size_of(&ty, cx)), span),
    }
}

/// `offsetof(T, a.b)`: a number of bytes.
pub(super) fn offset_of(of: &TypeOrExpr, path: &[Ident], span: Span, cx: &mut Cx<'_>) -> Typed {
    let offset = measured(of, cx).and_then(|ty| offset_in(&ty, path, span, cx));
    match offset {
        Some(offset) => Typed::literal(i128::from(offset), span),
        None => Typed::unknown(span),
    }
}

/// Where a member is in a struct, in bytes; nothing where there is none, which is reported.
pub(super) fn offset_in(ty: &Ty, path: &[Ident], span: Span, cx: &mut Cx<'_>) -> Option<i64> {
    let ty = match ty {
        Ty::Object { id, .. } | Ty::Struct(id) => Ty::Struct(*id),
        Ty::Pointer {
            to: Pointee::Btf(id),
            ..
        } => Ty::Struct(*id),
        Ty::Unknown => return None,
        ty => {
            cx.report(error::no_fields(ty, span));
            return None;
        }
    };
    let start = crate::typed::Memory {
        base: Typed::literal(0, span).convert(&Ty::U64),
        offset: 0,
        space: crate::ir::Space::Kernel,
        bits: None,
    };
    let mut place = Typed::memory(start, ty, span);
    for name in path {
        place = memory::field(place, name, span, cx);
    }
    match place.kind {
        crate::typed::TypedKind::Memory(memory) => Some(memory.offset),
        _ => None,
    }
}
