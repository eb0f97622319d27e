//! Every code word that occurs in the sources has its page, and no page is about one that does not.

use crate::pages;
use crate::strobe::root;
use regex_lite::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where reports are made.
const SOURCES: [&str; 6] = [
    "lexer/src",
    "parser/src",
    "sema/src",
    "codegen/src",
    "runtime/src",
    "cli",
];

/// Words in the modules of errors that look like code words and are none.
const NO_CODES: [&str; 1] = ["perf-event"];

#[test]
fn every_code_word_has_its_page() {
    let known: BTreeSet<String> = pages::all().map(|page| page.code.to_owned()).collect();
    let used = used();
    assert!(used.len() > 80, "the sources were searched: {used:?}");
    let without: Vec<_> = used.difference(&known).collect();
    let beyond: Vec<_> = known.difference(&used).collect();
    assert!(
        without.is_empty(),
        "write a page for each of these, in the theme of docs/errors/ that fits: {without:?}"
    );
    assert!(beyond.is_empty(), "nothing says these any more: {beyond:?}");
}

#[test]
fn no_code_word_has_two_pages() {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = pages::all()
        .filter(|page| !seen.insert(page.code))
        .map(|page| page.code)
        .collect();
    assert!(twice.is_empty(), "two pages: {twice:?}");
}

/// The code words that the sources hold.
fn used() -> BTreeSet<String> {
    let made = Regex::new(r#"Diagnostic::(?:error|warning)\(\s*"([a-z-]+)""#).expect("a pattern");
    let kebab = Regex::new(r#""([a-z]+(?:-[a-z]+)+)""#).expect("a pattern");
    let mut found = BTreeSet::new();
    for path in SOURCES.iter().flat_map(|folder| rust(&root().join(folder))) {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source is text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let of = |pattern: &Regex| -> Vec<String> {
            let words = pattern.captures_iter(text);
            words.map(|word| word[1].to_owned()).collect()
        };
        found.extend(of(&made));
        if name.contains("/error") {
            found.extend(of(&kebab));
        }
    }
    found.retain(|word| !NO_CODES.contains(&word.as_str()));
    found
}

fn rust(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the sources are readable");
    let paths = entries.map(|entry| entry.expect("the sources are readable").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => rust(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}
