//! `/etc/ld.so.cache`: where the dynamic linker finds libraries by name.
//!
//! The layout is that of glibc's `sysdeps/generic/dl-cache.h`; it may stand behind the older one.

use sema::arch::Arch;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
const HEADER_LEN: usize = 48;
const ENTRY_LEN: usize = 24;
const OLD_HEADER_LEN: usize = 16;
const OLD_ENTRY_LEN: usize = 12;

/// The path of a library: its exact name (`libssl.so.3`), or the name without version (`libssl`),
/// of which the first version in the cache is taken.
pub(super) fn library(cache: &[u8], name: &str) -> Option<PathBuf> {
    let cache = new_layout(cache)?;
    let count = word(cache, 20)? as usize;
    let entries = cache.get(HEADER_LEN..)?.chunks_exact(ENTRY_LEN).take(count);
    let unversioned = format!("{name}.so");
    let mut by_stem = None;
    for entry in entries {
        if word(entry, 0)? != flags() {
            continue;
        }
        let Some(key) = text(cache, word(entry, 4)?) else {
            continue;
        };
        if key == name.as_bytes() {
            return path(cache, entry);
        }
        let stem = key.strip_prefix(unversioned.as_bytes());
        if by_stem.is_none() && stem.is_some_and(|rest| rest.is_empty() || rest[0] == b'.') {
            by_stem = path(cache, entry);
        }
    }
    by_stem
}

/// `FLAG_ELF_LIBC6` and the flag of this kind of CPU.
fn flags() -> u32 {
    match Arch::native() {
        Arch::X86_64 => 0x0303,
        Arch::Arm64 => 0x0a03,
    }
}

fn new_layout(cache: &[u8]) -> Option<&[u8]> {
    if cache.starts_with(MAGIC) {
        return Some(cache);
    }
    let count = cache.starts_with(OLD_MAGIC).then(|| word(cache, 12))??;
    let end = (count as usize)
        .checked_mul(OLD_ENTRY_LEN)?
        .checked_add(OLD_HEADER_LEN)?;
    let new = cache.get(end.next_multiple_of(8)..)?;
    new.starts_with(MAGIC).then_some(new)
}

fn path(cache: &[u8], entry: &[u8]) -> Option<PathBuf> {
    let path = text(cache, word(entry, 8)?)?;
    Some(OsString::from_vec(path.to_vec()).into())
}

fn text(cache: &[u8], at: u32) -> Option<&[u8]> {
    let rest = cache.get(at as usize..)?;
    rest.split(|byte| *byte == 0).next()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(libraries: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((libraries.len() as u32).to_le_bytes());
        bytes.resize(HEADER_LEN, 0);
        let mut strings = Vec::new();
        let first = HEADER_LEN + libraries.len() * ENTRY_LEN;
        for (key, path) in libraries {
            let at = (first + strings.len()) as u32;
            strings.extend([key.as_bytes(), b"\0", path.as_bytes(), b"\0"].concat());
            let words = [flags(), at, at + key.len() as u32 + 1, 0, 0, 0];
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        bytes.extend(strings);
        bytes
    }

    #[test]
    fn libraries_by_name_with_and_without_version() {
        let new = cache(&[
            ("libssl.so.3", "/lib/libssl.so.3"),
            ("libssl.so.1.1", "/lib/libssl.so.1.1"),
            ("libc.so.6", "/lib/libc.so.6"),
        ]);
        let mut old = OLD_MAGIC.to_vec();
        old.extend(1u32.to_le_bytes());
        old.resize(32, 0);
        old.extend(&new);
        for cache in [new, old] {
            let found = |name| library(&cache, name).map(|p| p.display().to_string());
            assert_eq!(found("libc").as_deref(), Some("/lib/libc.so.6"));
            assert_eq!(found("libssl").as_deref(), Some("/lib/libssl.so.3"));
            assert_eq!(
                found("libssl.so.1.1").as_deref(),
                Some("/lib/libssl.so.1.1")
            );
            assert_eq!(found("libs"), None);
            for cut in 0..cache.len() {
                drop(library(&cache[..cut], "libc"));
            }
        }
    }
}
