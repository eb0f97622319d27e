//! What a virtual machine starts with: an archive in the `newc` form of cpio.

use super::kernel::Kernel;
use super::machine::Outcome;
use super::{choice, guest};
use crate::target;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The mode of a directory, of a program and of other files.
const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;

/// Directories that are mounted on, or expected to be there.
const DIRECTORIES: [&str; 10] = [
    "bin", "proc", "sys", "dev", "tmp", "var", "var/tmp", "srv", "etc", "root",
];

/// Files that programs read.
const TEXTS: [(&str, &str); 3] = [
    (
        "etc/passwd",
        "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    ),
    ("etc/hosts", "127.0.0.1 localhost\n"),
    ("etc/nsswitch.conf", "hosts: files\n"),
];

/// Programs of this machine that cases use, or tools look into, and where they are there.
const PROGRAMS: [(&str, &str); 3] = [
    ("/usr/sbin/bpftool", "bin/bpftool"),
    ("/bin/bash", "bin/bash"),
    ("/usr/bin/openssl", "usr/bin/openssl"),
];

/// The archive for a kernel, which is to run what has not been run.
pub fn pack(busybox: &[u8], kernel: &Kernel, done: &Outcome) -> Result<Vec<u8>, String> {
    let mut archive = Archive::default();
    for name in DIRECTORIES {
        archive.directory(Path::new(name));
    }
    archive.file(Path::new("bin/busybox"), PROGRAM, busybox);
    archive.file(Path::new("init"), PROGRAM, guest::INIT.as_bytes());
    let done: Vec<&str> = done.cases.keys().map(String::as_str).collect();
    archive.file(Path::new(guest::DONE), FILE, done.join("\n").as_bytes());
    for (name, text) in TEXTS {
        archive.file(Path::new(name), FILE, text.as_bytes());
    }
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    // Another one may be named: figures are those of a release, whoever drives the machine.
    let named = std::env::var_os("STROBE").map(PathBuf::from);
    let strobe = named.unwrap_or_else(|| env!("CARGO_BIN_EXE_strobe").into());
    for (path, name) in [(this.as_path(), guest::RUNNER), (&strobe, guest::STROBE)] {
        archive.program(path, Path::new(name))?;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in cases(root)? {
        let text = read(&root.join(&path))?;
        archive.file(&path, FILE, &text);
    }
    for (module, number) in kernel.modules.iter().zip(0..) {
        archive.file(Path::new(&format!("modules/{number}.ko")), FILE, module);
    }
    for (path, name) in PROGRAMS {
        let path = Path::new(path);
        // What is not installed here is not there either, and its cases say so.
        if path.is_file() {
            archive.program(path, Path::new(name))?;
        }
    }
    // None where no case names one.
    let targets = std::fs::read_dir(target::directory()).into_iter().flatten();
    for entry in targets.flatten() {
        let path = entry.path();
        archive.program(&path, &path)?;
    }
    // Where libraries are.
    if let Ok(list) = std::fs::read("/etc/ld.so.cache") {
        archive.file(Path::new("etc/ld.so.cache"), FILE, &list);
    }
    archive.entry("TRAILER!!!", 0, &[]);
    Ok(archive.bytes)
}

/// The files of cases, below the root of the repository.
fn cases(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for directory in choice::DIRECTORIES {
        let entries = std::fs::read_dir(root.join(directory)).map_err(|e| e.to_string())?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
        let files = names.map(|name| Path::new(directory).join(name));
        found.extend(files.filter(|path| path.extension().is_some_and(|e| e == "run")));
    }
    Ok(found)
}

/// The shared libraries of a program and the loader, by `ldd`.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, String> {
    let output = Command::new("ldd").arg(program).output();
    let output = output.map_err(|e| format!("cannot run ldd: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = text.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(words.map(PathBuf::from).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// An archive as it grows.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    known: BTreeSet<PathBuf>,
    count: u32,
}

impl Archive {
    fn directory(&mut self, path: &Path) {
        if self.known.insert(path.to_owned()) {
            self.entry(&path.to_string_lossy(), DIRECTORY, &[]);
        }
    }

    /// Adds a file and the directories that it is in.
    fn file(&mut self, path: &Path, mode: u32, data: &[u8]) {
        let path = path.strip_prefix("/").unwrap_or(path);
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.pop();
        for directory in above.into_iter().rev() {
            self.directory(directory);
        }
        if self.known.insert(path.to_owned()) {
            self.entry(&path.to_string_lossy(), mode, data);
        }
    }

    /// Adds a program with its libraries; or another file, which has none.
    fn program(&mut self, path: &Path, name: &Path) -> Result<(), String> {
        self.file(name, PROGRAM, &read(path)?);
        for library in libraries(path)? {
            self.file(&library, PROGRAM, &read(&library)?);
        }
        Ok(())
    }

    /// A header of 13 fields of 8 hexadecimal digits, the name, the data; both padded to 4 bytes.
    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) {
        self.count += 1;
        let fields = [
            self.count,
            mode,
            0,
            0,
            1,
            0,
            data.len() as u32,
            0,
            0,
            0,
            0,
            name.len() as u32 + 1,
            0,
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(data);
        self.pad();
    }

    fn pad(&mut self) {
        let length = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(length, 0);
    }
}
