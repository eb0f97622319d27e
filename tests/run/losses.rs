//! What cannot be kept is counted: events fired are events printed and events reported lost.

use crate::execute::{Place, missing, strobe};
use crate::running::Running;
use libtest_mimic::{Completion, Failed, Trial};
use rustix::process::Signal;

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
