//! The tokens of the top level: attach points, C definitions and the words that begin an item.

use logos::Logos;

/// One token outside predicates and bodies.
#[derive(Logos, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\f\u{feff}]+")]
#[logos(subpattern quoted = r#""[^"\n]*""#)]
#[logos(subpattern bare = r#"[^\s\x00-\x1f\x7f\u{feff},;:={}()/"]"#)]
pub(crate) enum Top {
    /// A character that begins nothing.
    #[default]
    Unknown,
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[regex(r"/\*[^*]*\*+([^/*][^*]*\*+)*/")]
    Comment,
    #[token("/*")]
    OpenComment,
    /// `#…` up to the end of the line; a backslash before the end continues it.
    #[regex(r"#([^\n\\]|\\[^\n]|\\\n|\\\r\n)*\\?", priority = 9)]
    Preprocessor,
    #[regex(r"struct|union|enum|typedef")]
    Definition,
    #[token("config")]
    Config,
    #[token("import")]
    Import,
    #[token("macro")]
    Macro,
    #[token("let")]
    Let,
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*[ \t]*=")]
    Name,
    /// The second form is for providers whose second part is a path, the third for iterators,
    /// which have the path of a pin in their third.
    #[regex(r"((?&bare)|(?&quoted)|:)+")]
    #[regex(
        r"(?i:uprobe|uretprobe|usdt|ur?):((?&bare)|(?&quoted)|/)+(:((?&bare)|(?&quoted))*)*",
        priority = 5
    )]
    #[regex(
        r"(?i:iter|it):((?&bare)|(?&quoted))*:((?&bare)|(?&quoted)|/)+(:((?&bare)|(?&quoted))*)*",
        priority = 6
    )]
    AttachPoint,
    /// A quoted part that does not end on its line.
    #[regex(r#""[^"\s{]*"#)]
    OpenQuote,
    #[token("/")]
    Slash,
    #[token(",")]
    Comma,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token(";")]
    Semicolon,
    #[token("=")]
    Assign,
}
