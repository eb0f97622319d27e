//! Stacks as text: a frame a line, innermost first.

use super::text::put;
use crate::symbol::{Frame, Names};
use sema::ir::{StackMode, StackSide};

/// Appends a stack.
pub(super) fn write(
    names: &Names,
    (side, pid): (StackSide, u32),
    mode: StackMode,
    frames: &[u64],
    indent: usize,
    out: &mut Vec<u8>,
) {
    out.push(b'\n');
    for (number, &address) in frames.iter().enumerate() {
        // All but the innermost are where a call returns to: the call itself is before it.
        let back = u64::from(number > 0);
        match (mode, side) {
            (StackMode::Raw, _) => put(out, format_args!("{:indent$}{address:x}\n", "")),
            (_, StackSide::Kernel) => write_kernel(names, mode, address, indent, out),
            (_, StackSide::User) => {
                write_user(names, (pid, back), mode, address, indent, out);
            }
        }
    }
}

fn write_kernel(names: &Names, mode: StackMode, address: u64, indent: usize, out: &mut Vec<u8>) {
    start(mode, address, indent, out);
    match names.kernel_symbol(address) {
        Some(symbol) => put(out, format_args!("{}+{}\n", symbol.name, symbol.offset)),
        None => put(out, format_args!("{address:#x}\n")),
    }
}

fn write_user(
    names: &Names,
    (pid, back): (u32, u64),
    mode: StackMode,
    address: u64,
    indent: usize,
    out: &mut Vec<u8>,
) {
    let found = names.user_frames(pid, address.saturating_sub(back));
    for frame in found.iter() {
        start(mode, address, indent, out);
        write_frame(frame, back, mode, out);
    }
    if found.is_empty() {
        start(mode, address, indent, out);
        put(out, format_args!("{address:#x}"));
        if mode == StackMode::Perf {
            out.extend_from_slice(b" ([unknown])");
        }
        out.push(b'\n');
    }
}

/// What stands before a frame.
fn start(mode: StackMode, address: u64, indent: usize, out: &mut Vec<u8>) {
    match mode {
        StackMode::Perf => put(out, format_args!("\t{address:16x} ")),
        _ => put(out, format_args!("{:indent$}", "")),
    }
}

fn write_frame(frame: &Frame, back: u64, mode: StackMode, out: &mut Vec<u8>) {
    let is_perf = mode == StackMode::Perf;
    if frame.is_inlined && !is_perf {
        out.extend_from_slice(b"[inlined] ");
    }
    write_name(frame, back, out);
    if let Some(offset) = frame.offset.filter(|_| !frame.name.is_empty()) {
        put(out, format_args!("+{}", offset + back));
    }
    match (&frame.source, &frame.file) {
        (Some(source), _) if !is_perf => put(out, format_args!("@{source}")),
        (_, _) if is_perf && frame.is_inlined => out.extend_from_slice(b" (inlined)"),
        (_, Some(file)) if is_perf => put(out, format_args!(" ({file})")),
        (_, None) if is_perf => out.extend_from_slice(b" ([unknown])"),
        _ => {}
    }
    out.push(b'\n');
}

/// The name of a function; of an address without one the file and the place in it.
fn write_name(frame: &Frame, back: u64, out: &mut Vec<u8>) {
    if !frame.name.is_empty() {
        return out.extend_from_slice(frame.name.as_bytes());
    }
    let file = frame.file.as_deref().unwrap_or_default();
    let file = file.rsplit('/').next().unwrap_or_default();
    let offset = frame.offset.unwrap_or(0) + back;
    put(out, format_args!("{file}+{offset:#x}"));
}

/// Appends the symbol of an address of a process by itself: where it starts is of no interest.
pub(super) fn write_user_symbol(names: &Names, pid: u32, address: u64, out: &mut Vec<u8>) {
    match names.user_frames(pid, address).last() {
        Some(frame) => write_name(frame, 0, out),
        None => put(out, format_args!("{address:#x}")),
    }
}

/// Appends a stack by files.
pub(super) fn write_files(frames: &[(Option<[u8; 20]>, u64)], indent: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    for (id, offset) in frames {
        put(out, format_args!("{:indent$}", ""));
        if let Some(id) = id {
            id.iter()
                .for_each(|byte| put(out, format_args!("{byte:02x}")));
            out.push(b'+');
        }
        put(out, format_args!("{offset:#x}\n"));
    }
}
