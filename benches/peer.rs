//! Start-up beside the peer's: wall time and peak memory of whole runs, ours and Debian's bpftrace
//! in turn, as medians and ratios.
//!
//! Each run is a process of its own, measured by this binary called again with `measure`, since
//! the kernel tells the peak memory of all children of a process together. Every answer is checked.

use nix::sys::resource::{UsageWho, getrusage};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Runs of each command; odd, so that there is one in the middle.
const RUNS: usize = 21;

/// Where tracefs is looked for by the peer.
const TRACEFS: &str = "/sys/kernel/tracing";

/// What is compared, and what must hold.
struct Race {
    name: &'static str,
    ours: &'static str,
    theirs: &'static str,
    /// What the output must contain.
    answer: &'static str,
    /// Our wall time and peak memory as parts of the peer's, at most.
    bars: (f64, f64),
}

const RACES: [Race; 2] = [
    Race {
        name: "hello",
        ours: "begin { printf(\"hello\\n\"); exit(); }",
        theirs: "BEGIN { printf(\"hello\\n\"); exit(); }",
        answer: "hello",
        bars: (0.1, 0.25),
    },
    Race {
        name: "count by comm",
        ours: "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:ms:1 { exit(); }",
        theirs: "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:ms:1 { exit(); }",
        answer: "@[",
        bars: (0.5, 0.25),
    },
];

/// One run: milliseconds, and KiB at most.
#[derive(Clone, Copy)]
struct Sample {
    wall: f64,
    memory: f64,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("measure") {
        return measure(&args.collect::<Vec<_>>());
    }
    let ours = std::env::var("STROBE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_strobe").to_owned());
    let mounted = mount();
    let held = RACES.iter().filter(|race| hold(race, &ours)).count();
    if mounted {
        run_quietly("umount", &[TRACEFS]);
    }
    match held == RACES.len() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Runs a command and prints how long it took, how much memory, and its output.
fn measure(command: &[String]) -> ExitCode {
    let start = Instant::now();
    let output = Command::new(&command[0])
        .args(&command[1..])
        .stderr(Stdio::null())
        .output();
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let (Ok(output), Ok(usage)) = (output, getrusage(UsageWho::RUSAGE_CHILDREN)) else {
        return ExitCode::FAILURE;
    };
    println!("{wall} {}", usage.max_rss());
    print!("{}", String::from_utf8_lossy(&output.stdout));
    ExitCode::SUCCESS
}

/// Runs a race, prints its table and tells whether the bars hold.
fn hold(race: &Race, strobe: &str) -> bool {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let one = sample(strobe, race.ours, race.answer);
        let other = sample("bpftrace", race.theirs, race.answer);
        let (Some(one), Some(other)) = (one, other) else {
            println!("{}: a run gave no answer", race.name);
            return false;
        };
        ours.push(one);
        theirs.push(other);
    }
    println!(
        "{} ({RUNS} runs each, in turn; median, lowest to highest)",
        race.name
    );
    let wall = row("wall time, ms", &ours, &theirs, |s| s.wall, race.bars.0);
    let memory = row(
        "peak memory, MiB",
        &ours,
        &theirs,
        |s| s.memory / 1024.0,
        race.bars.1,
    );
    println!("  what the time of a run is spent on:");
    let steps = Command::new(strobe).args(["-v", "-e", race.ours]).output();
    let steps = steps
        .map(|o| String::from_utf8_lossy(&o.stderr).into_owned())
        .unwrap_or_default();
    for step in steps
        .lines()
        .filter_map(|line| line.strip_prefix("strobe: "))
    {
        println!("    {step}");
    }
    wall && memory
}

fn sample(program: &str, script: &str, answer: &str) -> Option<Sample> {
    let this = std::env::current_exe().ok()?;
    let output = Command::new(this)
        .args(["measure", program, "-e", script])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (numbers, printed) = text.split_once('\n')?;
    let (wall, memory) = numbers.split_once(' ')?;
    printed.contains(answer).then_some(Sample {
        wall: wall.parse().ok()?,
        memory: memory.parse().ok()?,
    })
}

fn row(what: &str, ours: &[Sample], theirs: &[Sample], of: fn(&Sample) -> f64, bar: f64) -> bool {
    let (one, other) = (spread(ours, of), spread(theirs, of));
    let ratio = one.1 / other.1;
    let verdict = if ratio <= bar { "holds" } else { "MISSED" };
    println!(
        "  {what:<17} strobe {:8.2} ({:.2} to {:.2})   bpftrace {:8.2} ({:.2} to {:.2})   ratio {ratio:.3}, bar {bar}: {verdict}",
        one.1, one.0, one.2, other.1, other.0, other.2
    );
    ratio <= bar
}

/// Lowest, middle and highest.
fn spread(samples: &[Sample], of: fn(&Sample) -> f64) -> (f64, f64, f64) {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    (
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    )
}

/// Mounts tracefs for the peer, which does not look elsewhere; whether that was needed.
fn mount() -> bool {
    if std::path::Path::new(TRACEFS).join("events").exists() {
        return false;
    }
    println!("tracefs is mounted at {TRACEFS} while this runs: the peer needs it, strobe does not");
    run_quietly("mount", &["-t", "tracefs", "tracefs", TRACEFS])
}

fn run_quietly(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .status()
        .is_ok_and(|status| status.success())
}
