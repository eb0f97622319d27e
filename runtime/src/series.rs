//! Time series: what every CPU recorded, by intervals, and how that prints.

use crate::aggregate::{average, number, order};
use crate::print::value::Value;
use crate::sys::clock;
use sema::ir::SeriesFold;
use std::collections::BTreeMap;
use std::io::Write;

/// Columns of the graph, its edges counted.
const WIDTH: usize = 53;

/// Columns of the lower bound above and below it; the upper one has the rest.
const LEFT: usize = 21;

/// An interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// Its start in nanoseconds since 1970.
    pub(crate) start: u64,
    /// What its numbers come to; nothing where there are none.
    pub(crate) value: Option<Value<'static>>,
}

/// What one interval comes to so far: its value, and the word beside it.
type Slot = (u64, u64);

/// Folds the slots of all CPUs: `(interval, count)` are nanoseconds and how many are kept. Nothing
/// where no CPU has recorded anything.
pub(crate) fn points<'a>(
    cpus: impl Iterator<Item = &'a [u64]>,
    (interval, count): (u64, u32),
    fold: SeriesFold,
    signed: bool,
) -> Option<Vec<Point>> {
    let mut slots: BTreeMap<u64, Slot> = BTreeMap::new();
    for slot in cpus.flat_map(|words| words.chunks_exact(3)) {
        let (mark, new) = (slot[0], (slot[1], slot[2]));
        if mark > 0 {
            let known = slots.entry(mark - 1);
            known
                .and_modify(|slot| *slot = together(*slot, new, fold, signed))
                .or_insert(new);
        }
    }
    let (&last, _) = slots.last_key_value()?;
    // What a CPU has not written over for long is out of date.
    let oldest = (last + 1).saturating_sub(u64::from(count));
    let first = *slots.range(oldest..).next()?.0;
    let point = |epoch: u64| Point {
        start: epoch.saturating_mul(interval),
        value: slots.get(&epoch).map(|&slot| value(slot, fold, signed)),
    };
    Some((first..=last).map(point).collect())
}

fn together(a: Slot, b: Slot, fold: SeriesFold, signed: bool) -> Slot {
    let first_is = |is: bool| if is { a } else { b };
    match fold {
        SeriesFold::Last => first_is(a.1 >= b.1),
        SeriesFold::Avg | SeriesFold::Sum => (a.0.wrapping_add(b.0), a.1.wrapping_add(b.1)),
        SeriesFold::Max => first_is(order(a.0, signed) >= order(b.0, signed)),
        SeriesFold::Min => first_is(order(a.0, signed) <= order(b.0, signed)),
    }
}

fn value((word, beside): Slot, fold: SeriesFold, signed: bool) -> Value<'static> {
    match fold {
        SeriesFold::Avg => average(word, beside, signed),
        _ => number(word, signed),
    }
}

/// Digits of the fraction of a second that tell intervals apart, and what they count.
fn precision(points: &[Point]) -> (usize, &'static str) {
    let interval = match points {
        [first, .., last] => (last.start - first.start) / (points.len() as u64 - 1),
        _ => 0,
    };
    match interval {
        0 => (9, ".ns"),
        ns if ns % 1_000_000_000 == 0 => (0, ""),
        ns if ns % 1_000_000 == 0 => (3, ".ms"),
        ns if ns % 1_000 == 0 => (6, ".us"),
        _ => (9, ".ns"),
    }
}

/// Appends a time of the day, with so many digits of a fraction.
fn write_time(ns: u64, format: &[u8], digits: usize, out: &mut Vec<u8>) {
    let seconds = i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX);
    clock::format_local(seconds, format, out);
    if digits > 0 {
        let fraction = format!("{:09}", ns % 1_000_000_000);
        put(out, format_args!(".{}", &fraction[..digits]));
    }
}

/// Appends a series as a graph: time goes down, values go right.
pub(crate) fn write_graph(points: &[Point], out: &mut Vec<u8>) {
    let values = || points.iter().filter_map(|p| p.value.as_ref()?.as_integer());
    let (Some(mut low), Some(mut high)) = (values().min(), values().max()) else {
        return;
    };
    if low == high {
        (low, high) = (low.saturating_sub(1), high.saturating_add(1));
    }
    let (digits, unit) = precision(points);
    let margin = "hh:mm:ss".len() + if digits > 0 { 1 + digits } else { 0 };
    let bounds = |out: &mut Vec<u8>| {
        let right = WIDTH - LEFT;
        put(
            out,
            format_args!("{:margin$} {low:<LEFT$}{high:>right$}\n", ""),
        );
    };
    bounds(out);
    let head = format!("hh:mm:ss{unit}");
    put(
        out,
        format_args!("{head:margin$} |{}|\n", "_".repeat(WIDTH - 2)),
    );
    let place = |value: i128| ((value - low) * (WIDTH as i128 - 1) / (high - low)) as usize;
    let zero = (low < 0 && high > 0).then(|| place(0));
    for point in points {
        let mut line = [b' '; WIDTH];
        line[0] = b'|';
        line[WIDTH - 1] = b'|';
        if let Some(zero) = zero {
            line[zero] = b'.';
        }
        let value = point.value.as_ref().and_then(Value::as_integer);
        if let Some(value) = value {
            line[place(value).min(WIDTH - 1)] = b'*';
        }
        write_time(point.start, b"%H:%M:%S", digits, out);
        out.push(b' ');
        out.extend_from_slice(&line);
        match value {
            Some(value) => put(out, format_args!(" {value}\n")),
            None => out.extend_from_slice(b" -\n"),
        }
    }
    put(
        out,
        format_args!("{:margin$} v{}v\n", "", "_".repeat(WIDTH - 2)),
    );
    bounds(out);
}

/// Appends a series as a list of objects.
pub(crate) fn write_json(points: &[Point], out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, point) in points.iter().enumerate() {
        out.extend_from_slice(if i > 0 { b", " } else { b"" });
        out.extend_from_slice(b"{\"interval_start\":\"");
        write_time(point.start, b"%Y-%m-%dT%H:%M:%S", 9, out);
        match point.value.as_ref().and_then(Value::as_integer) {
            Some(value) => put(out, format_args!("\",\"value\":{value}}}")),
            None => out.extend_from_slice(b"\",\"value\":null}"),
        }
    }
    out.push(b']');
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests;
