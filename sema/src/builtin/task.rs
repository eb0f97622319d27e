//! The task that a probe finds on the CPU, and tasks that a script has pointers to.

use super::value::kernel_value;
use super::{Builtin, Call, Check, word};
use crate::cx::Cx;
use crate::infer::field_of;
use crate::ir;
use crate::kernel::btf::Kind;
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;

/// Bytes of `comm`: `TASK_COMM_LEN` of `linux/sched.h`.
const COMM_BYTES: u32 = 16;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "pid",
        signature: "pid or pid(curr_ns|init)",
        doc: "The process id: in our own PID namespace (curr_ns, the usual one) or in the first.",
        example: "printf(\"%d\\n\", pid)",
        check: Check::Either(1, |call, cx| {
            id(call, cx, ir::Builtin::Pid, ir::Builtin::PidInit)
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "tid",
        signature: "tid or tid(curr_ns|init)",
        doc: "The thread id: in our own PID namespace (curr_ns, the usual one) or in the first.",
        example: "@[tid] = count()",
        check: Check::Either(1, |call, cx| {
            id(call, cx, ir::Builtin::Tid, ir::Builtin::TidInit)
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ppid",
        signature: "ppid or ppid(task)",
        doc: "The process id of the parent, of the current task or of another, in the first PID namespace.",
        example: "printf(\"%d is a child of %d\\n\", pid, ppid)",
        check: Check::Either(1, |call, cx| {
            of_task(call, cx, &["real_parent", "tgid"], Ty::U32)
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "comm",
        signature: "comm or comm(task) or comm(pid)",
        doc: "The name of the thread, of at most 15 bytes. That of another process is looked up when \
              it is printed; its number is printed if it has ended.",
        example: "/comm == \"sh\"/",
        check: Check::Either(1, comm),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "pcomm",
        signature: "pcomm or pcomm(task)",
        doc: "The name of the process, which is that of its first thread.",
        example: "@[pcomm] = count()",
        check: Check::Either(1, leader_comm),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "leader_comm",
        signature: "leader_comm or leader_comm(task)",
        doc: "The name of the process's first thread.",
        example: "@[leader_comm, comm] = count()",
        check: Check::Either(1, leader_comm),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "leader_tid",
        signature: "leader_tid or leader_tid(task)",
        doc: "The thread id of the process's first thread, in the first PID namespace.",
        example: "/tid == leader_tid/",
        check: Check::Either(1, |call, cx| {
            of_task(call, cx, &["group_leader", "pid"], Ty::U32)
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "curtask",
        signature: "curtask",
        doc: "The current task, a struct task_struct of the kernel.",
        example: "print(curtask.prio)",
        check: Check::Value(current),
        ..Builtin::PLAIN
    },
];

fn id(call: &Call<'_>, cx: &mut Cx<'_>, own: ir::Builtin, first: ir::Builtin) -> Typed {
    let builtin = match call.args {
        [] => own,
        _ => match word(call, 0, &["curr_ns", "init"], cx) {
            Some("init") => first,
            Some(_) => own,
            None => return Typed::unknown(call.span),
        },
    };
    kernel_value(builtin, Ty::U32, call.span)
}

fn comm(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if !call.args.is_empty() {
        let task = call.value(0, cx);
        if matches!(task.ty, Ty::Int { .. }) {
            let pid = task.convert(&Ty::U64);
            return Typed::value(pid.kind, Ty::ProcessName, call.span);
        }
        return of_value(task, call, cx, &["comm"], name_type());
    }
    cx.find_comm_offset();
    kernel_value(ir::Builtin::Comm, name_type(), call.span)
}

fn leader_comm(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    of_task(call, cx, &["group_leader", "comm"], name_type())
}

fn name_type() -> Ty {
    Ty::Str {
        cap: COMM_BYTES,
        cut: false,
    }
}

/// A field of the task that a call names, or of the current one, reached by way of others.
fn of_task(call: &Call<'_>, cx: &mut Cx<'_>, path: &[&str], ty: Ty) -> Typed {
    let task = match call.args {
        [] => current(call.span, cx),
        _ => call.value(0, cx),
    };
    of_value(task, call, cx, path, ty)
}

fn of_value(task: Typed, call: &Call<'_>, cx: &mut Cx<'_>, path: &[&str], ty: Ty) -> Typed {
    if !task.ty.is_pointer() {
        return call.wrong("a pointer to a task", &task, cx);
    }
    let found = path
        .iter()
        .fold(task, |from, name| field_of(from, name, call.span, cx));
    if found.is_unknown() {
        return found;
    }
    let lowered = found.convert(&ty);
    Typed::value(lowered.kind, ty, call.span)
}

/// A pointer to the kernel's `task_struct`; a bare address where there is no type information.
pub(super) fn current(span: Span, cx: &mut Cx<'_>) -> Typed {
    let task = cx
        .kernel
        .btf()
        .ok()
        .and_then(|btf| btf.find("task_struct", Kind::Struct));
    let ty = Ty::Pointer {
        to: task.map_or(Pointee::Void, Pointee::Btf),
        space: AddressSpace::Kernel,
    };
    kernel_value(ir::Builtin::CurrentTask, ty, span)
}
