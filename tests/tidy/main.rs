//! The house rules that a machine can check: crate direction, where `unsafe` may stand, module
//! docs, sizes, what may lie at the top level. Every violation is printed at once.

mod manifests;
mod sources;
mod tokens;

use std::path::{Path, PathBuf};

/// What may lie at the top level; it takes no more.
const TOP_LEVEL: [&str; 19] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "Makefile",
    "README.md",
    "benches",
    "docs",
    "fuzz",
    "cli",
    "codegen",
    "lexer",
    "parser",
    "runtime",
    "scripts",
    "sema",
    "tests",
];

/// Directories that hold nothing of ours.
const GENERATED: [&str; 4] = [".git", "target", "corpus", "artifacts"];

#[test]
fn the_house_rules_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut violations = top_level(root);
    violations.extend(manifests::check(root));
    for path in files(root) {
        let name = path
            .strip_prefix(root)
            .expect("it was found below the root");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue; // Binary fixtures have no style.
        };
        violations.extend(sources::check_text(name, &text));
        if name.extension().is_some_and(|e| e == "rs") {
            violations.extend(sources::check_rust(name, &text));
        }
    }
    assert!(
        violations.is_empty(),
        "{} violations of the house rules:\n{}",
        violations.len(),
        violations.join("\n")
    );
}

fn top_level(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).expect("the root is readable");
    let names = entries.map(|e| e.expect("the root is readable").file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name != "target" && !TOP_LEVEL.contains(&name.as_str()))
        .map(|name| format!("{name}: the top level takes no more entries"))
        .collect()
}

/// Every file of ours below `directory`, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(directory)
        .expect("the tree is readable")
        .map(|entry| entry.expect("the tree is readable").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default();
        if path.is_symlink() || GENERATED.iter().any(|g| name == *g) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
