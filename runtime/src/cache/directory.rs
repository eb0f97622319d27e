//! Where entries lie, who may write there, and how much they may take.
//!
//! Whoever can write an entry decides what its reader loads into the kernel. So the directory is
//! its owner's alone, and one that is not is left alone.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// Bytes of all entries that may stay when somebody looks.
pub(super) const MAX_BYTES: u64 = 32 << 20;
/// Entries that may stay.
pub(super) const MAX_ENTRIES: usize = 1024;

/// What the names of files begin with that are not entries yet.
const ASIDE: &str = ".new-";
/// After which time such a file has been left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// The directory of this user.
pub(super) fn of_user() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = match absolute("XDG_CACHE_HOME") {
        Some(base) => base,
        None if fs::metadata("/proc/self").ok()?.uid() == 0 => PathBuf::from("/var/cache"),
        None => absolute("HOME")?.join(".cache"),
    };
    Some(base.join("strobe"))
}

/// Makes the directory where it is missing, and sees to it that it is ours alone.
pub(super) fn prepare(directory: &Path) -> io::Result<()> {
    let is = match fs::symlink_metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory);
            made.and_then(|()| fs::symlink_metadata(directory))?
        }
        found => found?,
    };
    let own = is.uid() == fs::metadata("/proc/self")?.uid() && is.mode() & 0o022 == 0;
    if !(is.is_dir() && own) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// A name for a file that is not an entry yet; nobody else has it.
pub(super) fn aside() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{ASIDE}{}-{number}", std::process::id())
}

/// Removes the entries that were not used for the longest time, where there are too many.
pub(super) fn shrink(directory: &Path) -> io::Result<()> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // Somebody else may be removing, too.
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if !entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(ASIDE.as_bytes())
        {
            entries.push((used(&about), about.len(), entry.path()));
        } else if used(&about).elapsed().is_ok_and(|age| age > LEFT_BEHIND) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let mut bytes: u64 = entries.iter().map(|(_, len, _)| len).sum();
    let mut left = entries.len();
    if bytes <= MAX_BYTES && left <= MAX_ENTRIES {
        return Ok(());
    }
    entries.sort();
    for (_, len, path) in entries {
        // Some more than must be, so that not each new entry has to do this.
        if bytes <= MAX_BYTES / 4 * 3 && left <= MAX_ENTRIES / 4 * 3 {
            break;
        }
        let _ = fs::remove_file(path);
        bytes -= len;
        left -= 1;
    }
    Ok(())
}

fn used(about: &Metadata) -> SystemTime {
    about.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}
