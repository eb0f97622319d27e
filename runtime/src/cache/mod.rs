//! Compiled scripts that are kept, so that one seen before needs neither type checking nor LLVM.
//!
//! An entry is a file that holds its whole key, what else the compiler read, and the object. It is
//! written aside and renamed, so that nobody reads half of one; a digest tells a damaged one,
//! which counts as none. Whatever goes wrong with the cache, the script is compiled as if there
//! were none.

mod directory;
mod entry;
#[cfg(test)]
mod tests;

use crate::host::{Fact, Host};
use codegen::Object;
use entry::Entry;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of an entry at most.
const MAX_ENTRY: usize = 1 << 20;

/// After how many new entries, on average, one looks whether there are too many.
const SHRINK_EVERY: u64 = 16;

/// What the object of a script depends on, apart from what the compiler asked of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// A directory of entries.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: PathBuf,
}

/// A digest of anything: tells by accident equal things apart, not by design.
pub(crate) fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Key {
    /// A key of this very program, running as this user on this build of the kernel.
    ///
    /// # Errors
    /// When one of these cannot be told.
    pub fn new() -> io::Result<Self> {
        let mut key = Self::default();
        // The version alone would not do for builds that have none of their own.
        let program = fs::metadata("/proc/self/exe")?;
        for number in [program.dev(), program.ino(), program.size()] {
            key.add(number.to_ne_bytes());
        }
        key.add(program.mtime().to_ne_bytes());
        key.add(program.mtime_nsec().to_ne_bytes());
        key.add(fs::metadata("/proc/self")?.uid().to_ne_bytes());
        // Holds the build id; what follows the version is the time of the build.
        key.add(fs::read("/sys/kernel/notes").unwrap_or_default());
        key.add(fs::read("/proc/version")?);
        key.add(fs::read("/sys/devices/system/cpu/possible")?);
        Ok(key)
    }

    /// Adds something that the object depends on. The order counts.
    pub fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.extend_from_slice(&(part.len() as u64).to_le_bytes());
        self.0.extend_from_slice(part);
    }

    /// Adds a word of the command line or the environment.
    pub fn add_word(&mut self, word: &OsStr) {
        self.add(word.as_bytes());
    }

    fn file_name(&self) -> String {
        format!("{:016x}", digest(&self.0))
    }
}

impl Cache {
    /// The cache of this user, if there is a place for it: `strobe` in `$XDG_CACHE_HOME`, or else
    /// in `/var/cache` for root and in `~/.cache` for others.
    pub fn of_user() -> Option<Self> {
        let directory = directory::of_user()?;
        directory::prepare(&directory).ok()?;
        Some(Self { directory })
    }

    /// The object that was compiled for a key, if all that it rests on is still so.
    pub fn get(&self, key: &Key, host: &Host) -> Option<Object> {
        let path = self.directory.join(key.file_name());
        let mut file = fs::File::open(&path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let Some(entry) = Entry::decode(&bytes) else {
            // Damaged, or of another form: nobody can use it.
            let _ = fs::remove_file(&path);
            return None;
        };
        let fits = entry.key == key.0 && entry.facts.iter().all(|fact| fact.holds(host));
        // What was used last is removed last; that it cannot be noted is no harm.
        let _ = file.set_modified(SystemTime::now());
        fits.then_some(entry.object)
    }

    /// Keeps an object.
    ///
    /// # Errors
    /// When it cannot be written; then no trace of it is left.
    pub fn put(&self, key: &Key, facts: Vec<Fact>, object: &Object) -> io::Result<()> {
        let bytes = Entry::encode(&key.0, &facts, object)?;
        if bytes.len() > MAX_ENTRY {
            return Ok(());
        }
        let aside = self.directory.join(directory::aside());
        let done = write(&aside, &bytes)
            .and_then(|()| fs::rename(&aside, self.directory.join(key.file_name())));
        if done.is_err() {
            let _ = fs::remove_file(&aside);
        }
        done?;
        // To look at all entries takes longer than to load most scripts.
        match digest(&bytes).is_multiple_of(SHRINK_EVERY) {
            true => directory::shrink(&self.directory),
            false => Ok(()),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}
