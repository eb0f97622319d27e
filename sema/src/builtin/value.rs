//! Values that the kernel or the attach point provides.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, StackSide};
use crate::kernel::btf::Kind;
use crate::provider::args;
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::Typed;
use lexer::Span;

/// Bytes of `comm`: `TASK_COMM_LEN` of `linux/sched.h`.
const COMM_BYTES: u32 = 16;

/// Frames of a stack at most: `PERF_MAX_STACK_DEPTH` of `linux/perf_event.h`.
const MAX_FRAMES: u32 = 127;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "pid",
        signature: "pid",
        doc: "The process id.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Pid, Ty::U32, span)),
    },
    Builtin {
        name: "tid",
        signature: "tid",
        doc: "The thread id.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Tid, Ty::U32, span)),
    },
    Builtin {
        name: "uid",
        signature: "uid",
        doc: "The user id.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Uid, Ty::U64, span)),
    },
    Builtin {
        name: "gid",
        signature: "gid",
        doc: "The group id.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Gid, Ty::U64, span)),
    },
    Builtin {
        name: "username",
        signature: "username",
        doc: "The name of the user.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Uid, Ty::Username, span)),
    },
    Builtin {
        name: "comm",
        signature: "comm",
        doc: "The name of the thread, of at most 15 bytes.",
        check: Check::Value(comm),
    },
    Builtin {
        name: "cpu",
        signature: "cpu",
        doc: "The number of the CPU.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Cpu, Ty::U64, span)),
    },
    Builtin {
        name: "nsecs",
        signature: "nsecs",
        doc: "Nanoseconds since boot, sleep counted.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::NsecsBoot, Ty::U64, span)),
    },
    Builtin {
        name: "elapsed",
        signature: "elapsed",
        doc: "Nanoseconds since the run began.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Elapsed, Ty::U64, span)),
    },
    Builtin {
        name: "rand",
        signature: "rand",
        doc: "A random number of 32 bits.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Rand, Ty::U32, span)),
    },
    Builtin {
        name: "cgroup",
        signature: "cgroup",
        doc: "The id of the current cgroup.",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Cgroup, Ty::U64, span)),
    },
    Builtin {
        name: "curtask",
        signature: "curtask",
        doc: "The current task, a struct task_struct of the kernel.",
        check: Check::Value(current_task),
    },
    Builtin {
        name: "args",
        signature: "args.field",
        doc: "The arguments of the tracepoint or function.",
        check: Check::Value(args::whole),
    },
    Builtin {
        name: "cpid",
        signature: "cpid",
        doc: "The process id of the command that -c started.",
        check: Check::Value(child),
    },
    Builtin {
        name: "kstack",
        signature: "kstack or kstack(frames)",
        doc: "The kernel's stack.",
        check: Check::Either(1, |call, cx| stack(StackSide::Kernel, call, cx)),
    },
];

fn kernel_value(builtin: ir::Builtin, ty: Ty, span: Span) -> Typed {
    Typed::value(ExprKind::Builtin(builtin), ty, span)
}

fn comm(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.find_comm_offset();
    let ty = Ty::Str {
        cap: COMM_BYTES,
        cut: false,
    };
    kernel_value(ir::Builtin::Comm, ty, span)
}

/// A pointer to the kernel's `task_struct`; a bare address where there is no type information.
fn current_task(span: Span, cx: &mut Cx<'_>) -> Typed {
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

fn child(span: Span, cx: &mut Cx<'_>) -> Typed {
    match cx.options.child {
        Some(pid) => Typed::literal(i128::from(pid), span),
        None => {
            let report = lexer::Diagnostic::error("no-child", "`cpid` needs a command to run")
                .primary(span, "no command was given")
                .help("start one with `-c COMMAND`");
            cx.fail(report, span)
        }
    }
}

fn stack(side: StackSide, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let depth = match call.args {
        [] => i128::from(MAX_FRAMES),
        _ => match call.constant(0, "the number of frames", cx) {
            Some(depth) => depth,
            None => return Typed::unknown(call.span),
        },
    };
    cx.program.takes_stack = true;
    match u32::try_from(depth) {
        Ok(depth @ 1..=MAX_FRAMES) => {
            kernel_value(ir::Builtin::Stack, Ty::Stack { side, depth }, call.span)
        }
        _ => {
            let report =
                error::out_of_bounds("the number of frames", "from 1 to 127", call.args[0].span);
            cx.fail(report, call.span)
        }
    }
}

/// A constant of one of the kernel's enums.
pub(super) fn kernel_constant(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let btf = cx.btf().ok()?;
    let found = btf.find_constant(name).ok()??;
    let ty = crate::infer::from_btf(btf, found.ty).ok()?;
    Some(Typed::value(ExprKind::Int(found.value as u64), ty, span))
}
