//! Values that the kernel provides. Those that cannot change while a program runs are fetched
//! once a program.

use super::address::register;
use super::name;
use super::unit::Internal;
use super::{Address, Cx, failure};
use crate::kernel::{COMM_SIZE, USER_BUILD_ID, USER_REGISTERS, USER_STACK, helper};
use crate::llvm::{Predicate, Ty, Value};
use crate::object::Globals;
use sema::ir::{Act, Builtin, Expr, ExprKind, StackMode, StackSide, Type};

/// A built-in that fits a register.
pub(super) fn scalar<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, expr: &'m Expr) -> Value<'m> {
    let value = match builtin {
        Builtin::Pid => process_and_thread(cx).0,
        Builtin::Tid => process_and_thread(cx).1,
        Builtin::PidInit => init_process(cx),
        Builtin::TidInit => lower(cx, Builtin::PidInit, helper::GET_CURRENT_PID_TGID),
        Builtin::Uid => lower(cx, Builtin::Uid, helper::GET_CURRENT_UID_GID),
        Builtin::Gid => upper(cx, Builtin::Uid, helper::GET_CURRENT_UID_GID),
        Builtin::Cpu => once(cx, builtin, helper::GET_SMP_PROCESSOR_ID),
        Builtin::CurrentTask => once(cx, builtin, helper::GET_CURRENT_TASK),
        Builtin::NumaNode => once(cx, builtin, helper::GET_NUMA_NODE_ID),
        Builtin::Jiffies => call(cx, helper::JIFFIES64),
        Builtin::Cgroup => once(cx, builtin, helper::GET_CURRENT_CGROUP_ID),
        Builtin::NsecsMonotonic => call(cx, helper::KTIME_GET_NS),
        Builtin::NsecsBoot => call(cx, helper::KTIME_GET_BOOT_NS),
        Builtin::NsecsTai => call(cx, helper::KTIME_GET_TAI_NS),
        Builtin::Rand => call(cx, helper::GET_PRANDOM_U32),
        Builtin::Elapsed => elapsed(cx),
        Builtin::Cookie => of_context(cx, builtin, helper::GET_ATTACH_COOKIE),
        Builtin::FunctionAddress => of_context(cx, builtin, helper::GET_FUNC_IP),
        Builtin::Comm
        | Builtin::Stack
        | Builtin::StackCopy
        | Builtin::ProbeName
        | Builtin::FunctionName => cx.malformed(expr.span, "a built-in is no scalar"),
    };
    cx.b.resize(value, register(&expr.ty), false)
}

/// Fetches the built-in that an expression is, if it is one that is fetched once.
pub(super) fn prefetch<'m>(cx: &mut Cx<'_, 'm>, expr: &'m Expr) {
    match &expr.kind {
        ExprKind::Convert(operand) => prefetch(cx, operand),
        ExprKind::Builtin(Builtin::Comm) => {
            address(cx, Builtin::Comm, expr);
        }
        ExprKind::Builtin(which) if is_fixed(*which) => {
            scalar(cx, *which, expr);
        }
        _ => {}
    }
}

/// Whether a built-in has one value while a program runs, so that it is fetched once.
pub(super) fn is_fixed(builtin: Builtin) -> bool {
    matches!(
        builtin,
        Builtin::Pid
            | Builtin::Tid
            | Builtin::PidInit
            | Builtin::TidInit
            | Builtin::Uid
            | Builtin::Gid
            | Builtin::Comm
            | Builtin::Cpu
            | Builtin::NumaNode
            | Builtin::CurrentTask
            | Builtin::Cgroup
            | Builtin::Cookie
            | Builtin::FunctionAddress
    )
}

/// A built-in in memory, at a place that lasts as long as it is valid.
pub(super) fn address<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, expr: &'m Expr) -> Address<'m> {
    if builtin != Builtin::Comm {
        let to = cx.temp(expr.ty.size());
        into(cx, builtin, expr, to);
        return to;
    }
    let comm = cx.once(Builtin::Comm, |cx| {
        let to = cx.comm_room();
        read_comm(cx, to);
        to.ptr
    });
    Address::aligned(comm)
}

/// A built-in in memory, to a given place.
pub(super) fn into<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, expr: &'m Expr, to: Address<'m>) {
    match (builtin, &expr.ty) {
        (Builtin::Comm, ty) => {
            let from = address(cx, builtin, expr);
            let kept = ty.size().min(COMM_SIZE);
            to.copy_from(cx, from, kept);
            to.at(cx, kept).zero(cx, ty.size() - kept);
        }
        (Builtin::Stack, Type::Stack { side, depth, mode }) => stack(cx, *side, *depth, *mode, to),
        (Builtin::StackCopy, Type::StackCopy { .. }) => stack_copy(cx, to),
        (Builtin::ProbeName | Builtin::FunctionName, ty) => {
            name::into(cx, builtin, ty.size(), to);
        }
        _ => {
            cx.malformed(expr.span, "a built-in is no value in memory");
        }
    }
}

/// The name of the current thread, straight from its `task_struct` where its offset is known,
/// which takes half as long as the helper. The kernel pads the name with zeros (since 5.17).
fn read_comm<'m>(cx: &mut Cx<'_, 'm>, to: Address<'m>) {
    let Some(offset) = cx.unit.ir.task_comm_offset else {
        let args = [to.ptr, cx.u64(u64::from(COMM_SIZE))];
        cx.b.call_helper(helper::GET_CURRENT_COMM, &args, Ty::I64);
        return;
    };
    let task = cx.b.call_helper(helper::GET_CURRENT_TASK_BTF, &[], Ty::Ptr);
    for word in [0, 8] {
        // The name may be less aligned, which the kernel allows for such pointers.
        let from = cx.b.offset(task, i64::from(offset + word));
        let bytes = cx.b.load(Ty::I64, from, 8);
        to.set_word(cx, word, bytes);
    }
}

/// The stack of the program's context: number of frames, process, frames. Unused ones are zeroed
/// by the helper.
fn stack<'m>(cx: &mut Cx<'_, 'm>, side: StackSide, depth: u32, mode: StackMode, to: Address<'m>) {
    let (flags, pid) = match side {
        StackSide::Kernel => (0, cx.u64(0)),
        StackSide::User => (
            match mode {
                StackMode::BuildId => USER_STACK | USER_BUILD_ID,
                StackMode::Bpftrace | StackMode::Perf | StackMode::Raw => USER_STACK,
            },
            process_and_thread(cx).0,
        ),
    };
    let frames = to.at(cx, 8);
    let size = cx.u64(u64::from(mode.frame_size() * depth));
    let args = [cx.context, frames.ptr, size, cx.u64(flags)];
    let bytes = cx.b.call_helper(helper::GET_STACK, &args, Ty::I64);
    let failed = cx.b.compare(Predicate::SignedLt, bytes, cx.u64(0));
    let shift = mode.frame_size().trailing_zeros();
    let count = cx.b.lshr(bytes, cx.u64(u64::from(shift)));
    let count = cx.b.select(failed, cx.u64(0), count);
    let narrow = |value| cx.b.resize(value, Ty::I32, false);
    to.store(cx, narrow(count));
    to.at(cx, 4).store(cx, narrow(pid));
}

/// What user space unwinds the stack of the current process from. Of its memory whole pages are
/// read: what lies behind the last one may not be there.
fn stack_copy<'m>(cx: &mut Cx<'_, 'm>, to: Address<'m>) {
    use sema::ir::{STACK_PAGE_SIZE, STACK_PAGES, StackCopyLayout as Layout};
    let pid = process_and_thread(cx).0;
    let pid = cx.b.resize(pid, Ty::I32, false);
    to.at(cx, Layout::PID).store(cx, pid);
    let task = cx.b.call_helper(helper::GET_CURRENT_TASK_BTF, &[], Ty::Ptr);
    let registers = cx.b.call_helper(helper::TASK_PT_REGS, &[task], Ty::Ptr);
    let mut stack = cx.u64(0);
    for (number, offset) in USER_REGISTERS.into_iter().enumerate() {
        let value = match offset {
            Some(offset) => {
                let from = cx.b.offset(registers, i64::from(offset));
                cx.b.load(Ty::I64, from, 8)
            }
            None => cx.u64(0),
        };
        if number == 1 {
            stack = value;
        }
        to.at(cx, Layout::REGISTERS + 8 * number as u32)
            .store(cx, value);
    }
    let page_mask = !u64::from(STACK_PAGE_SIZE - 1);
    let first = cx.b.and(stack, cx.u64(page_mask));
    let zero = cx.u64(0);
    let (mut all_read, mut count) = (cx.b.constant(Ty::I1, 1), zero);
    for page in 0..STACK_PAGES {
        let offset = page * STACK_PAGE_SIZE;
        let from = cx.b.add(first, cx.u64(u64::from(offset)));
        let room = to.at(cx, Layout::MEMORY + offset);
        let args = [room.ptr, cx.u64(u64::from(STACK_PAGE_SIZE)), from];
        let failed = cx.b.call_helper(helper::PROBE_READ_USER, &args, Ty::I64);
        all_read = cx.b.and(all_read, cx.b.is_zero(failed));
        count = cx.b.add(count, cx.b.resize(all_read, Ty::I64, false));
    }
    let count = cx.b.resize(count, Ty::I32, false);
    to.at(cx, Layout::PAGES).store(cx, count);
}

/// Nanoseconds since the start that user space wrote down.
fn elapsed<'m>(cx: &mut Cx<'_, 'm>) -> Value<'m> {
    let now = call(cx, helper::KTIME_GET_NS);
    let globals = cx.internal_element(Internal::Globals);
    let start = cx.number();
    start.store(cx, now);
    cx.if_set(globals, |cx| {
        let global = Address::aligned(globals).word(cx, Globals::START_NS);
        start.store(cx, global);
    });
    let start = start.load(cx, &Type::U64);
    cx.b.sub(now, start)
}

/// Process and thread id in our own PID namespace, each in the lower half of a word.
fn process_and_thread<'m>(cx: &mut Cx<'_, 'm>) -> (Value<'m>, Value<'m>) {
    let Some(namespace) = cx.unit.ir.pid_namespace else {
        let helper = helper::GET_CURRENT_PID_TGID;
        return (
            upper(cx, Builtin::PidInit, helper),
            lower(cx, Builtin::PidInit, helper),
        );
    };
    let both = cx.once(Builtin::Pid, |cx| {
        // `struct bpf_pidns_info`: thread, process. Zeros where the task is not in the namespace.
        let ids = cx.temp(8);
        let (device, inode) = (cx.u64(namespace.device), cx.u64(namespace.inode));
        let args = [device, inode, ids.ptr, cx.u64(8)];
        cx.b.call_helper(helper::GET_NS_CURRENT_PID_TGID, &args, Ty::I64);
        ids.word(cx, 0)
    });
    let thread = cx.b.and(both, cx.u64(u64::from(u32::MAX)));
    (cx.b.lshr(both, cx.u64(32)), thread)
}

/// Process id in the first PID namespace.
pub(super) fn init_process<'m>(cx: &mut Cx<'_, 'm>) -> Value<'m> {
    upper(cx, Builtin::PidInit, helper::GET_CURRENT_PID_TGID)
}

fn call<'m>(cx: &Cx<'_, 'm>, helper: u32) -> Value<'m> {
    cx.b.call_helper(helper, &[], Ty::I64)
}

fn once<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, helper: u32) -> Value<'m> {
    cx.once(builtin, |cx| call(cx, helper))
}

/// What a helper tells of the program's context.
fn of_context<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, helper: u32) -> Value<'m> {
    cx.once(builtin, |cx| {
        cx.b.call_helper(helper, &[cx.context], Ty::I64)
    })
}

/// Does something to what is traced; yields 0 or a negative error.
pub(super) fn act<'m>(cx: &mut Cx<'_, 'm>, act: Act, operand: &'m Expr) -> Value<'m> {
    let value = super::expr::scalar(cx, operand);
    let value = cx.b.resize(value, Ty::I64, operand.ty.is_signed());
    match act {
        Act::Signal => failure::call(cx, helper::SEND_SIGNAL, &[value]),
        Act::SignalThread => failure::call(cx, helper::SEND_SIGNAL_THREAD, &[value]),
        Act::Override => failure::call(cx, helper::OVERRIDE_RETURN, &[cx.context, value]),
    }
}

/// The upper half of what a helper returns.
fn upper<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, helper: u32) -> Value<'m> {
    let both = once(cx, builtin, helper);
    cx.b.lshr(both, cx.u64(32))
}

/// The lower half of what a helper returns.
fn lower<'m>(cx: &mut Cx<'_, 'm>, builtin: Builtin, helper: u32) -> Value<'m> {
    let both = once(cx, builtin, helper);
    cx.b.and(both, cx.u64(u64::from(u32::MAX)))
}
