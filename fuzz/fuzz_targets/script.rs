//! Any bytes as a script: reading them gives a tree or reports, never a panic, and what reads
//! without a report can be shown.
#![no_main]

use lexer::SourceMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = lexer::decode("fuzz", bytes.to_vec()) else {
        return;
    };
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz", text);
    let _ = lexer::dump(&sources, file);
    let (tree, reports) = parser::parse(&sources, file);
    if reports.is_empty() {
        let _ = parser::dump(&tree, &sources);
    }
    for report in reports {
        let _ = report.to_codespan();
        for label in report.labels {
            assert!(label.span.start <= label.span.end);
            assert!(sources.text(file).is_char_boundary(label.span.start as usize));
            assert!(sources.text(file).is_char_boundary(label.span.end as usize));
        }
    }
});
