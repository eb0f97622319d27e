//! Where a variable of the kernel is that every CPU has for itself.
//!
//! The kernel's list of symbols has an address that no CPU uses; how far from there a CPU's own
//! variable is, an array of the kernel says.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, BinaryOp, CompareOp, Expr, ExprKind, Space, Stmt, StmtKind};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Typed, expr};
use lexer::Span;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "percpu_kaddr",
    signature: "percpu_kaddr(\"name\"[, cpu])",
    doc: "The address of a variable of the kernel that every CPU has for itself: that of the \
          CPU that the probe runs on, or of another; 0 where there is no such CPU.",
    example: "print(*percpu_kaddr(\"process_counts\"))",
    check: Check::Call(1, 2, address),
    ..Builtin::PLAIN
}];

/// The array: `unsigned long __per_cpu_offset[NR_CPUS]` of `asm-generic/percpu.h`.
const DISTANCES: &str = "__per_cpu_offset";

fn address(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = call.text(0, "the name of a variable", cx) else {
        return Typed::unknown(call.span);
    };
    let name = String::from_utf8_lossy(&name).into_owned();
    let answer = cx.kernel.symbol_address(&name);
    let variable = cx.ask(answer, span);
    let answer = cx.kernel.symbol_address(DISTANCES);
    let distances = cx.ask(answer, span);
    let (Some(variable), Some(distances)) = (variable, distances) else {
        return Typed::unknown(call.span);
    };
    let (Some(variable), Some(distances)) = (variable, distances) else {
        return cx.fail(error::unknown_data_symbol(&name, span), call.span);
    };
    let cpu = match call.args.get(1) {
        None => None,
        Some(_) => match call.integer(1, "the number of a CPU", cx) {
            None => return Typed::unknown(call.span),
            cpu => cpu.map(|cpu| cpu.convert(&Ty::U64)),
        },
    };
    let found = match cpu {
        None => on_cpu(current(call.span), variable, distances, call.span),
        Some(cpu) => bounded(cpu, variable, distances, call.span, cx),
    };
    let ty = Ty::Pointer {
        to: Pointee::Ty(Box::new(Ty::U64)),
        space: AddressSpace::Kernel,
    };
    let kind = ExprKind::Convert(Box::new(found));
    Typed::value(kind, ty, call.span)
}

fn number(kind: ExprKind, span: Span) -> Expr {
    expr(kind, ir::Type::U64, span)
}

fn current(span: Span) -> Expr {
    let cpu = ExprKind::Builtin(ir::Builtin::Cpu);
    number(cpu, span)
}

/// The variable of a CPU that there is.
fn on_cpu(cpu: Expr, variable: u64, distances: u64, span: Span) -> Expr {
    let binary =
        |op, left, right| number(ExprKind::Binary(op, Box::new(left), Box::new(right)), span);
    let constant = |n| number(ExprKind::Int(n), span);
    let offset = binary(BinaryOp::Shl, cpu, constant(3));
    let base = binary(BinaryOp::Add, constant(distances), offset);
    let distance = ExprKind::Load {
        base: Box::new(base),
        offset: 0,
        space: Space::Kernel,
        bits: None,
    };
    binary(BinaryOp::Add, constant(variable), number(distance, span))
}

/// The variable of a CPU that there may be.
fn bounded(cpu: Expr, variable: u64, distances: u64, span: Span, cx: &mut Cx<'_>) -> Expr {
    let held = cx.program.variables.declare_lowered(ir::Type::U64, span);
    let assign = Stmt {
        kind: StmtKind::Assign {
            place: ir::Place::Var(held),
            value: cpu,
        },
        span,
    };
    let cpu = || number(ExprKind::Var(held), span);
    let count = number(ExprKind::Int(cx.kernel.possible_cpus().into()), span);
    let exists = ExprKind::Compare(CompareOp::Lt, Box::new(cpu()), Box::new(count));
    let exists = expr(exists, ir::Type::Bool, span);
    let either = ExprKind::Ternary {
        cond: Box::new(exists),
        then: Box::new(on_cpu(cpu(), variable, distances, span)),
        otherwise: Box::new(number(ExprKind::Int(0), span)),
    };
    number(
        ExprKind::Block(vec![assign], Box::new(number(either, span))),
        span,
    )
}
