//! What the kernel's `bpf(2)` can do, asked by trying.
//!
//! Whoever may not load programs gets `false`.

use super::link::{
    ATTACH_KPROBE_MULTI, ATTACH_UPROBE_MULTI, Ends, KprobePlace, UserPlace, UserPlaces,
    link_kprobes, link_user_places,
};
use super::program::{
    BPF_PROG_TYPE_RAW_TRACEPOINT, CALL, Log, PSEUDO_KFUNC_CALL, ProgramSpec, Purpose, instruction,
    load_program,
};
use super::{Attribute, Command, address, call};
use crate::sys::SyscallError;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

// linux/bpf.h
const BPF_PROG_TYPE_KPROBE: u32 = 2;
const BPF_TRACE_ITER: u32 = 28;
const BPF_FUNC_MAP_LOOKUP_PERCPU_ELEM: i32 = 195;

/// `BPF_ALU64 | BPF_MOV | BPF_K`
const SET: u8 = 0xb7;
/// `BPF_ALU64 | BPF_MOV | BPF_X`; an offset of 8 makes it move a byte with its sign.
const MOVE: u8 = 0xbf;
/// `BPF_JMP | BPF_EXIT`
const EXIT: [u8; 8] = instruction(0x95, 0, 0);

#[repr(C)]
struct OpenWithCookie {
    name: u64,
    program: u32,
    pad: u32,
    cookie: u64,
}

// SAFETY: plain words without padding; the one address is that of a C string constant.
unsafe impl Attribute for OpenWithCookie {}

/// Whether raw tracepoints take a cookie (6.10). A kernel that does not know the field refuses
/// it as `EINVAL`; one that does looks for the tracepoint, which is not there.
pub(crate) fn raw_tracepoint_cookie() -> bool {
    let Ok(program) = load(&[instruction(SET, 0, 0), EXIT]) else {
        return false;
    };
    let mut attribute = OpenWithCookie {
        name: address(c"no such tracepoint".as_ptr()),
        program: program.as_raw_fd().cast_unsigned(),
        pad: 0,
        cookie: 1,
    };
    call(Command::RawTracepointOpen, &mut attribute) == Err(libc::ENOENT)
}

/// Whether programs of instruction set v4 load (6.6).
pub(crate) fn isa_v4() -> bool {
    load(&[instruction(SET, 0, 1), instruction(MOVE, 8, 0), EXIT]).is_ok()
}

/// Whether there is `bpf_map_lookup_percpu_elem` (5.19). Called without a map it is refused: as
/// `EACCES` where the kernel knows it, as `EINVAL` where it does not.
pub(crate) fn lookup_per_cpu() -> bool {
    let refusal = load(&[instruction(CALL, 0, BPF_FUNC_MAP_LOOKUP_PERCPU_ELEM), EXIT]);
    refusal.is_err_and(|error| error.errno == libc::EACCES)
}

/// Whether one link can hold kprobes on many functions (5.18, and `CONFIG_FPROBE`). A kernel that
/// has them looks for the function, which is not there.
pub(crate) fn kprobe_multi() -> bool {
    let purpose = Purpose {
        attach_type: ATTACH_KPROBE_MULTI,
        ..Purpose::default()
    };
    let Ok(program) = load_as(
        BPF_PROG_TYPE_KPROBE,
        purpose,
        &[instruction(SET, 0, 0), EXIT],
    ) else {
        return false;
    };
    let nowhere = [KprobePlace {
        function: "no such function",
        cookie: 0,
    }];
    let refusal = link_kprobes(program.as_fd(), &nowhere, Ends::Entry);
    refusal.is_err_and(|error| !matches!(error.errno, libc::EOPNOTSUPP | libc::EINVAL))
}

/// Whether one link can hold many uprobes (6.6), and if only those of one process are wanted,
/// whether the kernel tells processes apart (6.10; before, it took a process for its first
/// thread). A directory is refused as `EBADF` by those that know such links, and no process at
/// all as `EINVAL` by those that look for one first.
pub(crate) fn uprobe_multi(of_process: bool) -> bool {
    let purpose = Purpose {
        attach_type: ATTACH_UPROBE_MULTI,
        ..Purpose::default()
    };
    let program = load_as(
        BPF_PROG_TYPE_KPROBE,
        purpose,
        &[instruction(SET, 0, 0), EXIT],
    );
    let Ok(program) = program else {
        return false;
    };
    let somewhere = [UserPlace {
        offset: 0,
        semaphore: 0,
        cookie: 0,
    }];
    let refusal = |pid| {
        let of = UserPlaces {
            path: "/",
            places: &somewhere,
            is_return: false,
            pid,
        };
        link_user_places(program.as_fd(), &of).map_or_else(|error| error.errno, |_| 0)
    };
    refusal(None) == libc::EBADF && (!of_process || refusal(Some(u32::MAX)) == libc::EINVAL)
}

/// Whether there is a helper, for programs of kprobes. Called without arguments it may be refused
/// for them; of one that it does not know the verifier says that.
pub(crate) fn helper(number: u32) -> bool {
    let mut log = vec![0u8; 4096];
    let instructions = [instruction(CALL, 0, number.cast_signed()), EXIT];
    let room = Log {
        buffer: &mut log,
        full: false,
    };
    let result = load_with(
        BPF_PROG_TYPE_KPROBE,
        Purpose::default(),
        &instructions,
        Some(room),
    );
    let text = String::from_utf8_lossy(&log);
    let unknown = ["invalid func", "unknown func", "cannot use helper"];
    let is_unknown = unknown.iter().any(|words| text.contains(words));
    result.is_ok() || (!text.trim_matches('\0').is_empty() && !is_unknown)
}

/// Whether programs of a type may call a function of the kernel's, which is given by the number of
/// its type; `traced` is an iterator's function, for programs that are of one. Called without
/// arguments it may be refused for them; only then the verifier has let it pass.
pub(crate) fn kfunc(function: u32, kind: u32, traced: Option<u32>) -> bool {
    let mut log = vec![0u8; 4096];
    let mut called = instruction(CALL, 0, function.cast_signed());
    called[1] = PSEUDO_KFUNC_CALL << 4;
    let purpose = match traced {
        Some(btf_id) => Purpose {
            attach_type: BPF_TRACE_ITER,
            btf_id,
            home: None,
        },
        None => Purpose::default(),
    };
    let room = Log {
        buffer: &mut log,
        full: false,
    };
    let instructions = [called, instruction(SET, 0, 0), EXIT];
    let result = load_with(kind, purpose, &instructions, Some(room));
    let text = String::from_utf8_lossy(&log);
    let refused = [
        "is not allowed",
        "not a kernel function",
        "calling kernel function",
        // Of functions that ask a network card.
        "metadata kfuncs require",
    ];
    let is_refused = refused.iter().any(|words| text.contains(words));
    result.is_ok() || (!text.trim_matches('\0').is_empty() && !is_refused)
}

/// Whether programs of a type load.
pub(crate) fn program_type(kind: u32) -> bool {
    load_as(kind, Purpose::default(), &[instruction(SET, 0, 0), EXIT]).is_ok()
}

fn load(instructions: &[[u8; 8]]) -> Result<OwnedFd, SyscallError> {
    load_as(
        BPF_PROG_TYPE_RAW_TRACEPOINT,
        Purpose::default(),
        instructions,
    )
}

fn load_as(
    kind: u32,
    purpose: Purpose<'_>,
    instructions: &[[u8; 8]],
) -> Result<OwnedFd, SyscallError> {
    load_with(kind, purpose, instructions, None)
}

fn load_with(
    kind: u32,
    purpose: Purpose<'_>,
    instructions: &[[u8; 8]],
    log: Option<Log<'_>>,
) -> Result<OwnedFd, SyscallError> {
    let spec = ProgramSpec {
        name: "probe",
        kind,
        instructions: instructions.as_flattened(),
        license: c"GPL",
        debug: None,
        purpose,
    };
    load_program(&spec, log)
}
