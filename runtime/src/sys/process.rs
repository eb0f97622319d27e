//! Processes: one that is started by us but held before its first instruction, and one to watch.

use super::signal::SignalMask;
use super::{SyscallError, error::check};
use std::ffi::{CString, c_char};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// A process as a descriptor, which becomes readable when the process ends.
#[derive(Debug)]
pub(crate) struct PidFd(OwnedFd);

impl PidFd {
    /// Opens the process.
    pub(crate) fn open(pid: u32) -> Result<Self, SyscallError> {
        // SAFETY: takes no pointer.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(pid), 0) };
        let fd = check(fd, "").map_err(|e| e.during(format!("watch process {pid}")))?;
        // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as RawFd) }))
    }
}

impl PidFd {
    /// Sends the process a signal; one that has ended gets none.
    pub(crate) fn signal(&self, signal: i32) {
        let no_information: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: the descriptor is open; the information may be null.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.0.as_raw_fd(),
                signal,
                no_information,
                0,
            );
        }
    }

    /// Takes note that it has ended, if it has, so that it does not stay as a zombie. It must be a
    /// child of ours.
    pub(crate) fn reap(&self) -> Option<Ended> {
        let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the kernel writes at most the struct; the descriptor is open.
        let result = unsafe {
            libc::waitid(
                libc::P_PIDFD,
                self.0.as_raw_fd().cast_unsigned(),
                info.as_mut_ptr(),
                libc::WEXITED | libc::WNOHANG,
            )
        };
        // SAFETY: every field is an integer or an address, for which zeros are as good as what the
        // kernel wrote; the status is there whenever `si_signo` says that a child has changed.
        let (signo, code, status) = unsafe {
            let info = info.assume_init();
            (info.si_signo, info.si_code, info.si_status())
        };
        if result != 0 || signo != libc::SIGCHLD {
            return None;
        }
        Some(match code {
            libc::CLD_EXITED => Ended::Exited(status),
            _ => Ended::Killed(status),
        })
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A child process held between `fork` and `exec`.
#[derive(Debug)]
pub(crate) struct HeldChild {
    /// Its process id.
    pub(crate) pid: u32,
    /// A byte written here lets it go; closing it unwritten ends the child.
    go: PipeWriter,
    /// Where it writes the error number of a failed `exec`.
    failure: PipeReader,
}

/// Starts a process that will run `argv`, a program (looked up in `PATH`) and its arguments, once
/// it is [let go](HeldChild::release).
pub(crate) fn hold(argv: &[CString]) -> Result<HeldChild, SyscallError> {
    let io = |error: &std::io::Error| SyscallError::io("open a pipe", error);
    let (go_read, go) = pipe().map_err(|e| io(&e))?;
    let (failure, failure_write) = pipe().map_err(|e| io(&e))?;
    let mut pointers: Vec<*const c_char> = argv.iter().map(|a| a.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: the child calls only what is safe to call after a fork, and never returns.
    let pid = unsafe { libc::fork() };
    check(pid.into(), "start a process")?;
    if pid == 0 {
        drop(go);
        child(go_read.as_fd(), failure_write.as_fd(), &pointers);
    }
    Ok(HeldChild {
        pid: pid.cast_unsigned(),
        go,
        failure,
    })
}

/// What the child does: wait, become the program, or tell why it cannot. Allocates nothing.
fn child(go: BorrowedFd<'_>, failure: BorrowedFd<'_>, argv: &[*const c_char]) -> ! {
    let mut byte = 0u8;
    SignalMask::none().install();
    // SAFETY: system calls on open descriptors and live buffers; `argv` ends in a null pointer and
    // its strings live in this process image until `exec` replaces it.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        if libc::read(go.as_raw_fd(), (&raw mut byte).cast(), 1) == 1 {
            libc::execvp(argv[0], argv.as_ptr());
            let errno = (*libc::__errno_location()).to_ne_bytes();
            libc::write(failure.as_raw_fd(), errno.as_ptr().cast(), errno.len());
        }
        libc::_exit(127)
    }
}

impl HeldChild {
    /// Lets the child become its program, and fails with the error number where it cannot.
    pub(crate) fn release(mut self) -> Result<(), i32> {
        self.go
            .write_all(&[1])
            .map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))?;
        let mut errno = [0u8; 4];
        match self.failure.read_exact(&mut errno) {
            Ok(()) => Err(i32::from_ne_bytes(errno)),
            // The pipe closed on exec.
            Err(_) => Ok(()),
        }
    }
}

/// Closes files that take the kernel long to close in a process of their own, for which nobody
/// waits. Where no process can be had, they close here.
pub(crate) fn close_elsewhere(mut files: Vec<OwnedFd>) {
    if files.is_empty() {
        return;
    }
    files.sort_by_key(AsRawFd::as_raw_fd);
    // SAFETY: the children call only what is safe to call after a fork, and never return.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            // The child's child belongs to nobody here, so it leaves no zombie.
            if libc::fork() == 0 {
                close_others(&files);
            }
            libc::_exit(0);
        }
        if child > 0 {
            libc::waitpid(child, std::ptr::null_mut(), 0);
        }
    }
}

/// Closes every descriptor but these, which are sorted, and leaves the terminal, so that nobody
/// takes this process for the one it comes from.
fn close_others(kept: &[OwnedFd]) {
    let mut first = 0;
    for next in kept.iter().map(|fd| fd.as_raw_fd().cast_unsigned()) {
        close_range(first, next);
        first = next + 1;
    }
    close_range(first, u32::MAX);
    // SAFETY: takes nothing.
    unsafe { libc::setsid() };
}

/// Closes descriptors from `first` up to, but not with, `end`.
fn close_range(first: u32, end: u32) {
    if first < end {
        // SAFETY: only called in a process that is about to end and uses none of them.
        unsafe { libc::syscall(libc::SYS_close_range, first, end - 1, 0) };
    }
}

/// Kills every process of a group, which is known by its first process.
pub(crate) fn kill_group(leader: u32) {
    if let Ok(leader) = libc::pid_t::try_from(leader) {
        // SAFETY: takes no pointer.
        unsafe { libc::kill(-leader, libc::SIGKILL) };
    }
}
