//! `learn`: a course in the terminal. Each lesson has a goal and checks the learner's one-liner by
//! running it beside work of known amount.

mod check;
mod lessons;
mod workload;

use crate::failure::Failure;
use lessons::{ALL, Lesson};
use lexer::Diagnostic;
use std::io::{BufRead, IsTerminal, Write, stdin, stdout};
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub use workload::run as work;

/// How long a one-liner may run, in seconds: those that never end are ended by their workload, or by
/// this.
const LIMIT_SECONDS: &str = "20";

/// Columns of a line of prose.
const WIDTH: usize = 90;

const COMMANDS: &str = "Type your one-liner (or the path of a script). Besides: hint, solution, try (runs the \
    solution), next, list, quit.";

/// Where the course goes on.
enum Step {
    Again,
    Next,
    Quit,
}

/// Teaches from a lesson on, counted from 1.
///
/// # Errors
/// When there is no such lesson, or the terminal goes away.
pub fn learn(from: usize) -> Result<u8, Failure> {
    let lessons = ALL
        .get(from.wrapping_sub(1)..)
        .filter(|rest| !rest.is_empty());
    let Some(lessons) = lessons else {
        let message = format!("there is no lesson {from}");
        let report = Diagnostic::error("unknown-lesson", message);
        return Err(report
            .help(format!("the lessons are 1 to {}", ALL.len()))
            .into());
    };
    for (number, lesson) in (from..).zip(lessons) {
        introduce(number, lesson)?;
        if let Step::Quit = teach(lesson)? {
            return say("\nUntil next time: `strobe learn N` starts at lesson N.").map(|()| 0);
        }
    }
    say(
        "\nThat was the last lesson. `strobe tools` lists scripts to read and to use, and docs/reference.md has all of the language.",
    )?;
    Ok(0)
}

fn introduce(number: usize, lesson: &Lesson) -> Result<(), Failure> {
    say(&format!(
        "\nLesson {number} of {}: {}\n",
        ALL.len(),
        lesson.title
    ))?;
    say(lesson.text)?;
    say(&format!("\nYour goal: {}", lesson.goal))?;
    say(COMMANDS)
}

/// Takes lines until the goal is reached or left.
fn teach(lesson: &Lesson) -> Result<Step, Failure> {
    let mut line = String::new();
    loop {
        if stdin().is_terminal() {
            write!(stdout(), "\n> ").map_err(|e| Failure::output(&e))?;
            stdout().flush().map_err(|e| Failure::output(&e))?;
        }
        line.clear();
        let length = stdin().lock().read_line(&mut line);
        if length.map_or(true, |length| length == 0) {
            return Ok(Step::Quit);
        }
        match obey(line.trim(), lesson)? {
            Step::Again => {}
            step => return Ok(step),
        }
    }
}

fn obey(line: &str, lesson: &Lesson) -> Result<Step, Failure> {
    match line {
        "" => {}
        "quit" | "exit" => return Ok(Step::Quit),
        "next" => return Ok(Step::Next),
        "hint" => say(lesson.hint)?,
        "solution" => say(lesson.solution)?,
        "help" => say(COMMANDS)?,
        "list" => {
            for (number, lesson) in (1..).zip(ALL) {
                say(&format!("{number:3}  {}", lesson.title))?;
            }
        }
        "try" => {
            say(&format!("> {}", lesson.solution))?;
            return check(lesson.solution, lesson);
        }
        script => return check(script, lesson),
    }
    Ok(Step::Again)
}

/// Runs a one-liner beside the lesson's work and judges what it printed.
fn check(script: &str, lesson: &Lesson) -> Result<Step, Failure> {
    let output = match run(script, lesson) {
        Ok(output) => output,
        Err(error) => {
            return Err(Diagnostic::error("command", format!("cannot run strobe: {error}")).into());
        }
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    print(printed.trim_matches('\n'))?;
    print(complaints.trim_end())?;
    if !output.status.success() {
        say("Not yet: it does not run. What the report says under `help` is the way on.")?;
        return Ok(Step::Again);
    }
    let missing: Vec<String> = lesson
        .checks
        .iter()
        .filter_map(|check| check.complaint(&printed))
        .collect();
    if missing.is_empty() {
        say("Well done.")?;
        return Ok(Step::Next);
    }
    say(&format!("Not yet: {}. (`hint` helps.)", missing.join("; ")))?;
    Ok(Step::Again)
}

fn run(script: &str, lesson: &Lesson) -> std::io::Result<Output> {
    let this = std::env::current_exe()?;
    let work = format!("'{}' learn --work {}", this.display(), lesson.workload);
    let mut command = Command::new("timeout");
    command
        .args(["--signal=INT", LIMIT_SECONDS])
        .arg(&this)
        .args(["-q", "-c", &work]);
    match Path::new(script).is_file() {
        true => command.arg(script),
        false => command.args(["-e", script]),
    };
    command
        .args(lesson.parameters)
        .stdin(Stdio::null())
        .output()
}

/// Prints a paragraph, broken into lines.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = String::new();
    for paragraph in text.split('\n') {
        let mut width = 0;
        for word in paragraph.split(' ') {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > WIDTH {
                out.push('\n');
                width = 0;
            } else if width > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    print(out.trim_end_matches('\n'))
}

/// Prints lines as they are; nothing where there are none.
fn print(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = stdout().lock();
    writeln!(out, "{text}").map_err(|e| Failure::output(&e))
}
