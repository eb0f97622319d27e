//! What runs while a learner's one-liner does: work of known amount, under a name of its own.

use lexer::Diagnostic;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::Command;
use std::time::{Duration, Instant};

/// The name that the work is done under.
const NAME: &str = "worker";

/// Does work of a kind.
///
/// # Errors
/// When the machine does not let it.
pub fn run(kind: &str) -> Result<(), Diagnostic> {
    work(kind).map_err(|error| {
        Diagnostic::error(
            "workload",
            format!("the lesson's own program failed: {error}"),
        )
    })
}

fn work(kind: &str) -> io::Result<()> {
    let mut null = File::create("/dev/null")?;
    let mut zero = File::open("/dev/zero")?;
    let mut buffer = [0; 3000];
    // From here on every call counts.
    fs::write("/proc/self/comm", NAME)?;
    match kind {
        "writes" => (0..1000).try_for_each(|_| null.write_all(&buffer[..64])),
        "writer" => for_a_while(|| null.write_all(&buffer)),
        "spin" => for_a_while(|| Ok(())),
        "opens" => {
            // That they fail is what they are for.
            (0..7).for_each(|_| drop(File::open("/etc/no-such-file")));
            (0..3).for_each(|_| drop(File::open("/etc/hostname")));
            Ok(())
        }
        "reads" => {
            (0..30).try_for_each(|_| zero.read_exact(&mut buffer[..100]))?;
            (0..20).try_for_each(|_| zero.read_exact(&mut buffer))
        }
        "sleeps" => {
            (0..10).for_each(|_| std::thread::sleep(Duration::from_millis(20)));
            Ok(())
        }
        "programs" => (0..3).try_for_each(|_| Command::new("/bin/true").status().map(drop)),
        "listing" => Command::new("ls").arg("/").output().map(drop),
        _ => Ok(()),
    }
}

fn for_a_while(mut step: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(500) {
        step()?;
    }
    Ok(())
}
