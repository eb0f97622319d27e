//! Links: attachments that end when the last descriptor of them closes.

use super::{Attribute, Command, address, call_for_fd};
use crate::sys::SyscallError;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// `BPF_PERF_EVENT` of `enum bpf_attach_type` (5.15).
const ATTACH_PERF_EVENT: u32 = 41;

#[repr(C)]
struct Create {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    cookie: u64,
}

#[repr(C)]
struct OpenRawTracepoint {
    name: u64,
    program: u32,
    pad: u32,
}

// SAFETY: plain words without padding and no address.
unsafe impl Attribute for Create {}
// SAFETY: plain words; the one address is that of a C string that outlives the call.
unsafe impl Attribute for OpenRawTracepoint {}

/// Attaches a program to a perf event. The link keeps the event open.
pub(crate) fn link_perf_event(
    program: BorrowedFd<'_>,
    event: BorrowedFd<'_>,
) -> Result<OwnedFd, SyscallError> {
    let mut attribute = Create {
        program: program.as_raw_fd().cast_unsigned(),
        target: event.as_raw_fd().cast_unsigned(),
        attach_type: ATTACH_PERF_EVENT,
        flags: 0,
        cookie: 0,
    };
    call_for_fd(Command::LinkCreate, &mut attribute, || {
        "link a program to a perf event".to_owned()
    })
}

/// Attaches a program to a raw tracepoint.
pub(crate) fn open_raw_tracepoint(
    program: BorrowedFd<'_>,
    name: &str,
) -> Result<OwnedFd, SyscallError> {
    let attempted = || format!("attach to raw tracepoint `{name}`");
    let c_name = CString::new(name).map_err(|_| SyscallError::new(attempted(), libc::EINVAL))?;
    let mut attribute = OpenRawTracepoint {
        name: address(c_name.as_ptr()),
        program: program.as_raw_fd().cast_unsigned(),
        pad: 0,
    };
    call_for_fd(Command::RawTracepointOpen, &mut attribute, attempted)
}
