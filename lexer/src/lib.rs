//! Source text to tokens.
//!
//! The bottom of the compiler: where text is ([`Span`], [`SourceMap`]), what is said about it
//! ([`Diagnostic`]), and the tokens it is made of. Knows nothing of grammar, types or the kernel.
#![forbid(unsafe_code)]

mod definition;
mod diagnostic;
mod dump;
mod error;
mod lexer;
mod literal;
mod source;
mod span;
mod text;
mod token;
mod top;
mod words;

pub use diagnostic::{Diagnostic, Label, Severity, suggest};
pub use dump::{dump, printable};
pub use error::{LexError, LexErrorKind};
pub use lexer::Lexer;
pub use literal::unescape;
pub use source::SourceMap;
pub use span::{FileId, Span, Spanned};
pub use text::{MAX_SOURCE_BYTES, decode, too_large};
pub use token::{Token, starts_type};
