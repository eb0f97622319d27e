//! Source text to tokens.
//!
//! The bottom of the compiler: where text is ([`Span`], [`SourceMap`]), what is said about it
//! ([`Diagnostic`]), and the tokens it is made of. Knows nothing of grammar, types or the kernel.
#![forbid(unsafe_code)]

mod diagnostic;
mod source;
mod span;

pub use diagnostic::{Diagnostic, Label, Severity, suggest};
pub use source::SourceMap;
pub use span::{FileId, Span, Spanned};
