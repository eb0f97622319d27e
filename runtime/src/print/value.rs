//! Values: bytes of records and maps, read by their [`Type`].
//!
//! The bytes come from programs whose layouts are trusted, but their length is not taken for
//! granted: what lies behind the end of the bytes reads as zero.

use crate::symbol::UserThread;
use sema::ir::{Clock, StackMode, StackSide, Type, struct_offsets};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A value that borrows its text from the bytes, and its names from the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Void,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// An address.
    Pointer(u64),
    /// An integer and its name.
    Enum {
        /// The integer.
        value: i64,
        /// The name, where it has one.
        name: Option<&'a str>,
    },
    /// Text without its terminator.
    Str {
        /// The text.
        bytes: &'a [u8],
        /// Whether it may have been longer.
        cut: bool,
    },
    /// Bytes.
    Buffer(&'a [u8]),
    /// Elements of an array.
    Array(Vec<Value<'a>>),
    /// Elements of a tuple.
    Tuple(Vec<Value<'a>>),
    /// Named members.
    Record(Vec<(&'a str, Value<'a>)>),
    /// An IP address; nothing where the family is unknown.
    Inet(Option<IpAddr>),
    /// An Ethernet address.
    Mac([u8; 6]),
    /// An address in the kernel, to print as a symbol.
    Ksym(u64),
    /// An address in a process, to print as a symbol.
    Usym {
        /// The address.
        address: u64,
        /// The process.
        pid: u32,
    },
    /// A stack, innermost frame first.
    Stack {
        /// Whose.
        side: StackSide,
        /// The process; 0 for kernel stacks.
        pid: u32,
        /// How it prints.
        mode: StackMode,
        /// Addresses.
        frames: Vec<u64>,
    },
    /// A stack of a process by files, innermost frame first.
    FileStack {
        /// The process.
        pid: u32,
        /// Build id of each file, where it has one, and the offset in it, or else the address.
        frames: Vec<(Option<[u8; 20]>, u64)>,
    },
    /// What the stack of a process is unwound from.
    StackCopy {
        /// The process as it was.
        thread: UserThread<'a>,
        /// How it prints.
        mode: StackMode,
    },
    /// A user.
    User(u32),
    /// A process, to print as its name.
    Process(u32),
    /// Nanoseconds of a clock, and the `strftime` format they print in.
    Timestamp {
        /// The time.
        ns: u64,
        /// The clock.
        clock: Clock,
        /// The format.
        format: &'a str,
    },
    /// A control group, to print as its paths.
    CgroupPath {
        /// Its id.
        id: u64,
        /// Which hierarchies count.
        filter: &'a str,
    },
}

/// A value as it lies in a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) ty: &'a Type,
    /// Its bytes, and what is behind them.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Reads the value.
    pub(crate) fn decode(self) -> Value<'a> {
        Value::decode(self.ty, self.bytes)
    }
}

impl<'a> Value<'a> {
    /// Reads a value.
    pub(crate) fn decode(ty: &'a Type, bytes: &'a [u8]) -> Self {
        let all = |n| integer(bytes, 0, n, false);
        match ty {
            Type::Void => Value::Void,
            Type::Bool => Value::Bool(all(1) != 0),
            Type::Int {
                bytes: n,
                signed: true,
            } => Value::Signed(integer(bytes, 0, *n, true).cast_signed()),
            Type::Int {
                bytes: n,
                signed: false,
            } => Value::Unsigned(all(*n)),
            Type::Pointer => Value::Pointer(all(8)),
            Type::Enum {
                bytes: n,
                signed,
                names,
            } => {
                let value = integer(bytes, 0, *n, *signed).cast_signed();
                let name = names.iter().find(|(v, _)| *v == value);
                Value::Enum {
                    value,
                    name: name.map(|(_, name)| name.as_str()),
                }
            }
            Type::Str { cap, cut } => {
                let (bytes, cut) = text(bytes, *cap, *cut);
                Value::Str { bytes, cut }
            }
            Type::Buffer { cap } => buffer(bytes, *cap),
            Type::Array { elem, len } => Value::Array(array(elem, *len, bytes)),
            Type::Tuple(elems) => {
                let at = struct_offsets(elems).0;
                let decode = |(ty, at): (&'a Type, u32)| Value::decode(ty, from(bytes, at));
                Value::Tuple(elems.iter().zip(at).map(decode).collect())
            }
            Type::Record { fields, .. } => Value::Record(
                fields
                    .iter()
                    .map(|field| (field.name.as_str(), member(field, bytes)))
                    .collect(),
            ),
            Type::Inet => Value::Inet(inet(bytes)),
            Type::MacAddr => Value::Mac(octets(bytes)),
            Type::Ksym => Value::Ksym(all(8)),
            Type::Usym => Value::Usym {
                address: all(8),
                pid: integer(bytes, 8, 4, false) as u32,
            },
            Type::Stack {
                depth,
                mode: StackMode::BuildId,
                ..
            } => file_stack(*depth, bytes),
            Type::Stack { side, depth, mode } => stack(*side, *depth, *mode, bytes),
            Type::StackCopy { depth, mode } => Value::StackCopy {
                thread: thread(*depth, bytes),
                mode: *mode,
            },
            Type::Username => Value::User(integer(bytes, 0, 4, false) as u32),
            Type::ProcessName => Value::Process(integer(bytes, 0, 4, false) as u32),
            Type::Timestamp { format, clock } => Value::Timestamp {
                ns: all(8),
                clock: *clock,
                format,
            },
            Type::CgroupPath { filter } => Value::CgroupPath { id: all(8), filter },
        }
    }

    /// The value as an integer, where it is one: what `%d` and sorting go by.
    pub(crate) fn as_integer(&self) -> Option<i128> {
        match *self {
            Value::Bool(value) => Some(value.into()),
            Value::Signed(value) | Value::Enum { value, .. } => Some(value.into()),
            Value::Unsigned(value) | Value::Pointer(value) | Value::Ksym(value) => {
                Some(value.into())
            }
            Value::Usym { address, .. } => Some(address.into()),
            Value::User(id) | Value::Process(id) => Some(id.into()),
            Value::Timestamp { ns, .. } => Some(ns.into()),
            Value::CgroupPath { id, .. } => Some(id.into()),
            _ => None,
        }
    }
}

/// An integer of `size` bytes at an offset, extended to 64 bits.
pub(crate) fn integer(bytes: &[u8], at: usize, size: u8, signed: bool) -> u64 {
    let bytes = bytes.get(at..).unwrap_or_default();
    let word = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut word = [0u8; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        word
    });
    let size = u32::from(size.min(8));
    if size == 0 {
        return 0;
    }
    // What is not of the value is moved out, and zeros or the sign in. The bytes are in the
    // machine's order: on a big-endian one the value sits at the top.
    let unused = 64 - 8 * size;
    let top = match cfg!(target_endian = "big") {
        true => u64::from_ne_bytes(word) >> unused << unused,
        false => u64::from_ne_bytes(word) << unused,
    };
    match signed {
        true => (top.cast_signed() >> unused).cast_unsigned(),
        false => top >> unused,
    }
}

fn from(bytes: &[u8], at: u32) -> &[u8] {
    bytes.get(at as usize..).unwrap_or_default()
}

/// Text up to its terminator, and whether it may have been longer.
pub(super) fn text(bytes: &[u8], cap: u32, cut: bool) -> (&[u8], bool) {
    let bytes = &bytes[..bytes.len().min(cap as usize)];
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    (&bytes[..end], cut && end + 1 >= cap as usize)
}

fn buffer(bytes: &[u8], cap: u32) -> Value<'_> {
    let length = integer(bytes, 0, 4, false).min(cap.into()) as usize;
    let data = from(bytes, 4);
    Value::Buffer(&data[..length.min(data.len())])
}

fn array<'a>(elem: &'a Type, len: u32, bytes: &'a [u8]) -> Vec<Value<'a>> {
    let size = elem.size();
    (0..len)
        .map(|i| Value::decode(elem, from(bytes, i.saturating_mul(size))))
        .collect()
}

fn member<'a>(field: &'a sema::ir::Field, bytes: &'a [u8]) -> Value<'a> {
    let bytes = from(bytes, field.offset);
    let Some((lowest, width)) = field.bits else {
        return Value::decode(&field.ty, bytes);
    };
    let size = field.ty.scalar_bytes().unwrap_or(8);
    let unused = 64 - u32::from(width).clamp(1, 64);
    let raw = integer(bytes, 0, size, false) >> u32::from(lowest).min(63);
    if field.ty.is_signed() {
        Value::Signed((raw << unused).cast_signed() >> unused)
    } else {
        Value::Unsigned(raw << unused >> unused)
    }
}

fn inet(bytes: &[u8]) -> Option<IpAddr> {
    let family = i32::try_from(integer(bytes, 0, 4, false)).ok()?;
    let address = from(bytes, 4);
    match family {
        libc::AF_INET => Some(IpAddr::V4(Ipv4Addr::from(octets::<4>(address)))),
        libc::AF_INET6 => Some(IpAddr::V6(Ipv6Addr::from(octets::<16>(address)))),
        _ => None,
    }
}

fn octets<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

fn stack(side: StackSide, depth: u32, mode: StackMode, bytes: &[u8]) -> Value<'_> {
    let count = integer(bytes, 0, 4, false).min(depth.into()) as usize;
    let frames = (0..count).map(|i| integer(bytes, 8 + 8 * i, 8, false));
    Value::Stack {
        side,
        pid: integer(bytes, 4, 4, false) as u32,
        mode,
        frames: frames.take_while(|&address| address != 0).collect(),
    }
}

fn thread(depth: u32, bytes: &[u8]) -> UserThread<'_> {
    use sema::ir::{STACK_PAGE_SIZE, StackCopyLayout as Layout};
    let half = |at: u32| integer(bytes, at as usize, 4, false) as u32;
    let register = |n: u32| integer(bytes, (Layout::REGISTERS + 8 * n) as usize, 8, false);
    let length = half(Layout::PAGES).saturating_mul(STACK_PAGE_SIZE) as usize;
    let memory = from(bytes, Layout::MEMORY);
    let stack = register(1);
    UserThread {
        pid: half(Layout::PID),
        instruction: register(0),
        stack,
        frame: register(2),
        link: register(3),
        start: stack & !u64::from(STACK_PAGE_SIZE - 1),
        memory: &memory[..length.min(memory.len())],
        depth: depth as usize,
    }
}

/// Frames of `struct bpf_stack_build_id`: a status, a build id, an offset or an address.
fn file_stack(depth: u32, bytes: &[u8]) -> Value<'_> {
    /// `BPF_STACK_BUILD_ID_EMPTY` and `BPF_STACK_BUILD_ID_VALID`; `BPF_STACK_BUILD_ID_IP` is 2.
    const EMPTY: u64 = 0;
    const VALID: u64 = 1;
    let count = integer(bytes, 0, 4, false).min(depth.into()) as usize;
    let size = StackMode::BuildId.frame_size() as usize;
    let frames = (0..count).filter_map(|i| {
        let frame = from(bytes, (8 + size * i) as u32);
        let status = integer(frame, 0, 4, false);
        let id = (status == VALID).then(|| octets(from(frame, 4)));
        (status != EMPTY).then(|| (id, integer(frame, 24, 8, false)))
    });
    Value::FileStack {
        pid: integer(bytes, 4, 4, false) as u32,
        frames: frames.collect(),
    }
}
