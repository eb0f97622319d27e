//! A virtual machine: QEMU with a kernel and an initramfs.

use super::kernel::Kernel;
use super::{figures, guest};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const QEMU: &str = "qemu-system-x86_64";

/// Two CPUs by one thread. A thread for each is no faster where two machines run at a time, and
/// crashes a kernel that changes its own code at ten thousands of places.
const CPUS_IN_TURN: &str = "tcg,thread=single";

/// How long a machine may take, far above what any does.
const LIMIT: Duration = Duration::from_secs(1200);

/// How often it is looked whether a kernel has given up.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Works,
    /// The kernel lacks what it needs.
    Skipped(String),
    Broken,
}

/// What a machine printed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The cases, by their names.
    pub cases: BTreeMap<String, Verdict>,
    /// What the cases said that failed.
    pub failures: Vec<String>,
    /// What was measured.
    pub figures: Vec<String>,
    pub took: Duration,
    /// Where it says why it did not come to its end, if it did not.
    pub stuck: Option<PathBuf>,
}

impl Outcome {
    /// Adds what came of another boot, which ran what was left.
    pub fn add(&mut self, other: Outcome) {
        self.cases.extend(other.cases);
        self.failures.extend(other.failures);
        self.figures.extend(other.figures);
        self.took += other.took;
        self.stuck = other.stuck;
    }
}

/// Why there is no QEMU, if there is none.
pub fn find() -> Result<(), String> {
    let found = Command::new(QEMU).arg("--version").output();
    found.map(drop).map_err(|_| {
        format!("{QEMU} is not installed (apt-get install --no-install-recommends qemu-system-x86)")
    })
}

/// Boots a kernel and waits until the cases have run. What it prints is kept in files that are
/// named like `place`.
pub fn boot(
    kernel: &Kernel,
    initramfs: &Path,
    disks: &[PathBuf],
    pattern: Option<&str>,
    place: &Path,
) -> Result<Outcome, String> {
    let start = Instant::now();
    // Not `with_extension`: the name has a dot.
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", place.display()));
    let console = beside("console");
    let pattern = guest::one_word(pattern.unwrap_or_default());
    // `norandmaps`: the emulator translates a program anew for each address that it is loaded at.
    let line = format!(
        "console=ttyS0 quiet panic=-1 no_timer_check norandmaps strobe.has={} strobe.pattern={pattern}",
        kernel.has.join(",")
    );
    let mut machine = Command::new(QEMU)
        .args(["-accel", CPUS_IN_TURN, "-cpu", "max", "-smp", "2"])
        .args([
            "-m",
            "2048",
            "-display",
            "none",
            "-nodefaults",
            "-no-reboot",
        ])
        .arg("-serial")
        .arg(format!("file:{}", console.display()))
        .args(["-serial", "stdio"])
        .arg("-kernel")
        .arg(&kernel.image)
        .arg("-initrd")
        .arg(initramfs)
        .args(["-append", &line])
        .args(disks.iter().zip(0..).flat_map(drive))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {QEMU}: {e}"))?;
    // For whoever cannot wait.
    let mut log = File::create(beside("log")).ok();
    let lines = machine.stdout.take().map(BufReader::new);
    let ended = guard(machine, console.clone());
    let mut outcome = Outcome::default();
    let mut is_over = false;
    for line in lines.into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(|e| e.to_string())?;
        if let Some(log) = &mut log {
            // Nothing depends on it.
            let _ = writeln!(log, "{}", line.trim_end());
        }
        is_over |= line.trim() == guest::END;
        read_line(line.trim_end(), &mut outcome);
    }
    ended.store(true, Ordering::Relaxed);
    outcome.took = start.elapsed();
    outcome.stuck = (!is_over).then_some(console);
    Ok(outcome)
}

/// A disk, of whose image nothing is changed, and its number.
fn drive((image, number): (&PathBuf, usize)) -> [String; 4] {
    let image = image.display();
    [
        "-drive".to_owned(),
        format!("file={image},format=raw,if=none,id=disk{number},snapshot=on"),
        "-device".to_owned(),
        format!("nvme,serial=disk{number},drive=disk{number}"),
    ]
}

/// Ends the machine when its time is over, or its kernel has given up and hangs.
fn guard(mut machine: Child, console: PathBuf) -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&ended);
    std::thread::spawn(move || {
        let start = Instant::now();
        let is_over = || watched.load(Ordering::Relaxed) || start.elapsed() >= LIMIT;
        let mut looked = start;
        while !is_over() {
            std::thread::sleep(Duration::from_millis(100));
            if looked.elapsed() >= BETWEEN_LOOKS {
                looked = Instant::now();
                if has_given_up(&console) {
                    break;
                }
            }
        }
        // It has ended by itself, unless it hangs.
        let _ = machine.kill();
        let _ = machine.wait();
    });
    ended
}

/// Whether a kernel has said that it does not go on. Most then restart, and the machine ends.
fn has_given_up(console: &Path) -> bool {
    let said = std::fs::read(console).unwrap_or_default();
    String::from_utf8_lossy(&said).contains("Kernel panic - not syncing")
}

/// `test NAME ... ok`, or `FAILED`, or `ignored, REASON`; other lines tell of failures.
fn read_line(line: &str, outcome: &mut Outcome) {
    let verdict = line
        .strip_prefix("test ")
        .and_then(|rest| rest.rsplit_once(" ... "));
    if let Some(figure) = line.strip_prefix(figures::MARK) {
        outcome.figures.push(figure.to_owned());
        return;
    }
    let Some((name, word)) = verdict else {
        outcome.failures.push(line.to_owned());
        return;
    };
    let verdict = match word.split_once(", ") {
        _ if word == "ok" => Verdict::Works,
        Some(("ignored", reason)) => Verdict::Skipped(reason.to_owned()),
        _ if word.starts_with("ignored") => Verdict::Skipped(String::new()),
        _ => Verdict::Broken,
    };
    outcome.cases.insert(name.trim().to_owned(), verdict);
}
