//! Scripts and what type checking makes of them: `test_data/ok/*.bt` beside the typed program
//! (`.ir`), `test_data/err/*.bt` beside the reports (`.report`), on a machine made of fixtures.
//!
//! `UPDATE_EXPECT=1` writes the expectations anew; read the difference before you commit it.

use codespan_reporting::term::{self, Config};
use lexer::{Diagnostic, Severity, SourceMap};
use sema::{Options, analyze, kernel::fixtures};
use std::fs;
use std::path::{Path, PathBuf};

fn scripts(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("test_data")
        .join(kind);
    let entries = fs::read_dir(&folder).expect("the folder of test data is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|e| e.expect("a readable entry").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "bt"));
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in {}", folder.display());
    paths
}

/// Checks a script and shows what came of it: the typed program with its warnings, or the reports.
fn outcome(path: &Path) -> Result<String, String> {
    let mut sources = SourceMap::new();
    let name = path
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    let file = sources.add(name, fs::read_to_string(path).expect("a readable script"));
    let (script, reports) = parser::parse(&sources, file);
    assert!(
        reports.is_empty(),
        "{}: {}",
        path.display(),
        render(&sources, &reports)
    );
    let kernel = fixtures::machine().expect("fixtures that read");
    let options = Options {
        positional: vec!["42".to_owned(), "word".to_owned()],
        ..Options::default()
    };
    match analyze(&script, &kernel, &options) {
        Ok(program) => Ok(format!("{}{program}", render(&sources, &program.warnings))),
        Err(reports) => {
            let advises = |r: &Diagnostic| r.severity == Severity::Warning || !r.help.is_empty();
            let silent = reports.iter().find(|r| !advises(r));
            assert!(
                silent.is_none(),
                "{}: no help in {silent:?}",
                path.display()
            );
            Err(render(&sources, &reports))
        }
    }
}

fn render(sources: &SourceMap, reports: &[Diagnostic]) -> String {
    let mut text = String::new();
    for report in reports {
        let config = Config::default();
        term::emit_to_string(&mut text, &config, sources, &report.to_codespan())
            .expect("reports point into the sources");
    }
    text
}

fn compare(kind: &str, extension: &str, outcome: impl Fn(&Path) -> String) {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for path in scripts(kind) {
        let actual = outcome(&path);
        let expectation = path.with_extension(extension);
        let expected = fs::read_to_string(&expectation).unwrap_or_default();
        if update {
            fs::write(&expectation, actual).expect("a writable expectation");
        } else if actual != expected {
            wrong.push(format!(
                "{}\nexpected:\n{expected}\ngot:\n{actual}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn typed_programs() {
    compare("ok", "ir", |path| {
        outcome(path).unwrap_or_else(|reports| panic!("{}:\n{reports}", path.display()))
    });
}

#[test]
fn reports() {
    compare("err", "report", |path| {
        outcome(path).expect_err(&format!("{} is wrong and must be refused", path.display()))
    });
}
