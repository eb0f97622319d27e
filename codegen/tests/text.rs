//! What the generated code must and must not hold.

mod support;

use codegen::{Dump, Error, Isa};
use sema::ir::{
    Aggregation, BinaryOp, Builtin, CompareOp, ExprKind, ProgramType, Space, StmtKind, Type,
};
use support::*;

/// Calls of a helper, by number, in assembly.
fn calls(asm: &str, helper: u32) -> usize {
    let call = format!("call {helper}");
    asm.lines().filter(|line| line.trim() == call).count()
}

/// Instructions of the only program, in assembly.
fn instructions(asm: &str) -> Vec<&str> {
    let body = asm.split(".Lfunc_begin0:").nth(1).unwrap_or(asm);
    let body = body.split(".Lfunc_end0:").next().unwrap_or(body);
    let lines = body.lines().map(str::trim);
    lines
        .filter(|line| {
            !line.is_empty() && !line.starts_with(['.', '#', ';']) && !line.ends_with(':')
        })
        .filter(|line| !line.contains("# %") && !line.starts_with("LBB"))
        .collect()
}

fn count_by_comm(shared: bool) -> Script {
    let mut script = Script::new(ProgramType::Tracepoint);
    let map = script.aggregation("@", Some(string(16)), Aggregation::Count);
    script.program.maps[0].shared = shared;
    script.program.task_comm_offset = Some(1000);
    script.body([aggregate(map, Some(comm()), Aggregation::Count, None)])
}

#[test]
fn a_count_by_name_is_one_look_up_and_an_addition() {
    let asm = count_by_comm(false).dump(Dump::Asm);
    assert_eq!(calls(&asm, 158), 1, "bpf_get_current_task_btf\n{asm}");
    assert_eq!(calls(&asm, 16), 0, "bpf_get_current_comm\n{asm}");
    assert_eq!(calls(&asm, 2), 1, "bpf_map_update_elem\n{asm}");
    assert_eq!(
        asm.matches("lock").count(),
        1,
        "only the lost are atomic\n{asm}"
    );
    assert!(instructions(&asm).len() <= 50, "{asm}");
}

#[test]
fn programs_that_interrupt_each_other_add_atomically() {
    let asm = count_by_comm(true).dump(Dump::Asm);
    assert!(asm.contains("lock *(u64 *)(r0 + 0) += "), "{asm}");
    assert!(!asm.contains("*(u64 *)(r0 + 0) = "), "{asm}");
}

#[test]
fn a_plain_count_takes_no_insertion() {
    let mut script = Script::new(ProgramType::Tracepoint);
    let map = script.aggregation("@", None, Aggregation::Count);
    let script = script.body([aggregate(map, None, Aggregation::Count, None)]);
    let asm = script.dump(Dump::Asm);
    assert_eq!(calls(&asm, 1), 1, "{asm}");
    assert_eq!(calls(&asm, 2), 0, "{asm}");
    assert!(instructions(&asm).len() <= 14, "{asm}");
}

#[test]
fn a_histogram_has_no_loop_and_few_jumps() {
    let mut script = Script::raw();
    let how = Aggregation::Hist { bits: 0 };
    let map = script.aggregation("@", None, how);
    let script = script.body([aggregate(map, None, how, Some(arg(1)))]);
    let asm = script.dump(Dump::Asm);
    let jumps = instructions(&asm);
    let jumps = jumps.iter().filter(|line| line.contains("goto")).count();
    assert_eq!(jumps, 2, "the null check, and the last bucket\n{asm}");
}

#[test]
fn what_cannot_change_is_fetched_once() {
    let mut script = Script::raw();
    let event = script.event([Type::U32, Type::U32, string(16)]);
    let args = || {
        [
            builtin(Builtin::Pid, Type::U32),
            builtin(Builtin::Tid, Type::U32),
            comm(),
        ]
    };
    let predicate = compare(
        CompareOp::Ne,
        builtin(Builtin::Pid, Type::U32),
        typed(1, Type::U32),
    );
    let mut script = script.body([emit(event, args()), emit(event, args())]);
    script.program.probes[0].predicate = Some(predicate);
    let asm = script.dump(Dump::Asm);
    assert_eq!(calls(&asm, 14), 1, "{asm}");
    assert_eq!(calls(&asm, 16), 1, "{asm}");
}

#[test]
fn what_one_branch_fetches_the_other_does_not_use() {
    let mut script = Script::raw();
    let map = script.scalar_map("@x", Type::U32);
    let pid = || builtin(Builtin::Pid, Type::U32);
    let cond = compare(CompareOp::Eq, arg(0), uint(1));
    let branch = || vec![set(map, None, pid())];
    let script = script.body([when(cond, branch(), branch()), set(map, None, pid())]);
    let asm = script.dump(Dump::Llvm);
    let fetches = asm.matches("inttoptr (i64 14 to ptr)").count();
    assert_eq!(fetches, 3, "{asm}");
}

#[test]
fn the_context_is_read_at_the_width_of_its_field() {
    let mut script = Script::new(ProgramType::Tracepoint);
    let map = script.hash("@", Type::U64, Type::U64);
    let field = |offset, ty| convert(load(Space::Context, context(), offset, ty), Type::U64);
    let script = script.body([
        set(map, Some(field(8, Type::U32)), field(14, Type::U16)),
        set(map, Some(field(24, Type::U64)), field(18, Type::U8)),
    ]);
    let asm = script.dump(Dump::Asm);
    for read in ["*(u32 *)(r1 + 8)", "*(u64 *)(r6 + 24)"] {
        let (width, offset) = read.split_once("(r").expect("a register");
        let offset = &offset[1..];
        let found = asm
            .lines()
            .any(|line| line.contains(width) && line.contains(offset));
        assert!(found, "no {read} in\n{asm}");
    }
}

#[test]
fn a_register_of_a_timer_is_read_whole() {
    let mut script = Script::new(ProgramType::PerfEvent);
    let map = script.scalar_map("@", Type::U8);
    let register = load(Space::Context, context(), 16, Type::U64);
    let script = script.body([set(map, None, convert(register, Type::U8))]);
    let asm = script.dump(Dump::Asm);
    let whole = |line: &str| line.contains("*(u64 *)(r") && line.contains("+ 16)");
    assert!(asm.lines().any(whole), "{asm}");
}

#[test]
fn signed_division_is_the_same_on_every_instruction_set() {
    let mut script = Script::raw();
    let map = script.scalar_map("@", Type::I64);
    let value = binary(BinaryOp::Div, signed_arg(0), signed_arg(1));
    let script = script.body([set(map, None, value)]);
    let asm = script.dump(Dump::Asm);
    assert!(!asm.contains("s/="), "{asm}");
    assert_ne!(
        script.compile_for(Isa::V3).elf,
        script.compile_for(Isa::V4).elf,
        "the instruction set is the one asked for"
    );
}

#[test]
fn a_short_literal_is_compared_as_words() {
    let mut script = Script::raw();
    let map = script.scalar_map("@", Type::I64);
    let cond = compare(CompareOp::Eq, comm(), literal("bash"));
    let script = script.body([when(cond, vec![set(map, None, int(1))], vec![])]);
    let asm = script.dump(Dump::Asm);
    // "bash" and four zeros.
    assert!(asm.contains("1752392034"), "{asm}");
    assert_eq!(calls(&asm, 115), 0, "{asm}");
}

#[test]
fn a_string_to_compare_is_read_no_further_than_needed() {
    let mut script = Script::raw();
    let map = script.scalar_map("@", Type::I64);
    let text = load_str(Space::User, convert(arg(0), Type::Pointer), 1025);
    let cond = compare(CompareOp::Eq, text, literal("/etc/passwd"));
    let script = script.body([when(cond, vec![set(map, None, int(1))], vec![])]);
    let asm = script.dump(Dump::Asm);
    assert!(asm.contains("r2 = 17"), "16 bytes and one more\n{asm}");
    let object = script.compile();
    let scratch = object
        .manifest
        .maps
        .iter()
        .any(|m| m.symbol == "strobe.scratch");
    assert!(!scratch, "it fits the stack");
}

#[test]
fn exit_wakes_the_reader() {
    let asm = Script::raw().body([exit(3)]).dump(Dump::Asm);
    assert_eq!(calls(&asm, 130), 1, "bpf_ringbuf_output\n{asm}");
    assert!(asm.contains("r4 = 2"), "BPF_RB_FORCE_WAKEUP\n{asm}");
}

#[test]
fn values_beyond_what_the_kernel_gives_are_an_error() {
    let with_key = |size: u32| {
        let mut script = Script::raw();
        let map = script.hash("@", string(size), Type::I64);
        let key = load_str(Space::Kernel, convert(arg(0), Type::Pointer), size);
        script.body([set(map, Some(key), int(1))])
    };
    let wide = with_key(40_000).try_compile(Isa::V3);
    assert!(wide.is_ok(), "{wide:?}");
    let error = with_key(5_000_000).try_compile(Isa::V3);
    let error = error.expect_err("a key of 5 MB");
    assert!(matches!(error, Error::TooBig { bytes, .. } if bytes >= 5_000_000));
    assert_eq!(error.to_diagnostic().code, "values-too-big");
}

#[test]
fn a_broken_promise_is_an_error_and_no_panic() {
    let mut script = Script::raw();
    let map = script.hash("@", Type::I64, Type::I64);
    let short_key = set(map, Some(typed(1, Type::U8)), int(1));
    let not_scalar = stmt(StmtKind::Expr(expr(
        ExprKind::Str(b"text".to_vec()),
        Type::I64,
    )));
    for broken in [short_key, not_scalar, stmt(StmtKind::Break)] {
        let mut script = Script::raw();
        script.hash("@", Type::I64, Type::I64);
        let error = script.body([broken]).try_compile(Isa::V3);
        assert!(matches!(error, Err(Error::Malformed { .. })), "{error:?}");
    }
}

#[test]
fn every_stage_has_a_text() {
    let script = Script::raw().body([exit(0)]);
    assert!(script.dump(Dump::Llvm).contains("alloca"));
    assert!(script.dump(Dump::LlvmOpt).contains("define i64 @probe_1"));
    assert!(script.dump(Dump::Asm).contains("exit"));
}

/// LLVM reads all of a copy before it writes any of it, and 64 single bytes would fill the stack.
#[test]
fn a_copy_to_an_odd_place_takes_no_stack() {
    let mut script = Script::raw();
    let names = script.hash("@names", Type::I64, string(64));
    let pair = Type::Tuple(vec![Type::U8, string(64)]);
    let kept = script.variable(pair.clone());
    let name = get(names, Some(int(1)), string(64));
    let keep = set_var(kept, tuple([typed(1, Type::U8), name]));
    let text = ExprKind::Member(Box::new(var(kept, pair)), 1);
    let shown = tuple([
        tuple([literal("abcdefg"), expr(text, string(64))]),
        literal(""),
    ]);
    let shown = print(&mut script, shown);
    let script = script.body([keep, shown]);
    let asm = script.dump(Dump::Asm);
    let places = asm.split("r10 - ").skip(1).filter_map(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        digits?.parse::<u32>().ok()
    });
    let used = places.max().unwrap_or(0);
    assert!(used <= 160, "{used} bytes of stack\n{asm}");
}

/// Compiles for V3 what is longer than its jumps reach.
fn compiles_beyond_reach(script: &Script) {
    let object = script.try_compile(Isa::V3);
    let bytes = object.expect("jumps that reach far enough").elf.len();
    assert!(
        bytes > 8 << 15,
        "{bytes} bytes, which all jumps reach across"
    );
}

/// With a way out at the far end alone, V3's jumps would not reach it, and LLVM would end the
/// process: where the predicate fails, and where there is no scratch for what lasts.
#[test]
fn a_long_program_has_a_way_out_nearby() {
    let mut script = Script::raw();
    let name = print_event(&mut script, string(16));
    let mut script = script.body((0..1500).map(|_| emit(name, [comm()])));
    let never = compare(CompareOp::Eq, arg(0), int(1));
    script.program.probes[0].predicate = Some(never);
    compiles_beyond_reach(&script);
}

/// LLVM takes what is not found for unlikely. Laid out behind all that is likely, the blocks that
/// insert it would be out of reach.
#[test]
fn what_a_long_program_seldom_does_stands_nearby() {
    let mut script = Script::raw();
    let map = script.aggregation("@", Some(Type::I64), Aggregation::Count);
    let count = |n| aggregate(map, Some(int(n)), Aggregation::Count, None);
    let script = script.body((0..3000).map(count));
    compiles_beyond_reach(&script);
}

/// LLVM does not return from this, so that it takes a process of its own.
#[test]
fn what_short_jumps_do_not_reach_across_is_told() {
    const CHILD: &str = "STROBE_TEST_TOO_LONG";
    if std::env::var_os(CHILD).is_some() {
        let mut script = Script::raw();
        let map = script.aggregation("@", Some(Type::I64), Aggregation::Count);
        let count = |n| aggregate(map, Some(int(n)), Aggregation::Count, None);
        let never = compare(CompareOp::Eq, arg(0), int(1));
        let passed = when(never, (0..4000).map(count).collect(), Vec::new());
        script.body([passed, count(0)]).compile();
        return;
    }
    let this = std::env::current_exe().expect("this binary has a path");
    let output = std::process::Command::new(this)
        .args(["--exact", "what_short_jumps_do_not_reach_across_is_told"])
        .args(["--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report = "error[internal-error]: LLVM could not compile the script\n = note: Branch target";
    assert!(said.contains(report), "{said}");
}
