//! The top level.

use super::expr::{list, ty, value};
use super::{Printer, WIDTH, stmt};
use crate::ast::*;

pub(super) fn items(p: &mut Printer<'_>, items: &[Item]) {
    let mut previous: Option<&Item> = None;
    for item in items {
        if previous.is_some_and(|previous| has_block(previous) || has_block(item)) {
            p.blank_line();
        }
        p.comments_before(head_end(item));
        p.keep_blank_line(span(item).0);
        print(p, item);
        p.last_end = span(item).1;
        p.end_line();
        previous = Some(item);
    }
}

/// Whether an empty line sets the item off from the next.
fn has_block(item: &Item) -> bool {
    matches!(item, Item::Config(_) | Item::Macro(_) | Item::Probe(_))
}

/// Where the item starts and ends.
fn span(item: &Item) -> (u32, u32) {
    let span = match item {
        Item::Definition(definition) => definition.span,
        Item::Config(config) => config.span,
        Item::Import(import) => import.span,
        Item::MapDecl(decl) => decl.span,
        Item::Macro(definition) => definition.span,
        Item::Probe(probe) => probe.span,
    };
    (span.start, span.end)
}

/// Where the lines of the item begin that may hold comments of their own.
fn head_end(item: &Item) -> u32 {
    match item {
        Item::Config(config) => config.span.start,
        Item::Macro(definition) => definition.body.span.start,
        Item::Probe(probe) => probe.body.span.start,
        item => span(item).1,
    }
}

fn print(p: &mut Printer<'_>, item: &Item) {
    match item {
        Item::Definition(definition) => {
            let text = &definition.text;
            p.write(text);
            let last_line = text.lines().last().unwrap_or_default();
            match text.starts_with('#') {
                true => {}
                false if last_line.contains("//") => p.write("\n;"),
                false => p.write(";"),
            }
        }
        Item::Config(block) => config(p, block),
        Item::Import(import) => {
            let path = p.slice(import.span);
            p.write("import ");
            p.write(path);
            p.write(";");
        }
        Item::MapDecl(decl) => {
            p.write(&format!("let {} = {}(", decl.map.name, decl.kind.name));
            value(p, &decl.size);
            p.write(");");
        }
        Item::Macro(definition) => {
            p.write(&format!("macro {}(", definition.name.name));
            list(p, &definition.params, param);
            p.write(") ");
            stmt::block(p, &definition.body);
        }
        Item::Probe(clause) => probe(p, clause),
    }
}

fn config(p: &mut Printer<'_>, config: &Config) {
    p.write("config = {");
    p.last_end = config
        .entries
        .first()
        .map_or(config.span.end, |e| e.name.span.start);
    p.newline();
    p.indent += 1;
    for entry in &config.entries {
        p.comments_before(entry.value.span.end);
        p.keep_blank_line(entry.name.span.start);
        p.write(&format!("{} = ", entry.name.name));
        value(p, &entry.value);
        p.write(";");
        p.last_end = entry.value.span.end;
        p.end_line();
    }
    p.comments_before(config.span.end);
    p.indent -= 1;
    p.write("}");
}

fn param(p: &mut Printer<'_>, param: &MacroParam) {
    p.write(&param.name.name);
    if let Some(of) = &param.ty {
        p.write(": ");
        ty(p, of);
    }
}

/// On one line where attach points and predicate fit; else each on its own, and the brace as well.
fn probe(p: &mut Printer<'_>, probe: &Probe) {
    let start = p.mark();
    head(p, probe, " ");
    let is_wide = p.column() + " {".len() > WIDTH || p.since(start).contains('\n');
    if is_wide {
        p.rewind(start);
        head(p, probe, "\n");
    }
    p.write(if is_wide { "\n" } else { " " });
    stmt::block(p, &probe.body);
}

fn head(p: &mut Printer<'_>, probe: &Probe, separator: &str) {
    if let Some(name) = &probe.name {
        p.write(&format!("{} = ", name.name));
    }
    for (index, point) in probe.attach_points.iter().enumerate() {
        if index > 0 {
            p.write(",");
            p.write(separator);
        }
        p.write(&attach_point(point));
    }
    if let Some(predicate) = &probe.predicate {
        p.write(separator);
        p.write("/");
        let start = p.mark();
        value(p, predicate);
        if p.since(start).starts_with('*') {
            // Not `/*`, which opens a comment.
            p.rewind(start);
            p.write(" ");
            value(p, predicate);
        }
        p.write("/");
    }
}

fn attach_point(point: &AttachPoint) -> String {
    let segments: Vec<String> = point.segments.iter().map(segment).collect();
    segments.join(":")
}

fn segment(segment: &Segment) -> String {
    let parts = segment.parts.iter().map(|part| match part {
        SegmentPart::Text(text) => text.clone(),
        SegmentPart::Quoted(text) => format!("\"{text}\""),
        SegmentPart::Positional(number) => format!("${number}"),
    });
    parts.collect()
}
