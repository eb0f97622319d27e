//! Links LLVM 19 statically, with the BPF target alone, and compiles the C++ shim beside it.
//!
//! Looks for `llvm-config` in `LLVM_CONFIG`, then `llvm-config-19`, then `llvm-config`. Only the
//! C library stays dynamic: the C++ library, zlib and zstd are linked statically too. Libraries
//! that `llvm-config` names for parts that we never reach (Polly, z3, libxml2) are left out; the
//! linker drops every archive member that nothing refers to.

use std::path::Path;
use std::process::Command;

const LLVM_MAJOR: &str = "19";

/// What the linker needs: code generation for BPF, and what the shim adds to it.
const COMPONENTS: [&str; 3] = ["bpfcodegen", "scalaropts", "core"];

/// Static libraries that LLVM needs, and the Debian packages that bring them.
const SYSTEM_LIBRARIES: [(&str, &str); 3] = [
    ("stdc++", "g++"),
    ("z", "zlib1g-dev"),
    ("zstd", "libzstd-dev"),
];

fn main() {
    println!("cargo:rerun-if-env-changed=LLVM_CONFIG");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/llvm/shim.cpp");
    if std::env::var_os("CARGO_FEATURE_LLVM").is_none() {
        return;
    }
    if let Err(message) = build() {
        eprintln!("error: {message}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let llvm = LlvmConfig::find()?;
    compile_shim(&llvm)?;
    link_llvm(&llvm)?;
    link_system_libraries()
}

struct LlvmConfig(String);

impl LlvmConfig {
    fn find() -> Result<Self, String> {
        if let Ok(path) = std::env::var("LLVM_CONFIG") {
            return Self::check(&path)
                .ok_or_else(|| format!("LLVM_CONFIG={path} is not the llvm-config of LLVM 19"));
        }
        ["llvm-config-19", "llvm-config"]
            .into_iter()
            .find_map(Self::check)
            .ok_or_else(|| {
                "LLVM 19 is not there: install the Debian package llvm-19-dev, \
                 or set LLVM_CONFIG to the path of its llvm-config"
                    .to_owned()
            })
    }

    fn check(path: &str) -> Option<Self> {
        let config = Self(path.to_owned());
        let version = config.ask(&["--version"]).ok()?;
        (version.split('.').next() == Some(LLVM_MAJOR)).then_some(config)
    }

    fn ask(&self, args: &[&str]) -> Result<String, String> {
        output(&self.0, args)
    }
}

fn compile_shim(llvm: &LlvmConfig) -> Result<(), String> {
    let include = llvm.ask(&["--includedir"])?;
    if !Path::new(&include)
        .join("llvm/Transforms/Scalar.h")
        .exists()
    {
        return Err(format!(
            "the headers of LLVM 19 are not in {include}: install the Debian package llvm-19-dev"
        ));
    }
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .cpp_link_stdlib(None)
        .flag("-fno-exceptions")
        .flag("-fno-rtti")
        .flag_if_supported("-w")
        .opt_level(2)
        .debug(false)
        .include(include)
        .file("src/llvm/shim.cpp")
        .try_compile("strobe_llvm_shim")
        .map_err(|error| format!("the C++ shim does not compile (Debian package g++): {error}"))
}

fn link_llvm(llvm: &LlvmConfig) -> Result<(), String> {
    println!(
        "cargo:rustc-link-search=native={}",
        llvm.ask(&["--libdir"])?
    );
    let mut args = vec!["--link-static", "--libs"];
    args.extend(COMPONENTS);
    for flag in llvm.ask(&args)?.split_whitespace() {
        let name = flag.strip_prefix("-l").unwrap_or(flag);
        // Not bundled into our rlib: copying 200 MB of archives would cost more than linking.
        println!("cargo:rustc-link-lib=static:-bundle={name}");
    }
    Ok(())
}

fn link_system_libraries() -> Result<(), String> {
    for (name, package) in SYSTEM_LIBRARIES {
        let file = format!("lib{name}.a");
        let compiler = cc::Build::new().cpp(true).get_compiler();
        let compiler = compiler.path().to_string_lossy();
        let path = output(&compiler, &[&format!("-print-file-name={file}")])?;
        // The compiler answers with the bare name where it finds no such file.
        let Some(directory) = Path::new(&path).parent().filter(|_| path != file) else {
            return Err(format!(
                "{file} is not there: install the Debian package {package}"
            ));
        };
        println!("cargo:rustc-link-search=native={}", directory.display());
        println!("cargo:rustc-link-lib=static:-bundle={name}");
    }
    Ok(())
}

fn output(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} {}: {}", args.join(" "), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
