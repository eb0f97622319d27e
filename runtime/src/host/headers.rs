//! Headers of the system: where C programs find them, and those of the running kernel.

use sema::kernel::{Header, KernelError};
use std::io::ErrorKind;
use std::path::PathBuf;

/// Bytes of a header at most. The largest of a system have some hundred thousand.
const MAX_BYTES: u64 = 8 << 20;

/// Where headers are besides what the environment says; the compiler's own first.
const FOLDERS: &[&str] = &[
    "/usr/local/include",
    "/usr/include",
    #[cfg(target_arch = "x86_64")]
    "/usr/include/x86_64-linux-gnu",
    #[cfg(target_arch = "aarch64")]
    "/usr/include/aarch64-linux-gnu",
];

/// Where the compilers keep `stddef.h` and the like: a folder for each version.
const COMPILERS: &[&str] = &[
    #[cfg(target_arch = "x86_64")]
    "/usr/lib/gcc/x86_64-linux-gnu",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/gcc/aarch64-linux-gnu",
    "/usr/lib/clang",
];

/// Where a kernel's source has headers that are good for programs too.
const KERNEL_FOLDERS: &[&str] = &["include", "include/uapi", "include/generated/uapi"];

/// Reads a header by the name that stands in `<>`, from the folders behind those that are passed over.
pub(super) fn read(name: &str, passed: usize) -> Result<Option<Header>, KernelError> {
    for (number, folder) in folders().into_iter().enumerate().skip(passed) {
        let path = folder.join(name);
        let about = match std::fs::metadata(&path) {
            Ok(about) if about.is_file() => about,
            Ok(_) => continue,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(KernelError::Denied {
                    what: path.display().to_string(),
                });
            }
            Err(_) => continue,
        };
        let malformed = |reason: String| KernelError::Malformed {
            what: path.display().to_string(),
            reason,
        };
        if about.len() > MAX_BYTES {
            return Err(malformed("it is too long to be a header".to_owned()));
        }
        let bytes = std::fs::read(&path).map_err(|error| malformed(error.to_string()))?;
        return Ok(Some(Header {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            folder: number,
        }));
    }
    Ok(None)
}

/// Whether the kernel's source has a header for itself, whatever programs find under its name: one
/// that belongs to both is read like the others of the kernel, with which it goes together.
pub(super) fn is_of_the_kernel(name: &str) -> bool {
    let own = |source: PathBuf| source.join("include").join(name).is_file();
    kernel_sources().into_iter().any(own)
}

fn folders() -> Vec<PathBuf> {
    let mut folders = program_folders();
    folders.extend(kernel_folders());
    folders
}

/// Where programs find headers.
fn program_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for variable in ["CPATH", "C_INCLUDE_PATH"] {
        let paths = std::env::var_os(variable).unwrap_or_default();
        folders.extend(std::env::split_paths(&paths).filter(|p| !p.as_os_str().is_empty()));
    }
    for compiler in COMPILERS {
        let versions = std::fs::read_dir(compiler).into_iter().flatten().flatten();
        let mut versions: Vec<PathBuf> = versions.map(|v| v.path().join("include")).collect();
        versions.sort();
        folders.extend(versions.pop());
    }
    folders.extend(FOLDERS.iter().map(PathBuf::from));
    folders
}

/// Where the kernel's source has headers.
pub(super) fn kernel_folders() -> Vec<PathBuf> {
    let sources = kernel_sources();
    let all = sources.iter();
    all.flat_map(|source| KERNEL_FOLDERS.iter().map(|folder| source.join(folder)))
        .collect()
}

/// The folders of the kernel's source: what was made when it was built, and what was written.
/// `BPFTRACE_KERNEL_SOURCE` and `BPFTRACE_KERNEL_BUILD` name others.
pub(super) fn kernel_sources() -> Vec<PathBuf> {
    let named = ["BPFTRACE_KERNEL_BUILD", "BPFTRACE_KERNEL_SOURCE"].map(std::env::var_os);
    let named: Vec<PathBuf> = named.into_iter().flatten().map(PathBuf::from).collect();
    if !named.is_empty() {
        return named;
    }
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let modules = PathBuf::from(format!("/lib/modules/{}", release.trim()));
    // Debian puts the two in different places, others into one.
    vec![modules.join("build"), modules.join("source")]
}
