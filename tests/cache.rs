//! The cache of compiled scripts, from the outside: what is found again, what is not, and that a
//! broken cache changes nothing but the time that it takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELLO: &str = r#"begin { printf("%s\n", str($1)); exit(); }"#;

/// A cache of its own, which goes when dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("strobe-cache-test-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a directory can be made");
        Self(path)
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.join("strobe")).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    }

    /// Runs the script and tells whether it was found compiled.
    fn run(&self, flags: &[&str], word: &str) -> bool {
        self.run_as(Command::new(env!("CARGO_BIN_EXE_strobe")), flags, word)
    }

    fn run_as(&self, mut command: Command, flags: &[&str], word: &str) -> bool {
        let output = command
            .env("XDG_CACHE_HOME", &self.0)
            .args(flags)
            .args(["-v", "-e", HELLO, word])
            .output()
            .expect("strobe starts");
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{err}");
        assert_eq!(out.trim_end(), word);
        let found = err.contains("found compiled");
        assert_ne!(found, err.contains("strobe: compiled"), "{err}");
        found
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether programs may be loaded here; says so where not.
fn may_load(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped {test}: root is needed to load programs");
    }
    is_root
}

#[test]
fn a_script_is_found_again_unless_something_differs() {
    if !may_load("a_script_is_found_again_unless_something_differs") {
        return;
    }
    let place = Place::new("again");
    assert!(!place.run(&[], "one"));
    assert!(place.run(&[], "one"));
    assert!(!place.run(&[], "two"), "another parameter");
    assert!(!place.run(&["--unsafe"], "one"), "another option");
    assert!(!place.run(&["--no-cache"], "one"));
    assert!(place.run(&[], "one"));
    assert_eq!(place.entries().len(), 3);
    let mut other = Command::new(env!("CARGO_BIN_EXE_strobe"));
    other.env("STROBE_MAX_STRLEN", "32");
    assert!(!place.run_as(other, &[], "one"), "another setting");
}

#[test]
fn a_damaged_entry_is_compiled_anew() {
    if !may_load("a_damaged_entry_is_compiled_anew") {
        return;
    }
    let place = Place::new("damaged");
    place.run(&[], "one");
    let entry = place.entries().remove(0);
    let mut bytes = fs::read(&entry).expect("the entry is readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&entry, bytes).expect("the entry can be written");
    assert!(!place.run(&[], "one"));
    assert!(place.run(&[], "one"));
}

#[test]
fn a_full_disk_is_no_reason_to_fail() {
    if !may_load("a_full_disk_is_no_reason_to_fail") {
        return;
    }
    let place = Place::new("full");
    // A file system of one page, mounted where no other process sees it. Its directory takes none.
    let mount = "mount -t tmpfs -o size=4k full \"$XDG_CACHE_HOME\" && \
        mkdir -m 700 \"$XDG_CACHE_HOME/strobe\" && \
echo x > \"$XDG_CACHE_HOME/x\" && \"$@\" && test -z \"$(ls -A \"$XDG_CACHE_HOME/strobe\")\"";
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "sh",
        "-c",
        mount,
        "sh",
        env!("CARGO_BIN_EXE_strobe"),
    ]);
    assert!(
        !place.run_as(command, &[], "one"),
        "and nothing is left there"
    );
}

#[test]
fn what_others_could_have_written_is_not_read() {
    if !may_load("what_others_could_have_written_is_not_read") {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("others");
    place.run(&[], "one");
    let open = fs::Permissions::from_mode(0o777);
    let directory: &Path = &place.0.join("strobe");
    fs::set_permissions(directory, open).expect("it is ours");
    assert!(!place.run(&[], "one"));
}
