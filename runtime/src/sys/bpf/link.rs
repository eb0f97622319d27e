//! Links: attachments that end when the last descriptor of them closes.

use super::{Attribute, Command, address, call, call_for_fd};
use crate::sys::SyscallError;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

// `enum bpf_attach_type`.
/// Since 5.5.
pub(crate) const ATTACH_FENTRY: u32 = 24;
/// Since 5.5.
pub(crate) const ATTACH_FEXIT: u32 = 25;
/// Since 5.8.
pub(crate) const ATTACH_ITER: u32 = 28;
/// Since 5.15.
const ATTACH_PERF_EVENT: u32 = 41;
/// Since 5.18.
pub(crate) const ATTACH_KPROBE_MULTI: u32 = 42;
/// Since 6.10.
pub(crate) const ATTACH_KPROBE_SESSION: u32 = 56;
/// `BPF_F_KPROBE_MULTI_RETURN`
const MULTI_RETURN: u32 = 1;
/// Since 6.6.
pub(crate) const ATTACH_UPROBE_MULTI: u32 = 48;
/// `BPF_F_UPROBE_MULTI_RETURN`
const USER_RETURN: u32 = 1;

/// What is attempted when a link is to get a name; the name follows.
pub(crate) const PIN: &str = "pin an iterator as";

#[repr(C)]
struct Create {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    cookie: u64,
}

/// The same with what tracing programs take.
#[repr(C)]
struct CreateTracing {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    target_btf_id: u32,
    pad: u32,
    cookie: u64,
}

/// The same with what kprobes on many functions take.
#[repr(C)]
struct CreateKprobes {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    kind: u32,
    count: u32,
    symbols: u64,
    addresses: u64,
    cookies: u64,
}

/// The same with what uprobes on many places take.
#[repr(C)]
struct CreateUprobes {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    path: u64,
    offsets: u64,
    semaphores: u64,
    cookies: u64,
    count: u32,
    kind: u32,
    pid: u32,
    pad: u32,
}

/// An instruction of a file that processes run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserPlace {
    /// Bytes from the start of the file.
    pub(crate) offset: u64,
    /// Bytes from the start of the file to a counter of who looks on; 0 for none.
    pub(crate) semaphore: u64,
    /// What programs there read as their cookie.
    pub(crate) cookie: u64,
}

/// Instructions of one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserPlaces<'a> {
    /// The file.
    pub(crate) path: &'a str,
    /// The instructions.
    pub(crate) places: &'a [UserPlace],
    /// Whether the program runs when the functions that start there return.
    pub(crate) is_return: bool,
    /// The one process to look at.
    pub(crate) pid: Option<u32>,
}

#[repr(C)]
struct CreateIterator {
    link: u32,
    flags: u32,
}

/// A function that a kprobe is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KprobePlace<'a> {
    /// Its name.
    pub(crate) function: &'a str,
    /// What programs there read as their cookie.
    pub(crate) cookie: u64,
}

/// Where a program runs in the functions that it is linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Where they are entered.
    Entry,
    /// Where they return.
    Return,
    /// At both.
    Both,
}

#[repr(C)]
struct OpenRawTracepoint {
    name: u64,
    program: u32,
    pad: u32,
}

#[repr(C)]
struct Pin {
    path: u64,
    link: u32,
    flags: u32,
}

// SAFETY: plain words without padding and no address.
unsafe impl Attribute for Create {}
// SAFETY: as above.
unsafe impl Attribute for CreateTracing {}
// SAFETY: as above.
unsafe impl Attribute for CreateIterator {}
// SAFETY: plain words; the addresses are those of arrays of `count` elements that outlive the
// call, and the elements of one of them those of C strings that do so too.
unsafe impl Attribute for CreateKprobes {}
// SAFETY: plain words; the addresses are those of a C string and of arrays of `count` words that
// outlive the call.
unsafe impl Attribute for CreateUprobes {}
// SAFETY: plain words; the one address is that of a C string that outlives the call.
unsafe impl Attribute for OpenRawTracepoint {}
// SAFETY: as above.
unsafe impl Attribute for Pin {}

/// Attaches a program to a perf event. The link keeps the event open.
pub(crate) fn link_perf_event(
    program: BorrowedFd<'_>,
    event: BorrowedFd<'_>,
    cookie: u64,
) -> Result<OwnedFd, SyscallError> {
    let mut attribute = Create {
        program: program.as_raw_fd().cast_unsigned(),
        target: event.as_raw_fd().cast_unsigned(),
        attach_type: ATTACH_PERF_EVENT,
        flags: 0,
        cookie,
    };
    call_for_fd(Command::LinkCreate, &mut attribute, || {
        "link a program to a perf event".to_owned()
    })
}

/// Attaches a tracing program to the function that it was loaded for.
pub(crate) fn link_tracing(
    program: BorrowedFd<'_>,
    attach_type: u32,
    cookie: u64,
) -> Result<OwnedFd, SyscallError> {
    let mut attribute = CreateTracing {
        program: program.as_raw_fd().cast_unsigned(),
        target: 0,
        attach_type,
        flags: 0,
        target_btf_id: 0,
        pad: 0,
        cookie,
    };
    call_for_fd(Command::LinkCreate, &mut attribute, || {
        "link a program to a function".to_owned()
    })
}

/// Attaches a program to the iterator that it was loaded for, which takes no cookie.
pub(crate) fn link_iterator(program: BorrowedFd<'_>) -> Result<OwnedFd, SyscallError> {
    let mut attribute = Create {
        program: program.as_raw_fd().cast_unsigned(),
        target: 0,
        attach_type: ATTACH_ITER,
        flags: 0,
        cookie: 0,
    };
    call_for_fd(Command::LinkCreate, &mut attribute, || {
        "link a program to an iterator".to_owned()
    })
}

/// Opens a walk over all objects of an iterator that a program is attached to.
pub(crate) fn create_iterator(link: BorrowedFd<'_>) -> Result<OwnedFd, SyscallError> {
    let mut attribute = CreateIterator {
        link: link.as_raw_fd().cast_unsigned(),
        flags: 0,
    };
    call_for_fd(Command::IteratorCreate, &mut attribute, || {
        "open an iterator".to_owned()
    })
}

/// Gives a link a name in the BPF file system, which keeps it until the name is removed.
pub(crate) fn pin(link: BorrowedFd<'_>, path: &str) -> Result<(), SyscallError> {
    let attempted = || format!("{PIN} `{path}`");
    let name = CString::new(path).map_err(|_| SyscallError::new(attempted(), libc::EINVAL))?;
    let mut attribute = Pin {
        path: address(name.as_ptr()),
        link: link.as_raw_fd().cast_unsigned(),
        flags: 0,
    };
    call(Command::ObjectPin, &mut attribute)
        .map(drop)
        .map_err(|errno| SyscallError::new(attempted(), errno))
}

/// Attaches a program to many functions of the kernel at once: all or none.
pub(crate) fn link_kprobes(
    program: BorrowedFd<'_>,
    places: &[KprobePlace<'_>],
    ends: Ends,
) -> Result<OwnedFd, SyscallError> {
    let attempted = || format!("link a program to {} functions", places.len());
    let invalid = |_| SyscallError::new(attempted(), libc::EINVAL);
    let names = places.iter().map(|place| CString::new(place.function));
    let names: Vec<CString> = names.collect::<Result<_, _>>().map_err(invalid)?;
    let symbols: Vec<u64> = names.iter().map(|name| address(name.as_ptr())).collect();
    let cookies: Vec<u64> = places.iter().map(|place| place.cookie).collect();
    let mut attribute = CreateKprobes {
        program: program.as_raw_fd().cast_unsigned(),
        target: 0,
        attach_type: match ends {
            Ends::Entry | Ends::Return => ATTACH_KPROBE_MULTI,
            Ends::Both => ATTACH_KPROBE_SESSION,
        },
        flags: 0,
        kind: if ends == Ends::Return {
            MULTI_RETURN
        } else {
            0
        },
        count: u32::try_from(places.len()).unwrap_or(u32::MAX),
        symbols: address(symbols.as_slice()),
        addresses: 0,
        cookies: address(cookies.as_slice()),
    };
    call_for_fd(Command::LinkCreate, &mut attribute, attempted)
}

/// Attaches a program to many instructions of a file at once: all or none.
pub(crate) fn link_user_places(
    program: BorrowedFd<'_>,
    of: &UserPlaces<'_>,
) -> Result<OwnedFd, SyscallError> {
    let attempted = || {
        format!(
            "link a program to {} places of `{}`",
            of.places.len(),
            of.path
        )
    };
    let path = CString::new(of.path).map_err(|_| SyscallError::new(attempted(), libc::EINVAL))?;
    let offsets: Vec<u64> = of.places.iter().map(|place| place.offset).collect();
    let semaphores: Vec<u64> = of.places.iter().map(|place| place.semaphore).collect();
    let cookies: Vec<u64> = of.places.iter().map(|place| place.cookie).collect();
    let some = semaphores.iter().any(|semaphore| *semaphore != 0);
    let mut attribute = CreateUprobes {
        program: program.as_raw_fd().cast_unsigned(),
        target: 0,
        attach_type: ATTACH_UPROBE_MULTI,
        flags: 0,
        path: address(path.as_ptr()),
        offsets: address(offsets.as_slice()),
        semaphores: if some {
            address(semaphores.as_slice())
        } else {
            0
        },
        cookies: address(cookies.as_slice()),
        count: u32::try_from(offsets.len()).unwrap_or(u32::MAX),
        kind: if of.is_return { USER_RETURN } else { 0 },
        pid: of.pid.unwrap_or(0),
        pad: 0,
    };
    call_for_fd(Command::LinkCreate, &mut attribute, attempted)
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
