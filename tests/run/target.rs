//! Programs to trace: sources in `targets/`, built when a case first names them.
//!
//! `{target:NAME}` in a case is the path of the program built from `targets/NAME.c`, `.cpp` or
//! `.rs`, one of whose lines holds the flags (`// flags: …`). `{stripped:NAME}` is a copy without
//! symbols and debug information, `{split:NAME}` one whose symbols and debug information are in a
//! file beside it, and `{plain:NAME}` one without debug information.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What was built, or why it could not be, by kind and name.
type Built = HashMap<String, Result<PathBuf, String>>;

static BUILT: Mutex<Option<Built>> = Mutex::new(None);

const KINDS: [&str; 4] = ["target", "stripped", "split", "plain"];

/// A text with copies of the programs that it names, in a directory, in place of their names. A case
/// has copies of its own: a probe sees every process that runs its file.
pub fn fill(text: &str, directory: &Path) -> String {
    let mut text = text.to_owned();
    for (kind, name) in named(&text) {
        let path = build(&kind, &name).unwrap_or_default();
        let own = directory.join(path.file_name().unwrap_or_default());
        if !own.exists() {
            for suffix in ["", ".debug"] {
                let copy = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
                // Only programs that are split have the second.
                let _ = std::fs::copy(copy(&path), copy(&own));
            }
        }
        text = text.replace(&format!("{{{kind}:{name}}}"), &own.to_string_lossy());
    }
    text
}

/// Builds the programs that texts name; why one of them cannot be had here.
pub fn missing<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let named = texts.flat_map(named);
    named
        .filter_map(|(kind, name)| build(&kind, &name).err())
        .reduce(|first, _| first)
}

/// Where programs are built. A virtual machine has them at the same place.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("targets")
}

/// Kind and name of each program that a text names.
fn named(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for kind in KINDS {
        let start = format!("{{{kind}:");
        for rest in text.split(&start).skip(1) {
            if let Some((name, _)) = rest.split_once('}') {
                found.push((kind.to_owned(), name.to_owned()));
            }
        }
    }
    found
}

fn build(kind: &str, name: &str) -> Result<PathBuf, String> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = directory();
    std::fs::create_dir_all(&directory).expect("the directory of targets can be made");
    build_once(built.get_or_insert_default(), kind, name, &directory)
}

/// Each program is built once: by the second time somebody may be running it.
fn build_once(
    built: &mut Built,
    kind: &str,
    name: &str,
    directory: &Path,
) -> Result<PathBuf, String> {
    let key = format!("{kind}:{name}");
    if let Some(known) = built.get(&key) {
        return known.clone();
    }
    let result = match kind {
        "target" => whole(name, directory),
        _ => build_once(built, "target", name, directory)
            .and_then(|whole| reduced(kind, name, &whole, directory)),
    };
    built.insert(key, result.clone());
    result
}

/// Builds a program; fails with the tool that is missing. A source that does not compile is a
/// mistake of ours.
fn whole(name: &str, directory: &Path) -> Result<PathBuf, String> {
    let whole = directory.join(name);
    if sources().is_dir() {
        compile(name, &whole)?;
        return Ok(whole);
    }
    is_there(whole)
}

/// Makes a program of another kind from the whole one.
fn reduced(kind: &str, name: &str, whole: &Path, directory: &Path) -> Result<PathBuf, String> {
    let out = directory.join(format!("{name}.{kind}"));
    if !sources().is_dir() {
        return is_there(out);
    }
    let (from, to) = (whole.as_os_str(), out.as_os_str());
    match kind {
        "stripped" => tool(
            Command::new("strip")
                .args(["--strip-all", "-o"])
                .args([to, from]),
        )?,
        "plain" => tool(
            Command::new("strip")
                .args(["--strip-debug", "-o"])
                .args([to, from]),
        )?,
        _ => {
            let debug = directory.join(format!("{name}.{kind}.debug"));
            let keep = ["--only-keep-debug"];
            tool(Command::new("objcopy").args(keep).arg(from).arg(&debug))?;
            tool(
                Command::new("strip")
                    .args(["--strip-all", "-o"])
                    .args([to, from]),
            )?;
            let link = format!("--add-gnu-debuglink={}", debug.display());
            tool(Command::new("objcopy").arg(link).arg(to))?;
        }
    }
    Ok(out)
}

fn is_there(built: PathBuf) -> Result<PathBuf, String> {
    let reason = "programs to trace are built on the host alone";
    built.is_file().then_some(built).ok_or(reason.to_owned())
}

fn compile(name: &str, to: &Path) -> Result<(), String> {
    let sources = sources();
    let compilers = [("c", "gcc"), ("cpp", "g++"), ("rs", "rustc")];
    let found = compilers.iter().find_map(|(extension, compiler)| {
        let path = sources.join(format!("{name}.{extension}"));
        Some((std::fs::read_to_string(&path).ok()?, path, *compiler))
    });
    let (text, path, compiler) = found.unwrap_or_else(|| panic!("there is no target {name}"));
    let flags = text.lines().find_map(|line| line.strip_prefix("// flags:"));
    let flags = flags.unwrap_or_default().split_whitespace();
    tool(
        Command::new(compiler)
            .args(flags)
            .arg(&path)
            .arg("-o")
            .arg(to),
    )
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run/targets")
}

fn tool(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => Err(format!("{name} is not installed")),
    }
}
