//! The preprocessor of an installed C compiler, which has read every header there is.
//!
//! It is run as a process of its own: a program that is linked statically cannot load a library
//! such as libclang and be sure that it works, for the two would need the same C library.

use super::headers;
use sema::kernel::Preprocessed;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the reader behind it, and the headers, take for granted. Words of the system's name that
/// GNU's C has as macros are left to the script.
const ALWAYS: &[&str] = &[
    "-x",
    "c",
    "-E",
    "-dD",
    "-P",
    "-w",
    "-std=gnu11",
    "-Ulinux",
    "-Uunix",
    "-fno-caret-diagnostics",
    "-fno-color-diagnostics",
    "-ferror-limit=1",
];

/// The kernel's own name of this machine's architecture.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "x86"
};

/// Preprocesses a header behind lines of C.
pub(super) fn preprocess(name: &str, before: &str) -> Preprocessed {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(clang) = find(&path) else {
        return Preprocessed::NoCompiler;
    };
    let mut command = Command::new(&clang);
    command.args(ALWAYS);
    match headers::is_of_the_kernel(name) {
        true => of_kernel(&mut command),
        // What programs have goes before what the kernel has under the same name.
        false => folders(&mut command, "-idirafter", headers::kernel_folders()),
    }
    let text = format!("{before}#include <{name}>\n");
    match run(command.arg("-"), &text) {
        Ok(text) => Preprocessed::Text(text),
        Err(reason) => Preprocessed::Refused(reason),
    }
}

/// `clang`, or the newest of `clang-19` and its like.
fn find(path: &OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let plain = folders.iter().map(|folder| folder.join("clang"));
    if let Some(plain) = plain.into_iter().find(|path| path.is_file()) {
        return Some(plain);
    }
    let entries = folders.iter().filter_map(|f| std::fs::read_dir(f).ok());
    let paths = entries.flatten().flatten().map(|entry| entry.path());
    let numbered = paths.filter_map(|path| Some((version(path.file_name()?)?, path)));
    numbered.max().map(|(_, path)| path)
}

fn version(name: &OsStr) -> Option<u32> {
    name.to_str()?.strip_prefix("clang-")?.parse().ok()
}

/// As the kernel's own source is compiled (`Makefile`: `LINUXINCLUDE`).
fn of_kernel(command: &mut Command) {
    command.args(["-nostdlibinc", "-D__KERNEL__"]);
    let arch = format!("arch/{ARCHITECTURE}/include");
    let sources = headers::kernel_sources();
    for folder in [
        arch.clone(),
        format!("{arch}/generated"),
        "include".to_owned(),
        format!("{arch}/uapi"),
        format!("{arch}/generated/uapi"),
        "include/uapi".to_owned(),
        "include/generated/uapi".to_owned(),
    ] {
        folders(command, "-I", sources.iter().map(|s| s.join(&folder)));
    }
    let mut settings = sources.iter().map(|s| s.join("include/linux/kconfig.h"));
    if let Some(settings) = settings.find(|path| path.is_file()) {
        command.arg("-include").arg(settings);
    }
}

fn folders(command: &mut Command, flag: &str, folders: impl IntoIterator<Item = PathBuf>) {
    for folder in folders.into_iter().filter(|folder| Path::is_dir(folder)) {
        command.arg(flag).arg(OsString::from(folder));
    }
}

/// What a command makes of its standard input, or the first line of why it does not.
fn run(command: &mut Command, input: &str) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(said)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It reads all before it writes; if it does not care to read, it says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(said)?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let first = errors.lines().find(|line| line.contains("error:"));
        let first = first.unwrap_or("it failed without a word");
        return Err(first.trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{find, run, version};
    use std::ffi::OsStr;
    use std::process::Command;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version(OsStr::new("clang-19")), Some(19));
        assert_eq!(version(OsStr::new("clang-format")), None);
        assert_eq!(version(OsStr::new("gcc-19")), None);
    }

    #[test]
    fn where_none_is_there_none_is_found() {
        assert_eq!(find(OsStr::new("/nowhere:/proc")), None);
    }

    #[test]
    fn a_command_that_reads_nothing_tells_why() {
        let mut command = Command::new("sh");
        let failing = command.args(["-c", "echo 'no error: a reason' >&2; exit 1"]);
        let long = "x".repeat(1 << 20);
        assert_eq!(run(failing, &long), Err("no error: a reason".to_owned()));
        assert_eq!(run(&mut Command::new("cat"), "abc"), Ok("abc".to_owned()));
    }
}
