//! strobe beside the peer, Debian's bpftrace, and beside C by hand: start, stop, cost of an event,
//! way to user space, size. Everything runs in turn, in one run; every answer is checked.
//!
//! Parts can be named: `cargo bench --bench peer -- start event`. Runs in a mount namespace of its
//! own, so that tracefs and bpffs, which the peer and bpftool need, are seen by nobody else and
//! gone when it ends, however it ends. README.md beside this tells what was found.

mod attach;
mod event;
mod keys;
mod output;
mod start;
mod support;

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use support::{Bench, Verdict};

/// Set in the process that has the mount namespace.
const INSIDE: &str = "STROBE_BENCH_INSIDE";

/// A part, by name; takes what all share and tells whether its bars hold.
type Part = (&'static str, fn(&Bench) -> Result<Verdict, String>);

const PARTS: [Part; 8] = [
    ("size", start::size),
    ("start", start::start),
    ("calls", start::calls),
    ("attach", attach::attach),
    ("stop", start::stop),
    ("event", event::event),
    ("output", output::output),
    ("keys", keys::keys),
];

fn main() -> ExitCode {
    let mut args: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    if args.first().is_some_and(|a| a == "measure") {
        return start::measure(&args.split_off(1));
    }
    if env::var_os(INSIDE).is_none() {
        return enter(&args);
    }
    let bench = match Bench::prepare() {
        Ok(bench) => bench,
        Err(reason) => return fail(&reason),
    };
    let mut held = true;
    for (name, part) in PARTS {
        if !args.is_empty() && !args.iter().any(|a| a == name) {
            continue;
        }
        println!("\n## {name}");
        match part(&bench) {
            Ok(verdict) => held &= verdict == Verdict::Holds,
            Err(reason) => {
                println!("{name}: {reason}");
                held = false;
            }
        }
    }
    match held {
        true => ExitCode::SUCCESS,
        false => fail("some bars were missed"),
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("bench: {reason}");
    ExitCode::FAILURE
}

/// Runs this again where mounts are its own.
fn enter(args: &[String]) -> ExitCode {
    let Ok(this) = env::current_exe() else {
        return fail("where this program is cannot be told");
    };
    let mounts =
        "mount -t tracefs tracefs /sys/kernel/tracing; mount -t bpf bpf /sys/fs/bpf; exec \"$@\"";
    let error = Command::new("unshare")
        .args(["--mount", "sh", "-c", mounts, "sh"])
        .arg(this)
        .args(args)
        .env(INSIDE, "1")
        .exec();
    fail(&format!("unshare: {error}"))
}
