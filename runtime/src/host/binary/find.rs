//! Finding files: by path, by wildcards, in `$PATH`, among the libraries, in address spaces.

use super::{HostBinary, cache};
use crate::proc::{Mapping, maps};
use sema::kernel::glob::{is_pattern, matches};
use sema::kernel::{Binary, BinaryQuery, KernelError};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where debug symbols of packages are.
const DEBUG_DIRECTORY: &str = "/usr/lib/debug";

/// Finds executables and libraries, and keeps what was read of them.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    known: RefCell<HashMap<String, Rc<HostBinary>>>,
    /// Where debug symbols are looked for first.
    pub(crate) debug_directory: Option<PathBuf>,
}

impl Finder {
    /// The files that a name stands for.
    pub(crate) fn find(&self, query: BinaryQuery<'_>) -> Result<Vec<Rc<dyn Binary>>, KernelError> {
        if let Some(pid) = query.pid.filter(|pid| !is_process(*pid)) {
            return Err(KernelError::Missing {
                what: format!("process {pid}"),
                help: "see which processes there are with `ps -e`".to_owned(),
            });
        }
        let paths = match query.name {
            "" | "*" => mapped(query.pid),
            name => named(name, query.pid)?,
        };
        Ok(paths.into_iter().map(|path| self.binary(path)).collect())
    }

    fn binary(&self, path: String) -> Rc<dyn Binary> {
        let mut known = self.known.borrow_mut();
        let binary = known.entry(path).or_insert_with_key(|path| {
            Rc::new(HostBinary::new(path.clone(), self.debug_directory.clone()))
        });
        Rc::clone(binary) as Rc<dyn Binary>
    }
}

/// Whether a process runs. One that has ended, but that nobody has waited for, has no namespaces.
fn is_process(pid: u32) -> bool {
    let namespace = fs::metadata(format!("/proc/{pid}/ns/mnt"));
    !namespace.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The files of a path, pattern, program or library that exist. A path may have characters of
/// patterns in it.
fn named(name: &str, pid: Option<u32>) -> Result<Vec<String>, KernelError> {
    let root = pid.and_then(root_of);
    let within = |path: &str| match &root {
        Some(root) if path.starts_with('/') => format!("{root}{path}"),
        _ => path.to_owned(),
    };
    let path = within(name);
    if !name.contains('/') && !is_pattern(name) {
        return Ok(bare(name, pid, within).into_iter().collect());
    }
    match fs::metadata(&path).map(|file| file.file_type()) {
        Ok(kind) if kind.is_file() => Ok(vec![path]),
        Ok(kind) => Err(KernelError::NotExecutable {
            path,
            reason: match kind.is_dir() {
                true => "a directory".to_owned(),
                false => "no regular file".to_owned(),
            },
        }),
        Err(_) if is_pattern(name) => Ok(glob(&path)),
        Err(_) => Ok(Vec::new()),
    }
}

/// The file of a program or library that is named without a directory.
fn bare(name: &str, pid: Option<u32>, within: impl Fn(&str) -> String) -> Option<String> {
    let program = std::env::var("PATH").unwrap_or_default();
    let mut programs = program
        .split(':')
        .filter(|directory| !directory.is_empty())
        .map(|directory| within(&format!("{directory}/{name}")));
    let program = programs.find(|path| Path::new(path).is_file());
    let library = || {
        let cache = fs::read(within("/etc/ld.so.cache")).unwrap_or_default();
        let path = cache::library(&cache, name)?;
        Some(within(path.to_str()?)).filter(|path| Path::new(path).is_file())
    };
    let here = || Some(name.to_owned()).filter(|name| Path::new(name).is_file());
    // A container may have no list of libraries; what the process has mapped it can do without.
    let in_use = || {
        let mut paths = mapped(Some(pid?)).into_iter();
        paths.find(|path| is_library(path, name))
    };
    program.or_else(library).or_else(in_use).or_else(here)
}

/// Whether a file is a library of a name: `libc` and `libc.so` are names of `libc.so.6`.
fn is_library(path: &str, name: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let rest = file.strip_prefix(name);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(".so") || rest.starts_with('.') && name.contains(".so")
    })
}

/// The root directory of a process, where it is not ours.
fn root_of(pid: u32) -> Option<String> {
    let identity = |path: String| fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
    let same = |what: &str| {
        let own = identity(format!("/proc/self/{what}"));
        own.is_some() && own == identity(format!("/proc/{pid}/{what}"))
    };
    (is_process(pid) && !(same("ns/mnt") && same("root"))).then(|| format!("/proc/{pid}/root"))
}

/// Every file whose code a process has mapped; of all processes without one.
fn mapped(pid: Option<u32>) -> Vec<String> {
    let pids = match pid {
        Some(pid) => vec![pid],
        None => crate::proc::pids(),
    };
    let mut paths = BTreeSet::new();
    for pid in pids {
        let root = root_of(pid).unwrap_or_default();
        let maps = maps(pid).into_iter();
        paths.extend(maps.filter_map(|mapping| file_of(pid, &root, mapping)));
    }
    paths.into_iter().collect()
}

/// The path of a mapped file, for us. The kernel tells it as seen from our own root directory where
/// it can be, otherwise from that of its mount.
fn file_of(pid: u32, root: &str, mapping: Mapping) -> Option<String> {
    let range = format!("{:x}-{:x}", mapping.start, mapping.end);
    let inode = mapping.inode;
    let file = mapping.file()?;
    let within = format!("{root}{file}");
    if Path::new(&within).is_file() {
        return Some(within);
    }
    if fs::metadata(&file).is_ok_and(|ours| ours.ino() == inode) {
        return Some(file);
    }
    let link = format!("/proc/{pid}/map_files/{range}");
    Path::new(&link).is_file().then_some(link)
}

/// The files that match a path with wildcards, sorted.
fn glob(pattern: &str) -> Vec<String> {
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = vec![start.to_owned()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|base| step(&base, part))
            .collect();
    }
    found.retain(|path| Path::new(path).is_file());
    found.sort();
    found
}

/// The entries of a directory that match a part of a pattern.
fn step(base: &str, part: &str) -> Vec<String> {
    let joined = |name: &str| match base {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        base => format!("{base}/{name}"),
    };
    if !is_pattern(part) {
        let path = joined(part);
        return Some(path)
            .filter(|path| Path::new(path).exists())
            .into_iter()
            .collect();
    }
    let directory = if base.is_empty() { "." } else { base };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let shown = |name: &String| !name.starts_with('.') || part.starts_with('.');
    names
        .filter(|name| shown(name) && matches(part, name))
        .map(|name| joined(&name))
        .collect()
}

/// The file with the debug symbols of another: by build id, or by the name that is noted there.
pub(super) fn debug_file(
    path: &str,
    directory: Option<&Path>,
    build_id: Option<&[u8]>,
    link: Option<&str>,
) -> Option<PathBuf> {
    let roots = directory.into_iter().chain([Path::new(DEBUG_DIRECTORY)]);
    let roots: Vec<&Path> = roots.collect();
    let own = fs::canonicalize(path).ok()?;
    let by_id = build_id
        .filter(|id| id.len() > 1)
        .into_iter()
        .flat_map(|id| {
            let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            let name = format!(".build-id/{}/{}.debug", &hex[..2], &hex[2..]);
            roots.iter().map(move |root| root.join(&name))
        });
    let parent = own.parent().map(Path::to_path_buf).unwrap_or_default();
    let by_name = link.into_iter().flat_map(|link| {
        let below = roots.iter().map(|root| {
            let inside = parent.strip_prefix("/").unwrap_or(&parent);
            root.join(inside).join(link)
        });
        let flat = roots.iter().map(|root| root.join(link));
        [parent.join(link), parent.join(".debug").join(link)]
            .into_iter()
            .chain(below)
            .chain(flat)
            .collect::<Vec<_>>()
    });
    let is_other =
        |file: &PathBuf| file.is_file() && fs::canonicalize(file).is_ok_and(|file| file != own);
    by_id.chain(by_name).find(is_other)
}
