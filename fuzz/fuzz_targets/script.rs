//! Any bytes as a script: reading them gives a tree or reports, never a panic; what reads without a
//! report can be shown, and formatted without losing anything.
#![no_main]

use lexer::{FileId, SourceMap};
use libfuzzer_sys::fuzz_target;
use parser::ast::Program;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = lexer::decode("fuzz", bytes.to_vec()) else {
        return;
    };
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz", text);
    let _ = lexer::dump(&sources, file);
    let (tree, reports) = parser::parse(&sources, file);
    for report in &reports {
        let _ = report.to_codespan();
        for label in &report.labels {
            assert!(label.span.start <= label.span.end);
            assert!(sources.text(file).is_char_boundary(label.span.start as usize));
            assert!(sources.text(file).is_char_boundary(label.span.end as usize));
        }
    }
    if reports.is_empty() {
        check_format(&sources, file, &tree);
    }
});

/// The formatted script reads as the same tree with the same comments, and formats to itself.
fn check_format(sources: &SourceMap, file: FileId, tree: &Program) {
    let mut formatted = SourceMap::new();
    let text = parser::format(tree, sources, file);
    let again = formatted.add("formatted", text.as_str());
    let (same, reports) = parser::parse(&formatted, again);
    if reports.iter().any(|r| r.code == "too-deeply-nested" || r.code == "script-too-large") {
        return; // The parentheses and spaces that were added are what is too much.
    }
    assert!(reports.is_empty(), "{reports:?}\n{text}");
    assert_eq!(shape(tree, sources), shape(&same, &formatted), "{text}");
    assert_eq!(comments(tree, sources), comments(&same, &formatted), "{text}");
    assert_eq!(text, parser::format(&same, &formatted, again));
}

/// The tree without places and comments.
fn shape(tree: &Program, sources: &SourceMap) -> String {
    let tree = Program {
        items: tree.items.clone(),
        comments: Vec::new(),
    };
    let dump = parser::dump(&tree, sources);
    let lines = dump.lines().map(|line| match line.rsplit_once("  ") {
        Some((node, place)) if place.contains(':') => node,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn comments<'s>(tree: &Program, sources: &'s SourceMap) -> Vec<&'s str> {
    let comments = tree.comments.iter();
    comments.map(|&comment| sources.slice(comment).trim_end()).collect()
}
