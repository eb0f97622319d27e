//! Tokens as text, one a line: place, kind, and the characters they were read from.

use crate::{FileId, Lexer, SourceMap, Span, Spanned, Token};
use std::fmt::Write;

/// The tokens and comments of a text in the order of their places. A token that was supplied where
/// the text lacks one has no characters.
pub fn dump(sources: &SourceMap, file: FileId) -> String {
    let mut lexer = Lexer::new(file, sources.text(file));
    let tokens: Vec<Spanned<Token<'_>>> = lexer.by_ref().collect();
    let tokens = tokens.iter().map(|token| (token.span, kind(token.node)));
    let comments = lexer
        .comments()
        .iter()
        .map(|&span| (span, "Comment".to_owned()));
    let mut rows: Vec<(Span, String)> = tokens.chain(comments).collect();
    rows.sort_by_key(|(span, _)| span.start);

    let mut out = String::new();
    for (span, kind) in rows {
        let (line, column) = sources.line_col(span);
        let place = format!("{line}:{column}");
        let text = printable(sources.slice(span));
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{}",
            format!("{place:<8} {kind:<16} {text}").trim_end()
        );
    }
    out
}

/// The text on one line: control characters are escaped.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// The variant's name.
fn kind(token: Token<'_>) -> String {
    let mut name = format!("{token:?}");
    name.truncate(name.find('(').unwrap_or(name.len()));
    name
}
