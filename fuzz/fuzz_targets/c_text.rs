//! Any text as the C definitions of a script: reading it and laying its types out gives types or
//! reports, never a panic, and places in reports are those of the text.
#![no_main]

use lexer::{FileId, SourceMap, Span};
use libfuzzer_sys::fuzz_target;
use parser::c::{NoIncludes, Piece, read};
use sema::Options;
use sema::kernel::{Fake, fixtures};

thread_local! {
    static MACHINE: Fake = fixtures::machine().expect("fixtures that read");
}

fuzz_target!(|text: &str| {
    let piece = Piece {
        text,
        span: Span::new(FileId(0), 0, text.len() as u32),
    };
    let (unit, _) = read(&[piece], &[("ONE", "1")], &mut NoIncludes);
    for definition in &unit.macros {
        let _ = parser::expression(&definition.text, definition.span);
    }
    analyze(text);
});

/// The text at the top of a script whose names are those of its macros.
fn analyze(text: &str) {
    MACHINE.with(|machine| analyze_on(machine, text));
}

fn analyze_on(machine: &Fake, text: &str) {
    let mut sources = SourceMap::new();
    let script = format!("{text}\nbegin {{ print((A, sizeof(struct s), *(struct s *)0)); }}");
    let file = sources.add("fuzz", script);
    let (script, reports) = parser::parse(&sources, file);
    if !reports.is_empty() {
        return;
    }
    let Err(reports) = sema::analyze(&script, machine, &Options::default()) else {
        return;
    };
    for label in reports.iter().flat_map(|report| &report.labels) {
        assert!(label.span.start <= label.span.end, "{reports:?}");
        let text = sources.text(file);
        assert!(text.is_char_boundary(label.span.start as usize), "{reports:?}");
        assert!(text.is_char_boundary(label.span.end as usize), "{reports:?}");
    }
}
