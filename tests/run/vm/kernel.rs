//! Kernels to boot: Debian's cloud kernels, unpacked but never installed, and images that were
//! named.

use crate::needs::KNOWN;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The series of kernels that are got from Debian's packages.
pub const SERIES: [&str; 2] = ["6.1", "6.12"];

/// The modules that cases know, in the order in which they are loaded, and where they are below
/// `kernel`. What a kernel has built in has no file.
const MODULES: [&str; 5] = [
    "drivers/block/loop.ko",
    "lib/libcrc32c.ko",
    "fs/xfs/xfs.ko",
    "block/mq-deadline.ko",
    "drivers/net/dummy.ko",
];

/// A kernel that can be booted.
pub struct Kernel {
    /// What the table calls it.
    pub name: String,
    pub image: PathBuf,
    /// What it has, by the words that cases use.
    pub has: Vec<&'static str>,
    /// Modules to load, as they are in their files, in order.
    pub modules: Vec<Vec<u8>>,
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
            modules: Vec::new(),
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
        modules: modules(&root),
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

/// The bytes of the modules, unpacked.
fn modules(root: &Path) -> Vec<Vec<u8>> {
    let releases = std::fs::read_dir(root.join("lib/modules"));
    let mut releases = releases.into_iter().flatten().flatten();
    let Some(release) = releases.next() else {
        return Vec::new();
    };
    let folder = release.path().join("kernel");
    MODULES
        .iter()
        .filter_map(|module| unpacked(&folder.join(module)))
        .collect()
}

/// A file that may be packed.
fn unpacked(path: &Path) -> Option<Vec<u8>> {
    if let Ok(bytes) = std::fs::read(path) {
        return Some(bytes);
    }
    let packed = path.with_extension("ko.xz");
    let output = Command::new("xz").arg("-dc").arg(packed).output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// An empty file system of each kind that cases know, as images of disks, and why some are missing.
pub fn disks(cache: &Path) -> (Vec<PathBuf>, Vec<String>) {
    let mut found = (Vec::new(), Vec::new());
    for (kind, flags) in [("ext4", ["-q", "-F"]), ("xfs", ["-q", "-f"])] {
        match disk(cache, kind, &flags) {
            Ok(image) => found.0.push(image),
            Err(reason) => found.1.push(format!("without a disk of {kind}: {reason}")),
        }
    }
    found
}

/// An image of a disk, from the cache or made.
fn disk(cache: &Path, kind: &str, flags: &[&str]) -> Result<PathBuf, String> {
    // xfs takes no fewer than 300 MiB; what is not written takes no room.
    const BYTES: u64 = 320 << 20;
    let path = cache.join(format!("{kind}.img"));
    if !path.is_file() {
        let part = path.with_extension("part");
        let file = std::fs::File::create(&part).map_err(|e| e.to_string())?;
        file.set_len(BYTES).map_err(|e| e.to_string())?;
        let search = std::env::var("PATH").unwrap_or_default();
        run(Command::new(format!("mkfs.{kind}"))
            .env("PATH", format!("{search}:/usr/sbin:/sbin"))
            .args(flags)
            .arg(&part))?;
        std::fs::rename(part, &path).map_err(|e| e.to_string())?;
    }
    Ok(path)
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
