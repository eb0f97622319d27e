//! Kernels to boot: Debian's cloud kernels, unpacked but never installed, and images that were
//! named.

use crate::needs::KNOWN;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The series of kernels that are got from Debian's packages.
pub const SERIES: [&str; 2] = ["6.1", "6.12"];

/// The module that cases know, and where it is below `kernel`.
const MODULE: &str = "drivers/net/dummy.ko";

/// A kernel that can be booted.
pub struct Kernel {
    /// What the table calls it.
    pub name: String,
    pub image: PathBuf,
    /// What it has, by the words that cases use.
    pub has: Vec<&'static str>,
    /// A module to load, as it is in its file.
    pub module: Option<Vec<u8>>,
}

/// The images that were named on the command line, with the build configuration that stands
/// beside them as `config-…`.
pub fn given(images: &[String]) -> Result<Vec<Kernel>, String> {
    let kernel = |image: &String| {
        let path = PathBuf::from(image);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let release = name.split_once('-').map_or("", |(_, release)| release);
        let config = path.with_file_name(format!("config-{release}"));
        let config = std::fs::read_to_string(&config)
            .map_err(|e| format!("cannot read {}: {e}", config.display()))?;
        Ok(Kernel {
            name: name.into_owned(),
            image: path,
            has: features(&config),
            module: None,
        })
    };
    images.iter().map(kernel).collect()
}

/// Debian's cloud kernel of a series, from the cache or from its package.
pub fn packaged(cache: &Path, series: &str) -> Result<Kernel, String> {
    let root = cache.join(series);
    if !root.join("boot").is_dir() {
        unpack(&package(series)?, &root)?;
    }
    let find = |prefix: &str| {
        let entries = std::fs::read_dir(root.join("boot")).ok()?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths = paths.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix)
        });
        paths.next()
    };
    let image = find("vmlinuz-").ok_or("its package holds no image")?;
    let config = find("config-").ok_or("its package holds no configuration")?;
    let config = std::fs::read_to_string(config).map_err(|e| e.to_string())?;
    Ok(Kernel {
        name: series.to_owned(),
        image,
        has: features(&config),
        module: module(&root),
    })
}

/// What a kernel has, by the options that it was built with.
fn features(config: &str) -> Vec<&'static str> {
    let known = KNOWN.iter().filter(|(_, option)| {
        let line = format!("{option}=y");
        config.lines().any(|l| l == line)
    });
    known.map(|(word, _)| *word).collect()
}

/// The bytes of the module, unpacked.
fn module(root: &Path) -> Option<Vec<u8>> {
    let releases = std::fs::read_dir(root.join("lib/modules")).ok()?;
    let release = releases
        .filter_map(|entry| Some(entry.ok()?.path()))
        .next()?;
    let plain = release.join("kernel").join(MODULE);
    if let Ok(bytes) = std::fs::read(&plain) {
        return Some(bytes);
    }
    let packed = plain.with_extension("ko.xz");
    let output = Command::new("xz").arg("-dc").arg(packed).output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// The name of the newest package of a series.
fn package(series: &str) -> Result<String, String> {
    let pattern = format!(
        r"^linux-image-{}\..*-cloud-amd64$",
        series.replace('.', r"\.")
    );
    let list = run(Command::new("apt-cache").args(["search", "--names-only", &pattern]))?;
    let mut names: Vec<&str> = list.lines().filter_map(|l| l.split(' ').next()).collect();
    let numbers = |name: &str| -> Vec<u32> {
        let digits = name.split(|c: char| !c.is_ascii_digit());
        digits.filter_map(|d| d.parse().ok()).collect()
    };
    names.sort_by_key(|name| numbers(name));
    let newest = names
        .last()
        .ok_or("no package of it is known (apt-get update?)")?;
    Ok((*newest).to_owned())
}

/// The static busybox, from the cache, the system or its package.
pub fn busybox(cache: &Path) -> Result<Vec<u8>, String> {
    let root = cache.join("busybox");
    let path = root.join("bin/busybox");
    if !path.is_file() {
        unpack("busybox-static", &root)?;
    }
    std::fs::read(path).map_err(|e| e.to_string())
}

/// Downloads a package and unpacks it into a directory, all or nothing.
fn unpack(package: &str, root: &Path) -> Result<(), String> {
    let part = root.with_extension("part");
    // What an earlier try left.
    let _ = std::fs::remove_dir_all(&part);
    std::fs::create_dir_all(&part).map_err(|e| e.to_string())?;
    println!("getting {package}");
    run(Command::new("apt-get")
        .args(["-q", "download", package])
        .current_dir(&part))?;
    let entries = std::fs::read_dir(&part).map_err(|e| e.to_string())?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut debs = files.filter(|path| path.extension().is_some_and(|e| e == "deb"));
    let deb = debs.next().ok_or("nothing was downloaded")?;
    run(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(&part))?;
    std::fs::remove_file(deb).map_err(|e| e.to_string())?;
    std::fs::rename(part, root).map_err(|e| e.to_string())
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{command:?} failed: {}", text.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
