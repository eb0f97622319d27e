//! `uprobe`, `uretprobe` and `usdt`: instructions of files that processes run. Where the kernel
//! has them (6.6), one link holds all places of a program in a file; elsewhere each place has a
//! perf event of its own.

use super::Attachment;
use super::job::Job;
use crate::sys::bpf::{self, UserPlace, UserPlaces};
use crate::sys::{SyscallError, cpu, perf};
use sema::ir::{AttachTarget, Uprobe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A target: its name, its places, its cookie.
type Place<'a> = (&'a str, &'a Uprobe, u64);

/// Perf events of their own.
pub(super) fn one(
    program: BorrowedFd<'_>,
    uprobe: &Uprobe,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let cpu = cpu::online()?[0];
    let mut attachment = Attachment::default();
    for place in places(uprobe, cookie) {
        let event = perf::open_uprobe(uprobe, &place, cpu)?;
        let link = bpf::link_perf_event(program, event.as_fd(), place.cookie)?;
        attachment.links.push(link);
    }
    Ok(attachment)
}

/// All places of a job, which are in one file, in one link, without those that the kernel refuses
/// and that a pattern found.
pub(super) fn many(program: BorrowedFd<'_>, job: &Job<'_>) -> Result<Attachment, SyscallError> {
    let targets: Vec<Place<'_>> = job
        .targets
        .iter()
        .filter_map(|(target, cookie)| match &target.attach {
            AttachTarget::Uprobe(uprobe) => Some((target.name.as_str(), uprobe, *cookie)),
            _ => None,
        })
        .collect();
    let mut attachment = Attachment::default();
    link(program, &targets, &mut attachment)?;
    Ok(attachment)
}

/// Links all, or else finds by halves what is refused.
fn link(
    program: BorrowedFd<'_>,
    targets: &[Place<'_>],
    attachment: &mut Attachment,
) -> Result<(), SyscallError> {
    let error = match link_all(program, targets) {
        Ok(link) => {
            attachment.links.extend(link);
            return Ok(());
        }
        Err(error) => error,
    };
    if let [(name, uprobe, _)] = targets {
        if !uprobe.by_pattern {
            return Err(error);
        }
        attachment.refused.push(format!("{name}: {error}"));
        return Ok(());
    }
    let (left, right) = targets.split_at(targets.len() / 2);
    link(program, left, attachment)?;
    link(program, right, attachment)
}

fn link_all(
    program: BorrowedFd<'_>,
    targets: &[Place<'_>],
) -> Result<Option<OwnedFd>, SyscallError> {
    let Some((_, first, _)) = targets.first() else {
        return Ok(None);
    };
    let all = targets.iter();
    let all: Vec<UserPlace> = all
        .flat_map(|(_, uprobe, cookie)| places(uprobe, *cookie))
        .collect();
    let of = UserPlaces {
        path: &first.path,
        places: &all,
        is_return: first.is_return,
        pid: first.pid,
    };
    bpf::link_user_places(program, &of).map(Some)
}

/// The places of a target, each with its cookie.
fn places(uprobe: &Uprobe, cookie: u64) -> impl Iterator<Item = UserPlace> {
    uprobe.places.iter().map(move |place| UserPlace {
        offset: place.offset,
        semaphore: place.semaphore,
        cookie: cookie | u64::from(place.layout) << 32,
    })
}
