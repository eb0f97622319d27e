//! Says what this kernel and this build can do.

use crate::args::Format;
use crate::failure::Failure;
use runtime::info::{Answer, Info, Section};
use std::io::Write;

/// Prints what was found out; yields the exit code.
///
/// # Errors
/// When the output cannot be written.
pub fn print(format: Format) -> Result<u8, Failure> {
    let mut info = runtime::info();
    info.sections.insert(0, build());
    let text = match format {
        Format::Json => format!("{}\n", info.to_json()),
        Format::Text => text(&info),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Failure::output(&e))?;
    Ok(0)
}

/// What this build is made of.
fn build() -> Section {
    let text = |text: &str| Answer::Text(text.to_owned());
    Section {
        title: "build",
        rows: vec![
            ("version".to_owned(), text(env!("CARGO_PKG_VERSION"))),
            ("llvm".to_owned(), text("19, linked in")),
            ("json schema".to_owned(), text("1")),
        ],
    }
}

fn text(info: &Info) -> String {
    let sections = info.sections.iter().map(|section| {
        let width = section.rows.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or(0) + 1;
        let rows = section.rows.iter().map(|(name, answer)| {
            let name = format!("{name}:");
            let answer = match answer {
                Answer::Text(text) => text.as_str(),
                Answer::Has(true) => "yes",
                Answer::Has(false) => "no",
            };
            format!("  {name:width$} {answer}\n")
        });
        format!("{}\n{}", section.title, rows.collect::<String>())
    });
    sections.collect::<Vec<_>>().join("\n")
}
