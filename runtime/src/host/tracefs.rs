//! The tracing file system: where it is mounted, or else mounted for this process alone.

use crate::sys::mount;
use sema::kernel::{KernelError, TracepointName};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Where tracefs is mounted, in the order of preference.
const MOUNT_POINTS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// What we call it in errors.
const WHAT: &str = "the tracing file system (tracefs)";

/// The layouts of ftrace's own records look like tracepoints, but nothing can attach to them.
const NOT_EVENTS: &str = "ftrace";

/// Bytes that most `format` files fit into. The files do not tell their size, and the kernel
/// writes them anew for each read.
const FORMAT_LEN: usize = 8192;

/// The tracing file system.
#[derive(Debug)]
pub(super) struct Tracefs {
    /// Its `events` directory.
    events: PathBuf,
    /// Keeps our own mount alive, which `events` leads through.
    _mount: Option<OwnedFd>,
}

impl Tracefs {
    /// Finds it, or mounts it where nobody sees it.
    pub fn open() -> Result<Self, KernelError> {
        for point in MOUNT_POINTS {
            let events = Path::new(point).join("events");
            match fs::metadata(&events) {
                Ok(_) => return Ok(Self::at(events, None)),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    return Err(denied());
                }
                Err(_) => {}
            }
        }
        let mount = mount::tracefs().map_err(|error| cannot_mount(&error))?;
        let root = format!("/proc/self/fd/{}", mount.as_raw_fd());
        Ok(Self::at(Path::new(&root).join("events"), Some(mount)))
    }

    fn at(events: PathBuf, mount: Option<OwnedFd>) -> Self {
        Tracefs {
            events,
            _mount: mount,
        }
    }

    /// The list of functions that ftrace can trace.
    pub fn function_list(&self) -> PathBuf {
        self.events.with_file_name("available_filter_functions")
    }

    /// Every tracepoint of a subsystem, or of all, sorted.
    pub fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError> {
        let systems = match system {
            Some(system) => vec![system.to_owned()],
            None => self.directories(&self.events)?,
        };
        let mut names = Vec::new();
        for system in systems
            .iter()
            .filter(|system| is_name(system) && *system != NOT_EVENTS)
        {
            let events = self.directories(&self.events.join(system))?;
            names.extend(events.into_iter().map(|event| TracepointName {
                system: system.clone(),
                event,
            }));
        }
        names.sort();
        Ok(names)
    }

    /// The text of a tracepoint's `format` file; nothing where there is no such tracepoint.
    pub fn format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError> {
        if !is_name(system) || !is_name(event) {
            return Ok(None);
        }
        let path = self.events.join(system).join(event).join("format");
        let mut text = String::with_capacity(FORMAT_LEN);
        match File::open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => Ok(Some(text)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Names of the directories in one; none where it does not exist.
    fn directories(&self, path: &Path) -> Result<Vec<String>, KernelError> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) && path != self.events => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if let (true, Ok(name)) = (is_directory, entry.file_name().into_string()) {
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// Whether a text is one component of a path, and no way out of the directory.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', '\0'])
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn denied() -> KernelError {
    KernelError::Denied {
        what: WHAT.to_owned(),
    }
}

fn unreadable(error: &io::Error) -> KernelError {
    match error.kind() {
        ErrorKind::PermissionDenied => denied(),
        _ => KernelError::Malformed {
            what: WHAT.to_owned(),
            reason: error.to_string(),
        },
    }
}

fn cannot_mount(error: &io::Error) -> KernelError {
    let help = match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => return denied(),
        Some(libc::ENODEV) => "use a kernel built with CONFIG_TRACING=y",
        _ => "mount it: mount -t tracefs tracefs /sys/kernel/tracing",
    };
    KernelError::Missing {
        what: WHAT.to_owned(),
        help: help.to_owned(),
    }
}
