//! Programs that strobe runs itself: tests, benchmarks, and those of signals.

use super::Session;
use crate::Error;
use crate::event::carry_out;
use crate::load::LoadedProgram;
use crate::print::Output;
use crate::script_map::ScriptMaps;
use crate::sys::bpf;
use codegen::object::{Control, MapRole};
use sema::ir::{AttachTarget, EventKind};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long a benchmark runs, about.
const BENCH_TIME: Duration = Duration::from_millis(300);

/// How often a benchmark runs at most.
const BENCH_RUNS: u64 = 1_000_000;

/// Runs of a benchmark between two looks at the clock and at the records that it sends.
const BENCH_BATCH: u64 = 100;

impl Session {
    /// Whether a program waits for a signal.
    pub(super) fn waits_for_signals(&self) -> bool {
        self.targets()
            .any(|(_, target)| matches!(target, AttachTarget::Signal(_)))
    }

    /// Runs the programs of a signal; whether there are any.
    pub(super) fn run_signal(&self, signal: i32) -> Result<bool, Error> {
        Ok(self.run_programs(&AttachTarget::Signal(signal))? > 0)
    }

    fn targets(&self) -> impl Iterator<Item = (&LoadedProgram, &AttachTarget)> {
        let programs = self.programs.iter();
        programs.flat_map(|p| p.about.targets.iter().map(move |t| (p, &t.attach)))
    }

    /// Runs the tests and benchmarks of the script and reports each. Whether no test failed.
    pub(super) fn run_tests(&mut self, output: &mut Output) -> Result<bool, Error> {
        let named = |wanted: fn(&AttachTarget) -> Option<&String>| {
            let targets = self.targets().enumerate();
            targets
                .filter_map(|(index, (_, target))| Some((index, wanted(target)?.clone())))
                .collect::<Vec<(usize, String)>>()
        };
        let tests = named(|target| match target {
            AttachTarget::Test(name) => Some(name),
            _ => None,
        });
        let benches = named(|target| match target {
            AttachTarget::Bench(name) => Some(name),
            _ => None,
        });
        // What `begin` has sent belongs to no test.
        while self.drain(output)?.records > 0 {}
        let mut failed = Vec::new();
        for (number, (index, name)) in tests.iter().enumerate() {
            output.test_begins(number, tests.len(), name);
            let start = Instant::now();
            let (text, passed) = self.run_test(*index)?;
            output.test_ended(name, start.elapsed(), passed, &text);
            if !passed {
                failed.push(name.as_str());
            }
        }
        if !tests.is_empty() {
            output.tests_ended(tests.len(), &failed);
        }
        let longest = benches.iter().map(|(_, name)| name.len()).max();
        for (number, (index, name)) in benches.iter().enumerate() {
            let (average, runs) = self.run_bench(*index)?;
            output.bench_ended(number == 0, longest.unwrap_or(0), name, average, runs);
        }
        output.flush()?;
        Ok(failed.is_empty())
    }

    /// Runs a test; what it printed, and whether it passed: it returned 0, said no error, and did
    /// not exit with another code.
    fn run_test(&mut self, index: usize) -> Result<(Vec<u8>, bool), Error> {
        self.reset_control()?;
        self.run_target(index)?;
        let (mut capture, text) = Output::captured();
        let errors = self.drain_test(&mut capture)?;
        capture.flush()?;
        drop(capture);
        let passed = errors == 0 && self.control_word(Control::EXIT_CODE) == 0;
        self.reset_control()?;
        Ok((text.take(), passed))
    }

    /// Carries out all records; how many of them are errors of the script.
    fn drain_test(&mut self, output: &mut Output) -> Result<usize, Error> {
        let maps = ScriptMaps {
            manifest: &self.manifest,
            maps: &self.maps,
            names: &self.names,
            zeroed: &self.zeroed,
        };
        let Some(ring) = &mut self.ring else {
            return Ok(0);
        };
        let mut errors = 0;
        let mut failure = None;
        let mut more = true;
        while more && failure.is_none() {
            let drained = ring.drain(|record| {
                let id = record.first_chunk().map_or(0, |id| u32::from_ne_bytes(*id));
                let kind = maps.manifest.events.get(id as usize).map(|e| &e.kind);
                errors += usize::from(matches!(kind, Some(EventKind::Message { error: true, .. })));
                match carry_out(&maps, record, output) {
                    Ok(_) => {}
                    Err(error) => failure = Some(error),
                }
                true
            });
            more = drained.records > 0;
        }
        failure.map_or(Ok(errors), Err)
    }

    /// Runs a benchmark; nanoseconds a run, and how many runs. What it prints is passed over.
    fn run_bench(&mut self, index: usize) -> Result<(u64, u64), Error> {
        // Kept until the end: the kernel measures as long as it is open.
        let _statistics = bpf::enable_statistics()?;
        let start = Instant::now();
        let mut runs = 0;
        while runs < BENCH_RUNS && start.elapsed() < BENCH_TIME {
            for _ in 0..BENCH_BATCH {
                self.run_target(index)?;
            }
            runs += BENCH_BATCH;
            if let Some(ring) = &mut self.ring {
                ring.drain(|_| true);
            }
        }
        self.reset_control()?;
        let Some((program, _)) = self.targets().nth(index) else {
            return Ok((0, 0));
        };
        let info = bpf::program_info(program.fd.as_fd())?.0;
        Ok((info.run_time_ns / info.run_count.max(1), info.run_count))
    }

    fn run_target(&self, index: usize) -> Result<(), Error> {
        if let Some((program, _)) = self.targets().nth(index) {
            bpf::run_raw_tracepoint(program.fd.as_fd(), &program.about.symbol)?;
        }
        Ok(())
    }

    /// Forgets that a program has asked for the end.
    fn reset_control(&self) -> Result<(), Error> {
        if let Some(control) = self.maps.by_role(&MapRole::Control) {
            let zeros = vec![0; control.value_size()];
            control.update(&0u32.to_ne_bytes(), &zeros)?;
        }
        Ok(())
    }
}
