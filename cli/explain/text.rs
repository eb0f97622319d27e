//! An explanation as text for the terminal.

use super::report::{Clause, Report, Step};

/// Columns of a line of prose.
const WIDTH: usize = 100;

/// Puts an explanation into lines.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let (probes, maps) = (report.probes.len(), report.maps.len());
    out.push_str(&format!(
        "{} and {}. In the order in which it happens:\n",
        count(probes, "program"),
        count(maps, "map")
    ));
    for (n, clause) in report.probes.iter().enumerate() {
        out.push_str(&format!(
            "\nPROGRAM {} of {probes}: {}\n",
            n + 1,
            clause.symbol
        ));
        program(&mut out, clause);
    }
    list(&mut out, "MAPS", &report.maps);
    list(&mut out, "RECORDS TO USER SPACE", &report.records);
    section(&mut out, "AT THE END", &report.end);
    section(&mut out, "WHAT MAY GO WRONG", &report.risks);
    out
}

fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

fn program(out: &mut String, clause: &Clause) {
    for [name, fires, how] in &clause.places {
        out.push_str(&format!("  {name}\n"));
        if !fires.is_empty() {
            wrap(out, &format!("fires {fires}"), "    ", "    ");
            wrap(out, &format!("attached as: {how}"), "    ", "    ");
        }
    }
    for variable in &clause.variables {
        out.push_str(&format!("  variable {variable}\n"));
    }
    clause.steps.iter().for_each(|one| step(out, one));
    if !clause.cost.is_empty() {
        out.push_str("\n  cost\n");
        wrap(out, &clause.cost, "    ", "    ");
    }
}

fn step(out: &mut String, step: &Step) {
    let pad = "  ".repeat(step.depth + 1);
    let (line, column) = step.position;
    out.push_str(&format!("\n{pad}{line}:{column}  {}\n", step.text));
    let (first, next) = (format!("{pad}  - "), format!("{pad}    "));
    for says in &step.says {
        wrap(out, says, &first, &next);
    }
    for line in &step.code {
        let shift = if line.ends_with(':') { "" } else { "  " };
        out.push_str(&format!("{pad}  | {shift}{line}\n"));
    }
}

fn list(out: &mut String, title: &str, items: &[(String, Vec<String>)]) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    for (name, says) in items {
        out.push_str(&format!("  {name}\n"));
        for line in says {
            wrap(out, line, "    ", "      ");
        }
    }
}

fn section(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    for line in lines {
        wrap(out, line, "  - ", "    ");
    }
}

/// Breaks prose into lines.
fn wrap(out: &mut String, text: &str, first: &str, next: &str) {
    let mut line = first.to_owned();
    let mut is_start = true;
    for word in text.split_whitespace() {
        let width = line.chars().count() + 1 + word.chars().count();
        if !is_start && width > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = next.to_owned();
            is_start = true;
        }
        if !is_start {
            line.push(' ');
        }
        line.push_str(word);
        is_start = false;
    }
    out.push_str(&line);
    out.push('\n');
}
