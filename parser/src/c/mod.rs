//! The C text of a script: preprocessor lines and definitions of types.
//!
//! [`read`] takes the pieces in order, carries out the directives, expands macros and reads the
//! declarations into a tree of their own. Functions, variables and whatever else a header holds
//! are passed over. Nothing is resolved: sizes and offsets are sema's business, which also answers
//! what `#include` brings.

pub mod ast;
mod condition;
mod constant;
mod declaration;
mod declarator;
mod directive;
mod error;
mod expand;
mod preprocess;
#[cfg(test)]
mod tests;
mod token;

pub use constant::{Environment, NotConstant, Value, evaluate};
pub use expand::Defined;
pub use preprocess::{Include, Includes, NoIncludes, Piece, Wanted};

use ast::Unit;
use lexer::{Diagnostic, Span};

/// Files from this number on are those of the system: what is wrong in them is passed over, as a
/// script cannot mend it.
pub const SYSTEM_FILES: u32 = 1 << 31;

/// Whether a place is in one of the system's files.
pub fn is_foreign(span: Span) -> bool {
    span.file.0 >= SYSTEM_FILES
}

/// How deep types, brackets and includes may nest.
const MAX_DEPTH: usize = 100;

/// After so many reports the rest is left unread.
const MAX_REPORTS: usize = 20;

/// Reads C text. `predefined` are macros that are defined from the start, by name and text;
/// `includes` brings the text of headers.
pub fn read(
    pieces: &[Piece<'_>],
    predefined: &[(&str, &str)],
    includes: &mut dyn Includes,
) -> (Unit, Vec<Diagnostic>) {
    let done = preprocess::preprocess(pieces, predefined, includes);
    let (declarations, errors) = declaration::declarations(&done.tokens);
    let mut reports = done.reports;
    reports.extend(errors.iter().map(error::Error::diagnostic));
    reports.truncate(MAX_REPORTS);
    let unit = Unit {
        declarations,
        macros: done.macros,
    };
    (unit, reports)
}
