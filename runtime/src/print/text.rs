//! Values as text.

use super::stack;
use super::value::Value;
use super::view::{Shown, View};
use crate::aggregate::Folded;
use crate::histogram::{write_percentiles, write_rows};
use crate::symbol::{Names, Symbol, format_time, process_name, wall_clock_ns};
use sema::ir::StackSide;
use std::io::Write;

/// How far frames of a stack are indented where it is a value, and where it is a map's key.
const STACK_INDENT: usize = 8;
const KEY_STACK_INDENT: usize = 4;

/// Appends a value as `print` and `%s` show it.
pub(crate) fn write_value(names: &Names, value: &Value<'_>, out: &mut Vec<u8>) {
    write_indented(names, value, STACK_INDENT, out);
}

/// Appends a map's key as it stands between the brackets: several keys without parentheses.
pub(crate) fn write_key(names: &Names, key: &Value<'_>, out: &mut Vec<u8>) {
    match key {
        Value::Tuple(keys) => write_list(keys, ", ", out, |key, out| {
            write_indented(names, key, KEY_STACK_INDENT, out);
        }),
        key => write_indented(names, key, KEY_STACK_INDENT, out),
    }
}

fn write_indented(names: &Names, value: &Value<'_>, indent: usize, out: &mut Vec<u8>) {
    match value {
        Value::Void => {}
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Signed(value) => put_number(out, *value),
        Value::Unsigned(value) => put_number(out, *value),
        Value::Pointer(address) => put(out, format_args!("{address:#x}")),
        Value::Enum { value, name } => match name {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => put_number(out, *value),
        },
        Value::Str { bytes, cut } => {
            out.extend_from_slice(bytes);
            if *cut {
                names.cut.set(names.cut.get() + 1);
                out.extend_from_slice(names.trailer.as_bytes());
            }
        }
        Value::Buffer(bytes) => write_buffer(bytes, out),
        Value::Array(elems) => {
            out.push(b'[');
            write_list(elems, ",", out, |e, out| {
                write_indented(names, e, indent, out)
            });
            out.push(b']');
        }
        Value::Tuple(elems) => {
            out.push(b'(');
            write_list(elems, ", ", out, |e, out| {
                write_indented(names, e, indent, out)
            });
            out.push(b')');
        }
        Value::Record(fields) => write_record(names, fields, indent, out),
        Value::Inet(address) => {
            if let Some(address) = address {
                put(out, format_args!("{address}"));
            }
        }
        Value::Mac([a, b, c, d, e, f]) => put(
            out,
            format_args!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}"),
        ),
        Value::Ksym(address) => write_symbol(names.kernel_symbol(*address), *address, out),
        Value::Usym { address, pid } => stack::write_user_symbol(names, *pid, *address, out),
        Value::Stack {
            side,
            pid,
            mode,
            frames,
        } => stack::write(names, (*side, *pid), *mode, frames, indent, out),
        Value::StackCopy { thread, mode } => {
            let side = (StackSide::User, thread.pid);
            let frames = names.unwind(thread);
            stack::write(names, side, *mode, &frames, indent, out);
        }
        Value::FileStack { frames, .. } => stack::write_files(frames, indent, out),
        Value::User(id) => match names.user(*id) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => put(out, format_args!("{id}")),
        },
        Value::Process(id) => match process_name(*id) {
            Some(name) => out.extend_from_slice(&name),
            None => put(out, format_args!("{id}")),
        },
        Value::Timestamp { ns, clock, format } => {
            format_time(wall_clock_ns(*ns, *clock), format.as_bytes(), out);
        }
        Value::CgroupPath { id, filter } => {
            out.extend_from_slice(names.cgroup(*id, filter).as_bytes());
        }
    }
}

/// Appends formatted text.
pub(super) fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends an integer in decimal.
pub(super) fn put_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn write_list<T>(
    items: &[T],
    separator: &str,
    out: &mut Vec<u8>,
    mut each: impl FnMut(&T, &mut Vec<u8>),
) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        each(item, out);
    }
}

fn write_record(names: &Names, fields: &[(&str, Value<'_>)], indent: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{ ");
    write_list(fields, ", ", out, |(name, value), out| {
        put(out, format_args!(".{name} = "));
        write_indented(names, value, indent, out);
    });
    out.extend_from_slice(b" }");
}

/// Printable bytes as they are, the others as `\xNN`.
pub(super) fn write_buffer(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            b' '..=b'~' => out.push(byte),
            _ => put(out, format_args!("\\x{byte:02x}")),
        }
    }
}

/// A symbol by itself: where it starts is of no interest.
fn write_symbol(symbol: Option<Symbol>, address: u64, out: &mut Vec<u8>) {
    match symbol {
        Some(symbol) => out.extend_from_slice(symbol.name.as_bytes()),
        None => put(out, format_args!("{address:#x}")),
    }
}

/// Appends a map. A histogram is headed by its name and followed by an empty line; anything else
/// takes a line an entry.
pub(super) fn write_map(names: &Names, view: &View<'_>, bar: usize, out: &mut Vec<u8>) {
    for entry in &view.entries {
        out.extend_from_slice(view.name.as_bytes());
        if let Some(key) = &entry.key {
            out.push(b'[');
            write_key(names, key, out);
            out.push(b']');
        }
        match &entry.value {
            Shown::Folded(Folded::Series { points, .. }) => {
                out.extend_from_slice(b":\n");
                crate::series::write_graph(points, out);
            }
            Shown::Folded(Folded::Histogram { rows, .. }) => {
                out.extend_from_slice(b":\n");
                write_rows(rows, bar, out);
                if view.percentiles {
                    write_percentiles(rows, out);
                }
            }
            Shown::Folded(Folded::Stats {
                count,
                average,
                total,
            }) => {
                let count = Value::Unsigned(*count);
                let fields = [
                    ("count", count),
                    ("average", average.clone()),
                    ("total", total.clone()),
                ];
                out.extend_from_slice(b": ");
                write_record(names, &fields, STACK_INDENT, out);
            }
            Shown::Plain(value) | Shown::Folded(Folded::Number(value)) => {
                out.extend_from_slice(b": ");
                write_value(names, value, out);
            }
        }
        out.push(b'\n');
    }
}
