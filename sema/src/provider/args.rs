//! The arguments that programs find at an attach point: `args` and its fields.

use super::{Args, Signature, user};
use crate::cx::Cx;
use crate::error;
use crate::infer::from_btf;
use crate::ir::{self, ExprKind, Space};
use crate::kernel::KernelError;
use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::kernel::format::{Field, Shape};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Memory, Typed, expr, offset_by};
use lexer::Span;
use parser::ast::Ident;

/// The address of the program's context.
pub(crate) fn context(span: Span) -> ir::Expr {
    expr(ExprKind::Context, ir::Type::Pointer, span)
}

/// A register, given its offset in the context.
pub(crate) fn register(offset: i64, span: Span) -> Typed {
    let memory = Memory {
        base: context(span),
        offset,
        space: Space::Context,
        bits: None,
    };
    Typed::memory(memory, Ty::U64, span)
}

/// `args` as a whole.
pub(crate) fn whole(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.reads_context = true;
    let has_args = match cx.program.site.args.clone() {
        Args::None | Args::Registers(_) | Args::Usdt(_) | Args::Iter(_) => false,
        Args::Tracepoint(_) | Args::Raw(_) | Args::Function(_) => true,
        Args::User(code) => return user::whole(&code, span, cx),
    };
    if !has_args {
        let report = error::no_args(&cx.program.site.name, span);
        return cx.fail(report, span);
    }
    Typed::value(ExprKind::Context, Ty::Args, span)
}

/// `args.name`
pub(crate) fn field(name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    match cx.program.site.args.clone() {
        Args::None | Args::Registers(_) | Args::Usdt(_) | Args::Iter(_) => Typed::unknown(span),
        Args::User(code) => user::field(&code, name, span, cx),
        Args::Function(signature) => function_field(&signature, name, span, cx),
        Args::Tracepoint(format) => match format.field(&name.name) {
            Some(field) => record_field(field, span, cx),
            None => {
                let names: Vec<&str> = format.own_fields().map(|f| f.name.as_str()).collect();
                unknown(name, &names, span, cx)
            }
        },
        Args::Raw(params) => {
            let found = params
                .iter()
                .enumerate()
                .find(|(_, (n, _))| *n == name.name);
            match found {
                Some((index, &(_, ty))) => slot(index as i64 * 8, ty, None, span, cx),
                None => {
                    let names: Vec<&str> = params.iter().map(|(n, _)| n.as_str()).collect();
                    let probe = cx.program.site.name.clone();
                    if probe.starts_with("tracepoint:") {
                        let report = error::no_record(&name.name, &probe, &names, name.span);
                        return cx.fail(report, span);
                    }
                    unknown(name, &names, span, cx)
                }
            }
        }
    }
}

pub(super) fn unknown(name: &Ident, names: &[&str], span: Span, cx: &mut Cx<'_>) -> Typed {
    let of = format!("`{}`", cx.program.site.name);
    let report = error::unknown_field(&name.name, &of, names, name.span);
    cx.fail(report, span)
}

/// A parameter of a traced function by its name.
fn function_field(signature: &Signature, name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    match signature.params.iter().find(|p| p.name == name.name) {
        Some(param) => {
            let home = signature.module.as_deref();
            slot(param.offset, param.ty, home, span, cx)
        }
        None => {
            let names = signature.params.iter();
            let names: Vec<&str> = names.map(|p| p.name.as_str()).collect();
            unknown(name, &names, span, cx)
        }
    }
}

/// What a function returns, if anything.
pub(crate) fn returned(signature: &Signature, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let (offset, ty) = signature.returned?;
    Some(slot(offset, ty, signature.module.as_deref(), span, cx))
}

/// A value in the context of a raw tracepoint or a function: 8 bytes, of which its type, known to
/// the kernel or to a module, may use fewer.
fn slot(offset: i64, ty: TypeId, module: Option<&str>, span: Span, cx: &mut Cx<'_>) -> Typed {
    let answer = type_of(ty, module, cx);
    let Some(ty) = cx.ask(answer, span) else {
        return Typed::unknown(span);
    };
    let memory = Memory {
        base: context(span),
        offset,
        space: Space::Context,
        bits: None,
    };
    let raw = Typed::memory(memory, Ty::U64, span);
    match ty {
        Ty::Pointer { .. } => Typed { ty, ..raw },
        Ty::Int { .. } | Ty::Bool | Ty::Enum { .. } => raw.converted(&ty),
        _ => raw,
    }
}

fn type_of(ty: TypeId, module: Option<&str>, cx: &mut Cx<'_>) -> Result<Ty, KernelError> {
    let kernel = cx.kernel.btf()?;
    let Some(module) = module.filter(|_| ty.0 >= kernel.len()) else {
        return from_btf(cx.btf()?, ty);
    };
    if let Some(ty) = cx.definitions.modules.renumbered(module, ty) {
        return from_btf(cx.btf()?, ty);
    }
    // What it points to is not known before the types of the module are among ours.
    cx.wanted.module(module);
    match cx.kernel.module_btf(module)? {
        Some(btf) => from_module(&btf, kernel, ty),
        None => Ok(Ty::U64),
    }
}

/// A type of a module's own: what it points to is known as far as the kernel knows it.
fn from_module(btf: &Btf, kernel: &Btf, ty: TypeId) -> Result<Ty, KernelError> {
    let is_foreign = |id: TypeId| id.0 >= kernel.len();
    Ok(match from_btf(btf, ty)? {
        Ty::Pointer {
            to: Pointee::Btf(to),
            space,
        } if is_foreign(to) => Ty::Pointer {
            to: Pointee::Void,
            space,
        },
        Ty::Struct(id) if is_foreign(id) => Ty::U64,
        ty => ty,
    })
}

/// A field of a tracepoint's record.
fn record_field(field: &Field, span: Span, cx: &mut Cx<'_>) -> Typed {
    if let Shape::DataLoc { elem, relative } = &field.shape {
        return data_loc(field, elem, *relative, span, cx);
    }
    let memory = Memory {
        base: context(span),
        offset: i64::from(field.offset),
        space: Space::Context,
        bits: None,
    };
    Typed::memory(memory, shape_type(&field.shape, cx), span)
}

/// A field whose word tells where in the record its data is (`__data_loc`, low 16 bits), counted
/// from the record's start, or from behind the word (`__rel_loc`).
fn data_loc(field: &Field, elem: &Shape, relative: bool, span: Span, cx: &mut Cx<'_>) -> Typed {
    let word = Memory {
        base: context(span),
        offset: i64::from(field.offset),
        space: Space::Context,
        bits: None,
    };
    let word = Typed::memory(word, Ty::U32, span).convert(&Ty::U64);
    let mask = Typed::literal(0xffff, span).convert(&Ty::U64);
    let offset = ExprKind::Binary(ir::BinaryOp::BitAnd, Box::new(word), Box::new(mask));
    let offset = expr(offset, ir::Type::Pointer, span);
    let start = if relative {
        i64::from(field.offset + field.size)
    } else {
        0
    };
    let base = offset_by(context(span), start, span);
    let address = ExprKind::Binary(ir::BinaryOp::Add, Box::new(base), Box::new(offset));
    let ty = Ty::Pointer {
        to: Pointee::Ty(Box::new(shape_type(elem, cx))),
        space: AddressSpace::Kernel,
    };
    Typed::value(address, ty, span)
}

/// The type of what a field holds. Names are looked up in BTF where it knows them.
fn shape_type(shape: &Shape, cx: &mut Cx<'_>) -> Ty {
    match shape {
        Shape::Bool => Ty::Bool,
        Shape::Int { bytes, signed } => Ty::int(*bytes, *signed),
        Shape::Named {
            name,
            bytes,
            signed,
        } => named(name, Kind::Typedef, cx).unwrap_or_else(|| by_size(*bytes, *signed)),
        Shape::Enum { name, bytes } => named(name, Kind::Enum, cx).unwrap_or_else(|| {
            // It prints by name where a module knows it.
            cx.wanted.meaning(name, Kind::Enum);
            by_size(*bytes, false)
        }),
        Shape::Composite { bytes, .. } => bytes_of(*bytes),
        Shape::Pointer { to } => pointer(to, cx),
        Shape::Chars { len } => Ty::Str {
            cap: *len,
            cut: false,
        },
        Shape::Array { elem, len } => Ty::Array {
            elem: Box::new(shape_type(elem, cx)),
            len: *len,
        },
        // The caller follows the word; inside an array there is none.
        Shape::DataLoc { .. } => Ty::U32,
    }
}

/// What a field is when nobody knows more than its size.
fn by_size(bytes: u32, signed: bool) -> Ty {
    match bytes {
        1 | 2 | 4 | 8 => Ty::int(bytes as u8, signed),
        _ => bytes_of(bytes),
    }
}

fn bytes_of(len: u32) -> Ty {
    Ty::Array {
        elem: Box::new(Ty::U8),
        len,
    }
}

fn named(name: &str, kind: Kind, cx: &mut Cx<'_>) -> Option<Ty> {
    let id = find(name, kind, cx)?;
    let ty = from_btf(cx.btf().ok()?, id).ok()?;
    ty.is_value().then_some(ty)
}

/// A type of the event's code by its name, for which modules are asked where the kernel has none.
fn find(name: &str, kind: Kind, cx: &mut Cx<'_>) -> Option<TypeId> {
    let found = cx.find(name, kind);
    if found.is_none() {
        cx.wanted.ty(name, kind);
    }
    found
}

/// A pointer field. Those of system calls point into the process.
fn pointer(to: &str, cx: &mut Cx<'_>) -> Ty {
    let space = match &cx.program.site.attach {
        ir::AttachTarget::Tracepoint { system, .. } if system == "syscalls" => AddressSpace::User,
        _ => AddressSpace::Kernel,
    };
    let to = to.trim_start_matches("const ").trim();
    let pointee = match to {
        "char" => Pointee::Ty(Box::new(Ty::I8)),
        _ => pointee(to, cx).unwrap_or(Pointee::Void),
    };
    Ty::Pointer { to: pointee, space }
}

fn pointee(to: &str, cx: &mut Cx<'_>) -> Option<Pointee> {
    let (name, kind) = match to.split_once(' ') {
        Some(("struct", name)) => (name, Kind::Struct),
        Some(("union", name)) => (name, Kind::Union),
        Some(_) => return None,
        None => (to, Kind::Typedef),
    };
    find(name.trim(), kind, cx).map(Pointee::Btf)
}
