//! Every report that type checking can give: one small function each, grouped by theme.

mod definition;
mod event;
mod expansion;
mod function;
mod name;
mod probe;
mod spell;
mod types;
mod user;

pub(crate) use definition::*;
pub(crate) use event::*;
pub(crate) use expansion::*;
pub(crate) use function::*;
pub(crate) use name::*;
pub(crate) use probe::*;
pub(crate) use types::*;
pub(crate) use user::*;

use crate::kernel::KernelError;
use lexer::{Diagnostic, Span};

/// A list for people: `a`, `b` and `c`.
fn list(names: &[&str], most: usize) -> String {
    let quoted: Vec<String> = names.iter().take(most).map(|n| format!("`{n}`")).collect();
    let mut text = quoted.join(", ");
    if names.len() > most {
        text.push_str(&format!(" and {} more", names.len() - most));
    }
    text
}

/// Adds the near name, where there is one.
fn near(
    report: Diagnostic,
    name: &str,
    candidates: &[&str],
    write: impl Fn(&str) -> String,
) -> Diagnostic {
    match lexer::suggest(name, candidates.iter().copied()) {
        Some(near) => report.help(format!("did you mean `{}`?", write(near))),
        None => report,
    }
}

/// Adds the near name, or, where none is near, other advice.
fn near_or(
    report: Diagnostic,
    name: &str,
    candidates: &[&str],
    write: impl Fn(&str) -> String,
    otherwise: impl FnOnce() -> String,
) -> Diagnostic {
    let advised = report.help.len();
    let report = near(report, name, candidates, write);
    match report.help.len() == advised {
        true => report.help(otherwise()),
        false => report,
    }
}

/// Most names that a report lists.
const LISTED: usize = 40;

/// Adds the near name, and all there are.
fn one_of(report: Diagnostic, name: &str, what: &str, names: &[&str]) -> Diagnostic {
    near_or(report, name, names, str::to_owned, || {
        format!("write one of the {what} that there are")
    })
    .note(format!("{what}: {}", list(names, LISTED)))
}

/// The machine could not answer.
pub(crate) fn kernel(e: &KernelError, span: Span) -> Diagnostic {
    let (code, help) = match e {
        KernelError::Denied { .. } => (
            "no-permission",
            "run strobe as root (sudo strobe …)".to_owned(),
        ),
        KernelError::Missing { help, .. } => ("not-on-this-machine", help.clone()),
        KernelError::NotExecutable { .. } => {
            ("not-executable", KernelError::EXECUTABLE_HELP.to_owned())
        }
        KernelError::Damaged { .. } => ("damaged-file", KernelError::DAMAGED_HELP.to_owned()),
        KernelError::Malformed { .. } => (
            "unreadable-kernel-data",
            "the kernel gave something strobe cannot read; please report it".to_owned(),
        ),
    };
    Diagnostic::error(code, e.to_string())
        .primary(span, "needed for this")
        .help(help)
}
