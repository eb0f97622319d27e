//! Formatting keeps tree and comments, and formatting twice changes nothing more.
//!
//! `UPDATE_EXPECT=1 cargo test -p strobe-parser` rewrites the expected texts.

use expect_test::expect_file;
use lexer::SourceMap;
use std::path::{Path, PathBuf};

#[test]
fn scripts_are_formatted_as_expected() {
    for path in scripts("format") {
        let formatted = format(&read(&path));
        expect_file![path.with_extension("formatted")].assert_eq(&formatted);
    }
}

#[test]
fn formatting_keeps_tree_and_comments() {
    for path in scripts("format").into_iter().chain(scripts("ok")) {
        let text = read(&path);
        let formatted = format(&text);
        assert_eq!(shape(&text), shape(&formatted), "{}", path.display());
        assert_eq!(comments(&text), comments(&formatted), "{}", path.display());
    }
}

#[test]
fn formatting_twice_is_formatting_once() {
    for path in scripts("format").into_iter().chain(scripts("ok")) {
        let once = format(&read(&path));
        assert_eq!(once, format(&once), "{}", path.display());
        let untidy = once.lines().find(|line| line.ends_with(' '));
        assert_eq!(untidy, None, "{}", path.display());
    }
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

fn parse(text: &str) -> (SourceMap, lexer::FileId, parser::ast::Program) {
    let mut sources = SourceMap::new();
    let file = sources.add("script", text);
    let (program, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{reports:?}\n{text}");
    (sources, file, program)
}

fn format(text: &str) -> String {
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
