//! A running trace: everything that an object has in the kernel, and the loop that prints.

mod finish;
mod losses;
mod own;
mod run;
mod statistics;
mod walk;

pub use statistics::Statistics;

use crate::Error;
use crate::attach::{Links, Watch, attach_all};
use crate::command::Command;
use crate::load::{self, Disabled, LoadedProgram, Maps};
use crate::ring_buffer::RingBuffer;
use crate::script_map::ScriptMaps;
use crate::symbol::{Names, NoSymbols, Symbols};
use crate::sys::bpf;
use crate::sys::memory::{Access, SharedMemory, page_size};
use crate::sys::process::{Ended, PidFd};
use crate::sys::signal::SignalFd;
use codegen::object::{Control, MapRole, is_run_by_us};
use codegen::{Manifest, Object};
use run::Records;
use sema::ir::{AttachTarget, MapId, MapValue, Type};
use std::cell::RefCell;
use std::collections::HashSet;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a person may choose for a run.
#[derive(Default)]
pub struct Options {
    /// The command of `-c`: let go when everything is attached; the run ends with it.
    pub command: Option<Command>,
    /// The process of `-p`: the run ends with it.
    pub pid: Option<u32>,
    /// Who knows symbols; nothing prints addresses as numbers.
    pub symbols: Option<Box<dyn Symbols>>,
    /// Whether to keep the verifier's log of every program.
    pub keep_verifier_logs: bool,
    /// What of the kernel's features is not to be used.
    pub disabled: Disabled,
    /// What is asked of the kernel's run-time statistics.
    pub statistics: Statistics,
    /// Told, by several threads, how many attachments of how many are made, and in the end undone.
    pub progress: Option<Progress>,
}

/// Who is told how attaching and detaching go on.
pub type Progress = Arc<dyn Fn(Doing, usize, usize) + Send + Sync>;

/// What takes the kernel long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Attaching.
    Attaching,
    /// Detaching.
    Detaching,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("command", &self.command)
            .field("pid", &self.pid)
            .field("keep_verifier_logs", &self.keep_verifier_logs)
            .finish_non_exhaustive()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the script gave to `exit`, 0 where it did not.
    pub exit_code: i32,
    /// Whether nothing was lost.
    pub lossless: bool,
}

/// A script in the kernel. Dropping it detaches everything; the fields are in the order in which
/// they must go.
pub struct Session {
    links: Links,
    ring: Option<RingBuffer<SharedMemory>>,
    control: Option<SharedMemory>,
    programs: Vec<LoadedProgram>,
    maps: Maps,
    manifest: Manifest,
    names: Names,
    zeroed: RefCell<HashSet<MapId>>,
    records: Records,
    signals: SignalFd,
    command: Option<Command>,
    /// The process of the command.
    child: Option<PidFd>,
    /// How the command ended, by itself.
    ended: Option<Ended>,
    /// The process of `-p`.
    target: Option<PidFd>,
    attached: usize,
    missing: Vec<Error>,
    refused: Vec<String>,
    statistics: Option<statistics::Kept>,
    /// The process that timers and counters are for; nothing for all.
    pid: Option<u32>,
    progress: Option<Progress>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("links", &self.links)
            .field("programs", &self.programs)
            .field("maps", &self.maps)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Loads an object, runs its `begin` probes, and attaches the others: all of them, or, when
    /// one fails, none. A script whose `begin` asks for the end has nothing attached.
    ///
    /// From here on SIGINT, SIGTERM and SIGUSR1 wait for [`Session::run`] to read them.
    ///
    /// # Errors
    /// When the kernel refuses anything of it.
    pub fn start(object: Object, options: Options) -> Result<Self, Error> {
        let mut signals = vec![libc::SIGINT, libc::SIGTERM, libc::SIGUSR1];
        let targets = object.manifest.programs.iter().flat_map(|p| &p.targets);
        signals.extend(targets.filter_map(|target| match target.attach {
            AttachTarget::Signal(number) => Some(number),
            _ => None,
        }));
        let signals = SignalFd::open(&signals)?;
        let child = options.command.as_ref().map(Command::pid);
        let child = child.map(PidFd::open).transpose()?;
        let target = options.pid.map(PidFd::open).transpose()?;
        let kernel = load::Kernel {
            without: options.disabled,
        };
        let loaded = load::load(&kernel, &object, options.keep_verifier_logs)?;
        let symbols = options.symbols.unwrap_or_else(|| Box::new(NoSymbols));
        let trailer = object.manifest.config.str_trunc_trailer.clone();
        let excluded = object
            .manifest
            .excluded
            .iter()
            .map(|name| format!("{name}: it runs while a probe starts, or must not be traced"));
        let refused = excluded.chain(loaded.refused.iter().map(Error::to_string));
        let refused = refused.collect();
        let mut session = Self {
            links: Links::default(),
            ring: map_ring(&loaded.maps)?,
            control: map_control(&loaded.maps)?,
            programs: loaded.programs,
            maps: loaded.maps,
            manifest: object.manifest,
            names: Names::new(symbols, trailer),
            zeroed: RefCell::default(),
            records: Records::UntilExit,
            signals,
            command: options.command,
            child,
            ended: None,
            target,
            attached: 0,
            missing: Vec::new(),
            refused,
            statistics: statistics::Kept::start(options.statistics)?,
            pid: options.pid,
            progress: options.progress,
        };
        session.attach()?;
        Ok(session)
    }

    /// The verifier's log of each program, by the probe's name, where logs were kept.
    pub fn verifier_logs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.programs.iter().filter_map(|program| {
            let name = program.about.targets.first();
            let name = name.map_or(program.about.symbol.as_str(), |t| t.name.as_str());
            Some((name, program.log.as_deref()?))
        })
    }

    /// What could not be attached, where the script's config only warns of it.
    pub fn missing(&self) -> &[Error] {
        &self.missing
    }

    /// What is left out, and why, of the functions that patterns found: what must not be traced,
    /// and what the kernel refused.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    fn attach(&mut self) -> Result<(), Error> {
        if names_processes(&self.manifest) {
            self.names.watch(self.pid);
        }
        self.attached = self.run_programs(&AttachTarget::Begin)? + self.count_waiting();
        if self.asked_to_exit() {
            return Ok(());
        }
        let progress = |done, all| tell(self.progress.as_ref(), Doing::Attaching, (done, all));
        let watch = Watch {
            pid: self.pid,
            progress: &progress,
            interrupted: &|| self.signals.asks_for_the_end(),
        };
        let missing = self.manifest.config.missing_probes;
        let attached = attach_all(&self.programs, missing, &watch)?;
        self.links = attached.links;
        self.missing = attached.missing;
        self.refused.extend(attached.refused);
        self.attached += attached.targets;
        Ok(())
    }

    /// Runs the programs of `begin` or `end`, in their order, and tells how many there are. No
    /// `begin` runs behind one that asks for the end.
    fn run_programs(&self, when: &AttachTarget) -> Result<usize, Error> {
        let is_begin = *when == AttachTarget::Begin;
        for program in &self.programs {
            for target in &program.about.targets {
                if target.attach == *when && !(is_begin && self.asked_to_exit()) {
                    bpf::run_raw_tracepoint(program.fd.as_fd(), &target.name)?;
                }
            }
        }
        Ok(self.count(when))
    }

    /// How many targets are run by us later on.
    fn count_waiting(&self) -> usize {
        let targets = self.programs.iter().flat_map(|p| &p.about.targets);
        targets
            .filter(|t| is_run_by_us(&t.attach) && t.attach != AttachTarget::Begin)
            .count()
    }

    fn count(&self, target: &AttachTarget) -> usize {
        let targets = self.programs.iter().flat_map(|p| &p.about.targets);
        targets.filter(|t| t.attach == *target).count()
    }

    /// Whether a program has asked for the end of the run.
    fn asked_to_exit(&self) -> bool {
        self.control_word(Control::EXIT) != 0
    }

    /// A word of the control map; 0 where there is no such map.
    fn control_word(&self, offset: u32) -> u32 {
        let Some(control) = &self.control else {
            return 0;
        };
        let bytes = control.words()[offset as usize / 8]
            .load(Ordering::Acquire)
            .to_ne_bytes();
        let half = offset as usize % 8;
        u32::from_ne_bytes([
            bytes[half],
            bytes[half + 1],
            bytes[half + 2],
            bytes[half + 3],
        ])
    }

    fn script_maps(&self) -> ScriptMaps<'_> {
        ScriptMaps {
            manifest: &self.manifest,
            maps: &self.maps,
            names: &self.names,
            zeroed: &self.zeroed,
        }
    }
}

/// Tells how many of how many are done, where somebody wants to know.
fn tell(progress: Option<&Progress>, doing: Doing, (done, all): (usize, usize)) {
    if let Some(progress) = progress {
        progress(doing, done, all);
    }
}

/// Whether symbols of processes may have to be printed.
fn names_processes(manifest: &Manifest) -> bool {
    let events = manifest.events.iter().flat_map(|event| &event.fields);
    let mut types = events.map(|(_, ty)| ty);
    let of_map = |(_, _, key, value): (MapId, &str, Option<&Type>, &MapValue)| {
        key.is_some_and(Type::names_processes)
            || matches!(value, MapValue::Plain(ty) if ty.names_processes())
    };
    types.any(Type::names_processes) || manifest.script_maps().any(of_map)
}

fn map_ring(maps: &Maps) -> Result<Option<RingBuffer<SharedMemory>>, Error> {
    let Some(ring) = maps.by_role(&MapRole::Ring) else {
        return Ok(None);
    };
    Ok(Some(RingBuffer::map(ring.as_fd(), maps.ring_size())?))
}

fn map_control(maps: &Maps) -> Result<Option<SharedMemory>, Error> {
    let Some(control) = maps.by_role(&MapRole::Control) else {
        return Ok(None);
    };
    let memory = SharedMemory::map(control.as_fd(), 0, page_size(), Access::Read)?;
    Ok(Some(memory))
}

#[cfg(test)]
mod tests;
