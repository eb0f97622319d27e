//! Signals as something to read.

use super::{SyscallError, error::check};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Signals that wait to be read here instead of being delivered. Dropping it gives the thread its
/// former signal mask back.
#[derive(Debug)]
pub(crate) struct SignalFd {
    fd: OwnedFd,
    former: SignalMask,
}

/// A set of signals.
#[derive(Clone, Copy)]
pub(crate) struct SignalMask(libc::sigset_t);

impl std::fmt::Debug for SignalMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignalMask")
    }
}

impl SignalMask {
    fn of(signals: &[i32]) -> Self {
        let mut mask = std::mem::MaybeUninit::uninit();
        // SAFETY: `sigemptyset` initialises the whole set; `sigaddset` refuses what is no signal.
        unsafe {
            libc::sigemptyset(mask.as_mut_ptr());
            for &signal in signals {
                libc::sigaddset(mask.as_mut_ptr(), signal);
            }
            Self(mask.assume_init())
        }
    }

    /// No signal.
    pub(super) fn none() -> Self {
        Self::of(&[])
    }

    /// Makes this the thread's mask. Safe to call between `fork` and `exec`.
    pub(super) fn install(&self) {
        // SAFETY: the set is initialised, and no old one is asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut())
        };
    }
}

impl SignalFd {
    /// Blocks these signals in the thread (and in the threads it starts) and opens a descriptor
    /// that becomes readable when one arrives.
    pub(crate) fn open(signals: &[i32]) -> Result<Self, SyscallError> {
        let wanted = SignalMask::of(signals);
        let mut former = SignalMask::none();
        // SAFETY: both sets are initialised and live for the call.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const wanted.0, &raw mut former.0);
        }
        // SAFETY: the set is initialised; -1 asks for a new descriptor.
        let fd = unsafe {
            libc::signalfd(
                -1,
                &raw const wanted.0,
                libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
            )
        };
        if let Err(error) = check(fd.into(), "wait for signals") {
            former.install();
            return Err(error);
        }
        // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd, former })
    }

    /// The next signal that has arrived, without waiting.
    pub(crate) fn next(&self) -> Option<i32> {
        let mut info = std::mem::MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the buffer is as long as it is said to be.
        let read = unsafe { libc::read(self.fd.as_raw_fd(), info.as_mut_ptr().cast(), size) };
        if usize::try_from(read) != Ok(size) {
            return None;
        }
        // SAFETY: the kernel has filled the whole struct.
        let info = unsafe { info.assume_init() };
        i32::try_from(info.ssi_signo).ok()
    }
}

impl SignalFd {
    /// Whether SIGINT or SIGTERM has arrived; others are forgotten.
    pub(crate) fn asks_for_the_end(&self) -> bool {
        std::iter::from_fn(|| self.next()).any(|s| matches!(s, libc::SIGINT | libc::SIGTERM))
    }
}

/// Whether SIGINT or SIGTERM waits to be read.
pub(crate) fn end_is_pending() -> bool {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the kernel fills the set, which is live, and zeros are a set too.
    unsafe {
        libc::sigpending(set.as_mut_ptr()) == 0
            && [libc::SIGINT, libc::SIGTERM]
                .iter()
                .any(|&signal| libc::sigismember(set.as_ptr(), signal) == 1)
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for SignalFd {
    fn drop(&mut self) {
        while self.next().is_some() {}
        self.former.install();
    }
}
