//! How far attaching and detaching are, on a terminal, for those that wait long.

use runtime::Doing;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells of the attachments that are made, and in the end undone; nothing where nobody would read
/// it.
pub fn progress() -> Option<runtime::Progress> {
    if !stderr().is_terminal() {
        return None;
    }
    let [attaching, detaching] = [OnceLock::new(), OnceLock::new()];
    Some(Arc::new(move |doing, done, all| {
        let (start, what) = match doing {
            Doing::Attaching => (&attaching, "attaching"),
            Doing::Detaching => (&detaching, "detaching"),
        };
        if start.get_or_init(Instant::now).elapsed() < PATIENCE {
            return;
        }
        // The line is written over, and in the end wiped.
        let mut out = stderr().lock();
        let _ = if done < all {
            write!(out, "\r{what}: {done} of {all}")
        } else {
            write!(out, "\r\x1b[K")
        };
        let _ = out.flush();
    }))
}
