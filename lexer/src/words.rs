//! Tokens in words, for reports and dumps.

use crate::Token;
use std::fmt;

impl Token<'_> {
    /// The word, if this is a keyword.
    pub fn keyword(self) -> Option<&'static str> {
        Some(match self {
            Token::If => "if",
            Token::Else => "else",
            Token::While => "while",
            Token::For => "for",
            Token::Unroll => "unroll",
            Token::Break => "break",
            Token::Continue => "continue",
            Token::Return => "return",
            Token::Let => "let",
            Token::True => "true",
            Token::False => "false",
            Token::Comptime => "comptime",
            Token::SizeOf => "sizeof",
            Token::OffsetOf => "offsetof",
            Token::TypeOf => "typeof",
            Token::TypeInfo => "typeinfo",
            Token::ContainerOf => "container_of",
            Token::Struct => "struct",
            Token::Union => "union",
            Token::Enum => "enum",
            _ => return None,
        })
    }

    /// The characters, if this is an operator or a punctuation mark.
    pub fn symbol(self) -> Option<&'static str> {
        Some(match self {
            Token::PredicateOpen | Token::PredicateClose => "/",
            Token::ValueBrace => "{",
            Token::PositionalCount => "$#",
            Token::Underscore => "_",
            Token::OpenBrace => "{",
            Token::CloseBrace => "}",
            Token::OpenParen => "(",
            Token::CloseParen => ")",
            Token::OpenBracket => "[",
            Token::CloseBracket => "]",
            Token::Comma => ",",
            Token::Semicolon => ";",
            Token::Colon => ":",
            Token::Question => "?",
            Token::Dot => ".",
            Token::DotDot => "..",
            Token::Arrow => "->",
            Token::Assign => "=",
            Token::PlusAssign => "+=",
            Token::MinusAssign => "-=",
            Token::StarAssign => "*=",
            Token::SlashAssign => "/=",
            Token::PercentAssign => "%=",
            Token::AndAssign => "&=",
            Token::OrAssign => "|=",
            Token::XorAssign => "^=",
            Token::ShlAssign => "<<=",
            Token::ShrAssign => ">>=",
            Token::PlusPlus => "++",
            Token::MinusMinus => "--",
            Token::Plus => "+",
            Token::Minus => "-",
            Token::Star => "*",
            Token::Slash => "/",
            Token::Percent => "%",
            Token::Shl => "<<",
            Token::Shr => ">>",
            Token::Less => "<",
            Token::LessEqual => "<=",
            Token::Greater => ">",
            Token::GreaterEqual => ">=",
            Token::EqualEqual => "==",
            Token::NotEqual => "!=",
            Token::And => "&",
            Token::Or => "|",
            Token::Xor => "^",
            Token::AndAnd => "&&",
            Token::OrOr => "||",
            Token::Not => "!",
            Token::Tilde => "~",
            _ => return None,
        })
    }
}

impl fmt::Display for Token<'_> {
    /// What the token is, as a report says it after "unexpected".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(word) = self.keyword() {
            return write!(f, "keyword `{word}`");
        }
        if let Some(symbol) = self.symbol() {
            return write!(f, "`{symbol}`");
        }
        match self {
            Token::Definition(_) => f.write_str("C definition"),
            Token::Config => f.write_str("`config`"),
            Token::Import => f.write_str("`import`"),
            Token::Macro => f.write_str("`macro`"),
            Token::ProbeName(name) => write!(f, "probe name `{name}`"),
            Token::AttachPoint(text) => write!(f, "attach point `{text}`"),
            Token::Int(value) => write!(f, "number `{value}`"),
            Token::Str(_) | Token::OpenStr(_) | Token::WrongQuotes(_) => f.write_str("string"),
            Token::Var(name) | Token::Map(name) | Token::Ident(name) => write!(f, "`{name}`"),
            Token::TypeName(name) => write!(f, "type `{name}`"),
            Token::Positional(number) => write!(f, "`${number}`"),
            _ => f.write_str("comment"),
        }
    }
}
