//! Runs a case.

use crate::case::{Case, From};
use crate::running::{Ended, Running};
use crate::{expect, needs, schema, target, workload};
use libtest_mimic::{Completion, Failed};
use rustix::process::{Signal, geteuid};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// User and group id of `nobody` on Debian and Ubuntu.
const NOBODY: u32 = 65534;

/// What a case may say on standard error when nothing else is expected.
const ATTACHED: &str = r"~Attached \d+ probes?";

/// Runs a case; skips it, with the reason, where something is missing.
pub fn run(case: &Case) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    if let Some(reason) = needs::missing(&case.needs) {
        return Ok(Completion::ignored_with(reason));
    }
    if let Some(reason) = target::missing(case.texts()) {
        return Ok(Completion::ignored_with(reason));
    }
    let mut place = Place::new();
    let beside = beside(case, &place)?;
    place.pid = beside.as_ref().map_or(0, Child::id);
    let running = start(case, &place);
    let outcome = running.and_then(|running| attend(case, &place, running, beside));
    let verdict = outcome.and_then(|ended| judge(case, &place, &ended));
    verdict
        .map(|()| Completion::Completed)
        .map_err(Failed::from)
}

/// Why programs cannot be loaded here.
pub fn missing() -> Option<&'static str> {
    (!geteuid().is_root()).then_some("loading programs needs root")
}

/// The strobe under test, as a command.
pub fn strobe() -> Command {
    // A virtual machine has it elsewhere.
    let binary = std::env::var_os("STROBE_TEST_BINARY");
    let mut command = Command::new(binary.unwrap_or(env!("CARGO_BIN_EXE_strobe").into()));
    command
        .env("NO_COLOR", "1")
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    command
}

/// What is a case's own: the name of its workload and a directory that goes when it ends.
pub struct Place {
    pub name: String,
    directory: PathBuf,
    /// The process that was started beside; 0 for none.
    pid: u32,
}

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("w{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(format!("strobe-{name}"));
        std::fs::create_dir(&directory).expect("the directory of a case is new");
        Self {
            name,
            directory,
            pid: 0,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.join("file")
    }

    /// A text with its placeholders filled in.
    pub fn fill(&self, text: &str) -> String {
        target::fill(text, &self.directory)
            .replace("{workload}", &workload::command())
            .replace("{name}", &self.name)
            .replace("{pid}", &self.pid.to_string())
            .replace("{file}", &self.file().to_string_lossy())
    }

    /// The workload of these words, which start with its kind.
    pub fn workload(&self, words: &[String]) -> Command {
        let line = workload::command();
        let mut parts = line.split(' ');
        let mut command = Command::new(parts.next().expect("a command has a first word"));
        command.args(parts).arg(&self.name).args(words);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Starts what runs beside, with its standard input open.
fn beside(case: &Case, place: &Place) -> Result<Option<Child>, String> {
    let Some(words) = &case.beside else {
        return Ok(None);
    };
    let words: Vec<String> = words.iter().map(|word| place.fill(word)).collect();
    let (program, args) = words.split_first().ok_or("a command has a first word")?;
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    child
        .map(Some)
        .map_err(|e| format!("cannot run {program}: {e}"))
}

/// A command as the last words of another, if there is one.
fn under(command: Command, words: &[String]) -> Command {
    let Some((program, args)) = words.split_first() else {
        return command;
    };
    let mut outer = Command::new(program);
    outer.args(args).arg(command.get_program());
    for (name, value) in command.get_envs() {
        outer.env(name, value.unwrap_or_default());
    }
    outer.stdin(Stdio::null());
    outer
}

fn start(case: &Case, place: &Place) -> Result<Running, String> {
    let words: Vec<String> = case.under.iter().map(|word| place.fill(word)).collect();
    let mut command = under(strobe(), &words);
    command.envs(case.env.iter().map(|(name, value)| (name, value)));
    command.args(case.flags.iter().map(|word| place.fill(word)));
    let program = place.fill(&case.program);
    match case.from {
        From::Argument => drop(command.arg("-e").arg(&program)),
        From::File => {
            for (name, text) in &case.with {
                let path = place.directory.join(name);
                let folder = path.parent().unwrap_or(&place.directory);
                std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
                std::fs::write(path, place.fill(text)).map_err(|e| e.to_string())?;
            }
            let script = place.directory.join("script.bt");
            std::fs::write(&script, &program).map_err(|e| e.to_string())?;
            command.arg(script);
        }
        From::Stdin => {
            let (reader, mut writer) = std::io::pipe().map_err(|e| e.to_string())?;
            writer
                .write_all(program.as_bytes())
                .map_err(|e| e.to_string())?;
            command.arg("-").stdin(reader);
        }
        From::Nothing => {}
    }
    command.args(case.args.iter().map(|word| place.fill(word)));
    if case.user.as_deref() == Some("nobody") {
        command.uid(NOBODY).gid(NOBODY);
    }
    Running::start(&mut command)
}

/// Gives a running strobe its workload and its signal, and waits for its end.
fn attend(
    case: &Case,
    place: &Place,
    running: Running,
    beside: Option<Child>,
) -> Result<Ended, String> {
    let attaches = case.from != From::Nothing || case.signal.is_some();
    if case.workload.is_some() || beside.is_some() && attaches || case.signal.is_some() {
        running.wait_attached()?;
    }
    if let Some(line) = &case.after {
        running.wait_printed(line)?;
    }
    if let Some(words) = &case.workload {
        let status = place.workload(words).status().map_err(|e| e.to_string())?;
        if !status.success() {
            return Err("the workload failed".to_owned());
        }
    }
    let Some(mut child) = beside else {
        return finish(case, running);
    };
    // What only looks at the process has to find it running.
    let listed = match attaches {
        true => Err(running),
        false => Ok(running.end()),
    };
    drop(child.stdin.take());
    child.wait().map_err(|e| e.to_string())?;
    listed.unwrap_or_else(|running| finish(case, running))
}

/// Sends a running strobe its signal, and waits for its end.
fn finish(case: &Case, running: Running) -> Result<Ended, String> {
    match case.signal.as_deref() {
        Some("TERM") => running.signal(Signal::TERM)?,
        Some("INT") => running.signal(Signal::INT)?,
        Some(other) => return Err(format!("there is no signal {other}")),
        None if case.workload.is_some() => running.signal(Signal::INT)?,
        None => {}
    }
    running.end()
}

fn judge(case: &Case, place: &Place, ended: &Ended) -> Result<(), String> {
    let mut wrong = Vec::new();
    if ended.status.code() != Some(case.exit) {
        let how = match ended.status.signal() {
            Some(signal) => format!("ended by signal {signal}"),
            None => format!("exit code {:?}", ended.status.code()),
        };
        wrong.push(format!("{how}, expected {}", case.exit));
    }
    if case.flags.windows(2).any(|two| two == ["-f", "json"]) {
        wrong.extend(schema::check(&ended.stdout).err());
    }
    let fill = |lines: &[String]| lines.iter().map(|l| place.fill(l)).collect::<Vec<_>>();
    wrong.extend(expect::compare("standard output", &fill(&case.stdout), &ended.stdout).err());
    let told = without_noise(case, &ended.stderr);
    wrong.extend(match &case.stderr {
        Some(lines) => expect::compare("standard error", &fill(lines), &told).err(),
        None if told.is_empty() => None,
        None => expect::compare("standard error", &[ATTACHED.to_owned()], &told).err(),
    });
    if let Some(lines) = &case.file {
        let text = std::fs::read_to_string(place.file()).unwrap_or_default();
        wrong.extend(expect::compare("the file", &fill(lines), &text).err());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nstandard error was:\n{}",
        wrong.join("\n"),
        ended.stderr
    ))
}

/// What the rest of the machine decides: events that came while a probe ran on the same CPU, maps
/// in use, long names of other people's files.
const NOISE: [&str; 4] = [
    "` missed ",
    "was changing the map",
    "string was cut after",
    "strings were cut after",
];

/// What was said, without noise that the case does not ask for.
fn without_noise(case: &Case, stderr: &str) -> String {
    let is_asked = |words: &str| {
        let mut lines = case.stderr.iter().flatten();
        lines.any(|line| line.contains(words))
    };
    let lines = stderr.lines().filter(|line| {
        let mut noise = NOISE.iter().filter(|words| line.contains(**words));
        !line.starts_with("strobe: ") || noise.all(|words| is_asked(words))
    });
    lines.map(|line| format!("{line}\n")).collect()
}
