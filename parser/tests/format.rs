//! Formatting keeps tree and comments, and formatting twice changes nothing more.
//!
//! `UPDATE_EXPECT=1 cargo test -p strobe-parser` rewrites the expected texts.

use expect_test::expect_file;
use lexer::{FileId, Lexer, SourceMap};
use std::path::{Path, PathBuf};

#[test]
fn scripts_are_formatted_as_expected() {
    for path in scripts("format") {
        let formatted = formatted(&read(&path));
        expect_file![path.with_extension("formatted")].assert_eq(&formatted);
    }
}

#[test]
fn formatting_keeps_tree_and_comments() {
    for path in scripts("format").into_iter().chain(scripts("ok")) {
        let text = read(&path);
        let formatted = formatted(&text);
        assert_eq!(shape(&text), shape(&formatted), "{}", path.display());
        assert_eq!(comments(&text), comments(&formatted), "{}", path.display());
    }
}

#[test]
fn formatting_twice_is_formatting_once() {
    for path in scripts("format").into_iter().chain(scripts("ok")) {
        let once = formatted(&read(&path));
        assert_eq!(once, formatted(&once), "{}", path.display());
        let untidy = once.lines().find(|line| line.ends_with(' '));
        assert_eq!(untidy, None, "{}", path.display());
    }
}

#[test]
fn scripts_with_a_token_missing_keep_what_is_left() {
    let mut count = 0;
    for path in scripts("format").into_iter().chain(scripts("ok")) {
        let text = read(&path);
        for token in Lexer::new(FileId(0), &text) {
            let range = token.span.range();
            let left = format!("{} {}", &text[..range.start], &text[range.end..]);
            count += usize::from(keeps_all(&left));
        }
    }
    assert!(count > 300, "only {count} scripts were still good");
}

#[test]
fn a_comment_anywhere_is_kept() {
    let mut count = 0;
    for path in scripts("ok") {
        let text = read(&path);
        for token in Lexer::new(FileId(0), &text) {
            let (before, after) = text.split_at(token.span.end as usize);
            for comment in ["/* c */", " // c\n", "\n\n/* c\n */ // d\n\n"] {
                count += usize::from(keeps_all(&format!("{before}{comment}{after}")));
            }
        }
    }
    assert!(count > 3000, "only {count} scripts were still good");
}

/// Whether a script reads without a report; then its tree and comments outlive formatting.
fn keeps_all(text: &str) -> bool {
    let mut sources = SourceMap::new();
    let file = sources.add("script", text);
    if !parser::parse(&sources, file).1.is_empty() {
        return false;
    }
    let once = formatted(text);
    assert_eq!(shape(text), shape(&once), "{text}\n=>\n{once}");
    assert_eq!(comments(text), comments(&once), "{text}\n=>\n{once}");
    assert_eq!(once, formatted(&once), "{text}");
    true
}

fn scripts(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("test_data")
        .join(directory);
    let entries = std::fs::read_dir(&directory).expect("the directory is readable");
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the directory is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "bt"))
        .collect();
    assert!(!paths.is_empty(), "{} is empty", directory.display());
    paths
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the script is readable")
}

fn parse(text: &str) -> (SourceMap, FileId, parser::ast::Program) {
    let mut sources = SourceMap::new();
    let file = sources.add("script", text);
    let (program, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{reports:?}\n{text}");
    (sources, file, program)
}

fn formatted(text: &str) -> String {
    let (sources, file, program) = parse(text);
    parser::format(&program, &sources, file)
}

/// The tree without places and comments.
fn shape(text: &str) -> String {
    let (sources, _, mut program) = parse(text);
    program.comments.clear();
    let tree = parser::dump(&program, &sources);
    let lines = tree.lines().map(|line| match line.rsplit_once("  ") {
        Some((node, place)) if place.contains(':') => node,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn comments(text: &str) -> Vec<String> {
    let (sources, _, program) = parse(text);
    let comments = program.comments.iter().map(|&span| sources.slice(span));
    comments.map(|c| c.trim_end().to_owned()).collect()
}
