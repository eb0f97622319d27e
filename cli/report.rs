//! Diagnostics as people see them, on standard error.

use codespan_reporting::files::Files;
use codespan_reporting::term::termcolor::{BufferWriter, ColorChoice};
use codespan_reporting::term::{Chars, Config, DisplayStyle, emit_to_write_style};
use lexer::{Diagnostic, SourceMap, Span};
use std::io::{IsTerminal, stderr};

/// Bytes of a line that is worth showing; beyond that its position says more than its text.
const LONGEST_LINE: usize = 2000;

/// Prints reports in the order given.
pub fn print(sources: &SourceMap, reports: &[Diagnostic]) {
    let writer = BufferWriter::stderr(colours());
    let mut buffer = writer.buffer();
    for report in reports {
        let config = config(sources, report);
        let report = report.to_codespan();
        // Fails on a span outside of its text alone, and then what was written still helps.
        let _ = emit_to_write_style(&mut buffer, &config, sources, &report);
    }
    // Where standard error is closed there is nobody left to tell.
    let _ = writer.print(&buffer);
}

/// Colours on a terminal that can show them, unless the person said `NO_COLOR`.
fn colours() -> ColorChoice {
    if stderr().is_terminal() {
        ColorChoice::Auto
    } else {
        ColorChoice::Never
    }
}

fn config(sources: &SourceMap, report: &Diagnostic) -> Config {
    let presentable = |label: &lexer::Label| is_presentable(sources, label.span);
    let display_style = if report.labels.iter().all(presentable) {
        DisplayStyle::Rich
    } else {
        DisplayStyle::Medium
    };
    Config {
        display_style,
        chars: Chars::ascii(),
        ..Config::default()
    }
}

/// Whether the lines under a span can be put on a terminal: of bearable length and without
/// control characters, which would be obeyed.
fn is_presentable(sources: &SourceMap, span: Span) -> bool {
    let line = |byte: u32| {
        let index = sources.line_index(span.file, byte as usize).ok()?;
        sources.line_range(span.file, index).ok()
    };
    let (Some(first), Some(last)) = (line(span.start), line(span.end)) else {
        return false;
    };
    let text = sources.text(span.file).get(first.start..last.end);
    text.is_some_and(|text| {
        let shown = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
        text.lines().all(|line| line.len() <= LONGEST_LINE) && text.chars().all(shown)
    })
}
