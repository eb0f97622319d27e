//! Every script in `test_data` gives the tokens and errors in the `.tokens` file beside it.
//!
//! `UPDATE_EXPECT=1 cargo test -p strobe-lexer` rewrites those files.

use expect_test::expect_file;
use lexer::{FileId, Lexer, SourceMap};
use std::fmt::Write;
use std::path::Path;

#[test]
fn scripts_give_their_tokens() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data");
    let mut count = 0;
    for entry in std::fs::read_dir(&directory).expect("the directory is readable") {
        let path = entry.expect("the directory is readable").path();
        if path.extension().is_none_or(|e| e != "bt") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the script is readable");
        let text = lexer::decode("script", bytes).expect("the script is text");
        let mut sources = SourceMap::new();
        let file = sources.add("script", text);
        expect_file![path.with_extension("tokens")].assert_eq(&tokens_and_errors(&sources, file));
        count += 1;
    }
    assert!(count >= 15, "only {count} scripts were found");
}

fn tokens_and_errors(sources: &SourceMap, file: FileId) -> String {
    let mut out = lexer::dump(sources, file);
    let mut lexer = Lexer::new(file, sources.text(file));
    while lexer.next().is_some() {}
    for error in lexer.errors() {
        let (line, column) = sources.line_col(error.span);
        let text = sources.slice(error.span).escape_debug();
        writeln!(out, "{line}:{column} error {}: {text}", error.kind.code())
            .expect("a string takes all");
    }
    out
}
