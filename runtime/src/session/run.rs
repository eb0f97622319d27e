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

/// What happens to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Records {
    /// They are carried out until one asks for the end; those behind it are not.
    UntilExit,
    /// They are passed over: the script has asked for the end, but is not detached yet.
    PassOver,
    /// They are carried out, whatever they ask for: those of `end`.
    All,
}

impl Session {
    /// Runs until the script, a signal or a watched process ends it; then detaches, runs the `end`
    /// probes and prints the maps.
    ///
    /// # Errors
    /// When the command cannot be run, a map cannot be read, or output cannot be written. A closed
    /// pipe is not an error but the end.
    pub fn run(&mut self, output: &mut Output) -> Result<Outcome, Error> {
        // Whatever the other probes have asked for since they are attached.
        let pinned = match self.asked_to_exit() && self.links.is_empty() {
            true => Vec::new(),
            false => self.pin()?,
        };
        output.attached(self.attached);
        for path in &pinned {
            output.pinned(path);
        }
        notify::ready();
        let command = self.command.take();
        if let Some(command) = command.filter(|_| !self.asked_to_exit()) {
            command.release()?;
        }
        self.walk(output)?;
        let passed = self.run_tests(output)?;
        self.follow(output)?;
        let outcome = self.finish(output)?;
        Ok(match passed {
            true => outcome,
            false => Outcome {
                exit_code: outcome.exit_code.max(1),
                ..outcome
            },
        })
    }

    /// Prints what comes until there is a reason to end.
    fn follow(&mut self, output: &mut Output) -> Result<(), Error> {
        loop {
            let drained = self.drain(output)?;
            output.flush()?;
            // The record of an `exit` may have found the ring full, or be on its way.
            let is_over = self.records == Records::PassOver || self.asked_to_exit();
            if is_over || output.is_closed() || self.has_nothing_to_wait_for() {
                return Ok(());
            }
            let stop = self.wait(output, self.comes_fast(drained))?;
            if stop || self.is_too_expensive(output)? {
                return Ok(());
            }
        }
    }

    /// Whether nothing is attached (there are just `begin` and `end`) and nobody is watched.
    fn has_nothing_to_wait_for(&self) -> bool {
        self.links.is_empty()
            && self.child.is_none()
            && self.target.is_none()
            && !self.waits_for_signals()
    }

    /// Whether records come so fast, and take so little of the ring, that they may gather.
    fn comes_fast(&self, drained: Drained) -> bool {
        let size = self.ring.as_ref().map_or(0, |ring| ring.size());
        drained.records >= FAST && drained.bytes < size / 8
    }

    /// Carries out the records that the ring buffer holds.
    pub(super) fn drain(&mut self, output: &mut Output) -> Result<Drained, Error> {
        let Some(ring) = &mut self.ring else {
            return Ok(Drained::default());
        };
        let maps = ScriptMaps {
            manifest: &self.manifest,
            maps: &self.maps,
            names: &self.names,
            zeroed: &self.zeroed,
        };
        let records = &mut self.records;
        let mut failure = None;
        let drained = ring.drain(|record| {
            if *records == Records::PassOver {
                return true;
            }
            let mut go_on = true;
            match carry_out(&maps, record, output) {
                Ok(Flow::Pause) => go_on = false,
                Ok(Flow::Unwatch(address)) => self.links.unwatch(address),
                Ok(Flow::End) if *records == Records::UntilExit => *records = Records::PassOver,
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
            go_on && failure.is_none() && !output.is_closed()
        });
        failure.map_or(Ok(drained), Err)
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
            match gather {
                true => Some(GATHERING_TIME),
                false => self.statistics.as_ref().and_then(|kept| kept.window()),
            },
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

    /// Carries out what signals ask for: their programs run; without one SIGUSR1 prints the maps.
    /// SIGINT and SIGTERM end the run in any case.
    fn read_signals(&self, output: &mut Output) -> Result<bool, Error> {
        let mut stop = false;
        while let Some(signal) = self.signals.next() {
            let has_program = self.run_signal(signal)?;
            let ends = matches!(signal, libc::SIGINT | libc::SIGTERM);
            if has_program && !ends {
                continue;
            }
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
