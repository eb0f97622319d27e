//! Facts of the ELF, read by the loader's own parser.

mod support;

use aya_obj::{Object as Elf, ProgramSection};
use sema::ir::{Aggregation, ProgramType, Type};
use support::{Script, aggregate, comm, emit, exit, literal, set};

fn parse(object: &codegen::Object) -> Elf {
    Elf::parse(&object.elf).expect("aya-obj reads the object")
}

#[test]
fn a_program_is_a_function_of_its_own_section() {
    let section = |kind| {
        let object = Script::new(kind).compile();
        assert_eq!(object.manifest.programs[0].symbol, "probe_1");
        parse(&object).programs["probe_1"].section.clone()
    };
    assert!(matches!(
        section(ProgramType::Tracepoint),
        ProgramSection::TracePoint
    ));
    assert!(matches!(
        section(ProgramType::RawTracepoint),
        ProgramSection::RawTracePoint
    ));
    assert!(matches!(
        section(ProgramType::PerfEvent),
        ProgramSection::PerfEvent
    ));
}

#[test]
fn maps_are_as_the_manifest_says() {
    let mut script = Script::raw();
    let counts = script.aggregation("@counts", Some(support::string(16)), Aggregation::Count);
    let last = script.scalar_map("@last", Type::I64);
    let hello = script.event([]);
    let object = script
        .body([
            aggregate(counts, Some(comm()), Aggregation::Count, None),
            set(last, None, support::int(5)),
            emit(hello, []),
            exit(3),
        ])
        .compile();
    let elf = parse(&object);
    let maps = &object.manifest.maps;
    let symbols: Vec<_> = maps.iter().map(|map| map.symbol.as_str()).collect();
    assert_eq!(
        symbols,
        [
            "at_counts",
            "at_last",
            "strobe.ring",
            "strobe.health",
            "strobe.control"
        ]
    );
    assert_eq!(elf.maps.len(), maps.len());
    for map in maps {
        let found = &elf.maps[&map.symbol];
        assert_eq!(found.map_type(), map.kind, "{}", map.symbol);
        assert_eq!(found.key_size(), map.key_size, "{}", map.symbol);
        assert_eq!(found.value_size(), map.value_size, "{}", map.symbol);
        assert_eq!(found.max_entries(), map.max_entries, "{}", map.symbol);
    }
}

#[test]
fn line_info_points_at_the_statement() {
    let mut script = Script::raw();
    let hello = script.event([support::string(6)]);
    let object = script.body([emit(hello, [literal("hello")])]).compile();
    let elf = parse(&object);
    let btf = elf.btf.as_ref().expect("there is BTF").to_bytes();
    let program = &elf.programs["probe_1"];
    let function = &elf.functions[&program.function_key()];
    assert_eq!(function.func_info.func_info.len(), 1);
    let lines: Vec<_> = function
        .line_info
        .line_info
        .iter()
        .map(|line| {
            let text = btf_string(&btf, line.line_off);
            (line.line_col >> 10, line.line_col & 1023, text)
        })
        .collect();
    assert!(
        lines.contains(&(2, 3, "  first();".to_owned())),
        "no line of the statement in {lines:?}"
    );
}

/// A string of BTF, by the header's `hdr_len` and `str_off` of `linux/btf.h`.
fn btf_string(btf: &[u8], offset: u32) -> String {
    let word = |at: usize| u32::from_le_bytes([btf[at], btf[at + 1], btf[at + 2], btf[at + 3]]);
    let start = (word(4) + word(16) + offset) as usize;
    let text = btf[start..].split(|&byte| byte == 0).next();
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}
