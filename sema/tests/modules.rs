//! Types that a module of the kernel has and the kernel itself has not.

use lexer::SourceMap;
use sema::kernel::btf::{Btf, Builder, Kind, TypeId};
use sema::kernel::{Fake, Kernel, fixtures};
use sema::{Options, analyze};
use std::sync::Arc;

/// A module `engine`: a struct that points to one of its own and to one of the kernel's, a typedef,
/// an enum, and a function that takes the struct.
fn machine() -> Fake {
    let machine = fixtures::machine().expect("fixtures that read");
    let kernel = Arc::clone(machine.btf().expect("the fixtures have types"));
    let task = kernel.find("task_struct", Kind::Struct).expect("a struct");
    let mut types = Builder::continuing(&kernel);
    let word = types.int("engine_word", 8, 0);
    let mode = types.enumeration(
        "engine_mode",
        4,
        false,
        &[("ENGINE_OFF", 0), ("ENGINE_ON", 7)],
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
    let takes = types.prototype(TypeId(0), &[("engine", to_own)]);
    types.function("engine_start", takes);
    let module = Btf::split(kernel, "engine", types.finish()).expect("a builder writes BTF");
    machine
        .with_module(module)
        .functions("engine", &["engine_start"])
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

#[test]
fn types_and_constants_of_a_module_are_known_by_name() {
    let script = "struct pair { struct engine first; int second; };\n\
        begin { $e = (struct engine *)0; print(sizeof(engine_t)); print(offsetof(struct engine, task)); \
        print(ENGINE_ON); print($e.next.task.pid); print($e.mode); }";
    let program = checked(script).expect("a well-typed script");
    let printed = program
        .lines()
        .filter_map(|line| line.strip_prefix("  emit event "));
    let expected = [
        "0(32)",
        "1(16)",
        "2(7)",
        "3(kernel.int32[kernel.ptr[memory.ptr[$e + 8] + 16] + 1264])",
        "4(memory.enum32[$e + 24])",
    ];
    assert_eq!(printed.collect::<Vec<_>>(), expected, "{program}");
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
