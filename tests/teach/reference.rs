//! The reference is made of the tables that the compiler itself works by.
//!
//! What stands between `<!-- generated: NAME -->` and `<!-- end -->` in `docs/reference.md` is made
//! here; `UPDATE_EXPECT=1` writes it anew.

use crate::strobe::root;
use sema::reference::{Builtin, Kind, Mode, builtins, providers, settings};
use std::fmt::Write;

#[test]
fn the_reference_is_up_to_date() {
    let path = root().join("docs/reference.md");
    let written = std::fs::read_to_string(&path).expect("the reference is there");
    let made = fill(&written);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, made).expect("the reference is writable");
        return;
    }
    assert!(
        made == written,
        "docs/reference.md is stale: run UPDATE_EXPECT=1 cargo test --test teach reference"
    );
}

/// The text with every generated part made anew.
fn fill(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, body) = after.split_once(" -->").expect("the mark ends");
        let (_, behind) = body.split_once("<!-- end -->").expect("the part ends");
        let made = part(name);
        let _ = write!(
            out,
            "{before}<!-- generated: {name} -->\n\n{made}\n<!-- end -->"
        );
        rest = behind;
    }
    out + rest
}

fn part(name: &str) -> String {
    match name {
        "providers" => provider_table(),
        "values" => builtin_table(|b| matches!(b.kind(), Kind::Value)),
        "aggregations" => builtin_table(|b| b.kind() == Kind::Aggregation),
        "functions" => builtin_table(|b| {
            matches!(b.kind(), Kind::Function | Kind::Either) && b.mode != Mode::Async
        }),
        "actions" => builtin_table(|b| b.kind() == Kind::Function && b.mode == Mode::Async),
        "settings" => setting_table(),
        other => panic!("nothing makes a part called {other}"),
    }
}

fn provider_table() -> String {
    let mut table = "| provider | short | forms |\n|---|---|---|\n".to_owned();
    for provider in providers() {
        let short = provider.short.map(|s| format!("`{s}`")).unwrap_or_default();
        let forms = escape(provider.forms);
        let _ = writeln!(table, "| `{}` | {short} | {forms} |", provider.name);
    }
    table
}

fn builtin_table(belongs: impl Fn(&Builtin) -> bool) -> String {
    let mut rows: Vec<&Builtin> = builtins().filter(|b| belongs(b)).collect();
    rows.sort_by_key(|builtin| builtin.name);
    let mut table = "| written | what it is or does | example |\n|---|---|---|\n".to_owned();
    for row in rows {
        let mut doc = escape(row.doc);
        for (label, text) in [("Kernel", row.kernel), ("Where", row.probes)] {
            if !text.is_empty() {
                let _ = write!(doc, " {label}: {}.", escape(text.trim_end_matches('.')));
            }
        }
        if row.is_unsafe {
            doc.push_str(" Needs `--unsafe`.");
        }
        if row.mode == Mode::CompileTime {
            doc.push_str(" Known when the script is compiled.");
        }
        let example = match row.example {
            "" => String::new(),
            text => format!("`{}`", escape(text)),
        };
        let _ = writeln!(table, "| `{}` | {doc} | {example} |", escape(row.signature));
    }
    table
}

fn setting_table() -> String {
    let mut table = "| setting | takes | from the environment |\n|---|---|---|\n".to_owned();
    for (name, takes) in settings() {
        let variable = format!("STROBE_{}", name.to_uppercase());
        let _ = writeln!(table, "| `{name}` | {} | `{variable}` |", escape(takes));
    }
    table
}

/// A `|` ends a cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
