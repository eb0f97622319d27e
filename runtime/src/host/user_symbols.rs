//! Symbols of processes: from the files that they have mapped, the kernel's own code in them, and
//! what just-in-time compilers tell.

use super::binary::{self, Segments};
use super::unwind::{Module, Unwinder};
use super::{perf_map::PerfMaps, vdso::Vdso};
use crate::symbol::{Frame, UserThread};
use crate::track::{Region, Tracker, What};
use blazesym::symbolize::source::{Elf, Source};
use blazesym::symbolize::{CodeInfo, Input, Sym, Symbolized, Symbolizer};
use sema::kernel::demangled;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Addresses whose frames are kept.
const MOST_FRAMES: usize = 65_536;
/// Files whose symbols are kept.
const MOST_FILES: usize = 512;

/// What a person chose of how symbols print.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    /// Whether names print as people write them.
    pub(super) demangle: bool,
    /// Whether to look for source lines and inlined functions.
    pub(super) debug_information: bool,
    /// Where debug symbols are looked for first.
    pub(super) debug_directory: Option<PathBuf>,
}

/// Knows the symbols of processes.
pub(super) struct UserSymbols {
    choice: Choice,
    tracker: Option<Tracker>,
    files: RefCell<Files>,
    frames: RefCell<HashMap<Place, Arc<[Frame]>>>,
    perf_maps: RefCell<PerfMaps>,
    vdso: OnceCell<Vdso>,
    unwinder: RefCell<Unwinder>,
}

/// Something that is mapped, and bytes from the start of it.
type Place = (What, u64);

/// What was read of files.
struct Files {
    symbolizer: Symbolizer,
    debug_directory: Option<PathBuf>,
    /// The path by which each is read, where it still is the one that was mapped.
    paths: HashMap<What, Option<File>>,
}

#[derive(Clone)]
struct File {
    path: PathBuf,
    /// Where its symbols are kept, if apart.
    debug: Option<PathBuf>,
    segments: Arc<Segments>,
}

impl UserSymbols {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            files: RefCell::new(Files::new(&choice)),
            choice,
            tracker: None,
            frames: RefCell::default(),
            perf_maps: RefCell::default(),
            vdso: OnceCell::new(),
            unwinder: RefCell::default(),
        }
    }

    /// Follows what processes map from now on.
    pub(super) fn watch(&mut self, pid: Option<u32>) {
        // Without it, processes are known as long as they run.
        self.tracker = Tracker::start(pid).ok();
    }

    /// The functions that an address of a process lies in, the innermost of inlined ones first.
    pub(super) fn frames(&self, pid: u32, address: u64) -> Arc<[Frame]> {
        let Some(region) = self.region(pid, address) else {
            return self
                .perf_maps
                .borrow_mut()
                .find(pid, address)
                .into_iter()
                .collect();
        };
        match &region.what {
            What::Anonymous => {
                let found = self.perf_maps.borrow_mut().find(pid, address);
                found.into_iter().collect()
            }
            What::Vdso => {
                let vdso = self.vdso.get_or_init(Vdso::load);
                vdso.find(region.offset).into_iter().collect()
            }
            What::File { path, inode } => self.of_file(pid, &region, path, *inode),
        }
    }

    /// The frames of a thread, by the tables of the files that it has mapped.
    pub(super) fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64> {
        let mut unwinder = self.unwinder.borrow_mut();
        unwinder.unwind(thread, |address| self.module(thread.pid, address))
    }

    /// The file that an address of a process is in, and where that is mapped.
    fn module(&self, pid: u32, address: u64) -> Option<Module> {
        let region = self.region(pid, address)?;
        let What::File { path, inode } = &region.what else {
            return None;
        };
        let file = self
            .files
            .borrow_mut()
            .find(&region.what, pid, path, *inode)?;
        let own = file.segments.address(region.offset)?;
        Some(Module {
            file: file.path,
            start: address.wrapping_sub(own),
            size: file.segments.end(),
        })
    }

    fn region(&self, pid: u32, address: u64) -> Option<Region> {
        match &self.tracker {
            Some(tracker) => tracker.region(pid, address),
            None => crate::track::region_now(pid, address),
        }
    }

    fn of_file(&self, pid: u32, region: &Region, path: &Arc<str>, inode: u64) -> Arc<[Frame]> {
        let key = (region.what.clone(), region.offset);
        if let Some(known) = self.frames.borrow().get(&key) {
            return Arc::clone(known);
        }
        let found = self.symbolize(pid, region, path, inode);
        let mut frames = self.frames.borrow_mut();
        if frames.len() >= MOST_FRAMES {
            frames.clear();
        }
        frames.insert(key, Arc::clone(&found));
        found
    }

    fn symbolize(&self, pid: u32, region: &Region, path: &Arc<str>, inode: u64) -> Arc<[Frame]> {
        let mut files = self.files.borrow_mut();
        if files.paths.len() >= MOST_FILES {
            *files = Files::new(&self.choice);
        }
        let file = files.find(&region.what, pid, path, inode);
        let address = file
            .as_ref()
            .and_then(|file| file.segments.address(region.offset));
        // A file of debug symbols has the addresses of the other, but not its contents.
        let apart = file
            .as_ref()
            .and_then(|file| Some((file.debug.as_ref()?, Input::VirtOffset(address?))));
        let own = file
            .as_ref()
            .map(|file| (&file.path, Input::FileOffset(region.offset)));
        let found = apart.into_iter().chain(own).find_map(|(path_read, input)| {
            let source = Source::Elf(Elf {
                debug_syms: self.choice.debug_information,
                ..Elf::new(path_read)
            });
            match files.symbolizer.symbolize_single(&source, input).ok()? {
                Symbolized::Sym(symbol) => Some(self.frames_of(&symbol, path)),
                Symbolized::Unknown(_) => None,
            }
        });
        found.unwrap_or_else(|| {
            let offset = address.unwrap_or(region.offset);
            Arc::new([Frame::unnamed(Arc::clone(path), offset)])
        })
    }

    fn frames_of(&self, symbol: &Sym<'_>, path: &Arc<str>) -> Arc<[Frame]> {
        let frame = |name: &str, code: Option<&CodeInfo<'_>>, offset| Frame {
            name: self.shown(name),
            offset,
            file: Some(Arc::clone(path)),
            source: code
                .filter(|_| self.choice.debug_information)
                .and_then(source_line),
            is_inlined: offset.is_none(),
        };
        let inlined = symbol.inlined.iter().rev();
        let mut frames: Vec<Frame> = inlined
            .map(|f| frame(&f.name, f.code_info.as_ref(), None))
            .collect();
        let offset = Some(symbol.offset as u64);
        frames.push(frame(&symbol.name, symbol.code_info.as_deref(), offset));
        frames.into()
    }

    fn shown(&self, name: &str) -> String {
        match demangled(name).filter(|_| self.choice.demangle) {
            Some(text) => text,
            None => name.to_owned(),
        }
    }
}

/// File and line.
fn source_line(code: &CodeInfo<'_>) -> Option<String> {
    let line = code.line?;
    let file = Path::new(&code.file);
    let path = match &code.dir {
        Some(directory) => directory.join(file),
        None => file.to_path_buf(),
    };
    Some(format!("{}:{line}", path.display()))
}

impl Files {
    fn new(choice: &Choice) -> Self {
        let defaults = ["/usr/lib/debug", "/lib/debug"].map(PathBuf::from);
        let directories = choice.debug_directory.iter().cloned().chain(defaults);
        let symbolizer = Symbolizer::builder()
            .enable_auto_reload(false)
            .enable_code_info(choice.debug_information)
            .enable_inlined_fns(choice.debug_information)
            .enable_demangling(false)
            .set_debug_dirs(Some(directories))
            .build();
        Self {
            symbolizer,
            debug_directory: choice.debug_directory.clone(),
            paths: HashMap::new(),
        }
    }

    /// The file that was mapped, if it is still there.
    fn find(&mut self, what: &What, pid: u32, path: &str, inode: u64) -> Option<File> {
        if let Some(known) = self.paths.get(what) {
            return known.clone();
        }
        let seen = [path.to_owned(), format!("/proc/{pid}/root{path}")];
        let is_it = |path: &String| {
            fs::metadata(path).is_ok_and(|m| m.is_file() && (inode == 0 || m.ino() == inode))
        };
        let found = seen.into_iter().find(is_it).and_then(|path| {
            let path = PathBuf::from(path);
            let file = binary::open(&path).ok()?;
            let segments = file.with(|elf| Ok(elf.segments())).ok()?;
            let directory = self.debug_directory.as_deref();
            let debug = binary::debug_file(path.to_str()?, &file, directory);
            Some(File {
                path,
                debug,
                segments: Arc::new(segments),
            })
        });
        self.paths.insert(what.clone(), found.clone());
        found
    }
}
