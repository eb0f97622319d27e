//! Runs that attach, and end a millisecond later: one tracepoint, each system call's, and those of some
//! with a field of theirs, which makes them perf tracepoints. And lists of all there is.

use super::support::{Bench, Verdict, beside, run, spread};
use std::process::Command;
use std::time::Instant;

/// What is attached, by name, and how often. Closing hundreds of perf tracepoints takes the kernel
/// half a minute.
const SCRIPTS: [(&str, &str, usize); 3] = [
    (
        "one",
        "tracepoint:syscalls:sys_enter_lseek { @ = count(); }",
        5,
    ),
    (
        "hundreds",
        "tracepoint:syscalls:sys_enter_* { @ = count(); }",
        1,
    ),
    (
        "with a field",
        "tracepoint:syscalls:sys_enter_s* { @ = max(args->__syscall_nr); }",
        1,
    ),
];

/// Seconds that a list may take.
const LIST: f64 = 1.0;

/// Attaching and detaching beside the peer; both must say that they attached as many.
pub fn attach(bench: &Bench) -> Result<Verdict, String> {
    let mut verdict = Verdict::Holds;
    for (name, script, runs) in SCRIPTS {
        let script = format!("{script} interval:ms:1 {{ exit(); }}");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut attached = 0;
        for _ in 0..runs {
            let (seconds, probes) = whole_run(&bench.strobe, &script)?;
            ours.push(seconds * 1e3);
            let (seconds, peer) = whole_run("bpftrace", &script)?;
            theirs.push(seconds * 1e3);
            if probes != peer {
                return Err(format!("{name}: {probes} probes here, {peer} there"));
            }
            attached = probes;
        }
        let (ours, theirs) = (spread(ours), spread(theirs));
        let holds = Verdict::of(ours.1 <= theirs.1);
        println!(
            "{name:<14} {attached:4} probes: {}: {}",
            beside(ours, theirs),
            holds.word()
        );
        verdict = verdict.and(holds);
    }
    for pattern in ["tracepoint:*", "kprobe:*"] {
        let mut lines = 0;
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            lines = run(Command::new(&bench.strobe).args(["-l", pattern]))?
                .lines()
                .count();
            times.push(start.elapsed().as_secs_f64());
        }
        let (least, middle, most) = spread(times);
        let holds = Verdict::of(middle <= LIST && lines > 1000);
        println!(
            "-l {pattern:<14} {lines} lines in {middle:.3} s ({least:.3} to {most:.3}): {}",
            holds.word()
        );
        verdict = verdict.and(holds);
    }
    Ok(verdict)
}

/// Seconds that a script takes from start to end, and how many probes it said to have attached.
fn whole_run(tracer: &str, script: &str) -> Result<(f64, u64), String> {
    let start = Instant::now();
    let output = Command::new(tracer).args(["-e", script]).output();
    let output = output.map_err(|e| format!("{tracer}: {e}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let said = |line: &str| {
        let count = line
            .strip_prefix("Attached ")
            .or(line.strip_prefix("Attaching "))?;
        count.split(' ').next()?.parse().ok()
    };
    match out.lines().chain(err.lines()).find_map(said) {
        Some(probes) if output.status.success() => Ok((seconds, probes)),
        _ => Err(format!("{tracer}: {err}")),
    }
}
