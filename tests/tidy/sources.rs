//! Rules about single files: docs, sizes, `unsafe`, and what must not be left lying about.

use super::tokens::{self, Facts};
use std::path::Path;

/// Lines of a file outside tests.
const FILE_LINES: usize = 500;

/// Lines of a function's body.
const FUNCTION_LINES: usize = 80;

/// The two modules that may hold `unsafe`.
const UNSAFE_HOMES: [&str; 2] = ["codegen/src/llvm", "runtime/src/sys"];

/// Macros that say "unfinished" or "left from debugging".
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Starts of paths that exist on one developer's machine alone.
const PRIVATE_PATHS: [&str; 3] = ["/home/", "/work/", "/Users/"];

/// Rules about any text.
pub fn check_text(name: &Path, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    if name == Path::new("tests/tidy/sources.rs") {
        return violations; // It has to name what it looks for.
    }
    for (index, line) in text.lines().enumerate() {
        for path in PRIVATE_PATHS.iter().filter(|path| line.contains(*path)) {
            violations.push(at(
                name,
                index + 1,
                &format!("names a private path, {path}"),
            ));
        }
    }
    violations
}

/// Rules about Rust sources.
pub fn check_rust(name: &Path, text: &str) -> Vec<String> {
    let Some(facts) = tokens::read(text) else {
        return vec![at(name, 1, "is not Rust")];
    };
    let mut violations = Vec::new();
    if !text.starts_with("//!") {
        violations.push(at(name, 1, "has no module docs (`//!`)"));
    }
    if !is_test(name) {
        violations.extend(sizes(name, text, &facts));
    }
    violations.extend(unsafes(name, text, &facts));
    violations.extend(leftovers(name, &facts));
    violations
}

fn sizes(name: &Path, text: &str, facts: &Facts) -> Vec<String> {
    let mut violations = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        let what = format!("{lines} lines, at most {FILE_LINES}");
        violations.push(at(name, 1, &what));
    }
    for function in facts.functions.iter().filter(|f| f.lines > FUNCTION_LINES) {
        let what = format!(
            "`{}` has {} lines, at most {FUNCTION_LINES}",
            function.name, function.lines
        );
        violations.push(at(name, function.line, &what));
    }
    violations
}

fn unsafes(name: &Path, text: &str, facts: &Facts) -> Vec<String> {
    let allowed = UNSAFE_HOMES
        .iter()
        .any(|home| name.starts_with(home) || name == Path::new(home).with_extension("rs"));
    let lines: Vec<&str> = text.lines().collect();
    let mut violations = Vec::new();
    for &(line, block) in &facts.unsafes {
        if !allowed {
            violations.push(at(
                name,
                line,
                "`unsafe` outside codegen::llvm and runtime::sys",
            ));
        } else if block && !explained(&lines[..line]) {
            violations.push(at(name, line, "`unsafe` block without a SAFETY comment"));
        }
    }
    violations
}

/// Whether the statement that ends these lines has a SAFETY comment on it or above it.
fn explained(lines: &[&str]) -> bool {
    const STATEMENT_LINES: usize = 8;
    lines
        .iter()
        .rev()
        .take(STATEMENT_LINES)
        .any(|line| line.contains("SAFETY:"))
}

fn leftovers(name: &Path, facts: &Facts) -> Vec<String> {
    let macros = facts
        .macros
        .iter()
        .filter(|(_, word)| UNFINISHED.contains(&word.as_str()))
        .map(|(line, word)| at(name, *line, &format!("`{word}!` is left over")));
    let ignored = facts
        .attributes
        .iter()
        .filter(|(_, word)| word == "ignore")
        .map(|(line, _)| at(name, *line, "a test that is ignored tests nothing"));
    macros.chain(ignored).collect()
}

/// Whether a file holds tests alone.
fn is_test(name: &Path) -> bool {
    let in_tests = name.components().any(|c| {
        let directory = c.as_os_str();
        directory == "tests" || directory == "benches"
    });
    in_tests || name.file_stem().is_some_and(|stem| stem == "tests")
}

fn at(name: &Path, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", name.display())
}
