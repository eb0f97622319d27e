//! What cannot be kept is counted: events fired are events printed and events reported lost.

use crate::execute::{Place, missing, strobe};
use crate::running::Running;
use libtest_mimic::{Completion, Failed, Trial};
use rustix::process::Signal;
use std::process::Command;

/// Calls that the workload makes.
const CALLS: usize = 50_000;

/// The cases.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::ignorable_test("losses: printed and lost add up with a tiny ring", || {
            accounts_for_all(Some("1"))
        }),
        Trial::ignorable_test("losses: an error gets through a full ring", || {
            an_error_gets_through()
        }),
        Trial::ignorable_test(
            "losses: printed and lost add up with the usual ring",
            || accounts_for_all(None),
        ),
        Trial::ignorable_test("losses: a storm of two million calls adds up", storm),
    ]
}

fn accounts_for_all(ring_pages: Option<&str>) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let place = Place::new();
    let script = format!(
        "tracepoint:syscalls:sys_enter_write /comm == \"{}\"/ {{ printf(\"write %d %s\\n\", args.count, comm); }}",
        place.name
    );
    let mut command = strobe();
    command.args(["-e", &script]);
    if let Some(pages) = ring_pages {
        command.env("STROBE_PERF_RB_PAGES", pages);
    }
    let running = Running::start(&mut command)?;
    running.wait_attached()?;
    let words = ["write", &CALLS.to_string(), "2"].map(str::to_owned);
    let status = place.workload(&words).status()?;
    if !status.success() {
        return Err("the workload failed".into());
    }
    running.signal(Signal::INT)?;
    let ended = running.end()?;
    let printed = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("write "))
        .count();
    let lost = lost(&ended.stderr)?;
    if printed + lost != CALLS {
        let text = &ended.stderr;
        return Err(format!("{printed} printed and {lost} lost of {CALLS}\n{text}").into());
    }
    Ok(Completion::Completed)
}

/// Two processes that each read and write a byte at a time print every system call of theirs.
fn storm() -> Result<Completion, Failed> {
    /// Writes of one of them.
    const WRITES: usize = 500_000;
    const EACH: usize = 2;
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let place = Place::new();
    // The name of a process is that of its file.
    let dd = std::env::temp_dir().join(&place.name);
    std::fs::copy("/bin/dd", &dd)?;
    let script = format!(
        "tracepoint:raw_syscalls:sys_enter /comm == \"{}\"/ {{ \
         @calls = count(); if (args.id == {WRITE}) {{ @writes = count(); }} \
         printf(\"call %d\\n\", args.id); }}",
        place.name
    );
    let running = Running::start(strobe().args(["-e", &script]))?;
    running.wait_attached()?;
    let start = || {
        let count = format!("count={WRITES}");
        let words = [
            "if=/dev/zero",
            "of=/dev/null",
            "bs=1",
            "status=none",
            &count,
        ];
        Command::new(&dd).args(words).spawn()
    };
    let workers: Vec<_> = (0..EACH).map(|_| start()).collect::<Result<_, _>>()?;
    for mut worker in workers {
        if !worker.wait()?.success() {
            return Err("dd failed".into());
        }
    }
    running.signal(Signal::INT)?;
    let ended = running.end()?;
    std::fs::remove_file(&dd)?;
    let number = |name: &str| -> Option<usize> {
        let line = ended.stdout.lines().rfind(|line| line.starts_with(name))?;
        line.split(' ').next_back()?.parse().ok()
    };
    let (calls, writes) = (number("@calls:"), number("@writes:"));
    let printed = ended.stdout.lines().filter(|line| is_call(line)).count();
    let lost = lost(&ended.stderr)?;
    let all = EACH * WRITES;
    if writes != Some(all) || calls.is_none_or(|calls| calls < 2 * all) {
        return Err(format!("{calls:?} calls and {writes:?} writes, {}", ended.stderr).into());
    }
    if Some(printed + lost) != calls {
        return Err(format!("{printed} printed and {lost} lost of {calls:?}").into());
    }
    Ok(Completion::Completed)
}

/// The number of `write`.
const WRITE: u32 = if cfg!(target_arch = "x86_64") { 1 } else { 64 };

/// Whether a line is one that the storm prints, as a whole.
fn is_call(line: &str) -> bool {
    let number = line.strip_prefix("call ");
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// One of many calls gives an error, while all of them print more than a tiny ring holds.
fn an_error_gets_through() -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let place = Place::new();
    let script = format!(
        "tracepoint:syscalls:sys_enter_write /comm == \"{}\"/ {{ \
         printf(\"write %d %s %s %s\\n\", args.count, comm, comm, comm); \
         $n = ++@n; if ($n == {}) {{ errorf(\"reached %d\", $n); }} }} end {{ clear(@n); }}",
        place.name,
        CALLS / 2
    );
    let mut command = strobe();
    command
        .args(["-e", &script])
        .env("STROBE_PERF_RB_PAGES", "1");
    let running = Running::start(&mut command)?;
    running.wait_attached()?;
    let words = ["write", &CALLS.to_string(), "2"].map(str::to_owned);
    let status = place.workload(&words).status()?;
    if !status.success() {
        return Err("the workload failed".into());
    }
    running.signal(Signal::INT)?;
    let ended = running.end()?;
    if !ended
        .stderr
        .contains(&format!("ERROR: reached {}", CALLS / 2))
    {
        return Err(format!("the error is not there: {}", ended.stderr).into());
    }
    Ok(Completion::Completed)
}

/// The number that standard error reports as lost; 0 where it reports none.
fn lost(stderr: &str) -> Result<usize, String> {
    let Some((_, rest)) = stderr.split_once("lost ") else {
        return Ok(0);
    };
    let number = rest.split(' ').next().unwrap_or_default();
    number
        .parse()
        .map_err(|_| format!("no number is reported lost: {stderr}"))
}
