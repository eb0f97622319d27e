//! The strobe under test, as a command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether programs can be loaded here. Says so where they cannot.
pub fn is_root(what: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: {what} (loading programs needs root)");
    }
    root
}

/// Runs a line of shell in which `strobe` is the one under test.
pub fn shell(line: &str) -> Output {
    let strobe = PathBuf::from(env!("CARGO_BIN_EXE_strobe"));
    let folder = strobe.parent().expect("a binary is in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("timeout")
        .args(["60", "sh", "-c", line])
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("a shell starts")
}
