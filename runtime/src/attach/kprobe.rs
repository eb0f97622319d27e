//! `kprobe` and `kretprobe`: one as a perf event, many in a link that they share.

use super::Attachment;
use super::job::Job;
use crate::load::Sharing;
use crate::sys::bpf::{self, Ends, KprobePlace};
use crate::sys::{SyscallError, perf};
use sema::ir::{AttachTarget, Kprobe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What is attempted where there are none.
pub(crate) const NO_KPROBES: &str = "use kprobes, which this kernel does not have";

/// Where the kernel describes its kprobe unit.
const UNIT: &str = "/sys/bus/event_source/devices/kprobe";

/// A kprobe of its own.
pub(super) fn one(
    program: BorrowedFd<'_>,
    kprobe: &Kprobe,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let (kind, return_bit) = unit()?;
    let config = if kprobe.is_return { 1 << return_bit } else { 0 };
    let function = match &kprobe.module {
        Some(module) => format!("{module}:{}", kprobe.function),
        None => kprobe.function.clone(),
    };
    let event = perf::open_kprobe(kind, config, &function, kprobe.offset)?;
    let link = bpf::link_perf_event(program, event.as_fd(), cookie)?;
    Ok(Attachment {
        links: vec![link],
        event: Some(event),
        ..Attachment::default()
    })
}

/// The number of the unit, and the bit of the configuration that asks for the return.
fn unit() -> Result<(u32, u32), SyscallError> {
    let read = |file: &str| std::fs::read_to_string(format!("{UNIT}/{file}"));
    let no_kprobes = |_| SyscallError::new(NO_KPROBES, libc::ENOSYS);
    let kind = read("type").map_err(no_kprobes)?;
    let kind = kind.trim().parse().unwrap_or(0);
    // `config:0`
    let bit = read("format/retprobe").unwrap_or_default();
    let bit = bit.trim().rsplit(':').next().and_then(|b| b.parse().ok());
    Ok((kind, bit.unwrap_or(0)))
}

/// Kprobes on many functions in one link, without those that the kernel refuses and that a
/// pattern found.
pub(super) fn many(program: BorrowedFd<'_>, job: &Job<'_>) -> Result<Attachment, SyscallError> {
    let kprobes = job
        .targets
        .iter()
        .filter_map(|(target, cookie)| match &target.attach {
            AttachTarget::Kprobe(kprobe) => Some((kprobe, *cookie)),
            _ => None,
        });
    let mut kprobes: Vec<(&Kprobe, u64)> = kprobes.collect();
    let ends = match kprobes.first() {
        _ if job.program.sharing == Sharing::Session => Ends::Both,
        Some((kprobe, _)) if kprobe.is_return => Ends::Return,
        _ => Ends::Entry,
    };
    if ends == Ends::Both {
        kprobes.retain(|(kprobe, _)| !kprobe.is_return);
    }
    let mut attachment = Attachment::default();
    link((program, ends), &kprobes, &mut attachment)?;
    Ok(attachment)
}

/// Links all, or else finds by halves what is refused.
fn link(
    (program, ends): (BorrowedFd<'_>, Ends),
    kprobes: &[(&Kprobe, u64)],
    attachment: &mut Attachment,
) -> Result<(), SyscallError> {
    let error = match link_all((program, ends), kprobes) {
        Ok(link) => {
            attachment.links.push(link);
            return Ok(());
        }
        Err(error) => error,
    };
    if let [(kprobe, _)] = kprobes {
        if !kprobe.by_pattern {
            return Err(error);
        }
        let refused = format!("{}: {error}", kprobe.function);
        if ends == Ends::Both {
            attachment.refused.push(refused.clone());
        }
        attachment.refused.push(refused);
        return Ok(());
    }
    let (left, right) = kprobes.split_at(kprobes.len() / 2);
    link((program, ends), left, attachment)?;
    link((program, ends), right, attachment)
}

fn link_all(
    (program, ends): (BorrowedFd<'_>, Ends),
    kprobes: &[(&Kprobe, u64)],
) -> Result<OwnedFd, SyscallError> {
    let places: Vec<KprobePlace<'_>> = kprobes
        .iter()
        .map(|(kprobe, cookie)| KprobePlace {
            function: &kprobe.function,
            cookie: *cookie,
        })
        .collect();
    bpf::link_kprobes(program, &places, ends)
}
