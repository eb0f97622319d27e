//! Crate direction: a crate may use those before it, never those after it.

use std::path::Path;

/// The crates in their order; `.` is the root package, the `strobe` command.
const ORDER: [&str; 6] = ["lexer", "parser", "sema", "codegen", "runtime", "."];

/// Crates that speak to the machine or to people are for the crates that may.
const RESERVED: [(&str, &[&str]); 4] = [
    ("libc", &["runtime", "."]),
    ("aya-obj", &["runtime", "codegen"]),
    ("clap", &["."]),
    ("llvm-sys", &["codegen"]),
];

/// What the manifests allow that the order of the crates forbids.
pub fn check(root: &Path) -> Vec<String> {
    let mut violations = Vec::new();
    for (index, name) in ORDER.iter().enumerate() {
        let path = root.join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(&path).expect("every crate has a manifest");
        for dependency in dependencies(&text) {
            let allowed = match ORDER.iter().position(|c| *c == dependency) {
                Some(position) => position < index,
                None => RESERVED
                    .iter()
                    .find(|(reserved, _)| *reserved == dependency)
                    .is_none_or(|(_, crates)| crates.contains(name)),
            };
            if !allowed {
                violations.push(format!(
                    "{name}/Cargo.toml: must not depend on {dependency}"
                ));
            }
        }
    }
    violations
}

/// The names in every `[…dependencies]` table but the workspace's own list.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut in_table = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            in_table = table.ends_with("dependencies") && !table.starts_with("workspace");
        } else if in_table && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or(line);
            found.push(name);
        }
    }
    found
}

#[test]
fn dependencies_of_every_kind_are_found() {
    let manifest = "[dependencies]\na.workspace = true\nb = \"1\"\n# c = \"1\"\n\
        [dev-dependencies]\nd = { path = \"d\" }\n[workspace.dependencies]\ne = \"1\"\n[lints]\nf = 1\n";
    assert_eq!(dependencies(manifest), ["a", "b", "d"]);
}
