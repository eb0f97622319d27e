//! Every text that a report of the front end can have is shown by a golden: what a report says is
//! read by somebody before anybody needs it.

use super::{GOLDENS, files, root};
use regex_lite::Regex;
use std::fs::read_to_string;

/// Where the texts are written.
const FOLDERS: [&str; 3] = ["sema/src/error", "parser/src", "parser/src/c"];

/// Texts shorter than this are words that are put into others.
const SHORT: usize = 10;

/// Characters that may stand for a `{…}` at most.
const FAR: usize = 300;

/// Where those are shown that fixtures, which always have tracefs, have no use for.
const WITHOUT_TRACEFS: &str = "a case of tests/run/probe-tracepoint.run";

/// Texts that no script on a machine made of fixtures shows, and why.
const ELSEWHERE: [(&str, &str); 22] = [
    (
        "of the events of single system calls no one else knows",
        WITHOUT_TRACEFS,
    ),
    (
        "use `rawtracepoint:sys_enter`: `args.id` is the call's number, and `syscall_name(args.id)` its name",
        WITHOUT_TRACEFS,
    ),
    (
        "no one else knows of which subsystem an event is",
        WITHOUT_TRACEFS,
    ),
    (
        "write `tracepoint:*:…` for a pattern, or the whole name of the event",
        WITHOUT_TRACEFS,
    ),
    (
        "`{probe}` has no `{name}` here: the record is in the tracing file system (tracefs), which cannot be read",
        WITHOUT_TRACEFS,
    ),
    ("a field of the record", WITHOUT_TRACEFS),
    (
        "what type information tells are the arguments of the function behind it: `{}`",
        WITHOUT_TRACEFS,
    ),
    (
        "use those, or run strobe as root (sudo strobe …)",
        WITHOUT_TRACEFS,
    ),
    (
        "run strobe as root (sudo strobe …)",
        "fixtures refuse nobody",
    ),
    (
        "the kernel gave something strobe cannot read; please report it",
        "fixtures are well-formed",
    ),
    ("needed for this", "the fixtures have all that is asked for"),
    (
        "no loaded BPF program has type information",
        "the fixtures have one",
    ),
    (
        "clang refuses the headers, which were read without it: {reason}",
        "a case of tests/run/headers.run",
    ),
    (
        "if a header has it: leave out the one that clang refuses, or write the definition into the script",
        "the same case",
    ),
    (
        "variables are listed by kernels that are built with CONFIG_KALLSYMS_ALL",
        "joined to a text that is shown",
    ),
    (
        "floating-point registers are not kept for programs that run at a probe",
        "joined to the text of an argument in such a place",
    ),
    (
        "the argument is in a place that strobe cannot read: `{text}`",
        "a case of tests/run/usdt.run, with the note of a real file",
    ),
    (
        "a value of type `{ty}` cannot be stored or printed",
        "probes whose `args` are no record say so by a text of their own",
    ),
    (
        "the keys of `{name}` do not go together",
        "two keys that are none are alike",
    ),
    ("unexpected word", "the words that are, have their own text"),
    (
        "does not belong here",
        "the grammar always expects something",
    ),
    (
        "end the statement with `;`, or go on with an operator",
        "the parser goes on where only `;` is missing",
    ),
];

#[test]
fn every_text_of_a_report_is_shown() {
    let shown = shown();
    let known = |text: &str| ELSEWHERE.iter().any(|(known, _)| *known == text);
    let mut missing = Vec::new();
    let mut excused = Vec::new();
    for text in texts() {
        match (is_shown(&text, &shown), known(&text)) {
            (true, false) => {}
            (true, true) | (false, true) => excused.push(text),
            (false, false) => missing.push(text),
        }
    }
    assert!(
        missing.is_empty(),
        "no golden shows these: write a case in tests/ui/cases or sema/test_data/err: {missing:#?}"
    );
    for (text, _) in ELSEWHERE {
        assert!(
            excused.iter().any(|e| e == text),
            "no report says this any more: {text}"
        );
    }
}

/// Everything that goldens show, with single spaces.
fn shown() -> String {
    let extensions = ["stderr", "report"];
    let folders = GOLDENS.iter().map(|folder| root().join(folder));
    let goldens = folders.flat_map(|f| extensions.map(|extension| files(&f, extension)));
    let texts = goldens
        .flatten()
        .map(|file| read_to_string(file).expect("a golden is text"));
    let texts: Vec<String> = texts.collect();
    let words: Vec<&str> = texts.iter().flat_map(|t| t.split_whitespace()).collect();
    words.join(" ")
}

/// The texts in the sources of reports.
fn texts() -> Vec<String> {
    let literal = Regex::new(r#""((?:[^"\\]|\\[\s\S])*)""#).expect("a pattern");
    let code = Regex::new(r"^[a-z0-9_:./*-]*$").expect("a pattern");
    let joint = Regex::new(r"\\\n\s*").expect("a pattern");
    let sources = FOLDERS.iter().map(|folder| root().join(folder));
    let sources = sources.flat_map(|folder| files(&folder, "rs"));
    let sources = sources.filter(|file| {
        let name = file.file_name().unwrap_or_default();
        file.starts_with(root().join("sema")) || name == "error.rs"
    });
    let mut found = Vec::new();
    for file in sources {
        let text = read_to_string(&file).expect("a source is text");
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let text = lines.collect::<Vec<_>>().join("\n");
        for literal in literal.captures_iter(&text) {
            let text = joint.replace_all(&literal[1], "").replace("\\\"", "\"");
            let text = text.replace("\\n", "\n");
            if text.len() >= SHORT && !code.is_match(&text) {
                found.push(text);
            }
        }
    }
    assert!(found.len() > 400, "the sources were searched");
    found
}

/// Whether a text is shown, with anything in the place of each `{…}`.
fn is_shown(text: &str, shown: &str) -> bool {
    let hole = Regex::new(r"\{[^{}]*\}").expect("a pattern");
    let braces = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let words: Vec<&str> = braces.split_whitespace().collect();
    let words = hole.replace_all(&words.join(" "), "\u{0}").into_owned();
    let words = words.replace('\u{1}', "{").replace('\u{2}', "}");
    let parts: Vec<&str> = words.split('\u{0}').filter(|p| !p.is_empty()).collect();
    let Some((first, rest)) = parts.split_first() else {
        return true;
    };
    let mut starts = shown.match_indices(first);
    starts.any(|(at, _)| follow(rest, &shown[at + first.len()..]))
}

/// Whether parts follow each other, each not far behind the one before.
fn follow(parts: &[&str], mut text: &str) -> bool {
    parts.iter().all(|part| {
        let near = &text[..text.floor_char_boundary(FAR + part.len())];
        let found = near.find(part);
        text = found.map_or("", |at| &text[at + part.len()..]);
        found.is_some()
    })
}
