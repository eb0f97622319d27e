//! Objects that are in the kernel already: programs and type information, found by their ids.

use super::{Attribute, Command, address_mut, call, call_for_fd};
use crate::sys::SyscallError;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// A kind of object that has ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program.
    Program,
    /// Type information.
    Btf,
}

#[repr(C)]
struct ById {
    id: u32,
    next: u32,
    flags: u32,
}

#[repr(C)]
struct EnableStatistics {
    kind: u32,
}

#[repr(C)]
struct InfoByFd {
    fd: u32,
    size: u32,
    info: u64,
}

/// The head of `struct bpf_btf_info`.
#[repr(C)]
#[derive(Default)]
struct BtfInfo {
    btf: u64,
    size: u32,
    id: u32,
    name: u64,
    name_size: u32,
    is_kernels: u32,
}

/// `struct bpf_prog_info` up to the statistics.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgramInfo {
    /// `enum bpf_prog_type`.
    pub(crate) kind: u32,
    /// Its id.
    pub(crate) id: u32,
    tag: [u8; 8],
    jited_size: u32,
    translated_size: u32,
    jited: u64,
    translated: u64,
    load_time: u64,
    uid: u32,
    map_count: u32,
    maps: u64,
    /// Its name, padded with zeros.
    pub(crate) name: [u8; 16],
    ifindex: u32,
    gpl: u32,
    netns_dev: u64,
    netns_ino: u64,
    ksym_count: u32,
    jited_length_count: u32,
    ksyms: u64,
    jited_lengths: u64,
    /// The id of its type information; 0 without.
    pub(crate) btf: u32,
    record_size: u32,
    func_info: u64,
    func_info_count: u32,
    line_info_count: u32,
    line_info: u64,
    jited_line_info: u64,
    jited_line_info_count: u32,
    line_record_size: u32,
    jited_line_record_size: u32,
    tag_count: u32,
    tags: u64,
    /// Nanoseconds that it has run, while the kernel kept statistics.
    pub(crate) run_time_ns: u64,
    /// How often it has run, while the kernel kept statistics.
    pub(crate) run_count: u64,
    /// How often it was not run because it, or another program, ran on this CPU already.
    pub(crate) missed: u64,
}

// SAFETY: plain words without padding and no address.
unsafe impl Attribute for ById {}
// SAFETY: plain words; `info` is the address of `size` bytes that outlive the call, and the
// addresses in those are of buffers of the sizes that stand beside them, or zero.
unsafe impl Attribute for InfoByFd {}

// SAFETY: one word.
unsafe impl Attribute for EnableStatistics {}

/// Makes the kernel count runs and their time, of all programs, until the descriptor closes.
pub(crate) fn enable_statistics() -> Result<OwnedFd, SyscallError> {
    /// `BPF_STATS_RUN_TIME`
    const RUN_TIME: u32 = 0;
    let mut attribute = EnableStatistics { kind: RUN_TIME };
    call_for_fd(Command::EnableStatistics, &mut attribute, || {
        "enable run-time statistics".to_owned()
    })
}

/// The next id behind one, of the objects of a kind; nothing behind the last.
pub(crate) fn next_id(kind: Kind, after: u32) -> Option<u32> {
    let mut attribute = ById {
        id: after,
        next: 0,
        flags: 0,
    };
    let command = match kind {
        Kind::Program => Command::ProgramNextId,
        Kind::Btf => Command::BtfNextId,
    };
    call(command, &mut attribute).ok().map(|_| attribute.next)
}

/// Opens an object.
pub(crate) fn open(kind: Kind, id: u32) -> Result<OwnedFd, SyscallError> {
    let mut attribute = ById {
        id,
        next: 0,
        flags: 0,
    };
    let (command, what) = match kind {
        Kind::Program => (Command::ProgramById, "program"),
        Kind::Btf => (Command::BtfById, "type information"),
    };
    call_for_fd(command, &mut attribute, || format!("open {what} {id}"))
}

/// Opens the type information of a module.
pub(crate) fn module_btf(module: &str) -> Result<OwnedFd, SyscallError> {
    let mut id = 0;
    while let Some(next) = next_id(Kind::Btf, id) {
        id = next;
        // It may be gone already.
        let Ok(btf) = open(Kind::Btf, id) else {
            continue;
        };
        let mut name = [0u8; 64];
        let mut info = BtfInfo {
            name: address_mut(name.as_mut_slice()),
            name_size: name.len() as u32,
            ..BtfInfo::default()
        };
        ask(&btf, &mut info)?;
        let length = name.iter().position(|&b| b == 0).unwrap_or(name.len());
        if info.is_kernels != 0 && &name[..length] == module.as_bytes() {
            return Ok(btf);
        }
    }
    let attempted = format!("find the type information of module `{module}`");
    Err(SyscallError::new(attempted, libc::ENOENT))
}

/// The bytes of type information, by its id.
pub(crate) fn btf_bytes(id: u32) -> Result<Vec<u8>, SyscallError> {
    let btf = open(Kind::Btf, id)?;
    let mut info = BtfInfo::default();
    ask(&btf, &mut info)?;
    let mut bytes = vec![0u8; info.size as usize];
    let mut info = BtfInfo {
        btf: address_mut(bytes.as_mut_slice()),
        size: info.size,
        ..BtfInfo::default()
    };
    ask(&btf, &mut info)?;
    Ok(bytes)
}

/// What the kernel tells of a program, and the type of each of its functions.
pub(crate) fn program_info(
    program: BorrowedFd<'_>,
) -> Result<(ProgramInfo, Vec<u32>), SyscallError> {
    /// Bytes of `struct bpf_func_info`: where the function starts, and its type.
    const RECORD: u32 = 8;
    let mut info = ProgramInfo::default();
    ask(&program, &mut info)?;
    let count = info.func_info_count;
    let mut records = vec![0u32; 2 * count as usize];
    let mut full = ProgramInfo {
        record_size: RECORD,
        func_info: address_mut(records.as_mut_slice()),
        func_info_count: count,
        ..ProgramInfo::default()
    };
    if count > 0 {
        ask(&program, &mut full)?;
    }
    let types = records.iter().skip(1).step_by(2).copied().collect();
    Ok((info, types))
}

/// Fills in what is known of an object.
fn ask<T>(object: &impl AsRawFd, info: &mut T) -> Result<(), SyscallError> {
    let mut attribute = InfoByFd {
        fd: object.as_raw_fd().cast_unsigned(),
        size: size_of::<T>() as u32,
        info: address_mut(std::ptr::from_mut(info)),
    };
    call(Command::ObjectInfo, &mut attribute)
        .map(drop)
        .map_err(|errno| SyscallError::new("ask about an object in the kernel", errno))
}
