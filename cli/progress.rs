//! How far attaching is, on a terminal, for those that wait long.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells of the attachments that are made; nothing where nobody would read it.
pub fn progress() -> Option<runtime::Progress> {
    if !stderr().is_terminal() {
        return None;
    }
    let start = Instant::now();
    Some(Box::new(move |done, all| {
        if start.elapsed() < PATIENCE {
            return;
        }
        // The line is written over, and in the end wiped.
        let mut out = stderr().lock();
        let _ = if done < all {
            write!(out, "\rattaching: {done} of {all}")
        } else {
            write!(out, "\r\x1b[K")
        };
        let _ = out.flush();
    }))
}
