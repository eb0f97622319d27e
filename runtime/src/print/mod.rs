//! Output: what a running script says, as text or as JSON lines.
//!
//! Everything goes through one buffer, which the session flushes when nothing more is waiting.

mod gfp;
mod json;
mod loss;
mod packet;
pub(crate) mod printf;
mod report;
mod stack;
pub(crate) mod text;
pub(crate) mod value;
pub(crate) mod view;

pub(crate) use loss::{FailedCall, Loss};
pub(crate) use packet::Packet;

use crate::symbol::Names;
use crate::sys::{describe_io, terminal};
use crate::{Error, histogram};
use codegen::object::SourceSpan;
use std::collections::HashMap;
use std::fmt;
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

/// When output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Buffering {
    /// At once, call by call.
    None,
    /// When nothing more is waiting to be printed.
    #[default]
    Line,
    /// When much has gathered, and at the end.
    Full,
}

/// Where a session writes.
pub struct Output {
    format: OutputFormat,
    buffering: Buffering,
    quiet: bool,
    /// Whether warnings are left out.
    silent: bool,
    /// Columns of the widest bar of a histogram.
    bar: usize,
    /// Calls of helpers that failed, by place, helper and error: how often.
    failed: HashMap<(SourceSpan, &'static str, i32), u64>,
    data: Box<dyn Write>,
    errors: Box<dyn Write>,
    /// What is watched for the reader's leaving.
    reader: Option<OwnedFd>,
    buffer: Vec<u8>,
    closed: bool,
    packets: packet::Files,
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

impl fmt::Display for Place<'_> {
    /// The name of the source, and from where to where.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.start;
        match self.end {
            (last, end) if last == line => write!(f, "{}:{line}:{column}-{end}", self.file),
            (last, _) => write!(f, "{}:{line}-{last}", self.file),
        }
    }
}

impl Output {
    /// Data to standard output, messages to standard error.
    pub fn stdout(format: OutputFormat) -> Self {
        let reader = io::stdout().as_fd().try_clone_to_owned().ok();
        let mut output = Self::new(format, Box::new(io::stdout()), Box::new(io::stderr()));
        output.reader = reader;
        if let Some(columns) = terminal::columns(io::stdout().as_fd()) {
            output.bar = histogram::bar_width(columns);
        }
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
            buffering: Buffering::default(),
            quiet: false,
            silent: false,
            bar: histogram::BAR_WIDTH,
            failed: HashMap::new(),
            data,
            errors,
            reader: None,
            buffer: Vec::with_capacity(2 * BUFFER_SIZE),
            closed: false,
            packets: packet::Files::default(),
        }
    }

    /// Leaves out what is not data: how many probes are attached.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }

    /// Leaves out warnings of the script, and of helpers that fail.
    #[must_use]
    pub fn without_warnings(mut self, silent: bool) -> Self {
        self.silent = silent;
        self
    }

    /// Chooses when output is written.
    #[must_use]
    pub fn buffered(mut self, buffering: Buffering) -> Self {
        self.buffering = buffering;
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
            OutputFormat::Text => text::write_map(names, view, self.bar, &mut self.buffer),
            OutputFormat::Json => {
                json::write_map(names, view, &mut self.buffer);
                if view.percentiles {
                    json::write_percentiles(names, view, &mut self.buffer);
                }
            }
        }
    }

    /// Adds a packet to a file. What cannot be written is told once.
    pub(crate) fn packet(&mut self, file: &str, packet: &Packet<'_>) {
        if let Err(reason) = self.packets.add(file, packet) {
            self.no_packets(file, &reason);
        }
    }

    fn no_packets(&mut self, file: &str, reason: &str) {
        self.complain(format_args!(
            "strobe: cannot write packets to `{file}`: {reason}"
        ));
    }

    /// Sets off what follows from what the script printed: it is the end.
    pub(crate) fn end_of_run(&mut self) {
        if self.format == OutputFormat::Text {
            self.buffer.extend_from_slice(b"\n\n");
        }
    }

    /// Says an error or a warning of the script.
    pub(crate) fn message(&mut self, is_error: bool, text: &[u8], place: Place<'_>) {
        if self.silent && !is_error {
            return;
        }
        let (line, column) = place.start;
        match self.format {
            OutputFormat::Text => {
                let level = if is_error { "ERROR" } else { "WARNING" };
                let text = String::from_utf8_lossy(text);
                self.complain(format_args!("{place}: {level}: {text}"));
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

    /// Says where an iterator can be read from now on.
    pub(crate) fn pinned(&mut self, path: &str) {
        if !self.quiet {
            self.complain(format_args!("Pinned to {path}"));
        }
    }

    /// Says that something was lost, and why.
    pub(crate) fn lost(&mut self, loss: &Loss<'_>) {
        if self.format == OutputFormat::Json {
            json::write_loss(loss, &mut self.buffer);
        }
        self.complain(format_args!("strobe: {loss}"));
    }

    /// Says that a helper failed: in text once for each place and error.
    pub(crate) fn failed_call(&mut self, call: &FailedCall<'_>, place: Place<'_>) {
        let key = (call.span, call.helper, call.error);
        let count = self.failed.entry(key).or_insert(0);
        *count += 1;
        let is_first = *count == 1;
        if self.silent {
            return;
        }
        match self.format {
            OutputFormat::Json => json::write_failed_call(call, &place, &mut self.buffer),
            OutputFormat::Text if is_first => {
                self.complain(format_args!("{place}: WARNING: {call}"));
            }
            OutputFormat::Text => {}
        }
    }

    /// The calls of helpers that failed: where, which, with what error, and how often.
    pub(crate) fn failed_calls(&self) -> Vec<(SourceSpan, &'static str, i32, u64)> {
        let calls = self.failed.iter();
        let mut calls: Vec<_> = calls
            .map(|(&(span, helper, error), &count)| (span, helper, error, count))
            .collect();
        calls.sort_by_key(|&(span, helper, error, _)| (span.file, span.start, helper, error));
        calls
    }

    /// Writes what is gathered if it is much.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.buffer.len() < BUFFER_SIZE && self.buffering != Buffering::None {
            return Ok(());
        }
        self.write_out()
    }

    /// Writes what is gathered, now that nothing more is waiting, unless that is to gather on.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        match self.buffering {
            Buffering::Full => self.flush_if_full(),
            Buffering::None | Buffering::Line => self.write_out(),
        }
    }

    /// Writes what is gathered. A pipe whose reader has gone is [closed](Self::is_closed), which
    /// is no error.
    pub(crate) fn write_out(&mut self) -> Result<(), Error> {
        for (file, reason) in self.packets.flush() {
            self.no_packets(&file, &reason);
        }
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
