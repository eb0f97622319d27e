//! What the parts share: the programs, running them, their BPF programs, and tables.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to attach.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the bars of a part hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Missed,
}

impl Verdict {
    pub fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Missed }
    }

    pub fn and(self, other: Self) -> Self {
        Self::of(self == Self::Holds && other == Self::Holds)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Missed => "MISSED",
        }
    }
}

/// Which answers a one-liner in C gives: see `events.bpf.c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// What one writes first.
    Plain,
    /// Strobe's.
    Exact,
}

/// The programs of all parts.
pub struct Bench {
    pub strobe: String,
    /// Built from `benches/c/tool.c`.
    pub tool: PathBuf,
    /// Where things are built.
    pub place: PathBuf,
    /// Keeps run-time statistics on.
    _statistics: Running,
}

impl Bench {
    /// Compiles the C of the bench folder and switches statistics on.
    pub fn prepare() -> Result<Self, String> {
        let strobe =
            std::env::var("STROBE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_strobe").to_owned());
        let place = std::env::temp_dir().join(format!("strobe-bench-{}", std::process::id()));
        fs::create_dir_all(&place).map_err(|e| e.to_string())?;
        let tool = place.join("tool");
        let source = sources().join("tool.c");
        run(Command::new("cc")
            .args(["-O2", "-o"])
            .arg(&tool)
            .arg(source))?;
        let statistics = Running::start(Command::new(&tool).arg("stats"), "on")?;
        Ok(Self {
            strobe,
            tool,
            place,
            _statistics: statistics,
        })
    }

    /// Calls lseek so often, as `lseeker`, as fast as can be.
    pub fn seek(&self, times: u64) -> Result<(), String> {
        self.seek_every(times, 0)
    }

    /// The same, a call every so many nanoseconds.
    pub fn seek_every(&self, times: u64, nanoseconds: u64) -> Result<(), String> {
        let words = [times, nanoseconds].map(|number| number.to_string());
        run(Command::new(&self.tool).arg("lseek").args(words)).map(drop)
    }

    /// The object file of a one-liner in C.
    pub fn compile_c(&self, one_liner: usize, exactness: Exactness) -> Result<PathBuf, String> {
        let exact = u8::from(exactness == Exactness::Exact);
        let object = self.place.join(format!("{one_liner}-{exact}.o"));
        let which = [
            format!("-DONE_LINER={one_liner}"),
            format!("-DEXACT={exact}"),
        ];
        let mut clang = Command::new("clang-19");
        clang
            .args(["-O2", "-g", "-target", "bpf", "-c"])
            .args(&which);
        run(clang
            .arg("-o")
            .arg(&object)
            .arg(sources().join("events.bpf.c")))?;
        Ok(object)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.place);
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/c")
}

/// Runs a command to its end; yields its standard output.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}: {text}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A process that ends when dropped.
pub struct Running(pub Child);

impl Running {
    /// Starts one and waits for a line of its output.
    pub fn start(command: &mut Command, line: &str) -> Result<Self, String> {
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| format!("{command:?}: {e}"))?;
        let mut text = vec![0; line.len()];
        let read = child.stdout.as_mut().map(|out| out.read_exact(&mut text));
        match read {
            Some(Ok(())) if text == line.as_bytes() => Ok(Self(child)),
            _ => Err(format!("{command:?} did not say `{line}`")),
        }
    }

    /// Starts a tracer and waits until it has so many BPF programs and opens no more files, which is
    /// when it has attached them.
    pub fn trace(command: &mut Command, programs: usize) -> Result<Self, String> {
        let child = command.spawn().map_err(|e| format!("{command:?}: {e}"))?;
        let running = Self(child);
        let start = Instant::now();
        while running.programs().len() < programs {
            if start.elapsed() > PATIENCE {
                return Err(format!("{command:?} does not attach"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let files =
            || fs::read_dir(format!("/proc/{}/fd", running.0.id())).map_or(0, Iterator::count);
        let mut before = 0;
        while before != files() {
            before = files();
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(running)
    }

    /// Its BPF programs, by id.
    pub fn programs(&self) -> BTreeMap<u64, Program> {
        let descriptors = fs::read_dir(format!("/proc/{}/fdinfo", self.0.id()));
        let files = descriptors.into_iter().flatten().flatten();
        files
            .filter_map(|file| Program::read(&fs::read_to_string(file.path()).ok()?))
            .collect()
    }

    /// Seconds of CPU that it has taken so far.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let words: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .split_whitespace()
            .collect();
        let ticks = |n: usize| {
            words
                .get(n)
                .and_then(|w| w.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        // `USER_HZ` is 100 on every architecture that we know.
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Interrupts it as Ctrl-C does; how long it took to end, in seconds. The peer may miss it while
    /// it is busy, and is told again.
    pub fn interrupt(&mut self) -> Result<f64, String> {
        const AGAIN: Duration = Duration::from_secs(3);
        let pid = Pid::from_raw(self.0.id().cast_signed());
        for _ in 0..5 {
            let start = Instant::now();
            kill(pid, Signal::SIGINT).map_err(|e| e.to_string())?;
            while start.elapsed() < AGAIN {
                if let Some(status) = self.0.try_wait().map_err(|e| e.to_string())? {
                    return match status.success() || status.code().is_none() {
                        true => Ok(start.elapsed().as_secs_f64()),
                        false => Err(format!("it ended with {status}")),
                    };
                }
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        Err("it does not end".to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `fdinfo` tells of a BPF program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub nanoseconds: u64,
    pub runs: u64,
}

impl Program {
    fn read(text: &str) -> Option<(u64, Self)> {
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<u64>().ok()
        };
        let about = Self {
            nanoseconds: number("run_time_ns:")?,
            runs: number("run_cnt:")?,
        };
        Some((number("prog_id:")?, about))
    }
}

/// A number of an object that bpftool shows as JSON.
pub fn number(json: &str, name: &str) -> Option<u64> {
    let rest = json.split(&format!("\"{name}\":")).nth(1)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Milliseconds of strobe and of the peer, as a row shows them: the middle one, lowest and highest.
pub fn beside(ours: (f64, f64, f64), theirs: (f64, f64, f64)) -> String {
    let shown = |(least, middle, most)| format!("{middle:7.1} ms ({least:.1} to {most:.1})");
    format!("strobe {}   bpftrace {}", shown(ours), shown(theirs))
}

/// Lowest, middle and highest.
pub fn spread(values: impl IntoIterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    (
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    )
}
