//! What an event costs: instructions and nanoseconds of eight one-liners, as strobe, the peer and
//! C by hand have them, plain and with answers as exact as strobe's. Nanoseconds are the kernel's
//! run-time statistics, the least of the runs, since other work on the machine only adds to them.
//! What is compared is net of a program that does nothing.

use super::support::{Bench, Exactness, Running, Verdict, number, run};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// Events of one measurement.
const EVENTS: u64 = 100_000;
/// Runs of each.
const RUNS: usize = 7;
/// At most so many times the nanoseconds of the faster C, and the instructions of the exact one.
const BAR_C: f64 = 1.1;
/// Nanoseconds that the same program takes more or less: so far apart is what is measured of the
/// scalar counts in C, which are the same code.
const RESOLUTION: f64 = 2.0;
/// At least so many times faster than the peer, where that is asked for.
const BAR_PEER: f64 = 2.5;

/// A one-liner. Its place in the list, from 1, is its number in `events.bpf.c`.
struct OneLiner {
    name: &'static str,
    program: &'static str,
    /// What a line of the output must hold, `N` standing for [`EVENTS`]. Other processes may make
    /// events, too.
    answer: &'static str,
    /// How many BPF programs it makes.
    programs: usize,
    races_peer: bool,
    /// Whether plain C counts for the bar. It does not where it is faster by what it gives up: of
    /// stacks it tells a hash, and drops those whose hash another one has; starts are refused where
    /// many come at once, since there is no room for them beforehand.
    plain_counts: bool,
}

const ONE_LINERS: [OneLiner; 8] = [
    OneLiner {
        name: "scalar count",
        program: "tracepoint:syscalls:sys_enter_lseek { @ = count(); }",
        answer: "@: ",
        programs: 1,
        races_peer: true,
        plain_counts: true,
    },
    OneLiner {
        name: "count by comm",
        program: "tracepoint:syscalls:sys_enter_lseek { @[comm] = count(); }",
        answer: "@[lseeker]: N",
        programs: 1,
        races_peer: true,
        plain_counts: true,
    },
    OneLiner {
        name: "count by pid and comm",
        program: "tracepoint:syscalls:sys_enter_lseek { @[pid, comm] = count(); }",
        answer: ", lseeker]: N",
        programs: 1,
        races_peer: false,
        plain_counts: true,
    },
    OneLiner {
        name: "hist of an argument",
        program: "tracepoint:syscalls:sys_enter_lseek { @ = hist(args->offset); }",
        answer: "[512, 1K)",
        programs: 1,
        races_peer: true,
        plain_counts: true,
    },
    OneLiner {
        name: "latency by a start map",
        program: "tracepoint:syscalls:sys_enter_lseek { @s[tid] = nsecs; } tracepoint:syscalls:sys_exit_lseek /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }",
        answer: "@:",
        programs: 2,
        races_peer: false,
        plain_counts: false,
    },
    OneLiner {
        name: "count by stack",
        program: "tracepoint:syscalls:sys_enter_lseek { @[kstack] = count(); }",
        answer: "]: ",
        programs: 1,
        races_peer: false,
        plain_counts: false,
    },
    OneLiner {
        name: "filter by a string",
        program: "tracepoint:syscalls:sys_enter_lseek /comm == \"lseeker\"/ { @ = count(); }",
        answer: "@: N",
        programs: 1,
        races_peer: false,
        plain_counts: true,
    },
    OneLiner {
        name: "printf of three fields",
        program: "tracepoint:syscalls:sys_enter_lseek { printf(\"%d %s %d\\n\", pid, comm, args->offset); }",
        answer: " lseeker 1023",
        programs: 1,
        races_peer: false,
        plain_counts: true,
    },
];

/// What a program costs.
#[derive(Clone, Copy, Debug)]
struct Cost {
    nanoseconds: f64,
    instructions: u64,
}

/// Measures all one-liners.
pub fn event(bench: &Bench) -> Result<Verdict, String> {
    let mut verdict = Verdict::Holds;
    let empty = least((0..RUNS).map(|_| by_hand(bench, 0, Exactness::Plain)))?;
    println!(
        "a program that does nothing: {:.0} ns, {} insns",
        empty.nanoseconds, empty.instructions
    );
    println!(
        "{:<24}{:>20}{:>20}{:>20}{:>20}{:>12}{:>9}",
        "", "strobe", "exact C", "plain C", "bpftrace", "to C", "to peer"
    );
    for (one_liner, n) in ONE_LINERS.iter().zip(1..) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut exact, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(traced(bench, &bench.strobe, one_liner));
            exact.push(by_hand(bench, n, Exactness::Exact));
            plain.push(by_hand(bench, n, Exactness::Plain));
            theirs.push(traced(bench, "bpftrace", one_liner));
        }
        let (ours, theirs) = (least(ours)?, least(theirs)?);
        let (exact, plain) = (least(exact)?, least(plain)?);
        let mut hand = exact.nanoseconds;
        if one_liner.plain_counts {
            hand = hand.min(plain.nanoseconds);
        }
        let net = |nanoseconds: f64| (nanoseconds - empty.nanoseconds).max(RESOLUTION);
        let to_c = net(ours.nanoseconds) / net(hand);
        let is_as_fast = net(ours.nanoseconds) <= BAR_C * net(hand) + RESOLUTION;
        let length = |cost: Cost| cost.instructions.saturating_sub(empty.instructions) as f64;
        let longer = length(ours) / length(exact);
        let to_peer = net(theirs.nanoseconds) / net(ours.nanoseconds);
        let beats_peer = !one_liner.races_peer || to_peer >= BAR_PEER;
        let holds = Verdict::of(is_as_fast && longer <= BAR_C && beats_peer);
        verdict = verdict.and(holds);
        let cost = |c: Cost| format!("{:.0} ns {:>4} insns", c.nanoseconds, c.instructions);
        println!(
            "{:<24}{:>20}{:>20}{:>20}{:>20}{:>12}{to_peer:>8.1}x  {}",
            one_liner.name,
            cost(ours),
            cost(exact),
            cost(plain),
            cost(theirs),
            format!("{to_c:.2} {longer:.2}"),
            holds.word()
        );
    }
    Ok(verdict)
}

/// The cost with a tracer.
fn traced(bench: &Bench, tracer: &str, one_liner: &OneLiner) -> Result<Cost, String> {
    let path = bench.place.join("out");
    let out = File::create(&path).map_err(|e| e.to_string())?;
    let mut command = Command::new(tracer);
    command
        .args(["-e", one_liner.program])
        .stdout(out)
        .stderr(Stdio::null());
    let mut tracer = Running::trace(&mut command, one_liner.programs)?;
    bench.seek(EVENTS)?;
    let cost = cost(&tracer)?;
    tracer.interrupt()?;
    let text = fs::read_to_string(&path).map_err(|e| e.to_string())?;
    let answer = one_liner.answer.replace('N', &EVENTS.to_string());
    match text.lines().any(|line| line.contains(&answer)) {
        true => Ok(cost),
        false => Err(format!("{command:?} did not say `{answer}`")),
    }
}

/// The cost in C.
fn by_hand(bench: &Bench, n: usize, exactness: Exactness) -> Result<Cost, String> {
    let object = bench.compile_c(n, exactness)?;
    let pinned = Pinned::load(&object)?;
    let drain = match pinned.ring()? {
        Some(ring) => {
            let mut command = Command::new(&bench.tool);
            command.arg("drain").arg(ring).stdout(Stdio::null());
            Some(Running(command.spawn().map_err(|e| e.to_string())?))
        }
        None => None,
    };
    let mut command = Command::new(&bench.tool);
    command.args(["attach", &pinned.program("event"), "sys_enter_lseek"]);
    if ONE_LINERS
        .get(n.wrapping_sub(1))
        .is_some_and(|o| o.programs == 2)
    {
        command.args([&pinned.program("event_exit"), "sys_exit_lseek"]);
    }
    let attached = Running::start(&mut command, "attached")?;
    bench.seek(EVENTS)?;
    drop(drain);
    cost(&attached)
}

fn cost(running: &Running) -> Result<Cost, String> {
    let programs = running.programs();
    let runs = programs.values().map(|p| p.runs).max().unwrap_or(0);
    if runs < EVENTS {
        return Err(format!("{runs} of {EVENTS} events were seen"));
    }
    let mut cost = Cost {
        nanoseconds: 0.0,
        instructions: 0,
    };
    for (id, program) in programs {
        cost.nanoseconds += program.nanoseconds as f64 / program.runs.max(1) as f64;
        let about =
            run(Command::new("bpftool").args(["prog", "show", "id", &id.to_string(), "--json"]))?;
        cost.instructions += number(&about, "bytes_xlated").unwrap_or(0) / 8;
    }
    Ok(cost)
}

fn least(costs: impl IntoIterator<Item = Result<Cost, String>>) -> Result<Cost, String> {
    let costs = costs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let least = costs
        .into_iter()
        .min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
    least.ok_or_else(|| "no runs".to_owned())
}

/// Programs that bpftool has loaded, until dropped.
pub struct Pinned(String);

impl Pinned {
    /// Loads an object file.
    pub fn load(object: &Path) -> Result<Self, String> {
        let name = object.file_stem().unwrap_or_default().to_string_lossy();
        let place = format!("/sys/fs/bpf/strobe-bench-{name}");
        let _ = fs::remove_dir_all(&place);
        run(Command::new("bpftool")
            .args(["prog", "loadall"])
            .arg(object)
            .arg(&place))?;
        Ok(Self(place))
    }

    /// The path of a program.
    pub fn program(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    /// The path of its ring buffer, if it has one.
    pub fn ring(&self) -> Result<Option<String>, String> {
        let program = self.program("event");
        let about =
            run(Command::new("bpftool").args(["prog", "show", "pinned", &program, "--json"]))?;
        let Some((_, rest)) = about.split_once("\"map_ids\":[") else {
            return Ok(None);
        };
        for id in rest.split(']').next().unwrap_or_default().split(',') {
            let map = run(Command::new("bpftool").args(["map", "show", "id", id, "--json"]))?;
            if map.contains("\"type\":\"ringbuf\"") {
                let path = self.program("ring");
                run(Command::new("bpftool").args(["map", "pin", "id", id, &path]))?;
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
