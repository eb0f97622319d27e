//! The top level.

use super::{Tree, expr, stmt};
use crate::ast::*;

pub(super) fn item(tree: &mut Tree<'_>, item: &Item) {
    match item {
        Item::Definition(definition) => {
            let text = lexer::printable(&definition.text);
            tree.leaf(&format!("definition {text}"), definition.span);
        }
        Item::Config(config) => tree.node("config", config.span, |tree| {
            for entry in &config.entries {
                let name = format!("entry {}", entry.name.name);
                tree.node(&name, entry.name.span, |tree| {
                    expr::expr(tree, &entry.value);
                });
            }
        }),
        Item::Import(import) => tree.leaf(&format!("import {:?}", import.path), import.span),
        Item::MapDecl(decl) => {
            let text = format!("map declaration {} {}", decl.map.name, decl.kind.name);
            tree.node(&text, decl.span, |tree| expr::expr(tree, &decl.size));
        }
        Item::Macro(definition) => {
            tree.node(
                &format!("macro {}", definition.name.name),
                definition.span,
                |tree| macro_parts(tree, definition),
            );
        }
        Item::Probe(clause) => probe(tree, clause),
    }
}

fn macro_parts(tree: &mut Tree<'_>, definition: &Macro) {
    for param in &definition.params {
        let text = format!("parameter {}", param.name.name);
        tree.node(&text, param.name.span, |tree| {
            param.ty.iter().for_each(|ty| expr::ty(tree, ty));
        });
    }
    stmt::block(tree, &definition.body);
}

fn probe(tree: &mut Tree<'_>, probe: &Probe) {
    let name = probe.name.as_ref().map(|n| format!(" {}", n.name));
    let text = format!("probe{}", name.unwrap_or_default());
    tree.node(&text, probe.span, |tree| {
        for point in &probe.attach_points {
            let text = format!("attach point {}", attach_point(point));
            tree.leaf(&text, point.span);
        }
        if let Some(predicate) = &probe.predicate {
            tree.part("predicate", |tree| expr::expr(tree, predicate));
        }
        stmt::block(tree, &probe.body);
    });
}

/// The segments between bars, their parts between spaces: `uprobe | /bin/bash | "f" +4`.
fn attach_point(point: &AttachPoint) -> String {
    let segments = point.segments.iter().map(|segment| {
        let parts = segment.parts.iter().map(|part| match part {
            SegmentPart::Text(text) => text.clone(),
            SegmentPart::Quoted(text) => format!("\"{text}\""),
            SegmentPart::Positional(number) => format!("${number}"),
        });
        parts.collect::<Vec<_>>().join(" ")
    });
    segments.collect::<Vec<_>>().join(" | ")
}
