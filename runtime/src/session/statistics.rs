//! What the programs cost, by the kernel's run-time statistics.

use super::Session;
use crate::Error;
use crate::load::LoadedProgram;
use crate::print::Output;
use crate::sys::SyscallError;
use crate::sys::bpf::{self, ProgramInfo};
use crate::sys::clock::monotonic_ns;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// How often the overhead is looked at: often enough to spare the machine, seldom enough that a
/// burst is not taken for a habit.
const WINDOW: Duration = Duration::from_millis(500);

/// What is asked of the statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Whether they are printed at the end.
    pub print: bool,
    /// The share of a CPU, in percent, above which the run ends.
    pub most_percent: Option<f64>,
}

/// Statistics that are being kept.
pub(super) struct Kept {
    wanted: Statistics,
    /// The kernel counts while it is open.
    _enabled: OwnedFd,
    start_ns: u64,
    /// When the overhead was looked at last, and the run time then.
    seen: (u64, u64),
}

impl Kept {
    /// Has the kernel count from now on, if anybody wants to know.
    pub(super) fn start(wanted: Statistics) -> Result<Option<Self>, SyscallError> {
        if wanted == Statistics::default() {
            return Ok(None);
        }
        let enabled = bpf::enable_statistics()?;
        let now = monotonic_ns();
        Ok(Some(Self {
            wanted,
            _enabled: enabled,
            start_ns: now,
            seen: (now, 0),
        }))
    }

    /// How long to wait for the next look, where there is a limit.
    pub(super) fn window(&self) -> Option<Duration> {
        self.wanted.most_percent.map(|_| WINDOW)
    }
}

impl Session {
    /// Whether the programs took more of a CPU since the last look than they may; says so.
    pub(super) fn is_too_expensive(&mut self, output: &mut Output) -> Result<bool, Error> {
        let Some(kept) = &mut self.statistics else {
            return Ok(false);
        };
        let Some(most) = kept.wanted.most_percent else {
            return Ok(false);
        };
        let now = monotonic_ns();
        let (then, before) = kept.seen;
        if now - then < WINDOW.as_nanos() as u64 {
            return Ok(false);
        }
        let ran = total(&self.programs)?;
        kept.seen = (now, ran);
        let share = percent(ran - before, now - then);
        if share <= most {
            return Ok(false);
        }
        output.complain(format_args!(
            "strobe: detached: the probes took {share:.1} % of a CPU, more than the {most} % of --max-overhead"
        ));
        Ok(true)
    }

    /// Prints what each probe cost.
    pub(super) fn print_statistics(&self, output: &mut Output) -> Result<(), Error> {
        let Some(kept) = self.statistics.as_ref().filter(|kept| kept.wanted.print) else {
            return Ok(());
        };
        let ran = monotonic_ns() - kept.start_ns;
        let names: Vec<String> = self.programs.iter().map(name).collect();
        let width = names.iter().map(String::len).max().unwrap_or(0).max(5);
        output.complain(format_args!(
            "\n{:width$} {:>12} {:>10} {:>10} {:>10}",
            "probe", "events", "ns/event", "% of a CPU", "missed"
        ));
        for (program, name) in self.programs.iter().zip(&names) {
            let info = info(program)?;
            let each = info.run_time_ns.checked_div(info.run_count).unwrap_or(0);
            output.complain(format_args!(
                "{name:width$} {:>12} {each:>10} {:>10.3} {:>10}",
                info.run_count,
                percent(info.run_time_ns, ran),
                info.missed
            ));
        }
        Ok(())
    }
}

pub(super) fn info(program: &LoadedProgram) -> Result<ProgramInfo, SyscallError> {
    bpf::program_info(program.fd.as_fd()).map(|(info, _)| info)
}

/// Nanoseconds that all programs have run.
fn total(programs: &[LoadedProgram]) -> Result<u64, SyscallError> {
    let times = programs
        .iter()
        .map(|p| info(p).map(|info| info.run_time_ns));
    times.sum()
}

fn percent(part_ns: u64, whole_ns: u64) -> f64 {
    100.0 * part_ns as f64 / whole_ns.max(1) as f64
}

/// The first place of a program, and how many more there are.
pub(super) fn name(program: &LoadedProgram) -> String {
    let targets = &program.about.targets;
    match targets.as_slice() {
        [] => program.about.symbol.clone(),
        [one] => one.name.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    }
}
