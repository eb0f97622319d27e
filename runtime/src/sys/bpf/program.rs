//! Programs: loading them with their type information, and running one once.

use super::{Attribute, Command, address, address_mut, call, call_for_fd, object_name};
use crate::sys::SyscallError;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// Bytes of an instruction, `struct bpf_insn`.
pub(crate) const INSTRUCTION_SIZE: usize = 8;
/// `BPF_JMP | BPF_CALL`
pub(crate) const CALL: u8 = 0x85;
/// `BPF_PSEUDO_KFUNC_CALL`: what is called is a function of the kernel by its type's number.
pub(crate) const PSEUDO_KFUNC_CALL: u8 = 2;

/// `enum bpf_prog_type` of `linux/bpf.h`.
pub(super) const BPF_PROG_TYPE_RAW_TRACEPOINT: u32 = 17;
/// Bytes of a record of function information, `struct bpf_func_info`.
const FUNC_INFO_SIZE: usize = 8;
/// Bytes of a record of line information, `struct bpf_line_info`.
const LINE_INFO_SIZE: usize = 16;

/// What a program is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgramSpec<'a> {
    /// Its name in the kernel; what does not fit is cut.
    pub(crate) name: &'a str,
    /// `enum bpf_prog_type`.
    pub(crate) kind: u32,
    /// The instructions, relocated.
    pub(crate) instructions: &'a [u8],
    /// The licence, which decides what helpers the kernel offers.
    pub(crate) license: &'a CStr,
    /// Type information of the program.
    pub(crate) debug: Option<DebugInfo<'a>>,
    /// What it is loaded for.
    pub(crate) purpose: Purpose<'a>,
}

/// What a program is loaded for, where the kernel wants to know before it is attached.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purpose<'a> {
    /// `enum bpf_attach_type`.
    pub(crate) attach_type: u32,
    /// The function that is traced, by the number of its type.
    pub(crate) btf_id: u32,
    /// Whose function it is: the type information of a module, or a program. Without one it is
    /// the kernel's.
    pub(crate) home: Option<BorrowedFd<'a>>,
}

/// What the kernel is told of a program for its error messages and callbacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DebugInfo<'a> {
    /// The loaded BTF.
    pub(crate) btf: BorrowedFd<'a>,
    /// `struct bpf_func_info` records.
    pub(crate) functions: &'a [u8],
    /// `struct bpf_line_info` records.
    pub(crate) lines: &'a [u8],
}

#[repr(C)]
#[derive(Default)]
struct Load {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    ifindex: u32,
    expected_attach_type: u32,
    btf: u32,
    func_info_size: u32,
    func_info: u64,
    func_info_count: u32,
    line_info_size: u32,
    line_info: u64,
    line_info_count: u32,
    attach_btf_id: u32,
    attach_home: u32,
    relocation_count: u32,
}

#[repr(C)]
struct LoadBtf {
    btf: u64,
    log: u64,
    size: u32,
    log_size: u32,
    log_level: u32,
    log_true_size: u32,
}

#[repr(C)]
#[derive(Default)]
struct TestRun {
    program: u32,
    retval: u32,
    data_size_in: u32,
    data_size_out: u32,
    data_in: u64,
    data_out: u64,
    repeat: u32,
    duration: u32,
    ctx_size_in: u32,
    ctx_size_out: u32,
    ctx_in: u64,
    ctx_out: u64,
    flags: u32,
    cpu: u32,
}

// SAFETY: plain words without padding; the addresses come from slices together with their lengths.
unsafe impl Attribute for Load {}
// SAFETY: as above.
unsafe impl Attribute for LoadBtf {}
// SAFETY: as above; every address in it stays zero.
unsafe impl Attribute for TestRun {}

/// Where the verifier writes its log, ended by a NUL.
#[derive(Debug)]
pub(crate) struct Log<'a> {
    /// Room for it.
    pub(crate) buffer: &'a mut [u8],
    /// Whether to log every way through a program, rather than those to a refusal alone.
    pub(crate) full: bool,
}

/// Loads a program. `ENOSPC` says that the log needs more room.
pub(crate) fn load_program(
    spec: &ProgramSpec<'_>,
    log: Option<Log<'_>>,
) -> Result<OwnedFd, SyscallError> {
    let mut attribute = Load {
        kind: spec.kind,
        instruction_count: count(spec.instructions, INSTRUCTION_SIZE),
        instructions: address(spec.instructions),
        license: address(spec.license.as_ptr()),
        name: object_name(spec.name),
        expected_attach_type: spec.purpose.attach_type,
        attach_btf_id: spec.purpose.btf_id,
        attach_home: spec
            .purpose
            .home
            .map_or(0, |home| home.as_raw_fd().cast_unsigned()),
        ..Load::default()
    };
    if let Some(log) = log {
        // `BPF_LOG_LEVEL1` and `BPF_LOG_LEVEL2` of `linux/bpf_verifier.h`.
        attribute.log_level = if log.full { 2 } else { 1 };
        attribute.log_size = u32::try_from(log.buffer.len()).unwrap_or(u32::MAX);
        attribute.log = address_mut(log.buffer);
    }
    if let Some(debug) = spec.debug {
        attribute.btf = debug.btf.as_raw_fd().cast_unsigned();
        attribute.func_info_size = FUNC_INFO_SIZE as u32;
        attribute.func_info = address(debug.functions);
        attribute.func_info_count = count(debug.functions, FUNC_INFO_SIZE);
        attribute.line_info_size = LINE_INFO_SIZE as u32;
        attribute.line_info = address(debug.lines);
        attribute.line_info_count = count(debug.lines, LINE_INFO_SIZE);
    }
    call_for_fd(Command::ProgramLoad, &mut attribute, || {
        format!("load program `{}`", spec.name)
    })
}

/// Loads type information.
pub(crate) fn load_btf(btf: &[u8]) -> Result<OwnedFd, SyscallError> {
    let mut attribute = LoadBtf {
        btf: address(btf),
        log: 0,
        size: u32::try_from(btf.len()).unwrap_or(u32::MAX),
        log_size: 0,
        log_level: 0,
        log_true_size: 0,
    };
    call_for_fd(Command::BtfLoad, &mut attribute, || {
        "load the programs' type information".to_owned()
    })
}

/// Runs a raw tracepoint program once, on this CPU, without context.
pub(crate) fn run_raw_tracepoint(program: BorrowedFd<'_>, name: &str) -> Result<(), SyscallError> {
    let mut attribute = TestRun {
        program: program.as_raw_fd().cast_unsigned(),
        ..TestRun::default()
    };
    call(Command::ProgramTestRun, &mut attribute)
        .map(drop)
        .map_err(|errno| SyscallError::new(format!("run `{name}`"), errno))
}

/// The number of this process in the first PID namespace, which a program sees wherever it runs.
pub(crate) fn own_process() -> Result<u32, SyscallError> {
    /// Calls `bpf_get_current_pid_tgid`, shifts its upper half down, and returns that.
    const INSTRUCTIONS: [[u8; 8]; 3] = [
        instruction(CALL, 0, 14),
        instruction(0x77, 0, 32),
        instruction(0x95, 0, 0),
    ];
    let spec = ProgramSpec {
        name: "who",
        kind: BPF_PROG_TYPE_RAW_TRACEPOINT,
        instructions: INSTRUCTIONS.as_flattened(),
        license: c"GPL",
        debug: None,
        purpose: Purpose::default(),
    };
    let program = load_program(&spec, None)?;
    let mut attribute = TestRun {
        program: program.as_raw_fd().cast_unsigned(),
        ..TestRun::default()
    };
    call(Command::ProgramTestRun, &mut attribute)
        .map_err(|errno| SyscallError::new("ask for strobe's own number".to_owned(), errno))?;
    Ok(attribute.retval)
}

/// `struct bpf_insn` with both registers 0.
pub(super) const fn instruction(code: u8, offset: i16, immediate: i32) -> [u8; INSTRUCTION_SIZE] {
    instruction_on(code, 0, offset, immediate)
}

/// `struct bpf_insn`; of the registers the target is in the lower half of the byte.
pub(crate) const fn instruction_on(
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
) -> [u8; INSTRUCTION_SIZE] {
    let [o0, o1] = offset.to_ne_bytes();
    let [i0, i1, i2, i3] = immediate.to_ne_bytes();
    let registers = match cfg!(target_endian = "little") {
        true => registers,
        false => registers.rotate_left(4),
    };
    [code, registers, o0, o1, i0, i1, i2, i3]
}

fn count(data: &[u8], record: usize) -> u32 {
    u32::try_from(data.len() / record).unwrap_or(u32::MAX)
}
