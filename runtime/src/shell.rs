//! Commands of `system`: run to their end, but not beyond that of the run.

use crate::sys::poll::{self, Interest};
use crate::sys::process::{PidFd, kill_group};
use crate::sys::{describe_io, signal};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often to look whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);
/// How long a command may go on when the run is to end.
const PATIENCE: Duration = Duration::from_millis(250);

/// Runs a command by the shell, in a group of its own, and yields what it printed. When the run is
/// to end, it has a little time, and is then killed with all that it started.
pub(crate) fn run(command: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(OsStr::from_bytes(command))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| describe_io(&error))?;
    let end = PidFd::open(child.id()).map_err(|error| error.to_string())?;
    let mut stdout = child.stdout.take();
    let mut printed = Vec::new();
    let mut deadline = None;
    loop {
        let interests = [
            stdout.as_ref().map(|out| Interest::Readable(out.as_fd())),
            Some(Interest::Readable(end.as_fd())),
        ];
        let [readable, ended] = poll::wait(interests, Some(LOOK)).map_err(|e| e.to_string())?;
        if readable && !read_some(&mut stdout, &mut printed) {
            stdout = None;
        }
        // What others that it started still print is not waited for.
        if ended && !readable {
            break;
        }
        if signal::end_is_pending() {
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
            if Instant::now() >= deadline {
                kill_group(child.id());
                break;
            }
        }
    }
    child.wait().map_err(|error| describe_io(&error))?;
    Ok(printed)
}

/// Takes what is there; tells whether there may be more.
fn read_some(from: &mut Option<impl Read>, to: &mut Vec<u8>) -> bool {
    let mut room = [0; 16 << 10];
    match from.as_mut().map(|from| from.read(&mut room)) {
        Some(Ok(n)) => {
            to.extend_from_slice(&room[..n]);
            n > 0
        }
        Some(Err(error)) => error.kind() == ErrorKind::Interrupted,
        None => false,
    }
}
