//! What a type is called: `typeinfo`.

use super::cast;
use super::expr::{record_of, text};
use crate::cx::Cx;
use crate::kernel::btf::Btf;
use crate::ty::{Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;
use parser::ast::TypeOrExpr;

/// `typeinfo(e)`: the number of the type in BTF (0 where it has none), its category, its name.
pub(super) fn type_info(what: &TypeOrExpr, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(ty) = cast::measured_as_stored(what, cx) else {
        return Typed::unknown(span);
    };
    let btf = cx.btf().ok();
    let number = Typed::literal(number(&ty).into(), span);
    let parts = [
        ("btf_id", number),
        ("base_ty", text(category(&ty).as_bytes().to_vec(), span)),
        ("full_ty", text(name(&ty, btf).into_bytes(), span)),
    ];
    record_of(
        parts.map(|(name, part)| (name.to_owned(), part)).into(),
        span,
    )
}

fn number(ty: &Ty) -> u32 {
    match ty {
        Ty::Struct(id) | Ty::Object { id, .. } => id.0,
        Ty::Pointer {
            to: Pointee::Btf(id),
            ..
        } => id.0,
        _ => 0,
    }
}

fn category(ty: &Ty) -> &'static str {
    match ty {
        Ty::Unknown => "none",
        Ty::Void => "void",
        Ty::Bool => "bool",
        Ty::Int { .. } | Ty::Enum { .. } => "int",
        Ty::Str { .. } => "string",
        Ty::Buffer { .. } => "buffer",
        Ty::Array { .. } => "array",
        Ty::Tuple(_) => "tuple",
        Ty::Record(_) | Ty::Struct(_) | Ty::Object { .. } | Ty::Args => "record",
        Ty::Pointer { .. } => "pointer",
        Ty::Ksym => "ksym_t",
        Ty::Usym => "usym_t",
        Ty::Stack {
            side: crate::ir::StackSide::Kernel,
            ..
        } => "kstack",
        Ty::Stack { .. } | Ty::StackCopy { .. } => "ustack",
        Ty::Username => "username",
        Ty::Timestamp { .. } => "timestamp",
        Ty::ProcessName => "process_name",
        Ty::Inet => "inet",
        Ty::MacAddr => "mac_address",
        Ty::CgroupPath { .. } => "cgroup_path_t",
    }
}

/// The full name of a type, with the names of structs.
pub(crate) fn name(ty: &Ty, btf: Option<&Btf>) -> String {
    let of_btf = |id| btf.and_then(|btf| btf.type_name(id).ok());
    match ty {
        Ty::Str { cap, .. } => format!("string[{cap}]"),
        Ty::Buffer { cap } => format!("buffer[{cap}]"),
        Ty::Array { elem, len } => format!("{}[{len}]", name(elem, btf)),
        Ty::Tuple(elems) => {
            let elems: Vec<String> = elems.iter().map(|elem| name(elem, btf)).collect();
            format!("({})", elems.join(","))
        }
        Ty::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(n, ty)| format!("{n}={}", name(ty, btf)));
            format!("({})", fields.collect::<Vec<_>>().join(","))
        }
        Ty::Struct(id) | Ty::Object { id, .. } => of_btf(*id).unwrap_or_else(|| ty.to_string()),
        Ty::Pointer {
            to: Pointee::Btf(id),
            ..
        } => of_btf(*id).map_or_else(|| ty.to_string(), |to| format!("{to} *")),
        Ty::Pointer {
            to: Pointee::Ty(to),
            ..
        } => format!("{} *", name(to, btf)),
        ty => ty.to_string(),
    }
}
