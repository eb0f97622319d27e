//! Output as JSON: an object a line, with `type` and `data`.

use super::Place;
use super::loss::{FailedCall, Loss};
use super::text::{self, put};
use super::value::Value;
use super::view::{Shown, View};
use crate::aggregate::Folded;
use crate::histogram::{Row, percentiles};
use crate::symbol::Names;
use crate::sys::describe;
use sema::ir::{Aggregation, MapValue};

/// Appends a text of a kind, such as `printf`.
pub(super) fn write_text(kind: &str, text: &[u8], out: &mut Vec<u8>) {
    open(kind, out);
    write_string(text, out);
    close(out);
}

/// Appends a value that the script printed.
pub(super) fn write_print(names: &Names, value: &Value<'_>, out: &mut Vec<u8>) {
    open("value", out);
    write_value(names, value, out);
    close(out);
}

/// Appends a map; nothing for one without entries.
pub(super) fn write_map(names: &Names, view: &View<'_>, out: &mut Vec<u8>) {
    let Some(first) = view.entries.first() else {
        return;
    };
    open(kind(view.value), out);
    out.push(b'{');
    write_string(view.name.as_bytes(), out);
    out.extend_from_slice(b": ");
    if first.key.is_none() {
        write_shown(names, &first.value, out);
    } else {
        out.push(b'{');
        for (i, entry) in view.entries.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            write_string(&key_text(names, entry.key.as_ref()), out);
            out.extend_from_slice(b": ");
            write_shown(names, &entry.value, out);
        }
        out.push(b'}');
    }
    out.push(b'}');
    close(out);
}

/// Appends an error or a warning of the script with its place.
pub(super) fn write_message(kind: &str, text: &[u8], place: (&str, u32, u32), out: &mut Vec<u8>) {
    let (file, line, column) = place;
    put(out, format_args!("{{\"type\": \"{kind}\", \"msg\": "));
    write_string(text, out);
    out.extend_from_slice(b", \"filename\": ");
    write_string(file.as_bytes(), out);
    put(
        out,
        format_args!(", \"line\": {line}, \"col\": {column}}}\n"),
    );
}

/// Appends that everything is attached.
pub(super) fn write_attached(probes: usize, out: &mut Vec<u8>) {
    put(
        out,
        format_args!(
            "{{\"type\": \"attached_probes\", \"count\": {probes}, \"data\": {{\"probes\": {probes}}}}}\n"
        ),
    );
}

/// Appends that something was lost.
pub(super) fn write_loss(loss: &Loss<'_>, out: &mut Vec<u8>) {
    match loss {
        Loss::Events { count, .. } => put(
            out,
            format_args!(
                "{{\"type\": \"lost_events\", \"count\": {count}, \"data\": {{\"events\": {count}}}}}\n"
            ),
        ),
        Loss::MapFull { map, count, room } => {
            open("map_full", out);
            out.extend_from_slice(b"{\"map\": ");
            write_string(map.as_bytes(), out);
            put(
                out,
                format_args!(", \"refused\": {count}, \"max_entries\": {room}}}"),
            );
            close(out);
        }
        Loss::MapBusy { map, count } => {
            open("map_busy", out);
            out.extend_from_slice(b"{\"map\": ");
            write_string(map.as_bytes(), out);
            put(out, format_args!(", \"refused\": {count}}}"));
            close(out);
        }
        Loss::Own { count } => {
            open("own_events", out);
            put(out, format_args!("{{\"count\": {count}}}"));
            close(out);
        }
        Loss::LoopCut { count } => {
            open("cut_loops", out);
            put(out, format_args!("{{\"count\": {count}}}"));
            close(out);
        }
        Loss::Missed { probe, count } => {
            open("missed_runs", out);
            out.extend_from_slice(b"{\"probe\": ");
            write_string(probe.as_bytes(), out);
            put(out, format_args!(", \"count\": {count}}}"));
            close(out);
        }
        Loss::Cut { count, length } => {
            open("cut_strings", out);
            put(
                out,
                format_args!("{{\"count\": {count}, \"max_strlen\": {length}}}"),
            );
            close(out);
        }
        // Each of them had a line of its own.
        Loss::Calls { .. } => {}
    }
}

/// Appends that a helper of the kernel failed.
pub(super) fn write_failed_call(call: &FailedCall<'_>, place: &Place<'_>, out: &mut Vec<u8>) {
    let reason = describe(call.error.saturating_neg());
    out.extend_from_slice(b"{\"type\": \"helper_error\", \"msg\": ");
    write_string(reason.as_bytes(), out);
    put(
        out,
        format_args!(
            ", \"helper\": \"{}\", \"retcode\": {}, \"filename\": ",
            call.helper, call.error
        ),
    );
    write_string(place.file.as_bytes(), out);
    let (line, column) = place.start;
    put(
        out,
        format_args!(", \"line\": {line}, \"col\": {column}}}\n"),
    );
}

/// Appends the bounds between which the percentiles of a map's histograms lie.
pub(super) fn write_percentiles(names: &Names, view: &View<'_>, out: &mut Vec<u8>) {
    let histograms: Vec<_> = view
        .entries
        .iter()
        .filter_map(|entry| match &entry.value {
            Shown::Folded(Folded::Histogram { rows, .. }) => Some((&entry.key, rows)),
            _ => None,
        })
        .collect();
    if histograms.is_empty() {
        return;
    }
    open("percentiles", out);
    out.push(b'{');
    write_string(view.name.as_bytes(), out);
    out.extend_from_slice(b": ");
    let keyed = histograms.iter().any(|(key, _)| key.is_some());
    if keyed {
        out.push(b'{');
    }
    for (i, (key, rows)) in histograms.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        if keyed {
            write_string(&key_text(names, key.as_ref()), out);
            out.extend_from_slice(b": ");
        }
        write_bounds(rows, out);
    }
    if keyed {
        out.push(b'}');
    }
    out.push(b'}');
    close(out);
}

fn write_bounds(rows: &[Row], out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (name, row)) in percentiles(rows).into_iter().enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        put(out, format_args!("{comma}\"{name}\": {{"));
        write_range(row, out);
        out.push(b'}');
    }
    out.push(b'}');
}

/// The bounds of a row that has them.
fn write_range(row: &Row, out: &mut Vec<u8>) {
    let bounds = [("min", row.low), ("max", row.high)];
    let bounds = bounds
        .into_iter()
        .filter_map(|(name, bound)| Some((name, bound?)));
    for (i, (name, bound)) in bounds.enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        put(out, format_args!("{comma}\"{name}\": "));
        write_number(bound, out);
    }
}

/// Appends what came of a test; the duration in nanoseconds.
pub(super) fn write_test(name: &str, duration: u128, passed: bool, text: &[u8], out: &mut Vec<u8>) {
    open("test_result", out);
    out.push(b'{');
    write_string(name.as_bytes(), out);
    put(
        out,
        format_args!(": {{\"duration\": {duration}, \"passed\": {passed}, \"output\": "),
    );
    write_string(text, out);
    out.extend_from_slice(b"}}");
    close(out);
}

/// Appends what came of a benchmark; the average in nanoseconds.
pub(super) fn write_bench(name: &str, average: u64, runs: u64, out: &mut Vec<u8>) {
    open("benchmark_result", out);
    out.push(b'{');
    write_string(name.as_bytes(), out);
    put(
        out,
        format_args!(": {{\"average\": {average}, \"iters\": {runs}}}}}"),
    );
    close(out);
}

fn open(kind: &str, out: &mut Vec<u8>) {
    put(out, format_args!("{{\"type\": \"{kind}\", \"data\": "));
}

fn close(out: &mut Vec<u8>) {
    out.extend_from_slice(b"}\n");
}

fn kind(value: &MapValue) -> &'static str {
    match value {
        MapValue::Aggregation(Aggregation::Hist { .. } | Aggregation::Lhist { .. }) => "hist",
        MapValue::Aggregation(Aggregation::Avg { .. } | Aggregation::Stats { .. }) => "stats",
        MapValue::Aggregation(Aggregation::Tseries { .. }) => "tseries",
        MapValue::Aggregation(_) | MapValue::Plain(_) => "map",
    }
}

/// A key as one string, several keys with commas between them.
fn key_text(names: &Names, key: Option<&Value<'_>>) -> Vec<u8> {
    let mut text = Vec::new();
    match key {
        Some(Value::Tuple(keys)) => {
            for (i, key) in keys.iter().enumerate() {
                if i > 0 {
                    text.push(b',');
                }
                text::write_key(names, key, &mut text);
            }
        }
        Some(key) => text::write_key(names, key, &mut text),
        None => {}
    }
    text
}

fn write_shown(names: &Names, value: &Shown<'_>, out: &mut Vec<u8>) {
    match value {
        Shown::Plain(value) | Shown::Folded(Folded::Number(value)) => {
            write_value(names, value, out);
        }
        Shown::Folded(Folded::Stats {
            count,
            average,
            total,
        }) => {
            put(out, format_args!("{{\"count\": {count}, \"average\": "));
            write_value(names, average, out);
            out.extend_from_slice(b", \"total\": ");
            write_value(names, total, out);
            out.push(b'}');
        }
        Shown::Folded(Folded::Series { points, .. }) => crate::series::write_json(points, out),
        Shown::Folded(Folded::Histogram { rows, .. }) => write_rows(rows, out),
    }
}

fn write_rows(rows: &[Row], out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, row) in rows.iter().enumerate() {
        out.extend_from_slice(if i > 0 { b", {" } else { b"{" });
        write_range(row, out);
        let comma = if row.low.or(row.high).is_some() {
            ", "
        } else {
            ""
        };
        put(out, format_args!("{comma}\"count\": {}}}", row.count));
    }
    out.push(b']');
}

/// A value: numbers, truth values, lists and objects as such, everything else as text.
fn write_value(names: &Names, value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Signed(number) => write_number((*number).into(), out),
        Value::Unsigned(number) => write_number((*number).into(), out),
        Value::Enum { value, .. } => write_number((*value).into(), out),
        Value::Buffer(bytes) => {
            out.push(b'[');
            for (i, byte) in bytes.iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                put(out, format_args!("{comma}{byte}"));
            }
            out.push(b']');
        }
        Value::Bool(value) => put(out, format_args!("{value}")),
        Value::Tuple(elems) | Value::Array(elems) => {
            out.push(b'[');
            for (i, elem) in elems.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(names, elem, out);
            }
            out.push(b']');
        }
        Value::Record(fields) => {
            out.push(b'{');
            for (i, (name, value)) in fields.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b", ");
                }
                write_string(name.as_bytes(), out);
                out.extend_from_slice(b": ");
                write_value(names, value, out);
            }
            out.push(b'}');
        }
        value => {
            let mut text = Vec::new();
            text::write_value(names, value, &mut text);
            write_string(&text, out);
        }
    }
}

/// A number as such where every reader of JSON gets it right, that is where a `double` holds it;
/// in quotes where not.
fn write_number(number: i128, out: &mut Vec<u8>) {
    if (number as f64) as i128 == number {
        put(out, format_args!("{number}"));
    } else {
        put(out, format_args!("\"{number}\""));
    }
}

/// A string in quotes; bytes in it that are not UTF-8 as `\xNN`.
fn write_string(text: &[u8], out: &mut Vec<u8>) {
    let mut readable = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        readable.push_str(chunk.valid());
        for byte in chunk.invalid() {
            readable.push_str(&format!("\\x{byte:02x}"));
        }
    }
    // A string always serialises.
    let _ = serde_json::to_writer(out, &readable);
}
