//! `args` of functions of processes, typed by debug information.

use super::Moment;
use super::args::{register, unknown};
use super::registers::convention;
use super::uprobe::UserCode;
use crate::cx::Cx;
use crate::error;
use crate::ir::ExprKind;
use crate::kernel::{UserSignature, ValueShape};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;
use parser::ast::Ident;

/// `args` as a whole.
pub(super) fn whole(code: &UserCode, span: Span, cx: &mut Cx<'_>) -> Typed {
    match signature(code, span, cx) {
        Some(_) => Typed::value(ExprKind::Context, Ty::Args, span),
        None => Typed::unknown(span),
    }
}

/// `args.name`
pub(super) fn field(code: &UserCode, name: &Ident, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(signature) = signature(code, span, cx) else {
        return Typed::unknown(span);
    };
    let names: Vec<&str> = signature
        .parameters
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let Some(at) = names.iter().position(|n| *n == name.name) else {
        return unknown(name, &names, span, cx);
    };
    let offset = signature.register(at);
    let (Some(offset), Some(ty)) = (offset, ty_of(&signature.parameters[at].shape)) else {
        let of = &signature.parameters[at].declaration;
        return cx.fail(error::parameter_place(&name.name, of, span), span);
    };
    let raw = register(offset, span);
    cx.program.reads_context = true;
    cx.program.reads_debug_information = true;
    match ty {
        Ty::Pointer { .. } => Typed { ty, ..raw },
        ty => raw.converted(&ty),
    }
}

/// What debug information says of the function; where it says nothing, that is reported.
fn signature(code: &UserCode, span: Span, cx: &mut Cx<'_>) -> Option<UserSignature> {
    if code.moment == Moment::Return {
        cx.report(error::arguments_at_return("args", span));
        return None;
    }
    let answer = code.binary.signature(code.address);
    let found = cx.ask(answer, span)?;
    if found.is_none() {
        cx.report(error::no_signature(
            &code.function,
            code.binary.path(),
            span,
        ));
    }
    found
}

impl UserSignature {
    /// Offset of the register that carries the n-th parameter, as the C calling convention has
    /// it; nothing for one that is in no such register.
    fn register(&self, n: usize) -> Option<i64> {
        let in_registers = |p: &crate::kernel::UserParameter| p.shape != ValueShape::Other;
        if !in_registers(&self.parameters[n]) {
            return None;
        }
        let before = self.parameters[..n].iter().filter(|p| in_registers(p));
        convention().argument(before.count() as u32)
    }
}

/// The type of a value in a register; nothing for one that is in none.
fn ty_of(shape: &ValueShape) -> Option<Ty> {
    Some(match shape {
        ValueShape::Bool => Ty::Bool,
        ValueShape::Int { bytes, signed } => Ty::int(*bytes, *signed),
        ValueShape::Enum { name, bytes, names } => Ty::Enum {
            name: name.clone(),
            bytes: *bytes,
            signed: true,
            names: names.clone().into(),
        },
        ValueShape::Pointer(to) => Ty::Pointer {
            to: match to.as_deref().and_then(ty_of) {
                Some(ty) => Pointee::Ty(Box::new(ty)),
                None => Pointee::Void,
            },
            space: AddressSpace::User,
        },
        ValueShape::Composite(_) | ValueShape::Other => return None,
    })
}
