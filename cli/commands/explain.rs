//! `explain`: what a code word means.

use crate::failure::Failure;
use crate::pages::{self, Page, Part};
use lexer::Diagnostic;
use std::io::{Write, stdout};

/// Explains what a person asks about.
///
/// # Errors
/// When there is no such thing.
pub fn explain(subject: Option<&str>) -> Result<u8, Failure> {
    let text = match subject {
        None => index(),
        Some(code) => {
            let found = pages::all().find(|page| page.code == code);
            page(found.ok_or_else(|| unknown(code))?)
        }
    };
    stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::output(&e))?;
    Ok(0)
}

/// Every code word, and how to ask for one.
fn index() -> String {
    let mut codes: Vec<&str> = pages::all().map(|page| page.code).collect();
    codes.sort_unstable();
    format!(
        "Code words of reports; `strobe explain CODE` explains one:\n\n{}\n",
        codes.join("\n")
    )
}

/// A page for the terminal: examples are indented, and say what they are.
fn page(page: Page) -> String {
    let mut text = format!("{}\n\n", page.code);
    for part in page.parts() {
        match part {
            Part::Prose(line) => text.push_str(&format!("{line}\n")),
            Part::Example(kind, lines) => {
                let mark = if kind.contains("fails") {
                    "This fails:"
                } else {
                    "This works:"
                };
                text.push_str(&format!("  {mark}\n"));
                lines
                    .iter()
                    .for_each(|line| text.push_str(&format!("    {line}\n")));
            }
        }
    }
    text
}

fn unknown(code: &str) -> Diagnostic {
    let codes: Vec<&str> = pages::all().map(|page| page.code).collect();
    let message = format!("`{code}` is no code word of a report");
    let report = Diagnostic::error("unknown-code", message);
    let report = match lexer::suggest(code, codes) {
        Some(near) => report.help(format!("did you mean `strobe explain {near}`?")),
        None => report,
    };
    report.help("`strobe explain` lists them")
}
