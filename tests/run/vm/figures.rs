//! What attaching to many functions of the kernel takes, and detaching from them; measured where
//! functions can be attached to, in a virtual machine. `make bench` prints the figures.
//!
//! The emulated machine is some twenty times slower than a real one: it is the shares that tell,
//! strobe's own time beside that of the kernel.

use crate::execute::{missing, strobe};
use crate::needs;
use libtest_mimic::{Completion, Failed, Trial};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What is in front of a line that the driver shows.
pub const MARK: &str = "figure: ";

/// What figures are called, so that they are measured when they are asked for.
pub const NAME: &str = "figures";

/// What is attached: its name, what it needs, the script, and how many probes there must be at least.
const SCRIPTS: [(&str, &str, &str, u64); 4] = [
    (
        "one kprobe",
        "kprobe",
        "kprobe:vfs_read /0/ { @ = count(); }",
        1,
    ),
    (
        "kprobe:*",
        "kprobe-multi",
        "kprobe:* /0/ { @ = count(); }",
        10_000,
    ),
    (
        "kprobe:* and kretprobe:*",
        "kprobe-multi",
        "kprobe:* /0/ { @ = count(); } kretprobe:* /0/ { @ = count(); }",
        20_000,
    ),
    (
        "100 fentry",
        "fentry",
        "fentry:vfs_* /0/ { @ = count(); } fentry:ksys_* /0/ { @ = count(); }",
        70,
    ),
];

/// The measurements.
pub fn trials() -> Vec<Trial> {
    let trial = |(name, needs, script, least)| {
        Trial::ignorable_test(format!("{NAME}: {name}"), move || {
            measure(name, needs, script, least)
        })
    };
    SCRIPTS.map(trial).into()
}

fn measure(name: &str, needs: &str, script: &str, least: u64) -> Result<Completion, Failed> {
    let reason = missing().map(str::to_owned);
    if let Some(reason) = reason.or_else(|| needs::missing(&[needs.to_owned()])) {
        return Ok(Completion::ignored_with(reason));
    }
    // One after the other.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let script = format!("config = {{ max_probes = 200000 }} {script} interval:ms:1 {{ exit(); }}");
    let output = Command::new("time")
        .arg(strobe().get_program())
        .args(["-v", "-e", &script])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let figure = |start: &str| -> Result<&str, Failed> {
        let found = text.lines().find_map(|line| line.strip_prefix(start));
        found
            .map(str::trim)
            .ok_or_else(|| format!("no `{start}`: {text}").into())
    };
    let attached: u64 = figure("Attached ")?
        .split(' ')
        .next()
        .unwrap_or_default()
        .parse()?;
    if attached < least {
        return Err(format!("{attached} probes attached, fewer than {least}").into());
    }
    let attach = figure("strobe: loaded and attached in ")?;
    let detach = figure("strobe: ran, detached and printed in ")?;
    let (own, kernel) = (figure("user")?, figure("sys")?);
    let milliseconds = |text: &str| text.trim_end_matches(" ms").parse::<f64>();
    let verdict = match milliseconds(detach)? <= milliseconds(attach)? {
        true => "",
        false => " (longer than attaching)",
    };
    println!(
        "{MARK}{name:<26} {attached:6} probes: attached in {attach}, detached in {detach}{verdict}; \
         of the whole run strobe's own {own}, the kernel's {kernel}"
    );
    Ok(Completion::Completed)
}
