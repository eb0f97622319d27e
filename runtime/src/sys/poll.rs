//! Waiting for several descriptors at once.

use super::SyscallError;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interest<'a> {
    /// That it can be read.
    Readable(BorrowedFd<'a>),
    /// That its other end has gone.
    Hangup(BorrowedFd<'a>),
}

/// Waits until one of the descriptors is ready or the time is over (never, where there is none),
/// and tells for each whether it is. A signal that is not blocked ends the wait early.
pub(crate) fn wait<const N: usize>(
    interests: [Option<Interest<'_>>; N],
    timeout: Option<Duration>,
) -> Result<[bool; N], SyscallError> {
    let mut fds = interests.map(|interest| {
        let (fd, events) = match interest {
            Some(Interest::Readable(fd)) => (fd.as_raw_fd(), libc::POLLIN),
            Some(Interest::Hangup(fd)) => (fd.as_raw_fd(), 0),
            // The kernel skips negative descriptors.
            None => (-1, 0),
        };
        libc::pollfd {
            fd,
            events,
            revents: 0,
        }
    });
    let timeout = timeout.map(|t| libc::timespec {
        tv_sec: t.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: t.subsec_nanos().into(),
    });
    let timeout = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the array and the time are live for the call; the signal mask may be null.
    let result = unsafe {
        libc::ppoll(
            fds.as_mut_ptr(),
            N as libc::nfds_t,
            timeout,
            std::ptr::null(),
        )
    };
    if result < 0 {
        let error = SyscallError::last("wait for events");
        if error.errno != libc::EINTR {
            return Err(error);
        }
        return Ok([false; N]);
    }
    Ok(fds.map(|fd| fd.revents != 0))
}

/// Waits until one of the descriptors can be read or its other end has gone, and tells for each
/// whether that is so.
pub(crate) fn any(fds: &[BorrowedFd<'_>]) -> Result<Vec<bool>, SyscallError> {
    let fd = |fd: &BorrowedFd<'_>| libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let mut fds: Vec<libc::pollfd> = fds.iter().map(fd).collect();
    // SAFETY: the array is live for the call and as long as is said.
    let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, -1) };
    if result < 0 {
        let error = SyscallError::last("wait for events");
        if error.errno != libc::EINTR {
            return Err(error);
        }
        return Ok(vec![false; fds.len()]);
    }
    Ok(fds.iter().map(|fd| fd.revents != 0).collect())
}
