//! The saved tools: each says what it is for, and loads into the running kernel.

use crate::strobe::{is_root, root, shell};
use std::path::{Path, PathBuf};

/// What the comment of a tool must tell.
const SECTIONS: [&str; 4] = ["When:", "Overhead:", "Kernel:", "Example:"];

/// Probes that not every machine can attach; where it cannot, their tools are not loaded.
const NOT_EVERYWHERE: [&str; 7] = [
    "kprobe",
    "kretprobe",
    "fentry",
    "fexit",
    "kfunc",
    "hardware",
    "uprobe",
];

/// Tools that no machine of ours can run, and why.
const UNTRIED: [(&str, &str); 1] = [(
    "llcstat",
    "there are no hardware counters in virtual machines",
)];

fn tools() -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("the scripts are readable");
        let paths = entries.map(|entry| entry.expect("the scripts are readable").path());
        paths.collect()
    };
    let areas = below(&root().join("scripts"));
    let mut tools: Vec<PathBuf> = areas
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|path| below(path))
        .collect();
    tools.sort();
    tools
}

fn text(path: &Path) -> (String, String) {
    let name = path.file_stem().expect("a name").to_string_lossy();
    let text = std::fs::read_to_string(path).expect("a script is text");
    (name.into_owned(), text)
}

#[test]
fn every_tool_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for path in tools() {
        let (name, text) = text(&path);
        if !text.starts_with(&format!("#!/usr/bin/env strobe\n// {name}: ")) {
            wrong.push(format!(
                "{name}: the first comment names it and what it shows"
            ));
        }
        for section in SECTIONS {
            if !text.contains(&format!("\n// {section}")) {
                wrong.push(format!("{name}: its comment has no `{section}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tool_is_listed_with_a_line() {
    let output = shell("strobe tools");
    let listed = String::from_utf8(output.stdout).expect("the list is text");
    for path in tools() {
        let (name, _) = text(&path);
        let line = listed.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(name.as_str()) && words.next().is_some()
        });
        assert!(line.is_some(), "{name} is not in the list:\n{listed}");
    }
}

#[test]
fn every_tool_has_a_case() {
    let folder = root().join("tests/tools");
    let entries = std::fs::read_dir(folder).expect("the cases are readable");
    let cases: String = entries
        .map(|entry| std::fs::read_to_string(entry.expect("a case").path()).expect("text"))
        .collect();
    let without: Vec<String> = tools()
        .iter()
        .map(|path| text(path).0)
        .filter(|name| {
            let ends = [format!(" {name}\n"), format!(" {name} ")];
            let untried = UNTRIED.iter().find(|(tool, _)| tool == name);
            if let Some((tool, reason)) = untried {
                eprintln!("skipped: {tool} is not run: {reason}");
            }
            untried.is_none() && !ends.iter().any(|end| cases.contains(end))
        })
        .collect();
    assert!(
        without.is_empty(),
        "no case in tests/tools runs {without:?}"
    );
}

#[test]
fn every_tool_loads() {
    if !is_root("loading every tool") {
        return;
    }
    let mut wrong = Vec::new();
    for path in tools() {
        let (name, text) = text(&path);
        let parameters = match (text.contains("uprobe:$1"), text.contains(":$1")) {
            (true, _) => "libc malloc",
            (_, true) => "vfs_read",
            _ => "",
        };
        let output = shell(&format!("strobe run --dry-run {name} {parameters}"));
        if output.status.success() {
            continue;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match NOT_EVERYWHERE.iter().find(|kind| text.contains(*kind)) {
            Some(kind) => eprintln!("skipped: {name} needs {kind}: {said}"),
            None => wrong.push(format!("{name}:\n{said}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
