//! Types that a module of the kernel has and the kernel itself has not.

use lexer::SourceMap;
use sema::kernel::btf::{Btf, Builder, Kind, TypeId};
use sema::kernel::{Fake, Kernel, fixtures};
use sema::{Options, analyze};
use std::sync::Arc;

/// A machine with two modules, `engine` and `gearbox`.
fn machine() -> Fake {
    let machine = fixtures::machine().expect("fixtures that read");
    let kernel = Arc::clone(machine.btf().expect("the fixtures have types"));
    machine
        .with_module(engine(&kernel))
        .functions("engine", &["engine_start"])
        .with_module(gearbox(&kernel))
        .functions("gearbox", &["gearbox_shift", "gearbox_free"])
        .tracepoint("gearbox", "shifted", SHIFTED)
}

/// The record of an event of `gearbox`.
const SHIFTED: &str = "name: shifted
ID: 7001
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:struct gear * gear;\toffset:8;\tsize:8;\tsigned:0;
\tfield:enum gear_kind kind;\toffset:16;\tsize:4;\tsigned:0;

print fmt: \"\"
";

/// A module with a struct that points to one of its own and to one of the kernel's, a typedef, an
/// enum, a function that takes the struct, and a struct that both modules have under one name.
fn engine(kernel: &Arc<Btf>) -> Btf {
    let task = kernel.find("task_struct", Kind::Struct).expect("a struct");
    let mut types = Builder::continuing(kernel);
    let word = types.int("engine_word", 8, 0);
    let mode = types.enumeration(
        "engine_mode",
        4,
        false,
        &[("ENGINE_OFF", 0), ("ENGINE_ON", 7), ("COMMON", 1)],
    );
    let own = types.reserve();
    let (to_own, to_task) = (types.pointer(own), types.pointer(task));
    let members = [
        ("speed", word, 0, 0),
        ("next", to_own, 64, 0),
        ("task", to_task, 128, 0),
        ("mode", mode, 192, 0),
    ];
    let last = types.structure("engine", 32, &members);
    types.fill(own, last);
    types.typedef("engine_t", own);
    types.structure("part", 16, &[("weight", word, 64, 0)]);
    let takes = types.prototype(TypeId(0), &[("engine", to_own)]);
    types.function("engine_start", takes);
    Btf::split(Arc::clone(kernel), "engine", types.finish()).expect("a builder writes BTF")
}

/// A module that mentions a struct of the other one, which it only declares.
fn gearbox(kernel: &Arc<Btf>) -> Btf {
    let mut types = Builder::continuing(kernel);
    let byte = types.int("gear_byte", 1, 0);
    let kind = types.enumeration(
        "gear_kind",
        4,
        false,
        &[("GEAR_LOW", 1), ("GEAR_HIGH", 2), ("COMMON", 5)],
    );
    let declared = types.forward("engine", false);
    let to_engine = types.pointer(declared);
    let own = types.reserve();
    let to_own = types.pointer(own);
    let members = [
        ("teeth", byte, 0, 0),
        ("kind", kind, 32, 0),
        ("engine", to_engine, 64, 0),
        ("other", to_own, 128, 0),
    ];
    let last = types.structure("gear", 24, &members);
    types.fill(own, last);
    let part = types.structure("part", 4, &[("weight", byte, 8, 0)]);
    let to_part = types.pointer(part);
    let takes = types.prototype(to_own, &[("gear", to_own), ("part", to_part)]);
    types.function("gearbox_shift", takes);
    types.function("gearbox_free", takes);
    // As `include/trace/bpf_probe.h` has it: the first parameter is the kernel's own.
    let void = types.pointer(TypeId(0));
    let event = types.prototype(TypeId(0), &[("", void), ("gear", to_own)]);
    let event = types.pointer(event);
    types.typedef("btf_trace_shifted", event);
    Btf::split(Arc::clone(kernel), "gearbox", types.finish()).expect("a builder writes BTF")
}

/// The typed program, or the codes of the reports.
fn checked(script: &str) -> Result<String, Vec<&'static str>> {
    let mut sources = SourceMap::new();
    let file = sources.add("script", script);
    let (tree, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{reports:?}");
    match analyze(&tree, &machine(), &Options::default()) {
        Ok(program) => Ok(program.to_string()),
        Err(reports) => Err(reports.iter().map(|report| report.code).collect()),
    }
}

/// What each `print` of a script prints.
fn printed(script: &str) -> Vec<String> {
    let program = checked(script).expect(script);
    let lines = program.lines().map(str::trim_start);
    let printed = lines.filter_map(|line| line.strip_prefix("emit event "));
    printed.map(str::to_owned).collect()
}

#[test]
fn types_and_constants_of_a_module_are_known_by_name() {
    let script = "struct pair { struct engine first; int second; };\n\
        begin { $e = (struct engine *)0; print(sizeof(engine_t)); print(offsetof(struct engine, task)); \
        print(ENGINE_ON); print($e.next.task.pid); print($e.mode); }";
    let expected = [
        "0(32)",
        "1(16)",
        "2(7)",
        "3(kernel.int32[kernel.ptr[memory.ptr[$e + 8] + 16] + 1264])",
        "4(memory.enum32[$e + 24])",
    ];
    assert_eq!(printed(script), expected);
}

#[test]
fn arguments_of_a_modules_functions_have_its_types() {
    for script in [
        "fentry:engine:engine_start { print(args.engine.speed); print(args.engine.next.task.pid); }",
        "fentry:engine_start { print(args.engine.mode == ENGINE_ON); }",
        "kprobe:engine:engine_start { print(((struct engine *)arg0).speed); }",
    ] {
        let program = checked(script);
        assert!(program.is_ok(), "{script}: {program:?}");
    }
}

#[test]
fn what_no_module_has_is_reported() {
    let script = "begin { print(sizeof(struct engine)); print(sizeof(struct nowhere)); }";
    assert_eq!(checked(script), Err(vec!["unknown-type"]));
    let script = "fentry:engine:engine_start { print(args.engine.nothing); }";
    assert_eq!(checked(script), Err(vec!["unknown-field"]));
}

#[test]
fn types_of_two_modules_go_together() {
    let script = "struct car { struct engine engine; struct gear gear; };\n\
        begin { $e = (struct engine *)0; $g = (struct gear *)0; print(sizeof(struct car)); \
        print($e.next.speed); print($g.other.teeth); print($g.kind == GEAR_HIGH); print($e.mode == ENGINE_ON); }";
    let expected = [
        "0(56)",
        "1(kernel.uint64[memory.ptr[$e + 8] + 0])",
        "2(kernel.uint8[memory.ptr[$g + 16] + 0])",
        "3((int64(memory.enum32[$g + 4]) ==.int64 int64(2)))",
        "4((int64(memory.enum32[$e + 24]) ==.int64 int64(7)))",
    ];
    assert_eq!(printed(script), expected);
}

#[test]
fn arguments_of_two_modules_functions_have_their_types() {
    let script = "fentry:engine:engine_start { print(args.engine.next.speed); } \
        fentry:gearbox:gearbox_shift { print(args.gear.other.teeth); print(args.part.weight); } \
        fexit:gearbox:gearbox_shift { print(retval.other.kind); } \
        rawtracepoint:shifted { print(args.gear.other.teeth); } \
        tracepoint:gearbox:shifted { print(args.gear.other.teeth); print(args.kind); }";
    let lines = printed(script);
    let loads = [
        "uint64", "uint8", "uint8", "enum32", "uint8", "uint8", "enum32",
    ];
    assert_eq!(lines.len(), loads.len(), "{lines:?}");
    for (line, load) in lines.iter().zip(loads) {
        assert!(line.contains(load), "{line} has no {load}");
    }
}

#[test]
fn a_name_of_two_modules_means_what_the_module_of_the_probe_has() {
    let script = "kprobe:engine:engine_start { print(((struct part *)arg0).weight); print(COMMON); } \
        kprobe:gearbox:gearbox_shift { print(((struct part *)arg0).weight); print(COMMON); }";
    let lines = printed(script);
    for (line, expected) in lines.iter().zip(["uint64", "(1)", "uint8", "(5)"]) {
        assert!(line.contains(expected), "{line} has no {expected}");
    }
    assert_eq!(lines.len(), 4);
    // Elsewhere the module that comes first in the alphabet has it.
    let script = "begin { print(sizeof(struct part)); print(sizeof(struct gear)); print(COMMON); }";
    assert_eq!(printed(script), ["0(16)", "1(24)", "2(1)"]);
}

#[test]
fn one_clause_has_a_program_for_each_module_whose_names_it_uses() {
    let script = "kprobe:engine:engine_start, kprobe:gearbox:gearbox_* \
        { print(((struct part *)arg0).weight); }";
    assert_eq!(printed(script).len(), 2);
    let script = "kprobe:engine:engine_start, kprobe:gearbox:gearbox_* { print(arg0); }";
    assert_eq!(printed(script).len(), 1);
}

#[test]
fn what_one_module_declares_is_what_another_one_defines() {
    for script in [
        "fentry:gearbox:gearbox_shift { print(args.gear.engine.next.speed); }",
        "fentry:gearbox:gearbox_shift { print(*args.gear.engine); }",
        "begin { print(((struct gear *)0).engine[1].speed); }",
    ] {
        let lines = printed(script);
        assert!(lines[0].contains("kernel"), "{lines:?}");
    }
    let script = "begin { print(sizeof(*((struct gear *)0).engine)); }";
    assert_eq!(printed(script), ["0(32)"]);
}

#[test]
fn pointers_count_in_the_types_of_modules() {
    let script = "fentry:gearbox:gearbox_shift { print(args.gear + 1); }";
    assert_eq!(printed(script), ["0((context.ptr[ctx + 0] +.ptr 24))"]);
}
