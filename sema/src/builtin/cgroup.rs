//! Control groups by id and by path.

use super::value::kernel_value;
use super::{Builtin, Call, Check, Mode};
use crate::cx::Cx;
use crate::error;
use crate::ir;
use crate::ty::Ty;
use crate::typed::Typed;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "cgroup",
        signature: "cgroup",
        doc: "The id of the current task's control group, of version 2.",
        example: "/cgroup == cgroupid(\"/sys/fs/cgroup/system.slice\")/",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Cgroup, Ty::U64, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "cgroupid",
        signature: "cgroupid(\"path\")",
        doc: "The id of the control group, of version 2, whose directory this is.",
        mode: Mode::CompileTime,
        example: "print(cgroupid(\"/sys/fs/cgroup/system.slice\"))",
        check: Check::Call(1, 1, id),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "cgroup_path",
        signature: "cgroup_path(id[, \"hierarchies\"])",
        doc: "Shows a control group's id as its path, in every hierarchy or in those whose name \
              fits a pattern. It is looked up when it is printed.",
        mode: Mode::Async,
        example: "@[cgroup_path(cgroup)] = count()",
        check: Check::Call(1, 2, path),
        ..Builtin::PLAIN
    },
];

fn id(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((path, span)) = call.text(0, "a path", cx) else {
        return Typed::unknown(call.span);
    };
    let path = String::from_utf8_lossy(&path);
    let answer = cx.kernel.cgroup_id(&path);
    match cx.ask(answer, span) {
        Some(Some(id)) => {
            let id = Typed::literal(id.into(), call.span).convert(&Ty::U64);
            Typed::value(id.kind, Ty::U64, call.span)
        }
        Some(None) => cx.fail(error::no_cgroup(&path, span), call.span),
        None => Typed::unknown(call.span),
    }
}

fn path(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let id = call.value(0, cx);
    let filter = match call.args.get(1) {
        Some(_) => call.text(1, "a pattern", cx),
        None => Some((Vec::new(), call.span)),
    };
    let Some((filter, _)) = filter else {
        return Typed::unknown(call.span);
    };
    if !id.ty.is_integer() {
        return call.wrong("the id of a control group", &id, cx);
    }
    let filter = String::from_utf8_lossy(&filter).into();
    let id = id.convert(&Ty::U64);
    Typed::value(id.kind, Ty::CgroupPath { filter }, call.span)
}
