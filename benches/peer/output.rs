//! The way to user space: at what rate of events all of them are printed; what is printed while
//! somebody makes them as fast as can be, what of them is lost, and what CPU the printing takes; and
//! how long an event takes to appear on a quiet system.

use super::event::Pinned;
use super::support::{Bench, Exactness, Running, Verdict, spread};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const EVENTS: u64 = 1_000_000;
/// Rates that are tried, in events a second, for half a second each: the first, and how much faster
/// each next one is.
const RATES: (f64, f64) = (25_000.0, 1.4);
/// How often a rate is tried until it counts as too fast: other work may have come in between.
const TRIES: usize = 2;
/// How long nothing must have been printed until a flood is over.
const QUIET: Duration = Duration::from_millis(300);
const RUNS: usize = 3;
const BAR_PEER: f64 = 8.0;
const BAR_C: f64 = 1.3;
/// Seconds after which an event must have appeared on a quiet system.
const BAR_DELAY: f64 = 0.05;

const PROGRAM: &str =
    "tracepoint:syscalls:sys_enter_lseek { printf(\"%d %s %d\\n\", pid, comm, args->offset); }";

/// One flood of events.
#[derive(Clone, Copy)]
struct Flood {
    /// Events a second that were printed, until the last of them.
    rate: f64,
    /// Of a hundred.
    lost: f64,
    /// Nanoseconds of CPU for each.
    cpu: f64,
}

/// Measures floods and the delay.
pub fn output(bench: &Bench) -> Result<Verdict, String> {
    let (mut ours, mut hand, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let by_strobe = |flood| traced(bench, &bench.strobe, flood);
    let by_peer = |flood| traced(bench, "bpftrace", flood);
    let by_c = |flood| by_hand(bench, flood);
    let mut sustained = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        ours.push(by_strobe(FASTEST)?);
        hand.push(by_c(FASTEST)?);
        theirs.push(by_peer(FASTEST)?);
        sustained[0].push(lossless(&by_strobe)?);
        sustained[1].push(lossless(&by_c)?);
        sustained[2].push(lossless(&by_peer)?);
    }
    // Where events are made no faster, the printer's own limit is not known.
    let is_limited = sustained[0]
        .iter()
        .all(|(_, limit)| *limit == Limit::Making);
    let sustained = sustained.map(|rates| spread(rates.into_iter().map(|(rate, _)| rate)));
    for (name, (low, rate, high)) in ["strobe", "C", "bpftrace"].into_iter().zip(sustained) {
        let [low, rate, high] = [low, rate, high].map(|rate| rate / 1e3);
        println!("{name:<9}{rate:8.0} k/s ({low:.0} to {high:.0}) without loss");
    }
    for (name, floods) in [("strobe", &ours), ("C", &hand), ("bpftrace", &theirs)] {
        let (low, rate, high) = spread(floods.iter().map(|f| f.rate / 1e3));
        let lost = spread(floods.iter().map(|f| f.lost)).1;
        let cpu = spread(floods.iter().map(|f| f.cpu)).1;
        println!(
            "{name:<9}{rate:8.0} k/s of a flood ({low:.0} to {high:.0}), lost {lost:.2} %, {cpu:.0} ns of CPU an event"
        );
    }
    let cpu = |floods: &[Flood]| spread(floods.iter().map(|f| f.cpu)).1;
    let less_cpu = cpu(&theirs) / cpu(&ours);
    let [ours, hand, theirs] = sustained.map(|(_, rate, _)| rate);
    let (to_peer, to_c) = (ours / theirs, hand / ours);
    let beats_peer = to_peer >= BAR_PEER || is_limited && less_cpu >= BAR_PEER;
    let verdict = Verdict::of(beats_peer && to_c <= BAR_C);
    if is_limited {
        println!(
            "strobe prints as fast as events can be made, for 1/{less_cpu:.0} of bpftrace's CPU"
        );
    }
    println!(
        "without loss {to_peer:.1} x bpftrace (bar {BAR_PEER}), C is {to_c:.2} x strobe (bar {BAR_C}): {}",
        verdict.word()
    );
    Ok(verdict.and(delay(bench)?))
}

/// Events: how many, and nanoseconds from one to the next, or 0 for as fast as can be.
type Events = (u64, u64);

/// As fast as can be.
const FASTEST: Events = (EVENTS, 0);

/// Why events are not printed at a higher rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// Some would be lost.
    Loss,
    /// They are not made any faster.
    Making,
}

/// The fastest rate at which nothing is lost, and what limits it.
fn lossless(printed: &dyn Fn(Events) -> Result<Flood, String>) -> Result<(f64, Limit), String> {
    let (mut rate, faster) = RATES;
    let mut sustained = 0.0;
    loop {
        let events = ((rate / 2.0) as u64, (1e9 / rate) as u64);
        let mut all = None;
        for _ in 0..TRIES {
            if all.is_none() {
                all = Some(printed(events)?).filter(|flood| flood.lost == 0.0);
            }
        }
        let Some(flood) = all else {
            return Ok((sustained, Limit::Loss));
        };
        sustained = flood.rate.max(sustained);
        if flood.rate < rate / faster {
            return Ok((sustained, Limit::Making));
        }
        rate *= faster;
    }
}

fn traced(bench: &Bench, tracer: &str, events: Events) -> Result<Flood, String> {
    let path = bench.place.join("flood");
    let out = File::create(&path).map_err(|e| e.to_string())?;
    let mut command = Command::new(tracer);
    command
        .args(["-e", PROGRAM])
        .stdout(out)
        .stderr(Stdio::null());
    let tracer = Running::trace(&mut command, 1)?;
    flood(bench, tracer, events)
}

fn by_hand(bench: &Bench, events: Events) -> Result<Flood, String> {
    let pinned = Pinned::load(&bench.compile_c(8, Exactness::Plain)?)?;
    let ring = pinned.ring()?.ok_or("the C program has no ring buffer")?;
    let out = File::create(bench.place.join("flood")).map_err(|e| e.to_string())?;
    let mut command = Command::new(&bench.tool);
    command.arg("drain").arg(ring).stdout(out);
    let drain = Running(command.spawn().map_err(|e| e.to_string())?);
    let mut command = Command::new(&bench.tool);
    command.args(["attach", &pinned.program("event"), "sys_enter_lseek"]);
    let _attached = Running::start(&mut command, "attached")?;
    flood(bench, drain, events)
}

/// Floods whoever prints to the file `flood`, and ends it. Every line that was printed must be one
/// that an event can have made.
fn flood(bench: &Bench, mut printer: Running, (events, pace): Events) -> Result<Flood, String> {
    let (before, start) = (printer.cpu(), Instant::now());
    let path = bench.place.join("flood");
    bench.seek_every(events, pace)?;
    let time = last_change(&path, start)?.as_secs_f64();
    let cpu = printer.cpu() - before;
    printer.interrupt()?;
    let text = fs::read(path).map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&text);
    let ours = text.lines().filter(|line| line.contains(" lseeker "));
    let mut printed = 0;
    for line in ours {
        let offset = line.rsplit(' ').next().and_then(|w| w.parse::<u64>().ok());
        if offset.is_none_or(|offset| offset > 1023) {
            return Err(format!("nobody can have made `{line}`"));
        }
        printed += 1;
    }
    if printed == 0 || printed > events {
        return Err(format!("{printed} of {events} events were printed"));
    }
    Ok(Flood {
        rate: printed as f64 / time,
        lost: 100.0 * (events - printed) as f64 / events as f64,
        cpu: cpu * 1e9 / printed as f64,
    })
}

/// When a file grew for the last time, now that the flood has ended.
fn last_change(path: &Path, start: Instant) -> Result<Duration, String> {
    let (mut size, mut changed) = (0, start.elapsed());
    while start.elapsed() - changed < QUIET {
        let now = fs::metadata(path).map_err(|e| e.to_string())?.len();
        if now != size {
            (size, changed) = (now, start.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(changed)
}

/// How long one event takes to appear.
fn delay(bench: &Bench) -> Result<Verdict, String> {
    let mut command = Command::new(&bench.strobe);
    command.args(["-q", "-e", PROGRAM]).stdout(Stdio::piped());
    let mut tracer = Running::trace(&mut command, 1)?;
    let out = tracer.0.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(out).lines();
    let mut delays = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        bench.seek(1)?;
        loop {
            let line = lines
                .next()
                .ok_or("the output ended")?
                .map_err(|e| e.to_string())?;
            if line.ends_with(" lseeker 0") {
                break;
            }
        }
        delays.push(start.elapsed().as_secs_f64());
    }
    tracer.interrupt()?;
    let (low, delay, high) = spread(delays);
    let verdict = Verdict::of(delay <= BAR_DELAY);
    println!(
        "one event appears {:.1} ms after its process was started ({:.1} to {:.1}; bar 50): {}",
        delay * 1e3,
        low * 1e3,
        high * 1e3,
        verdict.word()
    );
    Ok(verdict)
}
