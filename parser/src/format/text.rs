//! Literals: as they are spelled in the source where that can be seen, else spelled anew.

use crate::ast::{Expr, ExprKind};

/// The number as written; `source` is the text of its expression, perhaps in parentheses.
pub(super) fn integer(source: &str, value: u64) -> String {
    let inner = without_parentheses(source);
    let is_number = inner.starts_with(|c: char| c.is_ascii_digit())
        && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_number {
        true => inner.to_owned(),
        false => value.to_string(),
    }
}

/// A piece of a string literal, with its quotes, and whether it stands on a new line.
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) on_new_line: bool,
}

/// The pieces of a string literal as written; nothing where there is more than pieces, such as a
/// comment between them.
pub(super) fn pieces(source: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = without_parentheses(source);
    loop {
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return (!pieces.is_empty()).then_some(pieces);
        }
        let on_new_line = rest[..rest.len() - trimmed.len()].contains('\n');
        let end = closing_quote(trimmed)?;
        pieces.push(Piece {
            text: &trimmed[..=end],
            on_new_line,
        });
        rest = &trimmed[end + 1..];
    }
}

/// Where the quote stands that closes the string at the start of `text`.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut characters = text.char_indices();
    characters.next().filter(|&(_, c)| c == '"')?;
    let mut quotes = characters.filter(|&(_, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    quotes.next().map(|(at, _)| at)
}

fn without_parentheses(source: &str) -> &str {
    source.trim_matches(|c: char| matches!(c, '(' | ')') || c.is_ascii_whitespace())
}

/// A string literal for these bytes, with its quotes.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\\' | '"' => out.extend(['\\', c]),
                c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    out
}

/// Whether an operation stands in parentheses in the source: its place includes them, so it starts
/// before its first operand.
pub(super) fn in_parentheses(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { left: first, .. } | ExprKind::Ternary { cond: first, .. } => {
            expr.span.start < first.span.start
        }
        _ => false,
    }
}
