//! The tokens of C.

use lexer::Span;
use logos::Logos;
use std::rc::Rc;

/// What sort of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ident,
    /// A preprocessing number: begins like a number, ends where it cannot go on.
    Number,
    Str,
    Char,
    Punct,
    /// The end of a piece of text, where every declaration ends too.
    End,
    /// A character that is none of C's, a quote that does not end.
    Unknown,
}

/// A token with its text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: Rc<str>,
    pub(super) span: Span,
    /// Whether it is the first of its line.
    pub(super) starts_line: bool,
    /// Whether it came out of the macro that it names, so that it is not expanded again.
    pub(super) painted: bool,
}

impl Token {
    /// Whether it is this operator or bracket.
    pub(super) fn is(&self, punct: &str) -> bool {
        self.kind == Kind::Punct && *self.text == *punct
    }

    /// Whether it is this word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Ident && *self.text == *word
    }

    /// The end of a piece.
    pub(super) fn end(span: Span) -> Self {
        Token {
            kind: Kind::End,
            text: Rc::from(""),
            span,
            starts_line: true,
            painted: false,
        }
    }
}

#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\f\x0b\u{feff}]+|\\\r?\n")]
enum Lexeme {
    #[token("\n")]
    Newline,
    #[regex(r"//([^\n\\]|\\[^\n]|\\\n)*", allow_greedy = true)]
    #[regex(r"/\*[^*]*\*+([^/*][^*]*\*+)*/")]
    Comment,
    #[regex(r"[A-Za-z_$][A-Za-z0-9_$]*")]
    Ident,
    #[regex(r"\.?[0-9]([eEpP][+-]|[0-9A-Za-z_.])*")]
    Number,
    #[regex(r#"(L|u8|u|U)?"([^"\\\n]|\\[^\n])*""#)]
    Str,
    #[regex(r"(L|u8|u|U)?'([^'\\\n]|\\[^\n])+'")]
    Char,
    #[regex(
        r"\.\.\.|->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||##|[-+*/%&|^~!<>=?:;,.(){}\[\]#]"
    )]
    Punct,
}

/// The tokens of a text that starts at `start` of its file, comments left out.
pub(super) fn tokens(text: &str, start: Span) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut starts_line = true;
    for (lexeme, range) in Lexeme::lexer(text).spanned() {
        let kind = match lexeme {
            Ok(Lexeme::Newline) => {
                starts_line = true;
                continue;
            }
            Ok(Lexeme::Comment) => continue,
            Ok(Lexeme::Ident) => Kind::Ident,
            Ok(Lexeme::Number) => Kind::Number,
            Ok(Lexeme::Str) => Kind::Str,
            Ok(Lexeme::Char) => Kind::Char,
            Ok(Lexeme::Punct) => Kind::Punct,
            Err(()) => Kind::Unknown,
        };
        let at = |offset: usize| start.start.saturating_add(offset as u32);
        tokens.push(Token {
            kind,
            text: Rc::from(&text[range.clone()]),
            span: Span::new(start.file, at(range.start), at(range.end)),
            starts_line: std::mem::take(&mut starts_line),
            painted: false,
        });
    }
    tokens
}
