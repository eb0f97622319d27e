//! A running strobe: its output as it comes, its end, and a limit to how long it may take.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a case may take before it counts as hanging. Far above what any takes: the machine may
/// be busy with other things.
fn limit() -> Duration {
    // A virtual machine is slow.
    let patience = std::env::var("STROBE_TEST_PATIENCE").ok();
    Duration::from_secs(patience.and_then(|p| p.parse().ok()).unwrap_or(60))
}

/// A process whose output is collected while it runs. Dropping it kills it.
pub struct Running {
    child: Child,
    stdout: Arc<Stream>,
    stderr: Arc<Stream>,
    started: Instant,
}

/// What a stream has brought so far.
#[derive(Default)]
struct Stream {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Default)]
struct State {
    text: String,
    closed: bool,
}

/// What a process left.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Result<Self, String> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|e| format!("cannot run {command:?}: {e}"))?;
        let stdout = Stream::collect(child.stdout.take());
        let stderr = Stream::collect(child.stderr.take());
        Ok(Self {
            child,
            stdout,
            stderr,
            started: Instant::now(),
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says on standard error that all is attached.
    pub fn wait_attached(&self) -> Result<(), String> {
        self.wait_for(&self.stderr, "Attached ")
    }

    /// Waits for a text on standard output.
    pub fn wait_printed(&self, text: &str) -> Result<(), String> {
        self.wait_for(&self.stdout, text)
    }

    pub fn signal(&self, signal: Signal) -> Result<(), String> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).map_err(|e| format!("cannot send {signal:?}: {e}"))
    }

    /// Waits for the end.
    pub fn end(mut self) -> Result<Ended, String> {
        loop {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                return Ok(Ended {
                    status,
                    stdout: self.stdout.all(),
                    stderr: self.stderr.all(),
                });
            }
            if self.started.elapsed() > limit() {
                return Err(self.hangs("does not end"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn wait_for(&self, stream: &Stream, text: &str) -> Result<(), String> {
        let left = limit().saturating_sub(self.started.elapsed());
        let state = stream.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |state: &mut State| !state.text.contains(text) && !state.closed;
        let (state, _) = stream
            .grown
            .wait_timeout_while(state, left, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        let found = state.text.contains(text);
        drop(state);
        if found {
            return Ok(());
        }
        Err(self.hangs(&format!("does not print {text:?}")))
    }

    fn hangs(&self, what: &str) -> String {
        let (out, err) = (self.stdout.text(), self.stderr.text());
        format!("strobe {what}\n--- standard output\n{out}\n--- standard error\n{err}\n---")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended already, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stream {
    fn collect(source: Option<impl Read + Send + 'static>) -> Arc<Self> {
        let stream = Arc::new(Self::default());
        let writer = Arc::clone(&stream);
        std::thread::spawn(move || {
            if let Some(source) = source {
                writer.read_from(BufReader::new(source));
            }
            writer.change(|state| state.closed = true);
        });
        stream
    }

    fn read_from(&self, mut source: impl BufRead) {
        while let Ok(bytes) = source.fill_buf() {
            if bytes.is_empty() {
                break;
            }
            self.change(|state| state.text.push_str(&String::from_utf8_lossy(bytes)));
            let length = bytes.len();
            source.consume(length);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.grown.notify_all();
    }

    fn text(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.text.clone()
    }

    /// Everything up to the end of the stream. (A process that strobe started may hold it open:
    /// then what came within a second.)
    fn all(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = self
            .grown
            .wait_timeout_while(state, Duration::from_secs(1), |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.text.clone()
    }
}
