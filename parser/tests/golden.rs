//! Every script in `test_data/ok` gives the tree in the `.tree` file beside it and no report; every
//! script in `test_data/err` gives the reports in its `.stderr` file.
//!
//! `UPDATE_EXPECT=1 cargo test -p strobe-parser` rewrites those files.

use codespan_reporting::term::{self, Config};
use expect_test::expect_file;
use lexer::{Diagnostic, SourceMap};
use std::path::{Path, PathBuf};

#[test]
fn good_scripts_give_their_trees() {
    let scripts = scripts("ok");
    assert!(scripts.len() >= 40, "only {} were found", scripts.len());
    for path in scripts {
        let (sources, file) = read(&path);
        let (program, reports) = parser::parse(&sources, file);
        let rendered = render(&sources, &reports);
        assert!(reports.is_empty(), "{}:\n{rendered}", path.display());
        expect_file![path.with_extension("tree")].assert_eq(&parser::dump(&program, &sources));
    }
}

#[test]
fn bad_scripts_give_their_reports() {
    let scripts = scripts("err");
    assert!(scripts.len() >= 30, "only {} were found", scripts.len());
    for path in scripts {
        let (sources, file) = read(&path);
        let (_, reports) = parser::parse(&sources, file);
        assert!(!reports.is_empty(), "{} is accepted", path.display());
        for report in &reports {
            assert!(!report.labels.is_empty(), "{}: {report:?}", path.display());
            assert!(!report.help.is_empty(), "{}: {report:?}", path.display());
        }
        expect_file![path.with_extension("stderr")].assert_eq(&render(&sources, &reports));
    }
}

/// The scripts in a directory of the test data, sorted.
fn scripts(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("test_data")
        .join(directory);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&directory)
        .expect("the directory is readable")
        .map(|entry| entry.expect("the directory is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "bt"))
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> (SourceMap, lexer::FileId) {
    let bytes = std::fs::read(path).expect("the script is readable");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = lexer::decode(&name, bytes).expect("the script is text");
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    (sources, file)
}

fn render(sources: &SourceMap, reports: &[Diagnostic]) -> String {
    let mut out = String::new();
    for report in reports {
        term::emit_to_string(&mut out, &Config::default(), sources, &report.to_codespan())
            .expect("a string takes all");
    }
    out
}
