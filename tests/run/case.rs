//! The form of a case, and its reader.
//!
//! ```text
//! # A remark.
//! case: a name, unique among all files
//! program:
//!     begin { printf("%s\n", str($1)); exit(3); }
//! args: hello
//! stdout:
//!     hello
//! exit: 3
//! ```
//! One-line entries: `flags` (before the program), `args` (after it), `from` (`argument`, the
//! default; `file`, `stdin` or `nothing`), `env` (`NAME=value`), `user` (`nobody`; else root), `workload`
//! (its words; started once all is attached, and strobe interrupted when it has ended), `signal`
//! (`INT` or `TERM`; sent once all is attached and `after`, a line of the output, was seen), `exit`.
//! `needs` (what the machine must have, of [`crate::needs`]; with `!` before it, must not have).
//! `under` is a command that starts strobe as its own last words.
//! `with` is a file's name and then, as a block, its lines: it lies beside the script (`from: file`).
//! Blocks of lines indented by four: `program`, `stdout`, `stderr`, `file` (what `{file}` holds in
//! the end). Without `stderr` nothing may stand there but how many probes were attached.
//!
//! `beside` is a command that is started first, so that `{pid}` is its process; once all is attached,
//! its standard input ends. [`crate::target`] tells of `{target:NAME}` and its like.
//!
//! In flags, arguments, program, `beside` and `under`, `{workload}` is the command of a workload, `{name}` the name
//! that its processes bear, `{file}` a new file. [`crate::expect`] tells how lines are compared.

use std::collections::BTreeMap;
use std::path::Path;

/// Where the script comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    #[default]
    Argument,
    File,
    Stdin,
    Nothing,
}

/// A case. Lines to expect are raw.
#[derive(Debug, Default)]
pub struct Case {
    pub name: String,
    pub flags: Vec<String>,
    pub program: String,
    pub args: Vec<String>,
    pub from: From,
    pub env: Vec<(String, String)>,
    pub user: Option<String>,
    pub workload: Option<Vec<String>>,
    pub beside: Option<Vec<String>>,
    pub under: Vec<String>,
    pub needs: Vec<String>,
    pub signal: Option<String>,
    pub after: Option<String>,
    pub stdout: Vec<String>,
    pub stderr: Option<Vec<String>>,
    pub file: Option<Vec<String>>,
    /// Files in the directory of the case, by name.
    pub with: Vec<(String, String)>,
    pub exit: i32,
}

impl Case {
    /// The texts that may name programs to trace.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let words = self.flags.iter().chain(&self.args);
        let words = words.chain(self.beside.iter().flatten()).chain(&self.under);
        words.chain([&self.program]).map(String::as_str)
    }
}

/// Every case of every `*.run` file in a directory.
pub fn load(directory: &Path) -> Vec<Case> {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(directory).expect("the cases are readable") {
        let path = entry.expect("the cases are readable").path();
        if path.extension().is_some_and(|e| e == "run") {
            let text = std::fs::read_to_string(&path).expect("the cases are text");
            let theme = path.file_stem().unwrap_or_default().to_string_lossy();
            for mut case in parse(&text) {
                case.name = format!("{theme}: {}", case.name);
                let twin = cases.insert(case.name.clone(), case);
                assert!(
                    twin.is_none(),
                    "two cases of one name: {:?}",
                    twin.map(|c| c.name)
                );
            }
        }
    }
    cases.into_values().collect()
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("line {}: no entry: {line}", number + 1));
        let mut block = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, l)| l.is_empty() || l.starts_with("    ")) {
            block.push(line.strip_prefix("    ").unwrap_or("").to_owned());
        }
        while block.last().is_some_and(String::is_empty) {
            block.pop();
        }
        if key == "case" {
            cases.push(Case::default());
        }
        let case = cases.last_mut().expect("the first entry is a case");
        set(case, key, value.trim(), block);
    }
    cases
}

fn set(case: &mut Case, key: &str, value: &str, block: Vec<String>) {
    let one = || value.to_owned();
    match key {
        "case" => case.name = one(),
        "flags" => case.flags = words(value),
        "args" => case.args = words(value),
        "user" => case.user = Some(one()),
        "workload" => case.workload = Some(words(value)),
        "under" => case.under = words(value),
        "beside" => case.beside = Some(words(value)),
        "needs" => case.needs = words(value),
        "signal" => case.signal = Some(one()),
        "after" => case.after = Some(one()),
        "exit" => case.exit = value.parse().expect("an exit code is a number"),
        "program" => case.program = block.join("\n"),
        "stdout" => case.stdout = block,
        "stderr" => case.stderr = Some(block),
        "file" => case.file = Some(block),
        "with" => case.with.push((one(), block.join("\n") + "\n")),
        "env" => {
            let (name, value) = value.split_once('=').expect("env is NAME=value");
            case.env.push((name.to_owned(), value.to_owned()));
        }
        "from" => {
            case.from = match value {
                "argument" => From::Argument,
                "file" => From::File,
                "stdin" => From::Stdin,
                "nothing" => From::Nothing,
                _ => panic!("a script does not come from {value}"),
            }
        }
        _ => panic!("there is no entry `{key}`"),
    }
}

/// Words as a shell splits them, with quotes but nothing else.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
