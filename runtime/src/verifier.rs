//! What the verifier says when it refuses a program, told in the terms of the script.

mod reason;

use codegen::object::{self, SourceSpan};

/// A refused program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The probe, as `probe` names it.
    pub probe: String,
    /// Symbol of the program.
    pub program: String,
    /// `errno(3)` of the load.
    pub errno: i32,
    /// The verifier's own last words.
    pub reason: String,
    /// The reason in plain words and what to do about it, where it is a known one.
    pub explanation: Option<&'static str>,
    /// The place in the script that the refused instruction comes from; the clause where unknown.
    pub span: SourceSpan,
    /// The whole log.
    pub log: String,
}

/// A place in the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position(SourceSpan);

impl Rejection {
    /// Takes a log apart. `position` tells where an instruction comes from.
    pub(crate) fn new(
        program: &object::Program,
        errno: i32,
        log: String,
        position: impl Fn(u32) -> Option<Position>,
    ) -> Self {
        let reason = reason::last_words(&log);
        let place = reason::last_instruction(&log).and_then(position);
        Self {
            probe: program
                .targets
                .first()
                .map_or_else(|| program.symbol.clone(), |t| t.name.clone()),
            program: program.symbol.clone(),
            errno,
            explanation: reason::explain(&reason),
            reason,
            span: place.map_or(program.span, |p| p.0),
            log,
        }
    }
}

impl Position {
    /// The statement that starts at a line and column (both from 1; column 0 means the start of
    /// the line): up to the next semicolon, or to the end of the line.
    pub(crate) fn find(text: &str, file: u32, line: u32, column: u32) -> Option<Self> {
        let skipped = line.checked_sub(1)? as usize;
        let row = text.split_inclusive('\n').nth(skipped)?;
        let row_start: usize = text.split_inclusive('\n').take(skipped).map(str::len).sum();
        let skipped_columns = column.saturating_sub(1) as usize;
        let first = row.char_indices().nth(skipped_columns)?.0;
        let first = first + row[first..].len() - row[first..].trim_start_matches([' ', '\t']).len();
        let statement = &row[first..];
        let length = statement.find([';', '\n']).unwrap_or(statement.len());
        let start = u32::try_from(row_start + first).ok()?;
        Some(Self(SourceSpan {
            file,
            start,
            end: start + u32::try_from(length).ok()?,
        }))
    }
}

#[cfg(test)]
mod tests;
