//! Processes that run programs: a crash of the compiler then ends one of them, and says with which
//! program.

use crate::check::{Verdict, check_seed};
use crate::generate::generate;
use crate::runner::Machine;
use crate::source::Source;
use crate::text;
use libtest_mimic::{Completion, Failed};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;

/// The first argument of a worker; a seed and a count follow.
const WORKER: &str = "--worker";

/// The first argument for a long run; a seed and a count follow.
const MANY: &str = "--many";

/// The first argument to see a program instead of running it; its seed follows.
const SHOW: &str = "--show";

/// Stack of a worker's thread in bytes, as the compiler wants it.
const STACK_BYTES: usize = 256 << 20;

/// What a batch came to.
#[derive(Clone, Debug, Default)]
struct Tally {
    ran: u64,
    too_long: u64,
    failures: Vec<String>,
}

pub fn is_worker() -> bool {
    std::env::args().nth(1).as_deref() == Some(WORKER)
}

/// Seed and count of a long run, if one was asked for.
pub fn asked_for() -> Option<(u64, u64)> {
    (std::env::args().nth(1)? == MANY).then(range)
}

/// The seed of a program that is to be shown, if one was asked for.
pub fn to_show() -> Option<u64> {
    (std::env::args().nth(1)? == SHOW).then(|| std::env::args().nth(2)?.parse().ok())?
}

/// Prints the program of a seed.
pub fn show(seed: u64) {
    print!("{}", text::write(&generate(&mut Source::seeded(seed))));
}

fn range() -> (u64, u64) {
    let number = |n| {
        let text = std::env::args().nth(n).unwrap_or_default();
        text.parse().expect("seed and count are numbers")
    };
    (number(2), number(3))
}

/// Runs programs in this process; a line for each that starts, ends or fails.
pub fn work() {
    let (seed, count) = range();
    let worker = move || {
        let machine = Machine::new();
        for seed in seed..seed + count {
            say(&format!("start {seed}"));
            say(&match check_seed(&machine, seed) {
                Verdict::Passed => "passed".to_owned(),
                Verdict::TooLong => "long".to_owned(),
                Verdict::Failed(report) => {
                    let text = format!("seed {seed}\n{}\n{:#?}", report.script, report.failure);
                    format!(
                        "failed {}",
                        text.replace("\\n", "\n").replace('\n', "\u{1}")
                    )
                }
            });
        }
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(worker);
    thread
        .expect("a thread starts")
        .join()
        .expect("no stage panics");
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("the parent listens");
    out.flush().expect("the parent listens");
}

/// Runs a batch in a worker, as a test.
pub fn trial(seed: u64, count: u64) -> Result<Completion, Failed> {
    if !rustix::process::geteuid().is_root() {
        return Ok(Completion::ignored_with("loading programs needs root"));
    }
    let tally = batch(seed, count);
    match tally.failures.is_empty() {
        true => Ok(Completion::Completed),
        false => Err(tally.failures.join("\n\n").into()),
    }
}

/// Runs many programs, on every CPU, and tells what became of them.
pub fn run_many(seed: u64, count: u64) {
    let workers = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let share = count.div_ceil(workers);
    let threads: Vec<_> = (0..workers)
        .map(|n| {
            let first = seed + n * share;
            let last = (first + share).min(seed + count);
            thread::spawn(move || batch(first, last.saturating_sub(first)))
        })
        .collect();
    let mut all = Tally::default();
    for thread in threads {
        let tally = thread.join().expect("a batch ends");
        all.ran += tally.ran;
        all.too_long += tally.too_long;
        all.failures.extend(tally.failures);
    }
    for failure in &all.failures {
        println!("{failure}\n");
    }
    println!(
        "{} programs ran from seed {seed}, {} were left out as too long, {} failed",
        all.ran,
        all.too_long,
        all.failures.len()
    );
    if !all.failures.is_empty() {
        std::process::exit(1);
    }
}

/// Runs programs in workers: another one where the last has crashed.
fn batch(seed: u64, count: u64) -> Tally {
    let mut tally = Tally::default();
    let mut next = seed;
    while next < seed + count {
        let running = follow(next, seed + count - next, &mut tally);
        next = match running {
            None => seed + count,
            Some(crashed) => {
                let script = text::write(&generate(&mut Source::seeded(crashed)));
                let failure = format!("seed {crashed}\n{script}\nthe compiler crashed");
                tally.failures.push(failure);
                crashed + 1
            }
        };
    }
    tally
}

/// Runs one worker; yields the seed of the program that it crashed on.
fn follow(seed: u64, count: u64, tally: &mut Tally) -> Option<u64> {
    let me = std::env::current_exe().expect("this binary has a path");
    let mut command = Command::new(me);
    command
        .arg(WORKER)
        .args([seed, count].map(|n| n.to_string()));
    let worker = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut worker = worker.expect("a worker starts");
    let out = worker.stdout.take().expect("its output is a pipe");
    let mut running = None;
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("start", seed)) => running = seed.parse().ok(),
            Some(("failed", text)) => {
                tally.ran += 1;
                tally.failures.push(text.replace('\u{1}', "\n"));
                running = None;
            }
            _ => {
                match line == "passed" {
                    true => tally.ran += 1,
                    false => tally.too_long += 1,
                }
                running = None;
            }
        }
    }
    let status = worker.wait().expect("a worker can be waited for");
    match status.success() {
        true => None,
        false => Some(running.unwrap_or(seed)),
    }
}
