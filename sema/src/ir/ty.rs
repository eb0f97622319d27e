//! Types as memory layouts: what a value is, how many bytes it takes and how it prints.
//!
//! The layout rules live here alone; codegen writes by them and the runtime reads by them.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The type of a value, complete in itself: no reference to BTF or to the syntax tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// No value: the type of calls made for their effect.
    Void,
    /// One byte, 0 or 1. Prints `true`, `false`.
    Bool,
    /// An integer of 1, 2, 4 or 8 bytes.
    Int {
        /// Size in bytes.
        bytes: u8,
        /// Whether it is signed.
        signed: bool,
    },
    /// An address, 8 bytes. Prints in hexadecimal.
    Pointer,
    /// An integer with names. Prints its name where it has one.
    Enum {
        /// Size in bytes.
        bytes: u8,
        /// Whether it is signed.
        signed: bool,
        /// Name of each value.
        names: Arc<[(i64, String)]>,
    },
    /// `cap` bytes of text, ended by a NUL. Bytes behind the NUL are zero in map keys and
    /// undefined elsewhere. If all of the first `cap - 1` bytes are used and `cut` is set, the
    /// text may have been longer.
    Str {
        /// Bytes in memory, the terminator counted.
        cap: u32,
        /// Whether a full string means a truncated one (as for `str()`), rather than one that
        /// just fits (as for `comm` and literals).
        cut: bool,
    },
    /// A `u32` length and then `cap` bytes of data, `8-byte` aligned start. Prints as `%r` does.
    Buffer {
        /// Bytes of data at most.
        cap: u32,
    },
    /// `len` elements, one behind the other.
    Array {
        /// Type of an element.
        elem: Box<Type>,
        /// How many.
        len: u32,
    },
    /// Elements laid out as a C struct lays out its members. Prints `(a, b)`.
    Tuple(Vec<Type>),
    /// Named members at given offsets. Prints `{ .a = 1, .b = x }`.
    Record {
        /// The members.
        fields: Arc<[Field]>,
        /// Size in bytes.
        size: u32,
        /// Alignment in bytes.
        align: u32,
    },
    /// An IP address: `u32` address family (`AF_INET` 2, `AF_INET6` 10) and 16 bytes of address
    /// in network order, of which IPv4 uses the first 4.
    Inet,
    /// Six bytes of an Ethernet address.
    MacAddr,
    /// A kernel address that prints as symbol and offset, 8 bytes.
    Ksym,
    /// A user address and its process: `u64` address, `u64` pid. Prints as a symbol.
    Usym,
    /// Addresses of a stack: `u32` number of frames, `u32` pid (0 for kernel stacks), then
    /// `depth` frames of [`StackMode::frame_size`] bytes. Unused ones are zero.
    Stack {
        /// Whose stack.
        side: StackSide,
        /// Frames at most.
        depth: u32,
        /// How it prints, and so what is kept of each frame.
        mode: StackMode,
    },
    /// A user id, 8 bytes. Prints as the user's name.
    Username,
    /// A process id, 8 bytes. Prints as the process' name.
    ProcessName,
    /// `u64` nanoseconds of a clock. Prints through `strftime(3)` with the format.
    Timestamp {
        /// The `strftime` format; `%f` is microseconds.
        format: Arc<str>,
        /// The clock.
        clock: Clock,
    },
    /// What user space unwinds a process's stack from: see [`StackCopyLayout`].
    StackCopy {
        /// Frames at most.
        depth: u32,
        /// How it prints.
        mode: StackMode,
    },
    /// The id of a cgroup, 8 bytes. Prints as its path in each hierarchy that has one.
    CgroupPath {
        /// Which hierarchies count: a pattern with wildcards; all where empty.
        filter: Arc<str>,
    },
}

/// A clock of the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// `CLOCK_BOOTTIME`: since boot, sleep counted.
    #[default]
    Boot,
    /// `CLOCK_MONOTONIC`: since boot, sleep not counted.
    Monotonic,
    /// `CLOCK_TAI`: since 1970, leap seconds counted.
    Tai,
}

/// Whose stack it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StackSide {
    /// The kernel's.
    Kernel,
    /// The process's.
    User,
}

/// How a stack prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StackMode {
    /// A name and an offset a line.
    #[default]
    Bpftrace,
    /// As `perf script` shows it: address, name and offset, file.
    Perf,
    /// Addresses alone.
    Raw,
    /// Of stacks of processes, the build id of the file and the offset in it.
    BuildId,
}

impl StackMode {
    /// The mode of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Bpftrace, Self::Perf, Self::Raw, Self::BuildId];
        all.into_iter().find(|mode| mode.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpftrace => "bpftrace",
            Self::Perf => "perf",
            Self::Raw => "raw",
            Self::BuildId => "build_id",
        }
    }

    /// Bytes that are kept of a frame: an address, or `struct bpf_stack_build_id` of
    /// `linux/bpf.h`.
    pub fn frame_size(self) -> u32 {
        match self {
            Self::Bpftrace | Self::Perf | Self::Raw => 8,
            Self::BuildId => 32,
        }
    }
}

/// Pages of a process's stack that a [`Type::StackCopy`] has.
pub const STACK_PAGES: u32 = 4;
/// Bytes of such a page: the least that any machine has.
pub const STACK_PAGE_SIZE: u32 = 4096;

/// Where the parts of a [`Type::StackCopy`] are.
#[derive(Clone, Copy, Debug)]
pub struct StackCopyLayout;

impl StackCopyLayout {
    /// The process: U32.
    pub const PID: u32 = 0;
    /// How many pages, from the first on, could be read: U32.
    pub const PAGES: u32 = 4;
    /// The instruction that the process is at, and what its registers for the stack, the frame
    /// and the return address hold, where it has them: four U64.
    pub const REGISTERS: u32 = 8;
    /// The pages, from that on in which the stack ends.
    pub const MEMORY: u32 = 40;
    /// Size of all of it.
    pub const SIZE: u32 = Self::MEMORY + STACK_PAGES * STACK_PAGE_SIZE;
}

/// A member of a [`Type::Record`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the record.
    pub offset: u32,
    /// Its type.
    pub ty: Type,
    /// For a bit-field: lowest bit counted from the offset, and number of bits.
    pub bits: Option<(u8, u8)>,
}

impl Type {
    /// `uint8`
    pub const U8: Type = Type::Int {
        bytes: 1,
        signed: false,
    };
    /// `uint16`
    pub const U16: Type = Type::Int {
        bytes: 2,
        signed: false,
    };
    /// `uint32`
    pub const U32: Type = Type::Int {
        bytes: 4,
        signed: false,
    };
    /// `uint64`
    pub const U64: Type = Type::Int {
        bytes: 8,
        signed: false,
    };
    /// `int32`
    pub const I32: Type = Type::Int {
        bytes: 4,
        signed: true,
    };
    /// `int64`
    pub const I64: Type = Type::Int {
        bytes: 8,
        signed: true,
    };

    /// Size in bytes, padding counted.
    pub fn size(&self) -> u32 {
        match self {
            Type::Void => 0,
            Type::Bool => 1,
            Type::Int { bytes, .. } | Type::Enum { bytes, .. } => u32::from(*bytes),
            Type::Pointer
            | Type::Ksym
            | Type::Username
            | Type::ProcessName
            | Type::Timestamp { .. }
            | Type::CgroupPath { .. } => 8,
            Type::Str { cap, .. } => *cap,
            Type::Buffer { cap } => 4 + cap,
            Type::Array { elem, len } => elem.size().saturating_mul(*len),
            // One of nothing is a byte of padding: no map has keys or values without bytes.
            Type::Tuple(elems) => struct_offsets(elems).1.max(1),
            Type::Record { size, .. } => *size,
            Type::Inet => 20,
            Type::MacAddr => 6,
            Type::Usym => 16,
            Type::Stack { depth, mode, .. } => 8 + mode.frame_size() * depth,
            Type::StackCopy { .. } => StackCopyLayout::SIZE,
        }
    }

    /// Alignment in bytes.
    pub fn align(&self) -> u32 {
        match self {
            Type::Void | Type::Bool | Type::Str { .. } | Type::MacAddr => 1,
            Type::Int { bytes, .. } | Type::Enum { bytes, .. } => u32::from(*bytes),
            Type::Buffer { .. } | Type::Inet => 4,
            Type::Array { elem, .. } => elem.align(),
            Type::Tuple(elems) => elems.iter().map(Type::align).max().unwrap_or(1),
            Type::Record { align, .. } => *align,
            Type::Pointer
            | Type::Ksym
            | Type::Usym
            | Type::Stack { .. }
            | Type::StackCopy { .. }
            | Type::Username
            | Type::ProcessName
            | Type::Timestamp { .. }
            | Type::CgroupPath { .. } => 8,
        }
    }

    /// Whether a value is held in a register: integers, pointers and what is made of one.
    pub fn is_scalar(&self) -> bool {
        self.scalar_bytes().is_some()
    }

    /// Size of a value that is held in a register; nothing for one that lives in memory.
    pub fn scalar_bytes(&self) -> Option<u8> {
        match self {
            Type::Bool => Some(1),
            Type::Int { bytes, .. } | Type::Enum { bytes, .. } => Some(*bytes),
            Type::Pointer
            | Type::Ksym
            | Type::Username
            | Type::ProcessName
            | Type::Timestamp { .. }
            | Type::CgroupPath { .. } => Some(8),
            _ => None,
        }
    }

    /// Bytes of what the value is as such: of a buffer, those behind its length.
    pub fn data_size(&self) -> u32 {
        match self {
            Type::Buffer { cap } => *cap,
            _ => self.size(),
        }
    }

    /// Whether printing it takes the symbols of a process.
    pub fn names_processes(&self) -> bool {
        match self {
            Type::Usym | Type::StackCopy { .. } => true,
            Type::Stack { side, mode, .. } => {
                *side == StackSide::User && matches!(mode, StackMode::Bpftrace | StackMode::Perf)
            }
            Type::Tuple(elems) => elems.iter().any(Type::names_processes),
            Type::Record { fields, .. } => fields.iter().any(|f| f.ty.names_processes()),
            Type::Array { elem, .. } => elem.names_processes(),
            _ => false,
        }
    }

    /// Whether arithmetic on it is signed.
    pub fn is_signed(&self) -> bool {
        matches!(
            self,
            Type::Int { signed: true, .. } | Type::Enum { signed: true, .. }
        )
    }
}

/// Lays members out: offset of each, and the size with the padding at the end. Strings that consist of
/// words come first, where they are copied by words; the others follow as C has them.
pub fn struct_offsets(members: &[Type]) -> (Vec<u32>, u32) {
    let is_first = |ty: &Type| matches!(ty, Type::Str { cap, .. } if cap % 8 == 0);
    let mut offsets = vec![0; members.len()];
    let mut end = 0u32;
    let mut align = 1;
    for strings in [true, false] {
        let due = members.iter().zip(&mut offsets);
        for (member, offset) in due.filter(|(ty, _)| is_first(ty) == strings) {
            *offset = align_up(end, member.align());
            end = offset.saturating_add(member.size());
            align = align.max(member.align());
        }
    }
    (offsets, align_up(end, align))
}

/// `value` raised to the next multiple of `align`, which is a power of two.
pub fn align_up(value: u32, align: u32) -> u32 {
    value.saturating_add(align - 1) & !(align - 1)
}
