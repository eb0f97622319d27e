//! `perf_event_open(2)`: timers and tracepoints as perf events.

use super::bpf::UserPlace;
use super::{SyscallError, error::check};
use sema::ir::Uprobe;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

// `enum perf_type_id` and `enum perf_sw_ids` of `linux/perf_event.h`.
const TYPE_HARDWARE: u32 = 0;
const TYPE_SOFTWARE: u32 = 1;
const TYPE_TRACEPOINT: u32 = 2;
const TYPE_BREAKPOINT: u32 = 5;
const SOFTWARE_CPU_CLOCK: u64 = 0;
const SOFTWARE_DUMMY: u64 = 9;
/// `PERF_SAMPLE_TIME`
const SAMPLE_TIME: u64 = 1 << 2;
/// Bit of the `disabled` flag.
const DISABLED: u64 = 1;
/// Bit of the `inherit` flag: threads that are started later are counted too.
const INHERIT: u64 = 2;
/// `PERF_FLAG_FD_CLOEXEC`
const CLOSE_ON_EXEC: libc::c_long = 8;
/// `PERF_EVENT_IOC_ENABLE`: `_IO('$', 0)`.
const ENABLE: libc::c_ulong = 0x2400;

/// The head of `struct perf_event_attr`, `PERF_ATTR_SIZE_VER1`.
#[repr(C)]
#[derive(Default)]
struct Attribute {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    config1: u64,
    config2: u64,
}

/// What is attempted when the CPU is to count.
pub(crate) const COUNT_HARDWARE: &str = "open a counter of the CPU";

/// What is attempted when a function or an instruction of the kernel is to be probed.
pub(crate) const OPEN_KPROBE: &str = "open a kprobe";

/// What is attempted when memory is to be watched.
pub(crate) const WATCH_MEMORY: &str = "watch memory";

/// What an event is counted for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// Whatever runs on a CPU.
    Cpu(u32),
    /// A thread and those that it starts, on any CPU.
    Thread(u32),
}

impl Scope {
    fn flags(self) -> u64 {
        match self {
            Self::Cpu(_) => DISABLED,
            Self::Thread(_) => DISABLED | INHERIT,
        }
    }
}

/// Opens a timer of this many nanoseconds. It stands still until [`enable`]d.
pub(crate) fn open_timer(period_ns: u64, scope: Scope) -> Result<OwnedFd, SyscallError> {
    let attribute = Attribute {
        kind: TYPE_SOFTWARE,
        config: SOFTWARE_CPU_CLOCK,
        sample_period: period_ns,
        flags: scope.flags(),
        ..Attribute::default()
    };
    open(attribute, scope, "open a timer")
}

/// Opens a counter of the kernel's or the CPU's events. It stands still until [`enable`]d.
pub(crate) fn open_counter(
    hardware: bool,
    event: u64,
    period: u64,
    scope: Scope,
) -> Result<OwnedFd, SyscallError> {
    let attribute = Attribute {
        kind: if hardware {
            TYPE_HARDWARE
        } else {
            TYPE_SOFTWARE
        },
        config: event,
        sample_period: period,
        flags: scope.flags(),
        ..Attribute::default()
    };
    let attempted = match hardware {
        true => COUNT_HARDWARE,
        false => "open a counter of the kernel",
    };
    open(attribute, scope, attempted)
}

/// Opens a counter of accesses to memory; `modes` are `HW_BREAKPOINT_*`. It stands still until
/// [`enable`]d.
pub(crate) fn open_breakpoint(
    address: u64,
    length: u8,
    modes: u8,
    scope: Scope,
) -> Result<OwnedFd, SyscallError> {
    let attribute = Attribute {
        kind: TYPE_BREAKPOINT,
        sample_period: 1,
        flags: scope.flags(),
        breakpoint_type: modes.into(),
        config1: address,
        config2: length.into(),
        ..Attribute::default()
    };
    open(attribute, scope, WATCH_MEMORY)
}

/// Opens a tracepoint, given the number in its `id` file. Programs on it run on every CPU.
pub(crate) fn open_tracepoint(id: u64, cpu: u32) -> Result<OwnedFd, SyscallError> {
    let attribute = Attribute {
        kind: TYPE_TRACEPOINT,
        config: id,
        sample_period: 1,
        ..Attribute::default()
    };
    open(attribute, Scope::Cpu(cpu), "open a tracepoint")
}

/// Opens a kprobe: `function` and the offset in it, or, where it is empty, an address. `kind` and
/// `config` are those of the kernel's kprobe unit.
pub(crate) fn open_kprobe(
    kind: u32,
    config: u64,
    function: &str,
    offset: u64,
) -> Result<OwnedFd, SyscallError> {
    let name = CString::new(function).map_err(|_| SyscallError::new(OPEN_KPROBE, libc::EINVAL))?;
    let attribute = Attribute {
        kind,
        config,
        config1: match function {
            "" => 0,
            _ => name.as_ptr() as u64,
        },
        config2: offset,
        ..Attribute::default()
    };
    open(attribute, Scope::Cpu(0), OPEN_KPROBE)
}

/// Opens an instruction of a file that processes run. Programs on it run on every CPU.
pub(crate) fn open_uprobe(
    uprobe: &Uprobe,
    place: &UserPlace,
    cpu: u32,
) -> Result<OwnedFd, SyscallError> {
    let attempted = format!("open offset {:#x} of `{}`", place.offset, uprobe.path);
    let invalid = || SyscallError::new(attempted.clone(), libc::EINVAL);
    let kind = std::fs::read_to_string("/sys/bus/event_source/devices/uprobe/type")
        .map_err(|error| SyscallError::io("find the kernel's uprobes", &error))?;
    let path = CString::new(uprobe.path.as_str()).map_err(|_| invalid())?;
    let attribute = Attribute {
        kind: kind.trim().parse().map_err(|_| invalid())?,
        // `format/retprobe` and `format/ref_ctr_offset` beside the type say which bits these are.
        config: u64::from(uprobe.is_return) | (place.semaphore << 32),
        config1: path.as_ptr() as u64,
        config2: place.offset,
        ..Attribute::default()
    };
    let scope = uprobe.pid.map_or(Scope::Cpu(cpu), Scope::Thread);
    open(attribute, scope, &attempted)
}

/// Opens what tells of every mapping of code and of every new process on a CPU, in a ring that is
/// to be mapped. It becomes readable when so many bytes are in the ring.
pub(crate) fn open_mappings(cpu: u32, wakeup_bytes: u32) -> Result<OwnedFd, SyscallError> {
    // Bits of `struct perf_event_attr`: `mmap`, `task`, `watermark`, `sample_id_all`, `mmap2`.
    const FLAGS: u64 = 1 << 8 | 1 << 13 | 1 << 14 | 1 << 18 | 1 << 23;
    let attribute = Attribute {
        kind: TYPE_SOFTWARE,
        config: SOFTWARE_DUMMY,
        sample_type: SAMPLE_TIME,
        flags: FLAGS,
        wakeup_events: wakeup_bytes,
        ..Attribute::default()
    };
    open(
        attribute,
        Scope::Cpu(cpu),
        "follow the mappings of processes",
    )
}

/// Starts a timer.
pub(crate) fn enable(event: BorrowedFd<'_>) -> Result<(), SyscallError> {
    // SAFETY: the descriptor is open, and this request takes no pointer.
    let result = unsafe { libc::ioctl(event.as_raw_fd(), ENABLE, 0) };
    check(result.into(), "start a timer").map(drop)
}

fn open(mut attribute: Attribute, scope: Scope, attempted: &str) -> Result<OwnedFd, SyscallError> {
    const ANY: libc::c_long = -1;
    const NO_GROUP: libc::c_long = -1;
    let (pid, cpu) = match scope {
        Scope::Cpu(cpu) => (ANY, cpu.into()),
        Scope::Thread(thread) => (thread.into(), ANY),
    };
    attribute.size = size_of::<Attribute>() as u32;
    // SAFETY: the attribute is a live struct that tells its own size.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            std::ptr::from_ref(&attribute),
            pid,
            cpu,
            NO_GROUP,
            CLOSE_ON_EXEC,
        )
    };
    let fd = check(fd, attempted)?;
    // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}
