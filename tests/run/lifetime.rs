//! What is left in the kernel when strobe ends, however it ends.

use crate::execute::{missing, strobe};
use crate::needs;
use crate::running::Running;
use libtest_mimic::{Completion, Failed, Trial};
use rustix::process::Signal;
use std::process::Command;
use std::time::{Duration, Instant};

/// A script with a program of every kind that stays attached.
const SCRIPT: &str = "tracepoint:sched:sched_switch { @a = count(); } \
    tracepoint:syscalls:sys_enter_read { @b = hist(args.count); } \
    profile:hz:49 { @c = count(); } interval:s:1 { @d = count(); }";

/// The same in functions of the kernel.
const FUNCTIONS: &str = "kprobe:vfs_read { @a = count(); } kretprobe:vfs_read { @b = count(); } \
    kprobe:tcp_v* { @c = count(); } kretprobe:tcp_v* { @d = count(); } \
    fentry:vfs_write { @e = count(); } fexit:vfs_w* { @f = count(); }";

/// What takes the kernel long to attach: its name, the script, what it needs, and whether it may be
/// attached before the signal comes to be read, as what is one call of the kernel may.
const MANY: [(&str, &str, &[&str], bool); 4] = [
    (
        "functions of every kind",
        "config = { max_probes = 100000 } fentry:vfs_* { @a = count(); } \
            kprobe:a*,kprobe:s* { @b = count(); } kretprobe:t* { @c = count(); }",
        NEEDS,
        false,
    ),
    (
        "every function",
        "config = { max_probes = 200000 } kprobe:* /0/ { @a = count(); }",
        &["kprobe-multi"],
        true,
    ),
    (
        "a hundred fentry",
        "fentry:vfs_* /0/ { @a = count(); } fentry:ksys_* /0/ { @b = count(); }",
        &["fentry"],
        false,
    ),
    (
        "all tracepoints of system calls",
        "tracepoint:syscalls:* /0/ { @a = count(); }",
        &[],
        true,
    ),
];

/// The cases.
pub fn trials() -> Vec<Trial> {
    let ends = [
        ("kill -9", Signal::KILL),
        ("SIGINT", Signal::INT),
        ("SIGTERM", Signal::TERM),
    ];
    let kinds = [("", SCRIPT, &[][..]), (" in functions", FUNCTIONS, NEEDS)];
    let mut trials = Vec::new();
    for (kind, script, needs) in kinds {
        trials.extend(ends.map(|(name, signal)| {
            Trial::ignorable_test(
                format!("lifetime: nothing is left{kind} after {name}"),
                move || leaves_nothing(script, needs, signal),
            )
        }));
    }
    trials.push(Trial::ignorable_test(
        "lifetime: who asks for the end twice does not wait until all is detached",
        asked_twice,
    ));
    for (what, script, needs, may_finish) in MANY {
        for (how, signal) in [("is interrupted", Signal::INT), ("is killed", Signal::KILL)] {
            let name = format!("lifetime: nothing is left when attaching to {what} {how}");
            trials.push(Trial::ignorable_test(name, move || {
                stopped(script, needs, signal, may_finish)
            }));
        }
    }
    trials
}

/// A second SIGINT while the kernel detaches, which takes it ten seconds: the maps are printed long
/// before the process ends, and nothing is left then.
fn asked_twice() -> Result<Completion, Failed> {
    const SCRIPT: &str = "fentry:vfs_* { @ = count(); } fentry:ksys_* { @ = count(); }";
    if let Some(reason) = cannot(&["fentry"]) {
        return Ok(Completion::ignored_with(reason));
    }
    let running = Running::start(strobe().args(["-e", SCRIPT]))?;
    running.wait_attached()?;
    let held = objects_of(running.pid())?;
    let start = Instant::now();
    running.signal(Signal::INT)?;
    std::thread::sleep(Duration::from_millis(500));
    running.signal(Signal::INT)?;
    running.wait_printed("@: ")?;
    let printed = start.elapsed();
    running.end()?;
    let whole = start.elapsed();
    // Where the kernel is quick there is nothing to wait for.
    if whole > Duration::from_secs(4) && printed > whole / 2 {
        return Err(format!("printed after {printed:?} of {whole:?}").into());
    }
    all_go(&held)
}

/// What probes of functions need.
const NEEDS: &[&str] = &["kprobe", "fentry"];

/// Why nothing can be found out here.
fn cannot(needs: &[&str]) -> Option<String> {
    let needs: Vec<String> = needs.iter().map(|&need| need.to_owned()).collect();
    let here = missing()
        .map(str::to_owned)
        .or_else(|| needs::missing(&needs));
    let has_tool = || Command::new("bpftool").arg("version").output().is_ok();
    here.or_else(|| (!has_tool()).then(|| "bpftool is not installed".to_owned()))
}

fn leaves_nothing(script: &str, needs: &[&str], signal: Signal) -> Result<Completion, Failed> {
    if let Some(reason) = cannot(needs) {
        return Ok(Completion::ignored_with(reason));
    }
    let running = Running::start(strobe().args(["-e", script]))?;
    running.wait_attached()?;
    let held = objects_of(running.pid())?;
    if !held.iter().any(|(kind, _)| *kind == "link") {
        return Err("a running strobe holds no link".into());
    }
    running.signal(signal)?;
    running.end()?;
    all_go(&held)
}

/// A signal while much is attached to: it ends soon, has not run unless it may have, and leaves
/// nothing. What attaches by one call of the kernel is stopped as soon as its program is loaded.
fn stopped(
    script: &str,
    needs: &[&str],
    signal: Signal,
    may_finish: bool,
) -> Result<Completion, Failed> {
    if let Some(reason) = cannot(needs) {
        return Ok(Completion::ignored_with(reason));
    }
    let awaited = match may_finish {
        true => "prog",
        false => "link",
    };
    let running = Running::start(strobe().args(["-e", script]))?;
    let start = Instant::now();
    let held = loop {
        let held = objects_of(running.pid()).unwrap_or_default();
        if held.iter().any(|(kind, _)| *kind == awaited) {
            break held;
        }
        if start.elapsed() > Duration::from_secs(120) {
            return Err("it attaches nothing".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    running.signal(signal)?;
    let ended = running.end()?;
    if !may_finish && ended.stderr.contains("Attached") {
        return Err(format!("it was too fast to be interrupted: {}", ended.stderr).into());
    }
    if !ended.stdout.trim().is_empty() {
        return Err(format!("it ran: {}", ended.stdout).into());
    }
    all_go(&held)
}

fn all_go(held: &[Object]) -> Result<Completion, Failed> {
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
