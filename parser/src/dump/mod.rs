//! The tree as text, one node a line: what it is, indented by depth, and its place.
//!
//! A place is `line:column` of the first character and of the one after the last, whose line is
//! left out where it is the same: `3:5-12`, `3:5-4:2`.

mod expr;
mod item;
mod stmt;

use crate::ast::Program;
use lexer::{SourceMap, Span};

/// The tree of a script whose text is in `sources`.
pub fn dump(program: &Program, sources: &SourceMap) -> String {
    let mut tree = Tree {
        sources,
        out: String::new(),
        depth: 0,
    };
    for item in &program.items {
        item::item(&mut tree, item);
    }
    for &comment in &program.comments {
        let text = lexer::printable(sources.slice(comment));
        tree.leaf(&format!("comment {text}"), comment);
    }
    tree.out
}

/// The lines written so far.
struct Tree<'a> {
    sources: &'a SourceMap,
    out: String,
    depth: usize,
}

impl Tree<'_> {
    /// A line for a node without children.
    fn leaf(&mut self, text: &str, span: Span) {
        let place = self.place(span);
        self.line(&format!("{text}  {place}"));
    }

    /// A line for a node, and its children below it.
    fn node(&mut self, text: &str, span: Span, children: impl FnOnce(&mut Self)) {
        self.leaf(text, span);
        self.nested(children);
    }

    /// A line that names a child's part in its parent, and the child below it.
    fn part(&mut self, name: &str, child: impl FnOnce(&mut Self)) {
        self.line(name);
        self.nested(child);
    }

    fn nested(&mut self, children: impl FnOnce(&mut Self)) {
        self.depth += 1;
        children(self);
        self.depth -= 1;
    }

    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn place(&self, span: Span) -> String {
        let (line, column) = self.sources.line_col(span);
        let end = Span::new(span.file, span.end, span.end);
        let (end_line, end_column) = self.sources.line_col(end);
        if line == end_line {
            format!("{line}:{column}-{end_column}")
        } else {
            format!("{line}:{column}-{end_line}:{end_column}")
        }
    }
}
