//! Facts of the ELF, read by the loader's own parser.

mod support;

use aya_obj::{Object as Elf, ProgramSection};
use codegen::object::Health;
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
        ["at_counts", "at_last", "strobe.ring", "strobe.control"]
    );
    // What is lost is counted in two words, and two for each map.
    let of_section = |name: &&String| !symbols.contains(&name.as_str());
    let sections: Vec<_> = elf.maps.keys().filter(of_section).collect();
    assert_eq!(sections, [Health::SECTION]);
    assert_eq!(elf.maps[Health::SECTION].value_size(), 8 * (2 + 2 * 2));
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

#[test]
fn nothing_is_in_the_elf_that_nobody_reads() {
    let object = Script::raw().body([exit(0)]).compile();
    for section in [".debug_info", ".debug_line", ".debug_str"] {
        let found = object.elf.windows(section.len());
        let found = found.filter(|w| *w == section.as_bytes()).count();
        assert_eq!(found, 0, "{section}");
    }
}

#[test]
fn a_long_line_does_not_go_to_the_kernel_whole() {
    let mut script = Script::raw();
    let mut sources = lexer::SourceMap::new();
    sources.add("long.bt", format!("begin {{ {} }}", "ä".repeat(100_000)));
    script.sources = sources;
    let object = script.body([exit(0)]).compile();
    assert!(object.elf.len() < 8000, "{} bytes", object.elf.len());
    let text = &object.manifest.sources[0].text;
    assert!(text.len() > 100_000, "reports need all of it");
}

#[test]
fn a_statement_of_another_file_is_found_there() {
    let mut script = Script::raw();
    let file = script.sources.add("library.bt", "\n\n    imported();\n");
    let mut statement = exit(0);
    statement.span = lexer::Span::new(file, 6, 16);
    let object = script.body([statement]).compile();
    let elf = parse(&object);
    let btf = elf.btf.as_ref().expect("there is BTF").to_bytes();
    let function = &elf.functions[&elf.programs["probe_1"].function_key()];
    let found = function.line_info.line_info.iter().any(|line| {
        btf_string(&btf, line.file_name_off) == "library.bt"
            && btf_string(&btf, line.line_off) == "    imported();"
            && line.line_col == 3 << 10 | 5
    });
    assert!(found, "no line of the other file");
}

#[test]
fn symbols_are_valid_and_unique() {
    let mut script = Script::raw();
    let names = [
        "@",
        "@a",
        "@probe_1",
        "@a_very_long_name_of_a_map",
        "@a_very_long_name_of_another",
    ];
    for name in names {
        script.scalar_map(name, Type::I64);
    }
    let object = script.body([exit(0)]).compile();
    let mut symbols: Vec<_> = object.manifest.maps.iter().map(|m| &m.symbol).collect();
    symbols.extend(object.manifest.programs.iter().map(|p| &p.symbol));
    for symbol in &symbols {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        assert!(symbol.len() <= 15 && symbol.chars().all(valid), "{symbol}");
    }
    let count = symbols.len();
    symbols.sort();
    symbols.dedup();
    assert_eq!(symbols.len(), count, "{symbols:?}");
}
