//! `explain`: what a code word means, or what a script does.

use super::compile;
use crate::args::{Args, Explain};
use crate::explain::{self, Report};
use crate::failure::Failure;
use crate::pages::{self, Page, Part};
use crate::script::{self, Script};
use crate::tools::Tool;
use lexer::Diagnostic;
use std::io::{Write, stdout};
use std::path::Path;

/// Explains what a person asks about.
///
/// # Errors
/// When there is no such thing, the script is wrong, or the page cannot be written.
pub fn explain(asked: &Explain) -> Result<u8, Failure> {
    let Some(subject) = asked.subject.as_deref() else {
        return print(&index());
    };
    if let Some(found) = pages::all().find(|page| page.code == subject) {
        return print(&page(found));
    }
    let study = compile::study(&Args::none(), script_of(subject, asked)?)?;
    let report = Report::new(&study);
    let Some(path) = &asked.html else {
        return print(&explain::text(&report));
    };
    let written = std::fs::write(path, explain::html(&study, &report));
    written.map_err(|e| Failure::output(&e)).map(|()| 0)
}

fn print(text: &str) -> Result<u8, Failure> {
    let written = stdout().lock().write_all(text.as_bytes());
    written.map_err(|e| Failure::output(&e)).map(|()| 0)
}

/// The script that is meant: a saved tool, a file, or the text itself.
fn script_of(subject: &str, asked: &Explain) -> Result<Script, Failure> {
    let parameters = asked.parameters.clone();
    if let Some(tool) = Tool::find(subject) {
        return Ok(script::embedded(tool.name, tool.text, parameters));
    }
    let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
    if !Path::new(subject).is_file() && subject.chars().all(is_word) {
        return Err(unknown(subject).into());
    }
    let mut operands = vec![subject.to_owned()];
    operands.extend(parameters);
    match Path::new(subject).is_file() {
        true => script::read(None, operands),
        false => script::read(Some(operands.remove(0)), operands),
    }
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
    let message = format!("`{code}` is neither a code word of a report, nor a tool, nor a file");
    let report = Diagnostic::error("unknown-code", message);
    let report = match lexer::suggest(code, codes) {
        Some(near) => report.help(format!("did you mean `strobe explain {near}`?")),
        None => report,
    };
    report.help("`strobe explain` lists the code words, `strobe tools` the tools")
}
