//! Stacks, and addresses that print as symbols.

use super::{Builtin, Call, Check, Mode};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, ExprKind, StackMode, StackSide};
use crate::kernel::{Feature, KernelError};
use crate::provider::registers::convention;
use crate::provider::{Args, Moment, args};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Typed, expr};
use lexer::Span;
use parser::ast;

/// Frames of a stack at most: `PERF_MAX_STACK_DEPTH` of `linux/perf_event.h`.
const MAX_FRAMES: u32 = 127;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "kstack",
        signature: "kstack, kstack(frames) or kstack(mode, frames)",
        doc: "The kernel's stack; modes are bpftrace, perf and raw.",
        example: "@[kstack(3)] = count()",
        check: Check::Either(2, |call, cx| stack(StackSide::Kernel, call, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ustack",
        signature: "ustack, ustack(frames) or ustack(mode, frames)",
        doc: "The process's stack; modes are bpftrace, perf, raw and build_id, and dwarf for programs \
              without frame pointers.",
        example: "@[ustack(perf, 3)] = count()",
        check: Check::Either(2, |call, cx| stack(StackSide::User, call, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "dw_ustack",
        signature: "dw_ustack or dw_ustack(frames)",
        doc: "The process's stack, also of programs without frame pointers: unwound by the tables \
              of their files (.eh_frame) when it is printed, which is all that can be done with it. \
              The same as ustack(dwarf).",
        example: "printf(\"%s\\n\", dw_ustack(10))",
        check: Check::Either(1, |call, cx| stack_copy(call, 0, cx)),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "kaddr",
        signature: "kaddr(\"name\")",
        doc: "The address of a symbol of the kernel.",
        mode: Mode::CompileTime,
        example: "print(kaddr(\"jiffies\"))",
        check: Check::Call(1, 1, kaddr),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "uaddr",
        signature: "uaddr(\"name\")",
        doc: "The address of a symbol of the program that is traced.",
        probes: "uprobe, uretprobe",
        example: "print(*uaddr(\"counter\"))",
        check: Check::Call(1, 1, uaddr),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "usym",
        signature: "usym(address)",
        doc: "Shows an address of the process as a symbol.",
        example: "print(usym(reg(\"ip\")))",
        check: Check::Call(1, 1, usym),
        ..Builtin::PLAIN
    },
];

fn kaddr(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = symbol_name(call, cx) else {
        return Typed::unknown(call.span);
    };
    let answer = cx.kernel.symbol_address(&name);
    match cx.ask(answer, span) {
        Some(Some(address)) => Typed::value(ExprKind::Int(address), Ty::U64, call.span),
        Some(None) => cx.fail(error::unknown_symbol(&name, "the kernel", span), call.span),
        None => Typed::unknown(call.span),
    }
}

/// The address of a symbol of the file that the probe is in: as far from the probe in the process
/// as in the file.
fn uaddr(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = symbol_name(call, cx) else {
        return Typed::unknown(call.span);
    };
    let Args::User(code) = cx.program.site.args.clone() else {
        return cx.fail(error::no_file(&cx.program.site.name, call.span), call.span);
    };
    let answer = code.binary.symbol(&name);
    let Some(found) = cx.ask(answer, span) else {
        return Typed::unknown(call.span);
    };
    let Some((address, size)) = found else {
        return cx.fail(
            error::unknown_symbol(&name, code.binary.path(), span),
            call.span,
        );
    };
    cx.program.reads_context = true;
    cx.program.reads_debug_information = true;
    let (here, known) = match code.moment {
        Moment::Entry => {
            let ip = args::register(convention().instruction(), call.span);
            (ip.into_ir(), code.instruction)
        }
        Moment::Return if !cx.kernel.has(Feature::UserFunctionAddress) => {
            let lack = KernelError::Missing {
                what: "where a function that returns has been (bpf_get_func_ip, since 6.6)"
                    .to_owned(),
                help: "keep what `uaddr` says in a `uprobe` of the function, in a map".to_owned(),
            };
            return cx.fail(error::kernel(&lack, call.span), call.span);
        }
        Moment::Return => {
            let function = ExprKind::Builtin(ir::Builtin::FunctionAddress);
            (expr(function, ir::Type::U64, call.span), code.address)
        }
    };
    let distance = Typed::value(
        ExprKind::Int(address.wrapping_sub(known)),
        Ty::U64,
        call.span,
    );
    let sum = ExprKind::Binary(
        ir::BinaryOp::Add,
        Box::new(here),
        Box::new(distance.into_ir()),
    );
    let bytes = match size {
        1 | 2 | 4 => size as u8,
        _ => 8,
    };
    let ty = Ty::Pointer {
        to: Pointee::Ty(Box::new(Ty::int(bytes, false))),
        space: AddressSpace::User,
    };
    Typed::value(sum, ty, call.span)
}

fn symbol_name(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<(String, Span)> {
    let (name, span) = call.text(0, "the name of a symbol", cx)?;
    Some((String::from_utf8_lossy(&name).into_owned(), span))
}

fn stack(side: StackSide, call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let (mode, depth) = match call.args {
        [
            ast::Expr {
                kind: ast::ExprKind::Ident(name),
                span,
            },
            ..,
        ] => match StackMode::of_name(name) {
            Some(mode) => (Some(mode), 1),
            None if is_dwarf(name) => {
                return match side {
                    StackSide::User => stack_copy(call, 1, cx),
                    StackSide::Kernel => cx.fail(error::kernel_by_tables(*span), call.span),
                };
            }
            None => return cx.fail(error::unknown_stack_mode(name, *span), call.span),
        },
        _ => (None, 0),
    };
    let Some(depth) = frames(call, depth, cx) else {
        return Typed::unknown(call.span);
    };
    let mode = mode.unwrap_or(cx.config.stack_mode);
    let mode = match (side, mode) {
        (StackSide::Kernel, StackMode::BuildId) if call.args.is_empty() => StackMode::Bpftrace,
        (StackSide::Kernel, StackMode::BuildId) => {
            return cx.fail(error::kernel_build_id(call.span), call.span);
        }
        (_, mode) => mode,
    };
    cx.program.takes_stack = true;
    let ty = Ty::Stack { side, depth, mode };
    Typed::value(ExprKind::Builtin(ir::Builtin::Stack), ty, call.span)
}

/// The number of frames that an argument gives, or the most; reported if there cannot be so many.
fn frames(call: &Call<'_>, n: usize, cx: &mut Cx<'_>) -> Option<u32> {
    if call.args.get(n).is_none() {
        return Some(MAX_FRAMES);
    }
    let depth = call.constant(n, "the number of frames", cx)?;
    let depth = u32::try_from(depth)
        .ok()
        .filter(|n| (1..=MAX_FRAMES).contains(n));
    if depth.is_none() {
        let span = call.args[n].span;
        cx.report(error::out_of_bounds(
            "the number of frames",
            "from 1 to 127",
            span,
        ));
    }
    depth
}

/// What user space unwinds a stack from.
fn stack_copy(call: &Call<'_>, depth: usize, cx: &mut Cx<'_>) -> Typed {
    let Some(depth) = frames(call, depth, cx) else {
        return Typed::unknown(call.span);
    };
    let mode = match cx.config.stack_mode {
        StackMode::BuildId => StackMode::Bpftrace,
        mode => mode,
    };
    let ty = Ty::StackCopy { depth, mode };
    Typed::value(ExprKind::Builtin(ir::Builtin::StackCopy), ty, call.span)
}

fn is_dwarf(name: &str) -> bool {
    matches!(name, "dwarf" | "dw")
}

/// An address and the process whose address it is.
fn usym(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let address = call.value(0, cx);
    if !address.ty.is_integer() && !address.ty.is_pointer() {
        return call.wrong("an address", &address, cx);
    }
    let pid = expr(
        ExprKind::Builtin(ir::Builtin::Pid),
        ir::Type::U32,
        call.span,
    );
    let pid = Typed::value(pid.kind, Ty::U32, call.span).convert(&Ty::U64);
    let parts = vec![address.convert(&Ty::U64), pid];
    Typed::value(ExprKind::Aggregate(parts), Ty::Usym, call.span)
}
