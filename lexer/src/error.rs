//! What can be wrong with the characters of a script, and how it is said.

use crate::{Diagnostic, Span, Token};

/// A mistake in the characters and its place. The lexer goes on after it with the token that was
/// probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    /// What is wrong.
    pub kind: LexErrorKind,
    /// The place.
    pub span: Span,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LexErrorKind {
    /// A character that begins no token.
    #[default]
    UnknownCharacter,
    /// A string without its closing quote.
    UnterminatedString,
    /// A string in single or typographic quotes.
    WrongQuotes,
    /// An escape that means nothing.
    BadEscape,
    /// A `/*` without `*/`.
    UnterminatedComment,
    /// A number above 2^64 - 1.
    IntegerTooLarge,
    /// A digit or suffix that does not belong to a number.
    BadNumber,
    /// `$0`.
    PositionalZero,
    /// A `{` without `}`; the place is the brace.
    UnclosedBrace,
    /// A predicate without its closing `/`: the place is the opening one.
    UnclosedPredicate {
        /// Offset of the `{` before which the `/` is missing.
        before: u32,
    },
    /// A C definition without its semicolon; the place is where it belongs.
    UnterminatedDefinition,
    /// An `import` or map declaration without its semicolon; the place is where it belongs.
    MissingSemicolon,
}

impl LexErrorKind {
    /// The stable code word.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownCharacter => "unknown-character",
            Self::UnterminatedString => "unterminated-string",
            Self::WrongQuotes => "wrong-quotes",
            Self::BadEscape => "bad-escape",
            Self::UnterminatedComment => "unterminated-comment",
            Self::IntegerTooLarge => "integer-too-large",
            Self::BadNumber => "bad-number",
            Self::PositionalZero => "bad-positional",
            Self::UnclosedBrace => "unclosed-brace",
            Self::UnclosedPredicate { .. } => "unclosed-predicate",
            Self::UnterminatedDefinition => "unterminated-definition",
            Self::MissingSemicolon => "missing-semicolon",
        }
    }

    /// Whether tokens are missing or wrong after it, so that what the parser finds there is no
    /// second mistake.
    pub fn garbles(self) -> bool {
        match self {
            Self::UnknownCharacter
            | Self::UnterminatedString
            | Self::UnterminatedComment
            | Self::UnclosedBrace
            | Self::UnclosedPredicate { .. }
            | Self::UnterminatedDefinition
            | Self::MissingSemicolon => true,
            Self::WrongQuotes
            | Self::BadEscape
            | Self::IntegerTooLarge
            | Self::BadNumber
            | Self::PositionalZero => false,
        }
    }

    /// The token that was probably meant where the characters make none.
    pub(crate) fn substitute(self) -> Option<Token<'static>> {
        match self {
            Self::IntegerTooLarge | Self::BadNumber => Some(Token::Int(0)),
            Self::PositionalZero => Some(Token::Positional(1)),
            _ => None,
        }
    }
}

impl LexError {
    /// The report; `text` is the text of the span.
    pub fn diagnostic(&self, text: &str) -> Diagnostic {
        let report = |message: &str, label: &str| {
            Diagnostic::error(self.kind.code(), message).primary(self.span, label)
        };
        match self.kind {
            LexErrorKind::UnknownCharacter => self.unknown_character(text),
            LexErrorKind::UnterminatedString => report("this string does not end", "starts here")
                .help("close it with `\"` on the same line; write a line break as `\\n`"),
            LexErrorKind::WrongQuotes => {
                let inside = text.trim_matches(|c| "'‘’‚“”„".contains(c));
                report("strings stand in double quotes", "in other quotes")
                    .help(format!("write \"{inside}\""))
            }
            LexErrorKind::BadEscape => {
                report(&format!("`{text}` is not an escape"), "means nothing")
                    .note("the escapes are \\n \\t \\r \\\\ \\\" \\0nn (octal) \\xnn (hexadecimal)")
                    .help("write `\\\\` for a backslash")
            }
            LexErrorKind::UnterminatedComment => {
                report("this comment does not end", "starts here").help("close it with `*/`")
            }
            LexErrorKind::IntegerTooLarge => report("this number is too large", "does not fit")
                .help("the largest integer is 18446744073709551615 (2^64 - 1)"),
            LexErrorKind::BadNumber => self.bad_number(text),
            LexErrorKind::PositionalZero => report("there is no parameter `$0`", "counts from 1")
                .help("`$1` is the first parameter after the script"),
            LexErrorKind::UnclosedBrace => {
                report("this block is not closed", "opens here").help("add the missing `}`")
            }
            LexErrorKind::UnclosedPredicate { before } => {
                let brace = Span::new(self.span.file, before, before + 1);
                report("the predicate is not closed", "opens here")
                    .secondary(brace, "the action starts here")
                    .help("add the closing `/` before the `{`")
            }
            LexErrorKind::UnterminatedDefinition => {
                report("this C definition does not end", "expected `;`")
                    .help("end the definition with `;`")
            }
            LexErrorKind::MissingSemicolon => {
                report("missing `;`", "ends here").help("end the line with `;`")
            }
        }
    }

    fn unknown_character(&self, text: &str) -> Diagnostic {
        let shown: String = text.chars().take(8).flat_map(char::escape_debug).collect();
        let report = Diagnostic::error(self.kind.code(), format!("unexpected character `{shown}`"))
            .primary(self.span, "not part of the language");
        match text.chars().next() {
            Some('#') => report.help("comments start with `//`"),
            Some('“' | '”' | '„' | '‘' | '’' | '\'') => {
                report.help("strings stand in plain double quotes, `\"`")
            }
            Some('$') => report.help("a variable's name follows the `$`, as in `$x`"),
            Some(c) if c.is_control() => report.help("this does not look like a script"),
            _ => report.help("remove it"),
        }
    }

    fn bad_number(&self, text: &str) -> Diagnostic {
        let octal = text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
        let report = Diagnostic::error(self.kind.code(), format!("`{text}` is not a number"))
            .primary(self.span, "cannot be read");
        if octal {
            return report
                .note("a number that starts with 0 is octal: digits 0 to 7")
                .help(format!("write `{}`", text.trim_start_matches('0')));
        }
        report.help(
            "numbers are written as 10, 0x1f, 017, 1e6, 1_000 or with a unit: ns us ms s m h d",
        )
    }
}
