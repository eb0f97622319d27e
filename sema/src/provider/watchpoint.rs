//! `watchpoint` and `asyncwatchpoint`: accesses to a few bytes of memory.

use super::{Args, Part, Point, Site, kprobe};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType, Watchpoint};
use lexer::Diagnostic;

/// Bits of `linux/hw_breakpoint.h`.
const READ: u8 = 1;
const WRITE: u8 = 2;
const EXECUTE: u8 = 4;

/// Bytes of an instruction address, which is what is watched when it is executed.
const ADDRESS_BYTES: u8 = 8;

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let [address, length, mode] = point.parts.as_slice() else {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    };
    match site(point, address, length, mode, cx) {
        Ok(site) => vec![site],
        Err(report) => {
            cx.report(*report);
            Vec::new()
        }
    }
}

fn site(
    point: &Point,
    address: &Part,
    length: &Part,
    mode: &Part,
    cx: &mut Cx<'_>,
) -> Result<Site, Box<Diagnostic>> {
    let pid = cx.options.pid.or(cx.options.child);
    let place = place(address, pid.is_some(), cx)?;
    let modes = modes(mode)?;
    let bytes = kprobe::number(&length.text)
        .and_then(|bytes| u8::try_from(bytes).ok())
        .filter(|bytes| matches!(bytes, 1 | 2 | 4 | 8))
        .ok_or_else(|| error::watch_length(&length.text, length.span))?;
    if modes == EXECUTE && bytes != ADDRESS_BYTES {
        return Err(Box::new(error::watch_execute_length(length.span)));
    }
    if !place.is_multiple_of(u64::from(bytes)) && modes != EXECUTE {
        return Err(Box::new(error::watch_alignment(place, bytes, address.span)));
    }
    let parts = [address, length, mode].map(|part| part.text.as_str());
    Ok(Site {
        name: format!("{}:{}", point.provider.name, parts.join(":")),
        program: ProgramType::PerfEvent,
        attach: AttachTarget::Watchpoint(Watchpoint {
            address: place,
            length: bytes,
            modes,
            pid,
        }),
        args: Args::None,
        raw: None,
    })
}

/// An address, or a symbol of the kernel where it is the kernel's memory that is watched.
fn place(part: &Part, in_process: bool, cx: &mut Cx<'_>) -> Result<u64, Box<Diagnostic>> {
    if let Some(address) = kprobe::number(&part.text) {
        return Ok(address);
    }
    if part.text.contains("+arg") {
        return Err(Box::new(error::watch_argument(part.span)));
    }
    if in_process {
        return Err(Box::new(error::watch_address(&part.text, part.span)));
    }
    let found = cx.kernel.symbol_address(&part.text);
    let found = found.map_err(|e| Box::new(error::kernel(&e, part.span)))?;
    let found = found.filter(|&address| address > 0);
    found.ok_or_else(|| Box::new(error::watch_address(&part.text, part.span)))
}

/// Each letter once, and execution alone.
fn modes(part: &Part) -> Result<u8, Box<Diagnostic>> {
    let mut modes = 0;
    for letter in part.text.chars() {
        let bit = match letter {
            'r' => READ,
            'w' => WRITE,
            'x' => EXECUTE,
            _ => return Err(Box::new(error::watch_mode(&part.text, part.span))),
        };
        if modes & bit != 0 {
            return Err(Box::new(error::watch_mode(&part.text, part.span)));
        }
        modes |= bit;
    }
    match modes {
        READ if cfg!(target_arch = "x86_64") => Err(Box::new(error::watch_read_alone(part.span))),
        EXECUTE | READ | WRITE => Ok(modes),
        both if both == READ | WRITE => Ok(modes),
        _ => Err(Box::new(error::watch_mode(&part.text, part.span))),
    }
}
