//! What the kernel's own functions for BPF programs are, asked when compiling.

use super::{Builtin, Call, Check, Mode};
use crate::cx::Cx;
use crate::ir::ExprKind;
use crate::kernel::btf::{Btf, BtfType, Kind, TypeId};
use crate::ty::Ty;
use crate::typed::Typed;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "kfunc_exist",
        signature: "kfunc_exist(\"name\")",
        doc: "Whether the kernel or a module of it has a function of this name for BPF programs; \
              known when compiling.",
        mode: Mode::CompileTime,
        example: "if (kfunc_exist(\"bpf_task_from_pid\")) { print(1) }",
        check: Check::Call(1, 1, exist),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "kfunc_allowed",
        signature: "kfunc_allowed(\"name\")",
        doc: "Whether the kernel has a function of this name that programs of this probe's type may \
              call; known when compiling.",
        mode: Mode::CompileTime,
        example: "if (kfunc_allowed(\"bpf_task_from_pid\")) { print(1) }",
        check: Check::Call(1, 1, allowed),
        ..Builtin::PLAIN
    },
];

fn exist(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = call.text(0, "the name of a function", cx) else {
        return Typed::unknown(call.span);
    };
    let name = String::from_utf8_lossy(&name);
    let answer = cx.kernel.btf();
    let Some(btf) = cx.ask(answer, span) else {
        return Typed::unknown(call.span);
    };
    let found = find(btf, &name).is_some() || in_modules(&name, cx);
    Typed::value(ExprKind::Int(u64::from(found)), Ty::Bool, call.span)
}

/// The kernel is asked by trying: only it knows which functions it offers to which programs.
fn allowed(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = call.text(0, "the name of a function", cx) else {
        return Typed::unknown(call.span);
    };
    let answer = cx.kernel.btf();
    let Some(btf) = cx.ask(answer, span) else {
        return Typed::unknown(call.span);
    };
    let program = cx.program.site.program;
    let may = match find(btf, &String::from_utf8_lossy(&name)) {
        Some(id) => cx.kernel.kfunc_allowed(id, program),
        None => Ok(false),
    };
    let may = cx.ask(may, span).unwrap_or(false);
    Typed::value(ExprKind::Int(u64::from(may)), Ty::Bool, call.span)
}

fn in_modules(name: &str, cx: &Cx<'_>) -> bool {
    let modules = cx.kernel.btf_modules().unwrap_or_default();
    let mut loaded = modules
        .iter()
        .filter_map(|module| cx.kernel.module_btf(module).ok().flatten());
    loaded.any(|btf| own(&btf, name).is_some_and(|id| is_tagged(&btf, id)))
}

fn own(btf: &Btf, name: &str) -> Option<TypeId> {
    btf.find_own(name, Kind::Function)
}

/// The function for BPF programs of this name.
fn find(btf: &Btf, name: &str) -> Option<TypeId> {
    let id = btf.find(name, Kind::Function)?;
    is_tagged(btf, id).then_some(id)
}

/// The tag that such functions have, where the kernel was built with pahole 1.26 or later. Before,
/// every function may be one.
const TAG: &str = "bpf_kfunc";

fn is_tagged(btf: &Btf, function: TypeId) -> bool {
    let tags = btf.names(Kind::DeclTag).into_iter();
    let mut tags = tags.filter(|(name, _)| *name == TAG).peekable();
    if tags.peek().is_none() {
        return true;
    }
    tags.any(|(_, tag)| matches!(btf.get(tag), Ok(BtfType::DeclTag { target, .. }) if target == function))
}
