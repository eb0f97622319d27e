//! What must not grow: the BPF instructions of the eight reference one-liners, and the
//! instructions of this machine that compiling them takes. `counts.txt` beside this holds what they
//! were; more than 3 % above fails.
//!
//! Everything is compiled against fixtures, so that neither kernel nor machine count. What else
//! decides is the compilers: counts of other ones than those of `counts.txt` are not compared,
//! which is said.

use codegen::{Isa, Object, Options};
use lexer::SourceMap;
use object::{Object as _, ObjectSection, SectionKind};
use sema::kernel::{Fake, fixtures};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// What may be added without a word, in percent.
const GROWTH_MAX: f64 = 3.0;

/// How the count of compiling is called in `counts.txt`.
const COMPILING: &str = "compiling them";

const ONE_LINERS: [(&str, &str); 8] = [
    (
        "scalar count",
        "tracepoint:syscalls:sys_enter_read { @ = count(); }",
    ),
    (
        "count by comm",
        "tracepoint:syscalls:sys_enter_read { @[comm] = count(); }",
    ),
    (
        "count by pid and comm",
        "tracepoint:syscalls:sys_enter_read { @[pid, comm] = count(); }",
    ),
    (
        "hist of an argument",
        "tracepoint:syscalls:sys_enter_read { @ = hist(args.count); }",
    ),
    (
        "latency by a start map",
        "tracepoint:raw_syscalls:sys_enter { @s[tid] = nsecs; } \
         tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s, tid); }",
    ),
    (
        "count by stack",
        "tracepoint:syscalls:sys_enter_read { @[kstack] = count(); }",
    ),
    (
        "filter by a string",
        "tracepoint:syscalls:sys_enter_read /comm == \"cat\"/ { @ = count(); }",
    ),
    (
        "printf of three fields",
        "tracepoint:syscalls:sys_enter_read { printf(\"%d %s %d\\n\", pid, comm, args.count); }",
    ),
];

type Counts = BTreeMap<String, u64>;

fn path() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cost/counts.txt"
    ))
}

/// Compiles the one-liners. Callgrind counts from its start to its end, and would stop at any other
/// function that has its name in its own.
#[inline(never)]
fn strobe_cost_compile_all() -> Vec<Object> {
    let kernel = fixtures::machine().expect("the fixtures are whole");
    let mut objects = Vec::new();
    for (_, text) in ONE_LINERS {
        objects.push(compile_one(&kernel, text));
    }
    objects
}

fn compile_one(kernel: &Fake, text: &str) -> Object {
    let options = Options {
        isa: Isa::V4,
        ..Options::default()
    };
    let mut sources = SourceMap::new();
    let file = sources.add("-e", text);
    let (tree, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{text}: {reports:?}");
    let program = sema::analyze(&tree, kernel, &sema::Options::default());
    let program = program.unwrap_or_else(|reports| panic!("{text}: {reports:?}"));
    codegen::compile(&program, &sources, &options).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn instructions(object: &Object) -> u64 {
    let file = object::File::parse(object.elf.as_slice()).expect("codegen makes an ELF file");
    let code = file.sections().filter(|s| s.kind() == SectionKind::Text);
    code.map(|section| section.size() / 8).sum()
}

fn main() {
    let objects = strobe_cost_compile_all();
    if env::var_os("STROBE_COST_COMPILE").is_some() {
        return;
    }
    let names = ONE_LINERS.iter().map(|(name, _)| (*name).to_owned());
    let mut now: Counts = names.zip(objects.iter().map(instructions)).collect();
    match callgrind() {
        Ok(count) => {
            now.insert(COMPILING.to_owned(), count);
        }
        Err(reason) => println!("skipped the count of compiling: {reason}"),
    }
    let text = fs::read_to_string(path()).unwrap_or_default();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path(), write(&now, &read(&text))).expect("counts.txt can be written");
        return println!("counts.txt is written");
    }
    if !text.starts_with(&head()) {
        return println!(
            "skipped: counts.txt is of other compilers, these are\n{}",
            head()
        );
    }
    let worse = grown(&read(&text), &now);
    if !worse.is_empty() {
        println!("{worse}If that is worth it: UPDATE_EXPECT=1 cargo test --test cost");
        std::process::exit(1);
    }
    println!("{} counts, none of them grown", now.len());
}

/// The instructions of compiling, by running this again.
fn callgrind() -> Result<u64, String> {
    if !cfg!(debug_assertions) {
        return Err("it is of unoptimised builds".to_owned());
    }
    let this = env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*strobe_cost_compile_all*")
        .arg(this)
        .env("STROBE_COST_COMPILE", "1")
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    let count = line.and_then(|line| line.trim().parse().ok());
    count.filter(|&count| count > 0).ok_or(text)
}

/// What has grown too much, a line each.
fn grown(before: &Counts, now: &Counts) -> String {
    let mut lines = String::new();
    for (name, &now) in now {
        let Some(&before) = before.get(name) else {
            let _ = writeln!(lines, "{name}: {now}, which counts.txt does not have");
            continue;
        };
        let growth = (now as f64 / before as f64 - 1.0) * 100.0;
        if growth > GROWTH_MAX {
            let _ = writeln!(
                lines,
                "{name}: {now} instructions, were {before} (+{growth:.1} %)"
            );
        }
    }
    lines
}

/// The compilers that make the counts.
fn head() -> String {
    let version = |program: &str, flag: &str| {
        let output = Command::new(program).arg(flag).output().ok();
        let text = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        text.unwrap_or_else(|| "unknown".to_owned())
    };
    let llvm = env::var("LLVM_CONFIG").unwrap_or_else(|_| "llvm-config-19".to_owned());
    format!(
        "# {}\n# LLVM {}\n",
        version("rustc", "--version"),
        version(&llvm, "--version")
    )
}

fn read(text: &str) -> Counts {
    let lines = text.lines().filter_map(|line| line.rsplit_once(": "));
    lines
        .filter_map(|(name, count)| Some((name.to_owned(), count.parse().ok()?)))
        .collect()
}

/// What could not be counted stays as it was.
fn write(now: &Counts, before: &Counts) -> String {
    let mut all = before.clone();
    all.extend(now.clone());
    let mut text = head();
    for (name, count) in all {
        let _ = writeln!(text, "{name}: {count}");
    }
    text
}
