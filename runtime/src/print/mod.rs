//! Output: what a running script says, as text or as JSON lines.
//!
//! Everything goes through one buffer, which the session flushes when nothing more is waiting.

mod gfp;
mod json;
pub(crate) mod printf;
mod report;
mod stack;
pub(crate) mod text;
pub(crate) mod value;
pub(crate) mod view;

use crate::Error;
use crate::symbol::Names;
use crate::sys::describe_io;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use value::Value;
use view::View;

/// Bytes that are gathered before they are written, however much more is waiting.
const BUFFER_SIZE: usize = 64 * 1024;

/// In what form output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// Where a session writes.
pub struct Output {
    format: OutputFormat,
    quiet: bool,
    data: Box<dyn Write>,
    errors: Box<dyn Write>,
    /// What is watched for the reader's leaving.
    reader: Option<OwnedFd>,
    buffer: Vec<u8>,
    closed: bool,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("format", &self.format)
            .field("buffered", &self.buffer.len())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// A place in a source, as messages of the script name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Name of the source.
    pub(crate) file: &'a str,
    /// Line and column of the start, from 1.
    pub(crate) start: (u32, u32),
    /// Line and column one past the end.
    pub(crate) end: (u32, u32),
}

impl Output {
    /// Data to standard output, messages to standard error.
    pub fn stdout(format: OutputFormat) -> Self {
        let reader = io::stdout().as_fd().try_clone_to_owned().ok();
        let mut output = Self::new(format, Box::new(io::stdout()), Box::new(io::stderr()));
        output.reader = reader;
        output
    }

    /// Data to a new file, messages to standard error.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn file(format: OutputFormat, path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|error| Error::Output {
            reason: format!("{}: {}", path.display(), describe_io(&error)),
        })?;
        Ok(Self::new(format, Box::new(file), Box::new(io::stderr())))
    }

    /// Data and messages to any writers.
    pub fn new(format: OutputFormat, data: Box<dyn Write>, errors: Box<dyn Write>) -> Self {
        Self {
            format,
            quiet: false,
            data,
            errors,
            reader: None,
            buffer: Vec::with_capacity(2 * BUFFER_SIZE),
            closed: false,
        }
    }

    /// Leaves out what is not data: how many probes are attached.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }

    /// Whether the reader has gone, so that nobody wants more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// What to watch for the reader's leaving.
    pub(crate) fn reader(&self) -> Option<BorrowedFd<'_>> {
        self.reader.as_ref().map(AsFd::as_fd)
    }

    /// Takes note that the reader has gone.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.buffer.clear();
    }

    /// Writes text of a kind, as made by `printf` and the like.
    pub(crate) fn text(&mut self, kind: &str, make: impl FnOnce(&mut Vec<u8>)) {
        match self.format {
            OutputFormat::Text => make(&mut self.buffer),
            OutputFormat::Json => {
                let mut text = Vec::new();
                make(&mut text);
                json::write_text(kind, &text, &mut self.buffer);
            }
        }
    }

    /// Writes a value and ends the line.
    pub(crate) fn value(&mut self, names: &Names, value: &Value<'_>) {
        match self.format {
            OutputFormat::Text => {
                text::write_value(names, value, &mut self.buffer);
                self.buffer.push(b'\n');
            }
            OutputFormat::Json => json::write_print(names, value, &mut self.buffer),
        }
    }

    /// Writes a map.
    pub(crate) fn map(&mut self, names: &Names, view: &View<'_>) {
        match self.format {
            OutputFormat::Text => text::write_map(names, view, &mut self.buffer),
            OutputFormat::Json => json::write_map(names, view, &mut self.buffer),
        }
    }

    /// Sets off what follows from what the script printed: it is the end.
    pub(crate) fn end_of_run(&mut self) {
        if self.format == OutputFormat::Text {
            self.buffer.extend_from_slice(b"\n\n");
        }
    }

    /// Says an error or a warning of the script.
    pub(crate) fn message(&mut self, is_error: bool, text: &[u8], place: Place<'_>) {
        let (line, column) = place.start;
        match self.format {
            OutputFormat::Text => {
                let level = if is_error { "ERROR" } else { "WARNING" };
                let file = place.file;
                let range = match place.end {
                    (last, end) if last == line => format!("{line}:{column}-{end}"),
                    (last, _) => format!("{line}-{last}"),
                };
                let text = String::from_utf8_lossy(text);
                self.complain(format_args!("{file}:{range}: {level}: {text}"));
            }
            OutputFormat::Json => {
                let kind = if is_error { "errorf" } else { "warnf" };
                let place = (place.file, line, column);
                json::write_message(kind, text, place, &mut self.buffer);
            }
        }
    }

    /// Says how many probes are attached.
    pub(crate) fn attached(&mut self, probes: usize) {
        match self.format {
            OutputFormat::Text if self.quiet => {}
            OutputFormat::Text => {
                let plural = if probes == 1 { "" } else { "s" };
                self.complain(format_args!("Attached {probes} probe{plural}"));
            }
            OutputFormat::Json => json::write_attached(probes, &mut self.buffer),
        }
    }

    /// Says that events were lost, and why.
    pub(crate) fn lost(&mut self, events: u64, reason: &str) {
        if self.format == OutputFormat::Json {
            json::write_lost(events, &mut self.buffer);
        }
        self.complain(format_args!("strobe: lost {events} events: {reason}"));
    }

    /// Writes what is gathered if it is much.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.buffer.len() < BUFFER_SIZE {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what is gathered. A pipe whose reader has gone is [closed](Self::is_closed), which
    /// is no error.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.closed || self.buffer.is_empty() {
            self.buffer.clear();
            return Ok(());
        }
        let result = self.data.write_all(&self.buffer);
        let result = result.and_then(|()| self.data.flush());
        self.buffer.clear();
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Error::Output {
                reason: describe_io(&error),
            }),
        }
    }

    /// Writes a line to where messages go. That nobody reads them is no reason to stop.
    pub(crate) fn complain(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.errors, "{text}");
    }
}

#[cfg(test)]
mod tests;
