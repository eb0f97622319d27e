//! The examples of the pages: what is said to fail fails with that code, and its mend compiles.
//!
//! Scripts are compiled for a machine made of fixtures, as far as eBPF, without root. Lines of shell
//! run the strobe that was built.

use crate::pages::{self, Page, Part};
use crate::strobe::{is_root, shell};
use lexer::{Diagnostic, Severity, SourceMap};
use sema::kernel::fixtures;

#[test]
fn examples_do_what_their_page_says() {
    let wrong: Vec<String> = pages::all().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(page: Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut fails, mut works) = (0, 0);
    for part in page.parts() {
        let Part::Example(kind, lines) = part else {
            continue;
        };
        let is_failure = kind.contains("fails");
        fails += usize::from(is_failure);
        works += usize::from(!is_failure);
        let text = lines.join("\n");
        let outcome = match kind.starts_with("bt") {
            true => script(&text, kind.contains("parses")),
            false if kind.contains("root") && !is_root(&text) => continue,
            false => line(&text),
        };
        let said = outcome.codes.iter().any(|code| code == page.code);
        if is_failure != said || (!is_failure && outcome.failed) {
            let codes = outcome.codes;
            wrong.push(format!("{}: {kind}: it says {codes:?}:\n{text}", page.code));
        }
    }
    let has = |start: &str| page.text.lines().any(|line| line.starts_with(start));
    if fails == 0 && !has("Not shown here:") {
        wrong.push(format!("{}: neither an example nor a reason", page.code));
    }
    if fails > 0 && works == 0 && !has("Not mended in the script:") {
        wrong.push(format!("{}: no mend", page.code));
    }
    wrong
}

/// What came of an example.
struct Outcome {
    codes: Vec<String>,
    failed: bool,
}

impl Outcome {
    fn of(reports: &[Diagnostic]) -> Self {
        Self {
            codes: reports.iter().map(|r| r.code.to_owned()).collect(),
            failed: reports.iter().any(|r| r.severity == Severity::Error),
        }
    }
}

/// Compiles a script; with `parses` only as far as the syntax tree.
fn script(text: &str, parses: bool) -> Outcome {
    let mut sources = SourceMap::new();
    let file = sources.add("example", text);
    let (tree, reports) = parser::parse(&sources, file);
    if parses || !reports.is_empty() {
        return Outcome::of(&reports);
    }
    let machine = fixtures::machine().expect("fixtures that read");
    let options = sema::Options::default();
    match sema::analyze(&tree, &machine, &options) {
        Err(reports) => Outcome::of(&reports),
        Ok(program) => match codegen::compile(&program, &sources, &codegen::Options::default()) {
            Ok(_) => Outcome::of(&program.warnings),
            Err(error) => Outcome::of(&[error.to_diagnostic()]),
        },
    }
}

/// Runs a line of shell.
fn line(text: &str) -> Outcome {
    let output = shell(text);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = |line: &str| {
        let (level, rest) = line.split_once('[')?;
        let code = rest.split_once("]:")?.0;
        (level == "error" || level == "warning").then(|| code.to_owned())
    };
    Outcome {
        codes: said.lines().filter_map(code).collect(),
        failed: !output.status.success(),
    }
}
