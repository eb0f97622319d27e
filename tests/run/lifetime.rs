//! What is left in the kernel when strobe ends, however it ends.

use crate::execute::{missing, strobe};
use crate::running::Running;
use libtest_mimic::{Completion, Failed, Trial};
use rustix::process::Signal;
use std::process::Command;
use std::time::Duration;

/// A script with a program of every kind that stays attached.
const SCRIPT: &str = "tracepoint:sched:sched_switch { @a = count(); } \
    tracepoint:syscalls:sys_enter_read { @b = hist(args.count); } \
    profile:hz:49 { @c = count(); } interval:s:1 { @d = count(); }";

/// The cases.
pub fn trials() -> Vec<Trial> {
    [
        ("kill -9", Signal::KILL),
        ("SIGINT", Signal::INT),
        ("SIGTERM", Signal::TERM),
    ]
    .map(|(name, signal)| {
        Trial::ignorable_test(
            format!("lifetime: nothing is left after {name}"),
            move || leaves_nothing(signal),
        )
    })
    .into()
}

fn leaves_nothing(signal: Signal) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    if Command::new("bpftool").arg("version").output().is_err() {
        return Ok(Completion::ignored_with("bpftool is not installed"));
    }
    let running = Running::start(strobe().args(["-e", SCRIPT]))?;
    running.wait_attached()?;
    let held = objects_of(running.pid())?;
    if !held.iter().any(|(kind, _)| *kind == "link") {
        return Err("a running strobe holds no link".into());
    }
    running.signal(signal)?;
    running.end()?;
    // The kernel frees programs a grace period after their last reference went.
    for _ in 0..500 {
        if !held.iter().any(exists) {
            return Ok(Completion::Completed);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let left: Vec<_> = held.iter().filter(|object| exists(object)).collect();
    Err(format!("left in the kernel: {left:?}").into())
}

/// A program, map or link of the kernel: what `bpftool` calls its kind, and its id.
type Object = (&'static str, String);

/// Every object that a process has open.
fn objects_of(pid: u32) -> Result<Vec<Object>, String> {
    let folder = format!("/proc/{pid}/fdinfo");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{folder}: {e}"))?;
    let mut objects = Vec::new();
    for entry in entries.flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for (key, kind) in [
            ("prog_id:", "prog"),
            ("map_id:", "map"),
            ("link_id:", "link"),
        ] {
            let id = text.lines().find_map(|line| line.strip_prefix(key));
            objects.extend(id.map(|id| (kind, id.trim().to_owned())));
        }
    }
    Ok(objects)
}

/// Whether an object is still there.
fn exists((kind, id): &Object) -> bool {
    let shown = Command::new("bpftool")
        .args([kind, "show", "id", id])
        .output();
    shown.is_ok_and(|shown| shown.status.success())
}
