//! The formatter: canonical source text from a tree.
//!
//! Formatting keeps the meaning (the text reads back as the same tree), every comment in its order,
//! the spelling of literals, and single blank lines; formatting twice changes nothing more.
//!
//! Comments are not in the tree. The printer walks tree and comments side by side, in source order:
//! before a statement it prints the comments that start before or inside it, after it those that
//! stand on the rest of its last line.

mod expr;
mod item;
mod stmt;
mod text;

use crate::ast::Program;
use lexer::{FileId, SourceMap, Span};

/// Spaces for each level of nesting.
const INDENT: usize = 2;

/// Columns beyond which lists are broken into lines.
const WIDTH: usize = 100;

/// The canonical text of a script, which was read from `file` without a report.
pub fn format(program: &Program, sources: &SourceMap, file: FileId) -> String {
    let mut printer = Printer {
        source: sources.text(file),
        comments: &program.comments,
        out: String::new(),
        indent: 0,
        last_end: 0,
    };
    item::items(&mut printer, &program.items);
    printer.comments_before(u32::MAX);
    printer.out
}

/// What has been printed, and how far source and comments have been used.
struct Printer<'a> {
    source: &'a str,
    /// Those not printed yet.
    comments: &'a [Span],
    out: String,
    indent: usize,
    /// The end, in the source, of what was printed last.
    last_end: u32,
}

/// A state of the printer to return to.
#[derive(Clone, Copy)]
struct Mark<'a> {
    length: usize,
    comments: &'a [Span],
    last_end: u32,
}

impl<'a> Printer<'a> {
    fn mark(&self) -> Mark<'a> {
        Mark {
            length: self.out.len(),
            comments: self.comments,
            last_end: self.last_end,
        }
    }

    /// Forgets what was printed since the mark.
    fn rewind(&mut self, mark: Mark<'a>) {
        self.out.truncate(mark.length);
        self.comments = mark.comments;
        self.last_end = mark.last_end;
    }

    /// What was printed since the mark.
    fn since(&self, mark: Mark<'a>) -> &str {
        &self.out[mark.length..]
    }

    fn write(&mut self, text: &str) {
        if self.at_line_start() && !text.is_empty() {
            self.out
                .extend(std::iter::repeat_n(' ', self.indent * INDENT));
        }
        self.out.push_str(text);
    }

    fn newline(&mut self) {
        self.out.push('\n');
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    /// The width of the line that is being written.
    fn column(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |newline| newline + 1);
        self.out[line..].chars().count()
    }

    /// The source from `start` to `end`; empty where that is no range of it.
    fn between(&self, start: u32, end: u32) -> &'a str {
        self.source
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    fn slice(&self, span: Span) -> &'a str {
        self.between(span.start, span.end)
    }

    /// One empty line here, unless there is one or nothing stands above.
    fn blank_line(&mut self) {
        let opens = self.out.is_empty() || self.out.ends_with("{\n");
        if !opens && !self.out.ends_with("\n\n") {
            self.newline();
        }
    }

    /// Keeps an empty line of the source between what was printed last and what starts at `start`.
    fn keep_blank_line(&mut self, start: u32) {
        if self.between(self.last_end, start).matches('\n').count() > 1 {
            self.blank_line();
        }
    }

    /// Prints the comments that start before `limit`, each on lines of its own.
    fn comments_before(&mut self, limit: u32) {
        while let [comment, rest @ ..] = self.comments
            && comment.start < limit
        {
            self.keep_blank_line(comment.start);
            self.comment(*comment);
            self.newline();
            self.comments = rest;
        }
    }

    /// Ends the line of what was printed last, with the comments that follow it there.
    fn end_line(&mut self) {
        while let [comment, rest @ ..] = self.comments
            && comment.start >= self.last_end
            && self
                .between(self.last_end, comment.start)
                .chars()
                .all(|c| matches!(c, ' ' | '\t' | ';'))
        {
            self.write(" ");
            let is_last = self.comment(*comment);
            self.comments = rest;
            if is_last {
                break;
            }
        }
        self.newline();
    }

    /// Prints one comment; whether nothing can follow it on its line.
    fn comment(&mut self, comment: Span) -> bool {
        let text = self.slice(comment).trim_end();
        self.write(text);
        self.last_end = comment.end;
        text.starts_with("//") || text.starts_with("#!") || text.contains('\n')
    }
}
