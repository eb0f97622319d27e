//! `tools` and `run`: the saved tools.

use crate::failure::Failure;
use crate::tools::{ALL, Tool};
use lexer::Diagnostic;
use std::io::{BufWriter, Write, stdout};

/// Lists the tools whose name, area or summary holds the pattern; every one without it. A name
/// alone prints all that its tool says about itself.
///
/// # Errors
/// When there is none, or the list cannot be written.
pub fn list(pattern: Option<&str>) -> Result<u8, Failure> {
    if let Some(tool) = pattern.and_then(Tool::find) {
        return describe(tool);
    }
    let wanted = pattern.unwrap_or_default().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let found: Vec<&Tool> = ALL
        .iter()
        .filter(|tool| holds(tool.name) || holds(tool.area) || holds(tool.summary()))
        .collect();
    if found.is_empty() {
        return Err(unknown(&wanted).into());
    }
    let width = found.iter().map(|tool| tool.name.len()).max().unwrap_or(0);
    let mut out = BufWriter::new(stdout().lock());
    let mut area = "";
    for tool in found {
        if tool.area != area {
            let gap = if area.is_empty() { "" } else { "\n" };
            area = tool.area;
            writeln!(out, "{gap}{area}").map_err(|e| Failure::output(&e))?;
        }
        let (name, summary) = (tool.name, tool.summary());
        writeln!(out, "  {name:width$}  {summary}").map_err(|e| Failure::output(&e))?;
    }
    out.flush().map_err(|e| Failure::output(&e)).map(|()| 0)
}

/// Prints what a tool says about itself.
fn describe(tool: &Tool) -> Result<u8, Failure> {
    let mut out = BufWriter::new(stdout().lock());
    let lines = tool.header().try_for_each(|line| writeln!(out, "{line}"));
    let written = lines.and_then(|()| out.flush());
    written.map_err(|e| Failure::output(&e)).map(|()| 0)
}

/// The tool of this name.
///
/// # Errors
/// When there is none.
pub fn find(name: Option<&str>) -> Result<&'static Tool, Failure> {
    let Some(name) = name else {
        return Err(Diagnostic::error("no-script", "there is no tool to run")
            .help("name one: `strobe run opensnoop`; `strobe tools` lists them")
            .into());
    };
    Tool::find(name).ok_or_else(|| unknown(name).into())
}

fn unknown(name: &str) -> Diagnostic {
    let report = Diagnostic::error("unknown-tool", format!("there is no tool `{name}`"));
    let report = match lexer::suggest(name, ALL.iter().map(|tool| tool.name)) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => report,
    };
    report.help("`strobe tools` lists them")
}
