//! Values of the machine and of the run: CPUs, clocks, the attach point, the command of `-c`.

use super::value::kernel_value;
use super::{Builtin, Call, Check, Mode, provider, word};
use crate::cx::Cx;
use crate::error;
use crate::infer::text;
use crate::ir::{self, ExprKind, ProgramType, Space};
use crate::provider::args;
use crate::ty::Ty;
use crate::typed::{Memory, Typed};
use lexer::{Diagnostic, Span};

/// Offset of `cs` in `struct pt_regs` of x86-64, `arch/x86/include/asm/ptrace.h`.
const CODE_SEGMENT: i64 = 136;
/// The bits of a segment that say at which level of privilege its code runs; all set for a
/// process.
const PRIVILEGE: u64 = 3;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "cpu",
        signature: "cpu",
        doc: "The number of the CPU.",
        example: "@[cpu] = count()",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Cpu, Ty::U32, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ncpus",
        signature: "ncpus",
        doc: "How many CPUs the machine may have.",
        mode: Mode::CompileTime,
        example: "print(ncpus)",
        check: Check::Value(|span, cx| Typed::literal(cx.kernel.possible_cpus().into(), span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "numaid",
        signature: "numaid",
        doc: "The number of the CPU's NUMA node.",
        example: "@[numaid] = count()",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::NumaNode, Ty::U32, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "jiffies",
        signature: "jiffies",
        doc: "Ticks of the kernel's clock.",
        example: "print(jiffies)",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Jiffies, Ty::U64, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "nsecs",
        signature: "nsecs or nsecs(monotonic|boot|tai|sw_tai)",
        doc: "Nanoseconds of a clock of the kernel: since boot with sleep counted (boot, the \
              usual one) or not (monotonic), or of CLOCK_TAI.",
        example: "@start[tid] = nsecs",
        check: Check::Either(1, nsecs),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "elapsed",
        signature: "elapsed",
        doc: "Nanoseconds since the run began.",
        example: "printf(\"%d ms\\n\", elapsed / 1000000)",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Elapsed, Ty::U64, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "rand",
        signature: "rand",
        doc: "A random number of 32 bits.",
        example: "@ = hist(rand % 100)",
        check: Check::Value(|span, _| kernel_value(ir::Builtin::Rand, Ty::U32, span)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "probetype",
        signature: "probetype",
        doc: "The family of the attach point; special for begin, end and self.",
        mode: Mode::CompileTime,
        example: "print(probetype)",
        check: Check::Value(probe_type),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "usermode",
        signature: "usermode",
        doc: "1 where the probe found the CPU in a process's own code, 0 in the kernel. x86-64.",
        probes: "profile, interval, software, hardware, kprobe, uprobe, usdt",
        example: "@[usermode] = count()",
        check: Check::Value(user_mode),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "cpid",
        signature: "cpid",
        doc: "The process id of the command that -c started; 0 without one.",
        mode: Mode::CompileTime,
        example: "/pid == cpid/",
        check: Check::Value(child),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "has_cpid",
        signature: "has_cpid",
        doc: "Whether there is a command that -c started.",
        mode: Mode::CompileTime,
        example: "/!has_cpid || pid == cpid/",
        check: Check::Value(|span, cx| truth(cx.options.child.is_some(), span)),
        ..Builtin::PLAIN
    },
];

/// A truth value that is known when compiling.
pub(super) fn truth(value: bool, span: Span) -> Typed {
    Typed::value(ExprKind::Int(u64::from(value)), Ty::Bool, span)
}

fn nsecs(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let builtin = match clock(call, cx) {
        Some(ir::Clock::Monotonic) => ir::Builtin::NsecsMonotonic,
        Some(ir::Clock::Tai) => ir::Builtin::NsecsTai,
        Some(ir::Clock::Boot) => ir::Builtin::NsecsBoot,
        None => return Typed::unknown(call.span),
    };
    kernel_value(builtin, Ty::U64, call.span)
}

/// The clock that a call of `nsecs` asks for. Every kernel that strobe runs on can tell
/// `CLOCK_TAI` itself, so `sw_tai` needs no approximation.
pub(super) fn clock(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<ir::Clock> {
    if call.args.is_empty() {
        return Some(ir::Clock::Boot);
    }
    let words = ["monotonic", "boot", "tai", "sw_tai"];
    Some(match word(call, 0, &words, cx)? {
        "monotonic" => ir::Clock::Monotonic,
        "boot" => ir::Clock::Boot,
        _ => ir::Clock::Tai,
    })
}

fn probe_type(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.reads_probe_name = true;
    let name = match provider(cx) {
        "begin" | "end" | "self" => "special",
        name => name,
    };
    text(name.as_bytes().to_vec(), span)
}

/// The privilege that the interrupted code ran with, from the registers of the context.
fn user_mode(span: Span, cx: &mut Cx<'_>) -> Typed {
    let program = cx.program.site.program;
    if !matches!(program, ProgramType::PerfEvent | ProgramType::Kprobe) {
        let places = "`profile`, `interval`, `software`, `hardware`, or a probe of a function";
        let report = error::wrong_provider("usermode", provider(cx), places, span);
        return cx.fail(report, span);
    }
    cx.program.reads_context = true;
    let register = Memory {
        base: args::context(span),
        offset: CODE_SEGMENT,
        space: Space::Context,
        bits: None,
    };
    let register = Box::new(Typed::memory(register, Ty::U64, span).into_ir());
    let constant = |n| Box::new(Typed::value(ExprKind::Int(n), Ty::U64, span).into_ir());
    let level = ExprKind::Binary(ir::BinaryOp::BitAnd, register, constant(PRIVILEGE));
    let level = Box::new(Typed::value(level, Ty::U64, span).into_ir());
    let of_process = ExprKind::Compare(ir::CompareOp::Eq, level, constant(PRIVILEGE));
    let of_process = Typed::value(of_process, Ty::Bool, span).convert(&Ty::U8);
    Typed::value(of_process.kind, Ty::U8, span)
}

fn child(span: Span, cx: &mut Cx<'_>) -> Typed {
    let pid = cx.options.child.unwrap_or_else(|| {
        let report = Diagnostic::warning("no-child", "`cpid` is 0: there is no command")
            .primary(span, "no command was given")
            .help("start one with `-c COMMAND`, or ask `has_cpid` first");
        cx.report(report);
        0
    });
    Typed::literal(i128::from(pid), span)
}
