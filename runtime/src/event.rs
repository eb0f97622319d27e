//! Records of the ring buffer: what the script asks of user space.

use crate::Error;
use crate::helper;
use crate::print::printf::write_format;
use crate::print::value::{Raw, Value, integer};
use crate::print::view::Selection;
use crate::print::{FailedCall, Output, Packet, Place};
use crate::script_map::ScriptMaps;
use crate::shell;
use crate::symbol::{format_time, wall_clock_ns};
use crate::sys::{clock, describe_io, signal};
use codegen::object::{Event, SourceSpan};
use sema::ir::{Clock, EventKind, Format, MapId};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// Bytes of a record before its fields: its event's id, and zero.
const HEADER_SIZE: usize = 8;

/// Whether the run goes on behind a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It does.
    Continue,
    /// The script has asked for the end.
    End,
    /// It does, but whoever waits should first look whether it is to end: this one took long.
    Pause,
    /// It does, and an address is not watched any longer.
    Unwatch(u64),
}

/// Carries out what a record asks for. A record of unknown kind is passed over.
pub(crate) fn carry_out(
    maps: &ScriptMaps<'_>,
    record: &[u8],
    output: &mut Output,
) -> Result<Flow, Error> {
    let id = integer(record, 0, 4, false) as usize;
    let Some(event) = maps.manifest.events.get(id) else {
        return Ok(Flow::Continue);
    };
    let record = Record {
        event,
        bytes: record,
    };
    match &event.kind {
        EventKind::Printf(format) => {
            output.text("printf", |out| record.format(maps, format, out));
        }
        EventKind::Message { error, format } => {
            let mut text = Vec::new();
            record.format(maps, format, &mut text);
            output.message(*error, &text, place(maps, event.span));
        }
        EventKind::PrintMap(map) => {
            let selection = Selection {
                top: record.word(0),
                divisor: record.word(1),
            };
            maps.print(*map, selection, output)?;
        }
        EventKind::PrintValue => {
            let value = record.values().next().map_or(Value::Void, Raw::decode);
            output.value(maps.names, &value);
        }
        EventKind::PrintMapEntry(map) => record.print_entry(maps, *map, output)?,
        EventKind::Clear(map) => maps.clear(*map)?,
        EventKind::Zero(map) => maps.zero(*map)?,
        EventKind::Time(format) => output.text("time", |out| {
            format_time(clock::realtime_ns(), format.as_bytes(), out);
        }),
        EventKind::Cat(format) => cat(&record.text(maps, format), maps, output),
        EventKind::System(format) => {
            // It may take long, and what was printed before it should not wait for it.
            output.flush()?;
            system(&record.text(maps, format), output);
            if signal::end_is_pending() {
                return Ok(Flow::Pause);
            }
        }
        EventKind::Join(separator) => record.join(separator, output),
        EventKind::Packet(file) => record.packet(file, output),
        EventKind::Unwatch => return Ok(Flow::Unwatch(record.word(0))),
        EventKind::HelperError => record.failed_call(maps, output),
        // No program sends it: the text goes to whoever reads the file.
        EventKind::SeqFile(_) => {}
        EventKind::Exit => return Ok(Flow::End),
    }
    output.flush_if_full()?;
    Ok(Flow::Continue)
}

/// A record and its kind.
struct Record<'a> {
    event: &'a Event,
    bytes: &'a [u8],
}

impl<'a> Record<'a> {
    fn values(&self) -> impl Iterator<Item = Raw<'a>> {
        let (event, bytes) = (self.event, self.bytes);
        event.fields.iter().map(move |(offset, ty)| Raw {
            ty,
            bytes: bytes.get(*offset as usize..).unwrap_or_default(),
        })
    }

    fn format(&self, maps: &ScriptMaps<'_>, format: &Format, out: &mut Vec<u8>) {
        write_format(maps.names, format, self.values(), out);
    }

    fn text(&self, maps: &ScriptMaps<'_>, format: &Format) -> Vec<u8> {
        let mut text = Vec::new();
        self.format(maps, format, &mut text);
        text
    }

    /// A field that is an integer; 0 where there is none.
    fn word(&self, field: usize) -> u64 {
        let value = self.values().nth(field);
        let value = value.and_then(|v| v.decode().as_integer());
        value.unwrap_or(0) as u64
    }

    /// Tells of a helper that failed.
    fn failed_call(&self, maps: &ScriptMaps<'_>, output: &mut Output) {
        let word = |field| self.word(field) as u32;
        let span = SourceSpan {
            file: word(2),
            start: word(3),
            end: word(4),
        };
        let call = FailedCall {
            helper: helper::name(word(0)),
            error: word(1).cast_signed(),
            span,
            line: line_of(maps, span),
        };
        output.failed_call(&call, place(maps, span));
    }

    fn print_entry(
        &self,
        maps: &ScriptMaps<'_>,
        map: MapId,
        output: &mut Output,
    ) -> Result<(), Error> {
        let key = self.event.fields.first().map_or(&[][..], |(offset, ty)| {
            let start = *offset as usize;
            let end = start.saturating_add(ty.size() as usize);
            self.bytes.get(start..end).unwrap_or_default()
        });
        Ok(maps.print_entry(map, key, output)?)
    }

    /// Adds the packet that the record holds behind its header to a file.
    fn packet(&self, file: &str, output: &mut Output) {
        let word = |at| integer(self.bytes, at, 8, false);
        let packet = Packet {
            time: wall_clock_ns(word(HEADER_SIZE), Clock::Boot),
            length: word(HEADER_SIZE + 8),
            bytes: self.bytes.get(HEADER_SIZE + 16..).unwrap_or_default(),
        };
        output.packet(file, &packet);
    }

    /// Prints the texts that the record holds behind its header, each ended by a NUL.
    fn join(&self, separator: &str, output: &mut Output) {
        let texts = self.bytes.get(HEADER_SIZE..).unwrap_or_default();
        let texts = texts.strip_suffix(&[0]).unwrap_or(texts);
        output.text("join", |out| {
            for (i, text) in texts.split(|&byte| byte == 0).enumerate() {
                if i > 0 {
                    out.extend_from_slice(separator.as_bytes());
                }
                out.extend_from_slice(text);
            }
            out.push(b'\n');
        });
    }
}

/// Prints a file, as much of it as the config allows.
fn cat(path: &[u8], maps: &ScriptMaps<'_>, output: &mut Output) {
    let most = maps.manifest.config.max_cat_bytes.into();
    let mut text = Vec::new();
    let read =
        File::open(OsStr::from_bytes(path)).and_then(|file| file.take(most).read_to_end(&mut text));
    match read {
        Ok(_) => output.text("cat", |out| out.extend_from_slice(&text)),
        Err(error) => {
            let path = String::from_utf8_lossy(path);
            let reason = describe_io(&error);
            output.complain(format_args!("strobe: cannot print `{path}`: {reason}"));
        }
    }
}

/// Runs a shell command and prints what it prints, in its place between what the script prints.
fn system(command: &[u8], output: &mut Output) {
    match shell::run(command) {
        Ok(printed) => output.text("syscall", |out| out.extend_from_slice(&printed)),
        Err(reason) => {
            let command = String::from_utf8_lossy(command);
            output.complain(format_args!("strobe: cannot run `{command}`: {reason}"));
        }
    }
}

/// The line that a span starts in, and how many characters of it stand before the span and are it.
fn line_of<'a>(maps: &ScriptMaps<'a>, span: SourceSpan) -> Option<(&'a str, usize, usize)> {
    let text = &maps.manifest.sources.get(span.file as usize)?.text;
    let (start, end) = (span.start as usize, span.end as usize);
    let from = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(from..)?.lines().next()?;
    let stop = end.min(from + line.len()).max(start);
    let before = text.get(from..start)?.chars().count();
    Some((line, before, text.get(start..stop)?.chars().count()))
}

/// Where a span stands in the sources.
pub(crate) fn place<'a>(maps: &ScriptMaps<'a>, span: SourceSpan) -> Place<'a> {
    let Some(source) = maps.manifest.sources.get(span.file as usize) else {
        return Place {
            file: "",
            start: (0, 0),
            end: (0, 0),
        };
    };
    Place {
        file: &source.name,
        start: line_column(&source.text, span.start),
        end: line_column(&source.text, span.end),
    }
}

/// Line and column, both from 1, of a byte of a text.
fn line_column(text: &str, byte: u32) -> (u32, u32) {
    let before = text.get(..byte as usize).unwrap_or(text);
    let line = before.matches('\n').count();
    let row = before.rsplit('\n').next().unwrap_or_default();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    (count(line), count(row.chars().count()))
}
