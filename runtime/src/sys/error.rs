//! What a failed system call says.

use std::io;

/// A system call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {attempted}: {}", describe(*errno))]
pub struct SyscallError {
    /// What was attempted, to be read after "cannot": ``create map `@reads` ``.
    pub attempted: String,
    /// The error number, `errno(3)`.
    pub errno: i32,
}

impl SyscallError {
    /// The failure that `errno` holds now.
    pub(crate) fn last(attempted: impl Into<String>) -> Self {
        let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
        Self::new(attempted, errno)
    }

    /// A failure with a known number.
    pub(crate) fn new(attempted: impl Into<String>, errno: i32) -> Self {
        Self {
            attempted: attempted.into(),
            errno,
        }
    }

    /// The failure of an operation of the standard library.
    pub(crate) fn io(attempted: impl Into<String>, error: &io::Error) -> Self {
        Self::new(attempted, error.raw_os_error().unwrap_or(libc::EIO))
    }

    /// The same failure, told with more context.
    #[must_use]
    pub(crate) fn during(self, attempted: impl Into<String>) -> Self {
        Self::new(attempted, self.errno)
    }

    /// Whether the kernel refuses it to this person: `EPERM` or `EACCES`.
    pub fn is_denied(&self) -> bool {
        matches!(self.errno, libc::EPERM | libc::EACCES)
    }
}

/// The words for an error number.
pub(crate) fn describe(errno: i32) -> String {
    // What its name is about has nothing to do with what the kernel means.
    if errno == libc::EILSEQ {
        return "no instruction starts there".to_owned();
    }
    describe_io(&io::Error::from_raw_os_error(errno))
}

/// The words for a failed operation of the standard library, without the error number that it
/// puts behind them.
pub(crate) fn describe_io(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Turns the `-1` of a system call into an error.
pub(super) fn check(result: libc::c_long, attempted: &str) -> Result<libc::c_long, SyscallError> {
    if result < 0 {
        Err(SyscallError::last(attempted))
    } else {
        Ok(result)
    }
}
