//! `bpf(2)`: maps, programs, links, type information.
//!
//! Each command has its own attribute struct, which is the head of the kernel's
//! `union bpf_attr` (`linux/bpf.h`) as far as that command needs it; the kernel takes a shorter
//! attribute for one that ends in zeros.

pub(crate) mod feature;
mod link;
mod map;
mod object;
mod program;

pub(crate) use link::{
    ATTACH_FENTRY, ATTACH_FEXIT, ATTACH_ITER, ATTACH_KPROBE_MULTI, ATTACH_KPROBE_SESSION,
    ATTACH_UPROBE_MULTI, Ends, KprobePlace, PIN, UserPlace, UserPlaces, create_iterator,
    link_iterator, link_kprobes, link_perf_event, link_tracing, link_user_places,
    open_raw_tracepoint, pin,
};
pub(crate) use map::{Batch, BatchCursor, Map, MapSpec};
pub(crate) use object::{
    Kind as ObjectKind, ProgramInfo, btf_bytes, enable_statistics, module_btf, next_id,
    open as open_object, program_info,
};
pub(crate) use program::{
    CALL, DebugInfo, INSTRUCTION_SIZE, Log, PSEUDO_KFUNC_CALL, ProgramSpec, Purpose,
    instruction_on, load_btf, load_program, own_process, run_raw_tracepoint,
};

use super::SyscallError;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// `enum bpf_cmd`.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Command {
    MapCreate = 0,
    MapLookup = 1,
    MapUpdate = 2,
    MapDelete = 3,
    MapNextKey = 4,
    ProgramLoad = 5,
    ObjectPin = 6,
    ProgramTestRun = 10,
    RawTracepointOpen = 17,
    BtfLoad = 18,
    MapFreeze = 22,
    MapLookupBatch = 24,
    MapDeleteBatch = 27,
    LinkCreate = 28,
    ProgramNextId = 11,
    ProgramById = 13,
    ObjectInfo = 15,
    BtfById = 19,
    BtfNextId = 23,
    EnableStatistics = 32,
    IteratorCreate = 33,
}

/// A command's attribute: plain old data that heads `union bpf_attr`.
///
/// # Safety
/// The type must be `repr(C)`, without padding, valid for any bytes, and every address in it must
/// be good for as many bytes as the command reads or writes there.
unsafe trait Attribute {}

/// Calls `bpf(2)`; fails with the error number.
fn call<A: Attribute>(command: Command, attribute: &mut A) -> Result<libc::c_long, i32> {
    // SAFETY: the attribute is a live `repr(C)` struct of the given size, and by the contract of
    // `Attribute` the addresses in it are good for this command.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_long,
            std::ptr::from_mut(attribute),
            size_of::<A>() as libc::c_long,
        )
    };
    if result < 0 {
        return Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
    }
    Ok(result)
}

/// Calls `bpf(2)` for a command that yields a file descriptor.
fn call_for_fd<A: Attribute>(
    command: Command,
    attribute: &mut A,
    attempted: impl FnOnce() -> String,
) -> Result<OwnedFd, SyscallError> {
    match call(command, attribute) {
        // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
        Ok(fd) => Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) }),
        Err(errno) => Err(SyscallError::new(attempted(), errno)),
    }
}

/// An object name of the kernel: at most 15 bytes of letters, digits, `_` and `.`, the rest
/// replaced by `_`.
fn object_name(name: &str) -> [u8; 16] {
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().take(15).zip(name.bytes()) {
        let fits = from.is_ascii_alphanumeric() || matches!(from, b'_' | b'.');
        *to = if fits { from } else { b'_' };
    }
    out
}

/// The address of data that the kernel reads, as its attributes carry it.
fn address<T: ?Sized>(data: *const T) -> u64 {
    data.cast::<u8>() as u64
}

/// The address of data that the kernel writes.
fn address_mut<T: ?Sized>(data: *mut T) -> u64 {
    data.cast::<u8>() as u64
}
