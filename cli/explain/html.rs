//! An explanation as one self-contained page: source, notes, typed tree, LLVM IR and eBPF side by
//! side, where what belongs to one statement has one colour and lights up together.

use super::Study;
use super::code::{Position, is_instruction};
use super::report::{Clause, Report, nearest};
use std::collections::HashMap;
use std::fmt::Write;

/// Degrees between the colours of neighbours: far apart, and long until one returns.
const HUE_STEP: usize = 47;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The steps of all programs, numbered through: number of the first step of each.
type Numbers = Vec<usize>;

/// Makes the page.
pub fn html(study: &Study, report: &Report) -> String {
    let numbers: Numbers = report
        .probes
        .iter()
        .scan(0, |next, clause| {
            let first = *next;
            *next += clause.steps.len();
            Some(first)
        })
        .collect();
    let total = report.probes.iter().map(|clause| clause.steps.len()).sum();
    let panels = [
        ("source", "Source", source(study, report, &numbers)),
        ("notes", "What it does", notes(report, &numbers)),
        ("tree", "Typed tree", tree(report, &numbers)),
        ("llvm", "LLVM IR", llvm(study, report, &numbers)),
        ("ebpf", "eBPF", ebpf(report, &numbers)),
    ];
    let mut body = String::new();
    for (id, title, content) in panels {
        let _ = write!(
            body,
            "<section id=\"{id}\"><h2>{title}</h2>{content}</section>"
        );
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>strobe: {}</title>\
         <style>{STYLE}{}</style></head><body><h1>{}</h1><main>{body}</main>{}<script>{SCRIPT}</script></body></html>\n",
        escape(study.sources.name(study.file)),
        colours(total),
        escape(study.sources.name(study.file)),
        rest(report),
    )
}

fn colours(total: usize) -> String {
    let rule = |g: usize| format!("[data-g=\"{g}\"]{{--h:{}}}", g * HUE_STEP % 360);
    (0..total).map(rule).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A part that belongs to a step.
fn part(number: usize, content: &str) -> String {
    format!("<span class=\"g\" data-g=\"{number}\">{content}</span>")
}

/// The script, every byte in the colour of the innermost statement that it belongs to.
fn source(study: &Study, report: &Report, numbers: &Numbers) -> String {
    let text = study.sources.text(study.file);
    let mut owner: Vec<Option<usize>> = vec![None; text.len()];
    for (clause, first) in report.probes.iter().zip(numbers) {
        let steps = clause.steps.iter().enumerate();
        for (n, step) in steps.filter(|(_, step)| step.span.file == study.file) {
            let range = step.span.start as usize..step.span.end as usize;
            if let Some(bytes) = owner.get_mut(range) {
                bytes.fill(Some(first + n));
            }
        }
    }
    let mut page = String::from("<pre>");
    let mut run = String::new();
    let mut whose = None;
    for (at, character) in text.char_indices() {
        if owner[at] != whose {
            flush(&mut page, &mut run, whose);
            whose = owner[at];
        }
        run.push(character);
    }
    flush(&mut page, &mut run, whose);
    page + "</pre>"
}

fn flush(page: &mut String, run: &mut String, whose: Option<usize>) {
    let text = escape(run);
    match whose {
        Some(number) => page.push_str(&part(number, &text)),
        None => page.push_str(&text),
    }
    run.clear();
}

fn head(clause: &Clause) -> String {
    let mut page = format!("<h3>{}</h3>", escape(&clause.symbol));
    for [name, fires, how] in &clause.places {
        let _ = write!(
            page,
            "<p><b>{}</b> {}<br><small>{}</small></p>",
            escape(name),
            escape(fires),
            escape(how)
        );
    }
    page
}

fn notes(report: &Report, numbers: &Numbers) -> String {
    let mut page = String::new();
    for (clause, first) in report.probes.iter().zip(numbers) {
        page.push_str(&head(clause));
        for (n, step) in clause.steps.iter().enumerate() {
            let lines: String = step
                .says
                .iter()
                .map(|s| format!("<li>{}</li>", escape(s)))
                .collect();
            let content = format!("<code>{}</code><ul>{lines}</ul>", escape(&step.text));
            let _ = write!(
                page,
                "<div class=\"g\" data-g=\"{}\">{content}</div>",
                first + n
            );
        }
        let _ = write!(page, "<p>{}</p>", escape(&clause.cost));
    }
    page
}

fn tree(report: &Report, numbers: &Numbers) -> String {
    let mut page = String::from("<pre>");
    for (clause, first) in report.probes.iter().zip(numbers) {
        let _ = writeln!(page, "<b>{}</b>", escape(&clause.symbol));
        for variable in &clause.variables {
            let _ = writeln!(page, "{}", escape(variable));
        }
        for (n, step) in clause.steps.iter().enumerate() {
            let mut content = escape(&step.text);
            for node in &step.tree {
                let pad = "  ".repeat(node.depth);
                let _ = write!(
                    content,
                    "\n{pad}{} <i>{}</i>",
                    escape(&node.text),
                    escape(&node.ty)
                );
            }
            let _ = writeln!(page, "{}", part(first + n, &content));
        }
    }
    page + "</pre>"
}

fn ebpf(report: &Report, numbers: &Numbers) -> String {
    let mut page = String::from("<pre>");
    for (clause, first) in report.probes.iter().zip(numbers) {
        let _ = writeln!(page, "<b>{}</b>", escape(&clause.symbol));
        for (n, step) in clause.steps.iter().enumerate() {
            for line in &step.code {
                let pad = if is_instruction(line) { "  " } else { "" };
                let _ = writeln!(
                    page,
                    "{}",
                    part(first + n, &format!("{pad}{}", escape(line)))
                );
            }
        }
    }
    page + "</pre>"
}

/// The IR of each function, by the debug location of each line.
fn llvm(study: &Study, report: &Report, numbers: &Numbers) -> String {
    let places = locations(&study.llvm);
    let mut page = String::from("<pre>");
    let mut current: Option<usize> = None;
    for line in study.llvm.lines().take_while(|line| !line.starts_with("!")) {
        if let Some(symbol) = line.strip_prefix("define ").and_then(symbol) {
            current = report
                .probes
                .iter()
                .position(|clause| clause.symbol == symbol);
        }
        let group = current.and_then(|program| {
            let (_, id) = line.rsplit_once("!dbg !")?;
            let place = places.get(id.trim_end_matches([' ', '{']))?;
            let step = nearest(&report.probes[program].steps, *place)?;
            Some(numbers[program] + step)
        });
        let text = line.split(", !dbg").next().unwrap_or(line);
        match group {
            Some(number) => _ = writeln!(page, "{}", part(number, &escape(text))),
            None => _ = writeln!(page, "{}", escape(text)),
        }
    }
    page + "</pre>"
}

/// The name in what follows `define `.
fn symbol(definition: &str) -> Option<&str> {
    let (_, rest) = definition.split_once('@')?;
    rest.split('(').next()
}

/// Line and column of each `!DILocation`, by its number.
fn locations(llvm: &str) -> HashMap<&str, Position> {
    let number = |text: &str, key: &str| -> Option<u32> {
        let (_, rest) = text.split_once(key)?;
        rest.split([',', ')']).next()?.trim().parse().ok()
    };
    let entry = |line| {
        let (id, rest) = str::split_once(line, " = ")?;
        let position = (
            number(rest, "line: ")?,
            number(rest, "column: ").unwrap_or(0),
        );
        let is_location = rest.contains("!DILocation(");
        is_location.then_some((id.strip_prefix('!')?, position))
    };
    llvm.lines().filter_map(entry).collect()
}

/// What belongs to the script as a whole.
fn rest(report: &Report) -> String {
    let list = |lines: &[String]| -> String {
        lines
            .iter()
            .map(|line| format!("<li>{}</li>", escape(line)))
            .collect()
    };
    let mut page = String::from("<footer>");
    for (title, items) in [
        ("Maps", &report.maps),
        ("Records to user space", &report.records),
    ] {
        for (name, says) in items {
            let _ = write!(
                page,
                "<h3>{title}: <code>{}</code></h3><ul>{}</ul>",
                escape(name),
                list(says)
            );
        }
    }
    let _ = write!(
        page,
        "<h3>At the end</h3><ul>{}</ul><h3>What may go wrong</h3><ul>{}</ul></footer>",
        list(&report.end),
        list(&report.risks)
    );
    page
}
