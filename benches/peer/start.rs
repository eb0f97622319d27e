//! Start and stop: wall time and peak memory of whole runs, ours and the peer's in turn, what the
//! kernel's part of ours is, how soon a run ends when it is told to, and the size of the binary.
//!
//! Each run is a process of its own, measured by this binary called again with `measure`, since
//! the kernel tells the peak memory of all children of a process together.

use super::support::{Bench, Running, Verdict, beside, run, spread};
use nix::sys::resource::{UsageWho, getrusage};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Instant;

/// Runs of each command; odd, so that there is one in the middle.
const RUNS: usize = 15;

/// What is compared, and what must hold. Each script says hello once all is attached.
struct Race {
    name: &'static str,
    script: &'static str,
    /// What the output must be, but for empty lines; where there is nothing, other processes decide
    /// what stands behind the hello.
    answer: Option<&'static [&'static str]>,
    /// Our wall time and peak memory as parts of the peer's, at most.
    bars: (f64, f64),
}

const RACES: [Race; 3] = [
    Race {
        name: "hello",
        script: "BEGIN { printf(\"hello\\n\"); exit(); }",
        answer: Some(&["hello"]),
        bars: (1.0 / 15.0, 0.25),
    },
    Race {
        name: "count of a tracepoint",
        script: "BEGIN { printf(\"hello\\n\"); } tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:ms:1 { exit(); }",
        answer: None,
        bars: (0.5, 0.25),
    },
    Race {
        name: "casts through BTF",
        script: "BEGIN { printf(\"hello\\n\"); } tracepoint:sched:sched_switch { $t = (struct task_struct *)curtask; if ($t->pid < 0) { @[$t->mm->pgd, $t->parent->comm] = count(); } } interval:ms:1 { printf(\"done\\n\"); exit(); }",
        answer: Some(&["hello", "done"]),
        bars: (0.5, 0.25),
    },
];

/// One run: milliseconds until its first line, which says that all is attached, and in all; and KiB
/// at most.
#[derive(Clone, Copy)]
pub struct Sample {
    attached: f64,
    pub wall: f64,
    pub memory: f64,
}

/// Runs a command and prints how long it took to its first line and in all, how much memory, and its
/// output.
pub fn measure(command: &[String]) -> ExitCode {
    match timed(command) {
        Ok((status, text)) => {
            print!("{text}");
            ExitCode::from(u8::from(!status.success()))
        }
        Err(error) => {
            eprintln!("{command:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn timed(command: &[String]) -> std::io::Result<(ExitStatus, String)> {
    let start = Instant::now();
    let passed = || start.elapsed().as_secs_f64() * 1e3;
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stderr(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut text, mut attached) = (String::new(), None);
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|o| BufReader::new(o).lines())
    {
        let line = line?;
        // The peer says beforehand what it is about to do.
        if !line.starts_with("Attaching ") {
            attached.get_or_insert_with(passed);
        }
        text = text + &line + "\n";
    }
    let status = child.wait()?;
    let wall = passed();
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    let attached = attached.unwrap_or(wall);
    Ok((status, format!("{attached} {wall} {memory}\n{text}")))
}

/// Whole runs, compiled anew and found compiled.
pub fn start(bench: &Bench) -> Result<Verdict, String> {
    let mut verdict = Verdict::Holds;
    for race in &RACES {
        let (mut anew, mut found, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            anew.push(sample(race, &[&bench.strobe, "--no-cache"])?);
            found.push(sample(race, &[&bench.strobe])?);
            theirs.push(sample(race, &["bpftrace"])?);
        }
        println!(
            "{} ({RUNS} runs each, in turn; median, lowest to highest)",
            race.name
        );
        let attached = |s: &Sample| s.attached;
        let wall = |s: &Sample| s.wall;
        let memory = |s: &Sample| s.memory / 1024.0;
        for (what, samples) in [
            ("bpftrace", &theirs),
            ("compiled", &anew),
            ("found", &found),
        ] {
            row(&format!("{what}, ms to attached"), samples, attached);
        }
        row("bpftrace, ms", &theirs, wall);
        row("bpftrace, MiB", &theirs, memory);
        for (what, ours) in [("compiled", &anew), ("found", &found)] {
            for (unit, of, bar) in [
                ("ms", wall as fn(&Sample) -> f64, race.bars.0),
                ("MiB", memory, race.bars.1),
            ] {
                let ratio = row(&format!("{what}, {unit}"), ours, of) / middle(&theirs, of);
                let holds = Verdict::of(ratio <= bar);
                println!(
                    "      {ratio:.4} of bpftrace's, bar {bar:.4}: {}",
                    holds.word()
                );
                verdict = verdict.and(holds);
            }
        }
    }
    longest(bench)?;
    Ok(verdict)
}

/// Whole runs of the longest of the saved tools, which the peer does not know the language of.
fn longest(bench: &Bench) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = run(Command::new("sh")
        .current_dir(root)
        .args(["-c", "wc -l scripts/*/*.bt | sort -n | tail -2 | head -1"]))?;
    let (lines, path) = text.trim().split_once(' ').ok_or("no scripts")?;
    println!("{path}, {lines} lines, while `true` runs");
    for (what, flags) in [("compiled", &["--no-cache"][..]), ("found", &[])] {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            let mut strobe = Command::new(&bench.strobe);
            run(strobe
                .current_dir(root)
                .args(flags)
                .args([path, "-c", "true"]))?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let (low, median, high) = spread(times);
        println!("  {what:<15}{median:9.2} ({low:.2} to {high:.2})");
    }
    Ok(())
}

fn sample(race: &Race, tracer: &[&str]) -> Result<Sample, String> {
    let (sample, printed) = measured(tracer.iter().chain(&["-e", race.script]).copied())?;
    let printed: Vec<&str> = printed
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("Attaching "))
        .collect();
    let is_right = match race.answer {
        Some(answer) => printed == answer,
        None => {
            let (first, rest) = printed.split_first().ok_or("nothing was printed")?;
            *first == "hello" && rest.iter().all(|line| line.starts_with("@["))
        }
    };
    match is_right {
        true => Ok(sample),
        false => Err(format!("{tracer:?} printed {printed:?}")),
    }
}

/// What the run of a command took, by [`measure`], and what it printed.
pub fn measured<'a>(
    command: impl IntoIterator<Item = &'a str>,
) -> Result<(Sample, String), String> {
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let text = run(Command::new(this).arg("measure").args(command))?;
    let (numbers, printed) = text.split_once('\n').ok_or("no numbers")?;
    let numbers: Vec<f64> = numbers.split(' ').filter_map(|n| n.parse().ok()).collect();
    let &[attached, wall, memory] = numbers.as_slice() else {
        return Err(format!("no numbers: {text}"));
    };
    let sample = Sample {
        attached,
        wall,
        memory,
    };
    Ok((sample, printed.to_owned()))
}

fn row(what: &str, samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    let (low, median, high) = spread(samples.iter().map(of));
    println!("  {what:<23}{median:9.2} ({low:.2} to {high:.2})");
    median
}

fn middle(samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    spread(samples.iter().map(of)).1
}

/// What the system calls of a hello take, as strace counts them: what is left when nothing is
/// compiled.
pub fn calls(bench: &Bench) -> Result<Verdict, String> {
    let table = bench.place.join("calls");
    for flag in ["--no-cache", "-q"] {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-c", "-w", "-S", "time", "-o"])
            .arg(&table)
            .arg(&bench.strobe);
        run(command.args([flag, "-e", RACES[0].script]))?;
        let text = fs::read_to_string(&table).map_err(|e| e.to_string())?;
        println!("hello with {flag}:");
        for line in text.lines().take(9) {
            println!("  {line}");
        }
        println!("  {}", text.lines().last().unwrap_or_default());
    }
    let steps = Command::new(&bench.strobe)
        .args(["-v", "-e", RACES[0].script])
        .output();
    let steps = steps.map_err(|e| e.to_string())?;
    for step in String::from_utf8_lossy(&steps.stderr)
        .lines()
        .filter(|l| l.contains(" ms"))
    {
        println!("  {step}");
    }
    Ok(Verdict::Holds)
}

/// From Ctrl-C to the end of the process.
pub fn stop(bench: &Bench) -> Result<Verdict, String> {
    const SCRIPTS: [(&str, &str, usize); 3] = [
        ("interval", "interval:s:100 { @ = count(); }", 1),
        (
            "tracepoint",
            "tracepoint:syscalls:sys_enter_lseek { @ = count(); }",
            1,
        ),
        (
            "ten tracepoints",
            "tracepoint:syscalls:sys_enter_*stat*, tracepoint:syscalls:sys_exit_*stat* { @ = count(); }",
            2,
        ),
    ];
    let mut verdict = Verdict::Holds;
    for (name, script, programs) in SCRIPTS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            for (tracer, times) in [
                (bench.strobe.as_str(), &mut ours),
                ("bpftrace", &mut theirs),
            ] {
                let mut command = Command::new(tracer);
                command
                    .args(["-e", script])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null());
                let least = if tracer == "bpftrace" { programs } else { 1 };
                times.push(Running::trace(&mut command, least)?.interrupt()? * 1e3);
            }
        }
        let (ours, theirs) = (spread(ours), spread(theirs));
        println!("{name:<16} {}", beside(ours, theirs));
        verdict = verdict.and(Verdict::of(ours.1 <= theirs.1));
    }
    Ok(verdict)
}

/// The binary and what it needs.
pub fn size(bench: &Bench) -> Result<Verdict, String> {
    let bytes = |path: &str| fs::metadata(path).map(|about| about.len() as f64 / 1e6);
    let ours = bytes(&bench.strobe).map_err(|e| e.to_string())?;
    println!("strobe {ours:.1} MB, needs: {}", libraries(&bench.strobe).0);
    let peer = run(Command::new("sh").args(["-c", "command -v bpftrace"]))?;
    let (needs, total) = libraries(peer.trim());
    let theirs = bytes(peer.trim()).map_err(|e| e.to_string())? + total / 1e6;
    println!("bpftrace {theirs:.1} MB with its libraries: {needs}");
    Ok(Verdict::of(ours <= theirs))
}

/// How many shared libraries a program needs, in words, and their bytes.
fn libraries(program: &str) -> (String, f64) {
    let Ok(list) = run(Command::new("ldd").arg(program)) else {
        return ("nothing".to_owned(), 0.0);
    };
    let paths = list
        .lines()
        .filter_map(|line| line.split(" => ").nth(1)?.split(' ').next());
    let sizes: Vec<u64> = paths
        .filter_map(|path| Some(fs::metadata(path).ok()?.len()))
        .collect();
    (
        format!("{} libraries", sizes.len()),
        sizes.iter().sum::<u64>() as f64,
    )
}
