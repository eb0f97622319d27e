//! The loop of a run: drain the ring buffer, print, wait for more or for a reason to end.

use super::{Outcome, Session};
use crate::event::{Flow, carry_out};
use crate::print::Output;
use crate::ring_buffer::Drained;
use crate::script_map::ScriptMaps;
use crate::sys::poll::{self, Interest};
use crate::sys::process::PidFd;
use crate::{Error, notify};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// How long records may gather while they come fast. Waking up for each would cost more than
/// printing it.
const GATHERING_TIME: Duration = Duration::from_millis(2);
/// From how many records in one drain on they come fast.
const FAST: u64 = 16;

/// Why a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The script asked for it: what was recorded later is not printed.
    Exit,
    /// A signal, the end of a watched process, or that nothing can come any more.
    Outside,
}

impl Session {
    /// Runs until the script, a signal or a watched process ends it; then detaches, runs the `end`
    /// probes and prints the maps.
    ///
    /// # Errors
    /// When the command cannot be run, a map cannot be read, or output cannot be written. A closed
    /// pipe is not an error but the end.
    pub fn run(&mut self, output: &mut Output) -> Result<Outcome, Error> {
        output.attached(self.attached);
        notify::ready();
        let command = self.command.take();
        if let Some(command) = command.filter(|_| !self.asked_to_exit()) {
            command.release()?;
        }
        let ending = self.follow(output)?;
        self.finish(ending, output)
    }

    fn follow(&mut self, output: &mut Output) -> Result<Ending, Error> {
        loop {
            let (drained, flow) = self.drain(output)?;
            output.flush()?;
            if flow == Flow::End || self.asked_to_exit() {
                return Ok(Ending::Exit);
            }
            if output.is_closed() || self.has_nothing_to_wait_for() {
                return Ok(Ending::Outside);
            }
            if self.wait(output, self.comes_fast(drained))? {
                return Ok(Ending::Outside);
            }
        }
    }

    /// Whether nothing is attached (there are just `begin` and `end`) and nobody is watched.
    fn has_nothing_to_wait_for(&self) -> bool {
        self.links.is_empty() && self.child.is_none() && self.target.is_none()
    }

    /// Whether records come so fast, and take so little of the ring, that they may gather.
    fn comes_fast(&self, drained: Drained) -> bool {
        let size = self.ring.as_ref().map_or(0, |ring| ring.size());
        drained.records >= FAST && drained.bytes < size / 8
    }

    /// Prints what the ring buffer holds.
    pub(super) fn drain(&mut self, output: &mut Output) -> Result<(Drained, Flow), Error> {
        let Some(ring) = &mut self.ring else {
            return Ok((Drained::default(), Flow::Continue));
        };
        let maps = ScriptMaps {
            manifest: &self.manifest,
            maps: &self.maps,
            names: &self.names,
            zeroed: &self.zeroed,
        };
        let mut result = Ok(Flow::Continue);
        let drained = ring.drain(|record| {
            result = carry_out(&maps, record, output);
            matches!(result, Ok(Flow::Continue)) && !output.is_closed()
        });
        Ok((drained, result?))
    }

    /// Waits for records, or, while they gather, for a little time; true when the run must end.
    fn wait(&mut self, output: &mut Output, gather: bool) -> Result<bool, Error> {
        let ring = self.ring_fd().filter(|_| !gather);
        let [_, signalled, child_ended, target_ended, hangup] = poll::wait(
            [
                ring.map(Interest::Readable),
                Some(Interest::Readable(self.signals.as_fd())),
                self.child.as_ref().map(end_of),
                self.target.as_ref().map(end_of),
                output.reader().map(Interest::Hangup),
            ],
            gather.then_some(GATHERING_TIME),
        )?;
        if hangup {
            output.close();
        }
        let stop = signalled && self.read_signals(output)?;
        Ok(stop || child_ended || target_ended || hangup)
    }

    pub(super) fn ring_fd(&self) -> Option<BorrowedFd<'_>> {
        let ring = self.maps.by_role(&codegen::object::MapRole::Ring);
        ring.map(AsFd::as_fd)
    }

    /// Carries out what signals ask for: SIGUSR1 prints the maps, others end the run.
    fn read_signals(&self, output: &mut Output) -> Result<bool, Error> {
        let mut stop = false;
        while let Some(signal) = self.signals.next() {
            if signal == libc::SIGUSR1 {
                self.script_maps().print_all(output)?;
                output.flush()?;
            } else {
                stop = true;
            }
        }
        Ok(stop)
    }
}

/// A process becomes readable when it ends.
fn end_of(process: &PidFd) -> Interest<'_> {
    Interest::Readable(process.as_fd())
}
