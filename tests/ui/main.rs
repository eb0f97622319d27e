//! Reports of the front end as people see them: `cases/<code>.<case>.bt` beside what is said of it
//! (`.stderr`), on a machine made of fixtures, so that no root is needed. Those of the parser and of
//! type checking alone lie with their crates.
//!
//! `UPDATE_EXPECT=1` writes the expectations anew; read the difference before you commit it.

mod texts;

use codespan_reporting::term::{self, Chars, Config};
use expect_test::expect_file;
use lexer::{Diagnostic, SourceMap};
use regex_lite::Regex;
use sema::kernel::fixtures;
use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// Where the reports of the front end are made.
const SOURCES: [&str; 3] = ["lexer/src", "parser/src", "sema/src"];

/// Where they are shown.
const GOLDENS: [&str; 3] = [
    "parser/test_data/err",
    "sema/test_data/err",
    "tests/ui/cases",
];

/// What takes a machine, a file or a size that no case has; each has its test where it is made.
const ELSEWHERE: [&str; 5] = [
    "no-permission",
    "not-on-this-machine",
    "not-text",
    "script-too-large",
    "unreadable-kernel-data",
];

#[test]
fn reports_read_as_written() {
    for script in files(&root().join("tests/ui/cases"), "bt") {
        let name = script.file_name().expect("a file has a name");
        let code = name.to_string_lossy();
        let code = code.split('.').next().unwrap_or_default();
        let text = reports_of(&script);
        assert!(
            text.contains(&format!("[{code}]")),
            "{} is to show {code}, but says:\n{text}",
            script.display()
        );
        expect_file![script.with_extension("stderr")].assert_eq(&text);
    }
}

#[test]
fn every_report_of_the_front_end_is_shown() {
    let shown = Regex::new(r"\[([a-z-]+)\]").expect("a pattern");
    let mut goldens = BTreeSet::new();
    for folder in GOLDENS {
        for extension in ["stderr", "report"] {
            for file in files(&root().join(folder), extension) {
                let text = read_to_string(&file).expect("a golden is text");
                goldens.extend(shown.captures_iter(&text).map(|c| c[1].to_owned()));
            }
        }
    }
    let missing: Vec<String> = codes()
        .into_iter()
        .filter(|code| !goldens.contains(code) && !ELSEWHERE.contains(&code.as_str()))
        .filter(|code| !is_excused(code))
        .collect();
    assert!(
        missing.is_empty(),
        "no golden shows these: write tests/ui/cases/CODE.CASE.bt: {missing:?}"
    );
}

/// Whether the page of a code word says that no script alone can show it.
fn is_excused(code: &str) -> bool {
    files(&root().join("docs/errors"), "md").iter().any(|page| {
        let text = read_to_string(page).expect("a page is text");
        let section = text.split("\n## ").find(|s| s.lines().next() == Some(code));
        section.is_some_and(|s| !s.contains("```bt fails"))
    })
}

/// What is said of a script.
fn reports_of(script: &Path) -> String {
    let mut sources = SourceMap::new();
    let name = script.file_name().expect("a file has a name");
    let text = read_to_string(script).expect("a case is text");
    let options = options(&text);
    let file = sources.add(name.to_string_lossy(), text);
    let (tree, reports) = parser::parse(&sources, file);
    if !reports.is_empty() {
        return render(&sources, &reports);
    }
    let machine = fixtures::machine().expect("fixtures that read");
    match sema::analyze(&tree, &machine, &options) {
        Ok(program) => render(&sources, &program.warnings),
        Err(reports) => render(&sources, &reports),
    }
}

/// What a case is run with: its first line may be `// with:` and words, of which `--name=value` is a
/// named parameter, `/pattern/` the filter of probes, `name=value` a setting of the environment, `-p7`
/// the process that is traced.
fn options(text: &str) -> sema::Options {
    let mut options = sema::Options::default();
    let first = text.lines().next().unwrap_or_default();
    let words = first.strip_prefix("// with:").unwrap_or_default();
    for word in words.split_whitespace() {
        let pair = |word: &str| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.to_owned(), None),
        };
        if let Some(parameter) = word.strip_prefix("--") {
            options.named.push(pair(parameter));
        } else if let Some(pid) = word.strip_prefix("-p") {
            options.pid = Some(pid.parse().expect("a process has a number"));
        } else if let Some(pattern) = word.strip_prefix('/') {
            options.probe_filter = Some(pattern.trim_end_matches('/').to_owned());
        } else {
            let (name, value) = pair(word);
            let value = value.expect("a setting has a value");
            options.environment.push((name, value));
        }
    }
    options
}

fn render(sources: &SourceMap, reports: &[Diagnostic]) -> String {
    let mut text = String::new();
    let config = Config {
        chars: Chars::ascii(),
        ..Config::default()
    };
    for report in reports {
        term::emit_to_string(&mut text, &config, sources, &report.to_codespan())
            .expect("reports point into the sources");
    }
    text
}

/// The code words that the front end can say.
fn codes() -> BTreeSet<String> {
    let made = Regex::new(r#"Diagnostic::(?:error|warning)\(\s*"([a-z-]+)""#).expect("a pattern");
    let mut found = BTreeSet::new();
    for file in SOURCES.iter().flat_map(|folder| rust(&root().join(folder))) {
        let text = read_to_string(&file).expect("a source is text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        found.extend(made.captures_iter(text).map(|c| c[1].to_owned()));
    }
    assert!(found.len() > 80, "the sources were searched: {found:?}");
    found
}

fn rust(folder: &Path) -> Vec<PathBuf> {
    let entries = read_dir(folder).expect("the sources are readable");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let all = paths.flat_map(|path| match path.is_dir() {
        true => rust(&path),
        false => vec![path],
    });
    all.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".rs") && name != "tests.rs"
    })
    .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = read_dir(folder).expect("a folder of the repository");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
