//! How wide a terminal is.

use std::os::fd::{AsRawFd, BorrowedFd};

/// Columns of the terminal that a descriptor is; nothing where it is none, or does not say.
pub(crate) fn columns(fd: BorrowedFd<'_>) -> Option<usize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the descriptor is open, and the struct is live and of the kind that the kernel
    // fills for this request.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (result == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}
