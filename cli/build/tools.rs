//! Puts the saved tools of `scripts/` into the binary: a table of area, name and text.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes the table where `cli` includes it.
pub fn embed() -> io::Result<()> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let scripts = root.join("scripts");
    println!("cargo::rerun-if-changed={}", scripts.display());
    let mut table = String::from("&[\n");
    for area in sorted(&scripts)?.iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", area.display());
        for script in sorted(area)? {
            if script.extension().is_some_and(|e| e == "bt") {
                row(&mut table, area, &script);
            }
        }
    }
    table.push(']');
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("tools.rs"), table)
}

fn row(table: &mut String, area: &Path, script: &Path) {
    let name = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    };
    let (area, tool) = (name(area), name(script));
    let written = writeln!(
        table,
        "Tool {{ area: {area:?}, name: {tool:?}, text: include_str!({script:?}) }},"
    );
    // Writing to a string cannot fail.
    debug_assert!(written.is_ok());
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
