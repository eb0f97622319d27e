//! The tokens of a script.
//!
//! [`Token`] is what the parser sees. Its patterns are those of code (predicates and bodies); the
//! variants without a pattern are made by [`Lexer`](crate::Lexer) where its mode asks for them.

use crate::error::LexErrorKind;
use crate::literal;
use logos::Logos;

/// One token. Text payloads borrow from the source.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\f]+")]
#[logos(error = LexErrorKind)]
#[logos(subpattern name = r"[A-Za-z_][A-Za-z0-9_]*")]
pub enum Token<'s> {
    /// A piece of C at the top of the script, without the semicolon that ends it.
    Definition(&'s str),
    /// `config` at the top level.
    Config,
    /// `import` at the top level.
    Import,
    /// `macro` at the top level.
    Macro,
    /// `name=` before an attach point: the name.
    ProbeName(&'s str),
    /// One attach point, with its colons and quotes.
    AttachPoint(&'s str),
    /// The `/` that opens a predicate.
    PredicateOpen,
    /// The `/` that closes a predicate.
    PredicateClose,
    /// The `{` of a block that stands where a value is expected.
    ValueBrace,

    /// A comment; the lexer keeps its place and never yields it.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[regex(r"/\*[^*]*\*+([^/*][^*]*\*+)*/")]
    Comment,
    /// A `/*` without its `*/`; reported, never yielded.
    #[token("/*")]
    OpenComment,

    /// A number, worked out.
    #[regex(r"[0-9][0-9A-Za-z_]*", |lex| literal::integer(lex.slice()))]
    Int(u64),
    /// A string literal: the text between the quotes, escapes as written.
    #[regex(r#""([^"\\\n]|\\[^\n])*""#, |lex| inside(lex.slice()))]
    Str(&'s str),
    /// A string literal that the end of the line cut off; reported, yielded as [`Token::Str`].
    #[regex(r#""([^"\\\n]|\\[^\n])*\\?"#, |lex| &lex.slice()[1..])]
    OpenStr(&'s str),
    /// Text in single or typographic quotes; reported, yielded as [`Token::Str`].
    #[regex(r"'[^'\n]*'", |lex| inside(lex.slice()))]
    #[regex(r"[“”„‘’‚][^“”‘’\n]*[“”‘’]", |lex| inside(lex.slice()))]
    WrongQuotes(&'s str),
    /// `$x`, with its `$`.
    #[regex(r"\$(?&name)")]
    Var(&'s str),
    /// `$1`.
    #[regex(r"\$[0-9]+", |lex| literal::positional(lex.slice()))]
    Positional(u32),
    /// `$#`.
    #[token("$#")]
    PositionalCount,
    /// `@m` or `@`, with its `@`.
    #[regex(r"@(?&name)?")]
    Map(&'s str),
    /// The name of a type that every script knows.
    #[regex(r"bool|void|char|int|u?int(8|16|32|64)(_t)?|string|inet|buffer")]
    #[regex(r"(__)?[us](8|16|32|64)|__(be|le)(16|32|64)")]
    #[regex(r"(ss?ize|u?intptr|l?off|[pugt]id|dev|mode|ino|umode|gfp|time|bool|sector)_t|size_t")]
    #[regex(r"u?(min|max|sum|avg|stats)_t|(count|l?hist|tseries|[ku]sym|macaddr|cgroup_path)_t")]
    #[regex(r"(unsigned|signed|long|short)([ \t]+(long|short|int|char))*")]
    TypeName(&'s str),
    /// Any other name.
    #[regex(r"(?&name)")]
    Ident(&'s str),

    /// `_` alone.
    #[token("_", priority = 3)]
    Underscore,
    /// `if`
    #[token("if")]
    If,
    /// `else`
    #[token("else")]
    Else,
    /// `while`
    #[token("while")]
    While,
    /// `for`
    #[token("for")]
    For,
    /// `unroll`
    #[token("unroll")]
    Unroll,
    /// `break`
    #[token("break")]
    Break,
    /// `continue`
    #[token("continue")]
    Continue,
    /// `return`
    #[token("return")]
    Return,
    /// `let`
    #[token("let")]
    Let,
    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `comptime`
    #[token("comptime")]
    Comptime,
    /// `sizeof`
    #[token("sizeof")]
    SizeOf,
    /// `offsetof`
    #[token("offsetof")]
    OffsetOf,
    /// `typeof`
    #[token("typeof")]
    TypeOf,
    /// `typeinfo`
    #[token("typeinfo")]
    TypeInfo,
    /// `container_of`
    #[token("container_of")]
    ContainerOf,
    /// `struct`
    #[token("struct")]
    Struct,
    /// `union`
    #[token("union")]
    Union,
    /// `enum`
    #[token("enum")]
    Enum,

    /// `{` of a block of statements.
    #[token("{")]
    OpenBrace,
    /// `}`
    #[token("}")]
    CloseBrace,
    /// `(`
    #[token("(")]
    OpenParen,
    /// `)`
    #[token(")")]
    CloseParen,
    /// `[`
    #[token("[")]
    OpenBracket,
    /// `]`
    #[token("]")]
    CloseBracket,
    /// `,`
    #[token(",")]
    Comma,
    /// `;`
    #[token(";")]
    Semicolon,
    /// `:`
    #[token(":")]
    Colon,
    /// `?`
    #[token("?")]
    Question,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    DotDot,
    /// `->`
    #[token("->")]
    Arrow,
    /// `=`
    #[token("=")]
    Assign,
    /// `+=`
    #[token("+=")]
    PlusAssign,
    /// `-=`
    #[token("-=")]
    MinusAssign,
    /// `*=`
    #[token("*=")]
    StarAssign,
    /// `/=`
    #[token("/=")]
    SlashAssign,
    /// `%=`
    #[token("%=")]
    PercentAssign,
    /// `&=`
    #[token("&=")]
    AndAssign,
    /// `|=`
    #[token("|=")]
    OrAssign,
    /// `^=`
    #[token("^=")]
    XorAssign,
    /// `<<=`
    #[token("<<=")]
    ShlAssign,
    /// `>>=`
    #[token(">>=")]
    ShrAssign,
    /// `++`
    #[token("++")]
    PlusPlus,
    /// `--`
    #[token("--")]
    MinusMinus,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `%`
    #[token("%")]
    Percent,
    /// `<<`
    #[token("<<")]
    Shl,
    /// `>>`
    #[token(">>")]
    Shr,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `==`
    #[token("==")]
    EqualEqual,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `&`
    #[token("&")]
    And,
    /// `|`
    #[token("|")]
    Or,
    /// `^`
    #[token("^")]
    Xor,
    /// `&&`
    #[token("&&")]
    AndAnd,
    /// `||`
    #[token("||")]
    OrOr,
    /// `!`
    #[token("!")]
    Not,
    /// `~`
    #[token("~")]
    Tilde,
}

impl Token<'_> {
    /// Whether a value can end here, so that what follows continues or closes it.
    pub fn ends_value(self) -> bool {
        matches!(
            self,
            Token::Int(_)
                | Token::Str(_)
                | Token::Var(_)
                | Token::Positional(_)
                | Token::PositionalCount
                | Token::Map(_)
                | Token::Ident(_)
                | Token::TypeName(_)
                | Token::True
                | Token::False
                | Token::CloseParen
                | Token::CloseBracket
                | Token::CloseBrace
                | Token::PlusPlus
                | Token::MinusMinus
        )
    }

    /// Whether a value can only begin here: unlike `-`, `*`, `&` or `[`, the token never
    /// continues a value that stands before it.
    pub fn only_begins_value(self) -> bool {
        matches!(
            self,
            Token::Int(_)
                | Token::Str(_)
                | Token::Var(_)
                | Token::Positional(_)
                | Token::PositionalCount
                | Token::Map(_)
                | Token::Ident(_)
                | Token::True
                | Token::False
                | Token::SizeOf
                | Token::OffsetOf
                | Token::TypeInfo
                | Token::ContainerOf
                | Token::OpenParen
                | Token::Not
                | Token::Tilde
        )
    }

    /// Whether a `{` after this token opens a block used as a value.
    pub(crate) fn wants_value(self) -> bool {
        self.joins_values()
            || matches!(
                self,
                Token::OpenParen
                    | Token::OpenBracket
                    | Token::Comma
                    | Token::Question
                    | Token::Colon
                    | Token::DotDot
                    | Token::Return
                    | Token::PredicateOpen
                    | Token::Not
                    | Token::Tilde
            )
    }

    /// Whether the word after this token is a name, whatever it is elsewhere.
    pub(crate) fn wants_name(self) -> bool {
        matches!(
            self,
            Token::Dot | Token::Arrow | Token::Struct | Token::Union | Token::Enum
        )
    }

    /// Whether this is `=` or a compound assignment.
    pub fn is_assignment(self) -> bool {
        matches!(
            self,
            Token::Assign
                | Token::PlusAssign
                | Token::MinusAssign
                | Token::StarAssign
                | Token::SlashAssign
                | Token::PercentAssign
                | Token::AndAssign
                | Token::OrAssign
                | Token::XorAssign
                | Token::ShlAssign
                | Token::ShrAssign
        )
    }

    /// Whether this is an operator between two values, assignment included.
    pub fn joins_values(self) -> bool {
        self.is_assignment()
            || matches!(
                self,
                Token::Plus
                    | Token::Minus
                    | Token::Star
                    | Token::Slash
                    | Token::Percent
                    | Token::Shl
                    | Token::Shr
                    | Token::Less
                    | Token::LessEqual
                    | Token::Greater
                    | Token::GreaterEqual
                    | Token::EqualEqual
                    | Token::NotEqual
                    | Token::And
                    | Token::Or
                    | Token::Xor
                    | Token::AndAnd
                    | Token::OrOr
            )
    }
}

/// Whether the first token of `code` begins a type and nothing else.
pub fn starts_type(code: &str) -> bool {
    matches!(
        Token::lexer(code).next(),
        Some(Ok(Token::TypeName(_)
            | Token::Struct
            | Token::Union
            | Token::Enum
            | Token::TypeOf))
    )
}

/// The text between the first character and the last.
fn inside(quoted: &str) -> &str {
    let mut inside = quoted.chars();
    inside.next();
    inside.next_back();
    inside.as_str()
}
