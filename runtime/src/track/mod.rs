//! What processes have mapped, also those that are gone by the time somebody asks.
//!
//! The kernel tells of every mapping of code as it is made (`PERF_RECORD_MMAP2`) and of every new
//! process; `/proc` tells of what was there before. Nothing is forgotten when a process ends, for
//! its stacks may still have to be printed, but of too many processes those that were heard of
//! longest ago are.

mod processes;
mod record;
mod ring;

pub(crate) use processes::{Region, What};

use crate::proc;
use crate::sys::{SyscallError, cpu, poll};
use processes::Processes;
use ring::Ring;
use std::io::{PipeReader, PipeWriter, pipe};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Follows the mappings of processes until dropped.
#[derive(Debug)]
pub(crate) struct Tracker {
    state: Arc<Mutex<State>>,
    /// Closing it ends the thread.
    _stop: PipeWriter,
}

/// What a process has at an address now.
pub(crate) fn region_now(pid: u32, address: u64) -> Option<Region> {
    let mut processes = Processes::default();
    processes.read(pid);
    processes.region(pid, address)
}

#[derive(Debug)]
struct State {
    rings: Vec<Ring>,
    processes: Processes,
}

impl Tracker {
    /// Starts to follow: all processes, or just one and its descendants. What that one has mapped
    /// is read at once, since it may soon end; what all have takes longer, and is read meanwhile.
    pub(crate) fn start(pid: Option<u32>) -> Result<Self, SyscallError> {
        let rings: Result<Vec<Ring>, SyscallError> =
            cpu::online()?.into_iter().map(Ring::open).collect();
        let mut processes = Processes::default();
        if let Some(pid) = pid {
            processes.read(pid);
        }
        let state = Arc::new(Mutex::new(State {
            rings: rings?,
            processes,
        }));
        let (stopped, stop) = pipe().map_err(|error| SyscallError::io("open a pipe", &error))?;
        let shared = Arc::clone(&state);
        let builder = thread::Builder::new().name("mappings".to_owned());
        builder
            .spawn(move || {
                if pid.is_none() {
                    read_all(&shared);
                }
                follow(&shared, &stopped);
            })
            .map_err(|error| SyscallError::io("start a thread", &error))?;
        Ok(Self { state, _stop: stop })
    }

    /// What a process has, or had, at an address, as far as is known by now.
    pub(crate) fn region(&self, pid: u32, address: u64) -> Option<Region> {
        let mut state = lock(&self.state);
        state.drain();
        if let Some(region) = state.processes.region(pid, address) {
            return Some(region);
        }
        state.processes.read(pid);
        state.processes.region(pid, address)
    }
}

impl State {
    /// Takes in what the kernel has told since the last time.
    fn drain(&mut self) {
        let mut records = Vec::new();
        for ring in &mut self.rings {
            ring.drain(&mut records);
        }
        // Each CPU tells on its own, and processes move from one to another.
        records.sort_by_key(|(time, _)| *time);
        for (_, record) in records {
            self.processes.take(record);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what every process has mapped, one at a time, so that nobody waits long.
fn read_all(state: &Mutex<State>) {
    for pid in proc::pids() {
        lock(state).processes.read(pid);
    }
}

/// Empties the rings before they are full, until stopped.
fn follow(state: &Mutex<State>, stopped: &PipeReader) {
    let fds: Vec<_> = lock(state).rings.iter().filter_map(Ring::reader).collect();
    loop {
        let rings = fds.iter().map(AsFd::as_fd);
        let all = rings.chain([stopped.as_fd()]).collect::<Vec<_>>();
        match poll::any(&all) {
            Ok(ready) if ready.last() == Some(&false) => lock(state).drain(),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_is_gone_is_known() {
        let tracker = match Tracker::start(Some(std::process::id())) {
            Ok(tracker) => tracker,
            Err(error) if error.is_denied() => {
                eprintln!("skipped: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        // Wait until it runs its own code: `cat` ends when its input does.
        let pid = child.id();
        let maps = loop {
            let maps = proc::maps(pid);
            let is_cat = |m: &proc::Mapping| m.what.ends_with("/cat");
            if maps.iter().any(is_cat) && maps.iter().any(|m| m.what == "[vdso]") {
                break maps;
            }
        };
        drop(child.stdin.take());
        child.wait().unwrap();
        let code = maps.iter().find(|m| m.what.ends_with("/cat")).unwrap();
        let region = tracker.region(pid, code.start + 16).unwrap();
        assert_eq!(region.offset, code.offset + 16);
        assert!(matches!(&region.what, What::File { path, .. } if **path == *code.what));
        assert_eq!(tracker.region(pid, 0x10), None);
    }
}
