//! Release builds are linked statically, at a fixed address, in a good order.
//!
//! Why, in what it costs `strobe --version` to start otherwise: 40,000 relocations of LLVM's
//! tables for a load address that is chosen anew each time, and three libraries to find, map and
//! bind. Why here and not by `-C target-feature=+crt-static`: that flag needs `--target`, and then
//! a plain `cargo build --release` would make another program than the one that is measured.
//!
//! How: rustc ends its link line with `-lgcc_s -lm -lc` and the like. A directory that is searched
//! first holds linker scripts of those names, which name the archives instead. Where one of the
//! archives is missing, the program is linked as rustc has it by default.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// What each library on rustc's link line becomes. glibc's archives need those of gcc and the
/// other way round, hence the groups.
const SCRIPTS: [(&str, &[&str]); 7] = [
    ("libc.so", &["libc.a", "libgcc_eh.a", "libgcc.a"]),
    ("libgcc_s.so", &["libgcc_eh.a", "libgcc.a"]),
    ("libm.so", &["libm.a"]),
    ("libpthread.so", &["libpthread.a"]),
    ("libdl.so", &["libdl.a"]),
    ("librt.so", &["librt.a"]),
    ("libutil.so", &["libutil.a"]),
];

/// `llvm::cl::Option::addArgument()`, which the shim of codegen replaces by nothing.
const REGISTER_OPTION: &str = "_ZN4llvm2cl6Option11addArgumentEv";

/// Functions of LLVM in the order in which a small script first calls them.
const ORDER: &str = "cli/build/link-order.txt";

/// Tells rustc, for a release, how to link.
pub fn arrange() {
    println!("cargo::rerun-if-changed={ORDER}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    let glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if !is("PROFILE", "release") || !glibc {
        return;
    }
    if let Err(reason) = link_statically() {
        println!("cargo::warning=linked dynamically, which starts slower: {reason}");
    }
}

fn link_statically() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let directory = out.join("static");
    fs::create_dir_all(&directory).map_err(|e| e.to_string())?;
    for (name, archives) in SCRIPTS {
        let paths = archives.iter().map(|archive| find(archive));
        let paths = paths.collect::<Result<Vec<_>, _>>()?.join(" ");
        fs::write(directory.join(name), format!("GROUP ( {paths} )\n"))
            .map_err(|e| e.to_string())?;
    }
    println!("cargo::rustc-link-search=native={}", directory.display());
    let wrap = format!("-Wl,--wrap={REGISTER_OPTION}");
    for arg in ["-static", "-no-pie", &wrap] {
        println!("cargo::rustc-link-arg={arg}");
    }
    let root = env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?;
    println!("cargo::rustc-link-arg=-Wl,--symbol-ordering-file={root}/{ORDER}");
    // Another LLVM 19 may lack some of them.
    println!("cargo::rustc-link-arg=-Wl,--no-warn-symbol-ordering");
    Ok(())
}

/// The path of an archive of the C compiler's.
fn find(archive: &str) -> Result<String, String> {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(&compiler)
        .arg(format!("-print-file-name={archive}"))
        .output()
        .map_err(|error| format!("{compiler}: {error}"))?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // The compiler answers with the bare name where it finds no such file.
    if path == archive || path.is_empty() {
        return Err(format!("{archive} is not there (Debian package libc6-dev)"));
    }
    Ok(path)
}
