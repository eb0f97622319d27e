//! The end of a run: detach, `end` probes, what is left in the ring, the maps, what was lost.

use super::run::Records;
use super::{Doing, Outcome, Session, tell};
use crate::Error;
use crate::print::Output;
use crate::sys::SyscallError;
use crate::sys::poll::{self, Interest};
use crate::sys::process::Ended;
use codegen::object::Control;
use sema::ir::AttachTarget;
use std::io::pipe;
use std::os::fd::AsFd;
use std::time::Duration;

/// How long a command may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_millis(250);

impl Session {
    /// Ends the run.
    pub(super) fn finish(&mut self, output: &mut Output) -> Result<Outcome, Error> {
        self.detach(output)?;
        self.drain_all(output)?;
        self.records = Records::All;
        self.run_programs(&AttachTarget::End)?;
        self.drain_all(output)?;
        self.end_child()?;
        if output.is_closed() {
            return Ok(Outcome {
                exit_code: 0,
                lossless: true,
            });
        }
        output.end_of_run();
        if self.manifest.config.print_maps_on_exit {
            self.script_maps().print_all(output)?;
        }
        output.flush()?;
        let lossless = self.report_losses(output)?;
        self.print_statistics(output)?;
        self.report_command(output);
        output.write_out()?;
        let exit_code = if output.is_closed() {
            0
        } else {
            self.control_word(Control::EXIT_CODE).cast_signed()
        };
        Ok(Outcome {
            exit_code,
            lossless,
        })
    }

    /// Detaches, which takes the kernel a while, and goes on with the records that come meanwhile.
    /// Whoever asks for the end once more does not want to wait: the run ends at once, and the kernel
    /// goes on for itself.
    fn detach(&mut self, output: &mut Output) -> Result<(), Error> {
        let mut links = std::mem::take(&mut self.links);
        if links.is_empty() {
            return Ok(());
        }
        let (done, last_drop) = pipe().map_err(|error| SyscallError::io("open a pipe", &error))?;
        let progress = self.progress.clone();
        let detaching = std::thread::Builder::new().spawn(move || {
            links.close(&|done, all| tell(progress.as_ref(), Doing::Detaching, (done, all)));
            drop(last_drop);
        });
        // Where no thread can be had, the links have been dropped with the closure.
        drop(detaching);
        while !self.wait_detached(&done)? {
            self.drain(output)?;
            output.flush()?;
        }
        Ok(())
    }

    /// Waits for records, for `done`, or for a signal that asks for the end; tells whether it was one
    /// of the last two.
    fn wait_detached(&self, done: &std::io::PipeReader) -> Result<bool, SyscallError> {
        let interests = [
            Some(Interest::Readable(done.as_fd())),
            self.ring_fd().map(Interest::Readable),
            Some(Interest::Readable(self.signals.as_fd())),
        ];
        let [done, _, signalled] = poll::wait(interests, None)?;
        Ok(done || signalled && self.signals.asks_for_the_end())
    }

    /// Ends the command if it still runs: politely at first.
    fn end_child(&mut self) -> Result<(), SyscallError> {
        let Some(child) = &self.child else {
            return Ok(());
        };
        let wait = |timeout| poll::wait([Some(Interest::Readable(child.as_fd()))], Some(timeout));
        let ended_itself = wait(Duration::ZERO)? == [true];
        if !ended_itself {
            child.signal(libc::SIGTERM);
            if wait(PATIENCE)? == [false] {
                child.signal(libc::SIGKILL);
            }
        }
        self.ended = child.reap().filter(|_| ended_itself);
        Ok(())
    }

    /// Waits for records, or for `done`, and tells whether it was that.
    pub(super) fn wait_for_records(
        &self,
        done: &std::io::PipeReader,
    ) -> Result<bool, SyscallError> {
        let interests = [
            Some(Interest::Readable(done.as_fd())),
            self.ring_fd().map(Interest::Readable),
        ];
        let [done, _] = poll::wait(interests, None)?;
        Ok(done)
    }

    /// Empties the ring.
    fn drain_all(&mut self, output: &mut Output) -> Result<(), Error> {
        while !output.is_closed() && self.drain(output)?.records > 0 {}
        output.flush()
    }

    /// Says how the command ended, unless it was well.
    fn report_command(&self, output: &mut Output) {
        match self.ended {
            None | Some(Ended::Exited(0)) => {}
            Some(Ended::Exited(code)) => {
                output.complain(format_args!(
                    "strobe: the command ended with exit code {code}"
                ));
            }
            Some(Ended::Killed(signal)) => {
                output.complain(format_args!(
                    "strobe: the command was ended by signal {signal}"
                ));
            }
        }
    }
}
