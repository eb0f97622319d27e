//! Programs of every type: their built-ins, their context, how they end.

use crate::harness::{kernel_is_ours, run, run_object};
use crate::support::*;
use sema::ir::{
    Aggregation, AttachTarget, BinaryOp, Builtin, CompareOp, Expr, ExprKind, MissingProbes,
    ProgramType, Rate, Space, StackSide, StmtKind, Target, Type,
};

fn truth(script: &mut Script, holds: Expr) -> sema::ir::Stmt {
    print(script, holds)
}

/// Offset of `comm` in the running kernel's `task_struct`.
fn comm_offset() -> Option<u32> {
    let host = runtime::Host::new();
    let btf = sema::Kernel::btf(&host).ok()?;
    let task = btf.find("task_struct", sema::kernel::btf::Kind::Struct)?;
    let member = btf.find_member(task, "comm").ok()??;
    Some(member.member.bit_offset / 8)
}

#[test]
fn who_is_running() {
    let mut script = Script::raw();
    let mine = |which, ty: Type, wanted: u64| {
        let wanted = typed(wanted.cast_signed(), ty.clone());
        compare(CompareOp::Eq, builtin(which, ty), wanted)
    };
    let pid = u64::from(std::process::id());
    let tests = [
        mine(Builtin::Pid, Type::U32, pid),
        mine(Builtin::Uid, Type::U64, 0),
        mine(Builtin::Gid, Type::U64, 0),
        compare(
            CompareOp::Gt,
            builtin(Builtin::Tid, Type::U32),
            typed(0, Type::U32),
        ),
        compare(CompareOp::Lt, builtin(Builtin::Cpu, Type::U64), uint(4096)),
        compare(
            CompareOp::Ne,
            builtin(Builtin::CurrentTask, Type::Pointer),
            typed(0, Type::Pointer),
        ),
        compare(CompareOp::Gt, builtin(Builtin::Cgroup, Type::U64), uint(0)),
    ];
    let body: Vec<_> = tests.into_iter().map(|t| truth(&mut script, t)).collect();
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, vec!["true"; 7]);
}

#[test]
fn the_name_is_read_either_way() {
    let name = std::fs::read_to_string("/proc/thread-self/comm").expect("procfs is mounted");
    for offset in [None, comm_offset()] {
        let mut script = Script::raw();
        script.program.task_comm_offset = offset;
        let seen = script.hash("@seen", string(16), Type::I64);
        let same = compare(CompareOp::Eq, comm(), literal(name.trim()));
        let other = compare(CompareOp::Eq, comm(), literal("another name"));
        let body = [
            print(&mut script, comm()),
            truth(&mut script, same),
            truth(&mut script, other),
            set(seen, Some(comm()), int(1)),
        ];
        let Some(ran) = run(&script.body(body)) else {
            return;
        };
        let name = name.trim();
        assert_eq!(
            ran.lines,
            [name, "true", "false", &format!("@seen[{name}]: 1")]
        );
    }
}

#[test]
fn the_task_is_read_directly() {
    let Some(offset) = comm_offset() else {
        eprintln!("SKIPPED: no type information of the kernel");
        return;
    };
    let task = || builtin(Builtin::CurrentTask, Type::Pointer);
    let mut script = Script::raw();
    let direct = load(Space::Btf, task(), i64::from(offset), Type::U64);
    let helped = load(Space::Kernel, task(), i64::from(offset), Type::U64);
    let text = load(Space::Kernel, task(), i64::from(offset), string(16));
    let same = compare(CompareOp::Eq, direct, helped);
    let named = compare(CompareOp::Eq, text, comm());
    let body = [truth(&mut script, same), truth(&mut script, named)];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["true", "true"]);
}

#[test]
fn time_goes_on() {
    let mut script = Script::raw();
    let clocks = [
        Builtin::NsecsMonotonic,
        Builtin::NsecsBoot,
        Builtin::NsecsTai,
    ];
    let mut body = Vec::new();
    for which in clocks {
        let before = script.variable(Type::U64);
        body.push(set_var(before, builtin(which, Type::U64)));
        let later = compare(
            CompareOp::Ge,
            builtin(which, Type::U64),
            var(before, Type::U64),
        );
        body.push(truth(&mut script, later));
    }
    let minute = uint(60_000_000_000);
    let elapsed = compare(CompareOp::Lt, builtin(Builtin::Elapsed, Type::U64), minute);
    body.push(truth(&mut script, elapsed));
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, vec!["true"; 4]);
}

#[test]
fn a_stack_has_frames() {
    let mut script = Script::raw();
    let ty = Type::Stack {
        side: StackSide::Kernel,
        depth: 127,
        mode: sema::ir::StackMode::Bpftrace,
    };
    let counts = script.aggregation("@stacks", Some(ty.clone()), sema::ir::Aggregation::Count);
    let stack = builtin(Builtin::Stack, ty);
    let body = [aggregate(
        counts,
        Some(stack),
        sema::ir::Aggregation::Count,
        None,
    )];
    if !kernel_is_ours() {
        return;
    }
    // Only once: the program's own address is in it.
    let ran = run_object(script.body(body).compile());
    assert_eq!(ran.lines.first().map(String::as_str), Some("@stacks["));
    assert!(ran.lines.len() > 3, "{:#?}", ran.lines);
    assert_eq!(ran.lines.last().map(String::as_str), Some("]: 1"));
}

#[test]
fn exit_ends_the_program_and_the_run() {
    let mut script = Script::raw();
    let code = script.scalar_map("@code", Type::I64);
    let then = stmt(StmtKind::Exit(get(code, None, Type::I64)));
    let not_reached = print(&mut script, int(9));
    let always = compare(CompareOp::Eq, get(code, None, Type::I64), int(42));
    let body = [
        set(code, None, int(42)),
        when(always, vec![then], vec![]),
        not_reached,
    ];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["@code: 42"]);
    assert_eq!(ran.exit_code, 42);
}

#[test]
fn what_changes_something_happens_before_the_record_is_asked_for() {
    let mut script = Script::raw();
    let calls = script.scalar_map("@calls", Type::I64);
    let event = print_event(&mut script, Type::I64);
    // The value leaves the program, which must not happen with a record in hand.
    let count = stmt(StmtKind::Expr(increment(
        place(calls, None),
        1,
        true,
        Type::I64,
    )));
    let leave = when(
        compare(CompareOp::Eq, get(calls, None, Type::I64), int(2)),
        vec![stmt(StmtKind::Return)],
        vec![],
    );
    let value = |count: &sema::ir::Stmt, leave: &sema::ir::Stmt| {
        let stmts = vec![count.clone(), leave.clone()];
        expr(ExprKind::Block(stmts, Box::new(int(7))), Type::I64)
    };
    let body: Vec<_> = (0..3)
        .map(|_| emit(event, [value(&count, &leave)]))
        .collect();
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["7", "@calls: 2"]);
}

#[test]
fn loops_break_and_continue() {
    let mut script = Script::raw();
    let number = script.variable(Type::I64);
    let sum = script.scalar_map("@sum", Type::I64);
    let read = || var(number, Type::I64);
    let add = |amount| binary(BinaryOp::Add, read(), int(amount));
    let is = |value| compare(CompareOp::Eq, read(), int(value));
    let body = vec![
        set_var(number, add(1)),
        when(is(3), vec![stmt(StmtKind::Continue)], vec![]),
        when(is(9), vec![stmt(StmtKind::Break)], vec![]),
        set(
            sum,
            None,
            binary(BinaryOp::Add, get(sum, None, Type::I64), read()),
        ),
    ];
    let cond = compare(CompareOp::Lt, read(), int(20));
    let script = script.body([
        set_var(number, int(0)),
        stmt(StmtKind::While { cond, body }),
    ]);
    let Some(ran) = run(&script) else { return };
    assert_eq!(ran.lines, ["@sum: 33"]);
}

#[test]
fn choices() {
    let mut script = Script::raw();
    let number = script.scalar_map("@n", Type::I64);
    let choose = |then: Expr, otherwise: Expr| {
        let ty = then.ty.clone();
        let cond = compare(CompareOp::Gt, get(number, None, Type::I64), int(0));
        let kind = ExprKind::Ternary {
            cond: Box::new(cond),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        expr(kind, ty)
    };
    let mut body = Vec::new();
    for value in [1, -1] {
        body.push(set(number, None, int(value)));
        body.push(print(&mut script, choose(int(10), int(20))));
        body.push(print(&mut script, choose(literal("yes"), literal("not"))));
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..4], ["10", "yes", "20", "not"]);
}

#[test]
fn a_predicate_decides() {
    let mut script = Script::raw();
    let runs = script.scalar_map("@runs", Type::I64);
    let same = compare(
        CompareOp::Eq,
        builtin(Builtin::Pid, Type::U32),
        typed(i64::from(std::process::id()), Type::U32),
    );
    let mut other = probe("probe_2", ProgramType::RawTracepoint);
    let mut first = script.body([set(runs, None, int(1))]);
    other.body = vec![set(runs, None, int(2))];
    other.predicate = Some(compare(CompareOp::Ne, comm(), comm()));
    first.program.probes[0].predicate = Some(same);
    first.program.probes.push(other);
    let Some(ran) = run(&first) else { return };
    assert_eq!(ran.lines, ["@runs: 1"]);
}

#[test]
fn a_long_program_runs_to_its_end_or_not_at_all() {
    let mut script = Script::raw();
    let total = script.aggregation("@total", None, Aggregation::Sum { signed: true });
    let names = script.scalar_map("@names", Type::I64);
    let statements = |_| {
        let is_known = compare(CompareOp::Eq, comm(), comm());
        let count = binary(BinaryOp::Add, get(names, None, Type::I64), int(1));
        [
            aggregate(total, None, Aggregation::Sum { signed: true }, Some(int(2))),
            when(is_known, vec![set(names, None, count)], Vec::new()),
        ]
    };
    let long: Vec<_> = (0..700).flat_map(statements).collect();
    let mut other = probe("probe_2", ProgramType::RawTracepoint);
    other.body.clone_from(&long);
    other.predicate = Some(compare(CompareOp::Ne, comm(), comm()));
    let mut first = script.body(long);
    first.program.probes[0].predicate = Some(compare(CompareOp::Eq, comm(), comm()));
    first.program.probes.push(other);
    let Some(ran) = run(&first) else { return };
    assert_eq!(ran.lines, ["@names: 700", "@total: 1400"]);
}

#[test]
fn a_timer_reads_its_registers() {
    let mut script = Script::new(ProgramType::PerfEvent);
    script.program.probes[0].targets = vec![Target {
        name: "interval:ms:1".to_owned(),
        attach: AttachTarget::Interval(Rate::Period(1_000_000)),
    }];
    let ticks = script.scalar_map("@ticks", Type::I64);
    let register = load(Space::Context, context(), 128, Type::U64);
    let low = convert(register, Type::U8);
    let body = [
        set(ticks, None, int(1)),
        print(&mut script, compare(CompareOp::Ge, low, typed(0, Type::U8))),
        exit(0),
    ];
    if !kernel_is_ours() {
        return;
    }
    let ran = run_object(script.body(body).compile());
    assert_eq!(ran.after("@ticks: "), "1");
    assert_eq!(ran.lines[0], "true");
}

#[test]
fn a_tracepoint_reads_its_record() {
    let mut script = Script::new(ProgramType::Tracepoint);
    // It loads, which is what this is about; nothing has this number to attach it to.
    script.program.config.missing_probes = MissingProbes::Ignore;
    script.program.probes[0].targets = vec![Target {
        name: "tracepoint:none:none".to_owned(),
        attach: AttachTarget::Tracepoint {
            system: "none".to_owned(),
            event: "none".to_owned(),
            id: 1 << 40,
        },
    }];
    let context_at = |offset, ty| load(Space::Context, context(), offset, ty);
    let address = binary(
        BinaryOp::Add,
        context(),
        convert(
            binary(
                BinaryOp::BitAnd,
                context_at(8, Type::U32),
                typed(0xffff, Type::U32),
            ),
            Type::Pointer,
        ),
    );
    let values = [
        context_at(8, Type::U8),
        context_at(10, Type::U16),
        context_at(12, Type::I32),
        context_at(16, Type::U64),
        // Less aligned than it is wide.
        context_at(28, Type::U64),
        context_at(40, string(16)),
        context_at(
            56,
            Type::Array {
                elem: Box::new(Type::U32),
                len: 4,
            },
        ),
        load_str(Space::Kernel, address, 64),
        load_str(Space::User, context_at(16, Type::Pointer), 64),
        builtin(
            Builtin::Stack,
            Type::Stack {
                side: StackSide::User,
                depth: 64,
                mode: sema::ir::StackMode::Bpftrace,
            },
        ),
    ];
    let mut quit = probe("probe_2", ProgramType::RawTracepoint);
    quit.body = vec![exit(0)];
    let body: Vec<_> = values.map(|value| print(&mut script, value)).into();
    let mut script = script.body(body);
    script.program.probes.push(quit);
    let Some(ran) = run(&script) else { return };
    assert_eq!(ran.exit_code, 0);
}
