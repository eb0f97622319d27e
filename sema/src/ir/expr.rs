//! Typed expressions.

use super::{EventId, MapId, Stmt, Type, VarId};
use lexer::Span;
use std::sync::Arc;

/// An expression, its type and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Type of its value.
    pub ty: Type,
    /// Its place in the source.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant of a scalar type, as its bits (sign-extended to 64).
    Int(u64),
    /// A constant of type [`Type::Str`]; without the terminator, shorter than the capacity.
    Str(Vec<u8>),
    /// The value of a variable.
    Var(VarId),
    /// The value of a map entry; all zero bytes where there is none.
    MapGet {
        /// The map; never an aggregation.
        map: MapId,
        /// Its key, of the map's key type; nothing for a scalar map.
        key: Option<Box<Expr>>,
    },
    /// Whether a keyed map has the key: [`Type::Bool`].
    MapHas {
        /// The map.
        map: MapId,
        /// The key.
        key: Box<Expr>,
    },
    /// Removes an entry and tells whether there was one: [`Type::Bool`].
    MapDelete {
        /// The map.
        map: MapId,
        /// The key; nothing for a scalar map, which then counts as never assigned.
        key: Option<Box<Expr>>,
    },
    /// `++` and `--`: adds `delta` to an integer in a place and yields the value before or after.
    /// On maps the addition is atomic.
    Increment {
        /// What is changed.
        place: Place,
        /// What is added.
        delta: i64,
        /// Whether the value is the one before the change.
        before: bool,
    },
    /// `-`, `~`, `!` on a scalar.
    Unary(UnaryOp, Box<Expr>),
    /// Arithmetic on two scalars of the expression's own type. The sign of the type decides how
    /// division, remainder and right shift work; the right operand of a shift may have any
    /// integer type and is taken modulo the width.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// Comparison of two values of one and the same type (two strings may differ in capacity):
    /// [`Type::Bool`]. Orders exist on scalars alone.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `&&`, right side not evaluated when the left is false: operands and value are Bool.
    And(Box<Expr>, Box<Expr>),
    /// `||`, right side not evaluated when the left is true: operands and value are Bool.
    Or(Box<Expr>, Box<Expr>),
    /// One of two values of the expression's own type, or two actions of type Void.
    Ternary {
        /// Decides; Bool.
        cond: Box<Expr>,
        /// When true.
        then: Box<Expr>,
        /// When false.
        otherwise: Box<Expr>,
    },
    /// A scalar converted to the expression's scalar type: cut, or extended by the sign of the
    /// operand's type. To Bool: whether it is not zero. Or a tuple or record, each member converted
    /// to the type of that of the expression's type, as this or [`ExprKind::Resize`] does.
    Convert(Box<Expr>),
    /// A string, buffer or stack converted to another capacity of the same kind: cut, or padded
    /// with zero bytes.
    Resize(Box<Expr>),
    /// The value of an aggregation folded over all CPUs, as I64 or U64: the count, sum, smallest
    /// or largest value, or the average. Zero where there is no such entry.
    AggregateGet {
        /// The map, whose value is a count, sum, min, max, avg or stats.
        map: MapId,
        /// Its key; nothing for a scalar map.
        key: Option<Box<Expr>>,
    },
    /// The elements of a [`Type::Tuple`] or the members of a [`Type::Record`], in order.
    Aggregate(Vec<Expr>),
    /// Element of a tuple or member of a record value, by number.
    Member(Box<Expr>, u32),
    /// Element of an array value. The index is an integer; out of bounds yields zero.
    Index(Box<Expr>, Box<Expr>),
    /// The address of the program's context.
    Context,
    /// Reads a value of the expression's type from memory. A failed read yields zero bytes.
    Load {
        /// The base address: a pointer, or [`ExprKind::Context`] in [`Space::Context`].
        base: Box<Expr>,
        /// Bytes from the base.
        offset: i64,
        /// Which memory it is.
        space: Space,
        /// For a bit-field: lowest bit of the loaded integer, and number of bits.
        bits: Option<(u8, u8)>,
    },
    /// Reads a NUL-ended string into a [`Type::Str`] of the expression's capacity.
    LoadStr {
        /// The address.
        address: Box<Expr>,
        /// Content bytes at most, where the script limits them; any integer.
        len: Option<Box<Expr>>,
        /// Kernel or user memory.
        space: Space,
    },
    /// Reads bytes into a [`Type::Buffer`] of the expression's capacity.
    LoadBuffer {
        /// The address.
        address: Box<Expr>,
        /// How many bytes; the capacity where absent. More than the capacity is cut.
        len: Option<Box<Expr>>,
        /// Kernel or user memory.
        space: Space,
    },
    /// The address of a string constant's or other in-memory value's bytes.
    AddressOf(Box<Expr>),
    /// A constant of an array of bytes.
    Bytes(Vec<u8>),
    /// The bytes of a value in memory as another type of the same size.
    Reinterpret(Box<Expr>),
    /// An [`Type::Inet`] made of an address family (any integer) and an address (an integer of 4
    /// bytes, or an array of 4 or 16 bytes, in network order).
    Inet {
        /// `AF_INET` or `AF_INET6`.
        family: Box<Expr>,
        /// The address.
        address: Box<Expr>,
    },
    /// An integer with its bytes in reverse order.
    ByteSwap(Box<Expr>),
    /// Bytes of a string before its terminator: [`Type::U64`].
    StrLen(Box<Expr>),
    /// Where the second string first is in the first, or -1: [`Type::I64`]. Of the second, at
    /// most the first [`ExprKind::NEEDLE_MAX`] bytes count.
    StrFind(Box<Expr>, Box<Expr>),
    /// Two strings one behind the other, in a string of the expression's capacity, which holds
    /// both.
    Concat(Box<Expr>, Box<Expr>),
    /// The name of the file that a `struct path` stands for, as `bpf_d_path` gives it; empty where
    /// there is none. Where it is longer than the expression's capacity, its end is given.
    FilePath {
        /// Its address, which [`ExprKind::is_tracked`].
        address: Box<Expr>,
    },
    /// The number that the kernel has given a socket, of an address that
    /// [`ExprKind::is_tracked`]: [`Type::U64`].
    SocketCookie(Box<Expr>),
    /// The order of the first bytes of two values: negative, zero or positive: [`Type::I64`].
    Order {
        /// One value.
        left: Box<Expr>,
        /// The other, of as many bytes at least.
        right: Box<Expr>,
        /// How many bytes count at most. Of a [`Type::Buffer`] they are those of its data.
        bytes: u32,
        /// How many of them count, where that is known only then; any integer.
        count: Option<Box<Expr>>,
    },
    /// The text with this number, of the expression's capacity, or another one where there is no
    /// such text or it is empty.
    Table {
        /// Any integer; out of bounds where it is negative.
        index: Box<Expr>,
        /// The texts.
        texts: Arc<[Vec<u8>]>,
        /// The other one.
        otherwise: Vec<u8>,
    },
    /// Calls a helper of the kernel for what it does: 0 or a negative error number,
    /// [`Type::I64`].
    Act(Act, Box<Expr>),
    /// Sends bytes of a packet to user space: 0 or a negative error number, [`Type::I64`].
    Packet {
        /// The kind of record: an [`EventKind::Packet`](super::EventKind::Packet).
        event: EventId,
        /// The address of the bytes in the kernel's memory: U64.
        data: Box<Expr>,
        /// How many there are: U64.
        bytes: Box<Expr>,
        /// How many the packet had: U64.
        length: Box<Expr>,
    },
    /// Writes the first bytes of a value to memory of the process: 0 or a negative error number,
    /// [`Type::I64`].
    WriteUser {
        /// The address; any integer.
        to: Box<Expr>,
        /// A value in memory. Of a [`Type::Buffer`] its data are written.
        from: Box<Expr>,
        /// How many bytes, no more than the value has; any integer.
        len: Box<Expr>,
    },
    /// A value that the kernel provides.
    Builtin(Builtin),
    /// Statements, then a value.
    Block(Vec<Stmt>, Box<Expr>),
}

impl ExprKind {
    /// Bytes of a string that [`ExprKind::StrFind`] looks for at most.
    pub const NEEDLE_MAX: u32 = 64;

    /// Whether the verifier knows what an address points to: it was reached from the program's
    /// context or the current task by members alone.
    pub fn is_tracked(&self) -> bool {
        match self {
            ExprKind::Builtin(Builtin::CurrentTask) => true,
            ExprKind::Load {
                base, bits: None, ..
            } => base.kind == ExprKind::Context || base.kind.is_tracked(),
            ExprKind::Binary(BinaryOp::Add, base, offset) => {
                base.kind.is_tracked() && matches!(offset.kind, ExprKind::Int(_))
            }
            _ => false,
        }
    }
}

/// What a program can do to what it traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Sends the process a signal.
    Signal,
    /// Sends the thread a signal.
    SignalThread,
    /// Lets the probed function return a value at once.
    Override,
}

/// What an assignment or an increment changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A variable.
    Var(VarId),
    /// A map entry.
    Map {
        /// The map.
        map: MapId,
        /// Its key; nothing for a scalar map.
        key: Option<Box<Expr>>,
    },
}

/// Which memory an address is in, which decides how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// The program's context, read directly at a constant offset.
    Context,
    /// Kernel memory, read with `bpf_probe_read_kernel`.
    Kernel,
    /// Memory of the current process, read with `bpf_probe_read_user`.
    User,
    /// A kernel object that the verifier knows by its BTF type, read directly.
    Btf,
    /// A value that the program holds itself: the base is its [`ExprKind::AddressOf`].
    Own,
    /// An address of which nobody said where it points: `bpf_probe_read` and
    /// `bpf_probe_read_str`, which tell user from kernel addresses by their value.
    Any,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
    /// `!`, of Bool.
    Not,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the operators")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// C's division; by zero yields zero, as the kernel defines it.
    Div,
    /// C's remainder; by zero yields the left operand, as the kernel defines it.
    Mod,
    Shl,
    Shr,
    BitAnd,
    BitOr,
    BitXor,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the operators")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Values that the kernel provides to a running program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Process id (thread group id) in our own PID namespace: U32.
    Pid,
    /// Thread id in our own PID namespace: U32.
    Tid,
    /// Process id in the first PID namespace: U32.
    PidInit,
    /// Thread id in the first PID namespace: U32.
    TidInit,
    /// User id: U64 or Username.
    Uid,
    /// Group id: U64.
    Gid,
    /// Name of the current thread: Str of 16.
    Comm,
    /// Number of the CPU: U64.
    Cpu,
    /// Number of the NUMA node: U32.
    NumaNode,
    /// Ticks of the kernel's clock (`bpf_jiffies64`): U64.
    Jiffies,
    /// Nanoseconds since boot, sleep not counted (`bpf_ktime_get_ns`): U64.
    NsecsMonotonic,
    /// Nanoseconds since boot, sleep counted (`bpf_ktime_get_boot_ns`): U64.
    NsecsBoot,
    /// Nanoseconds of `CLOCK_TAI` (`bpf_ktime_get_tai_ns`): U64.
    NsecsTai,
    /// Nanoseconds since the run began: U64.
    Elapsed,
    /// A random number: U32.
    Rand,
    /// Address of the current `task_struct`: Pointer.
    CurrentTask,
    /// Id of the current cgroup: U64.
    Cgroup,
    /// What its attachment gave to the place where the program runs
    /// (`bpf_get_attach_cookie`): U64.
    Cookie,
    /// Address of the function that the program is attached to (`bpf_get_func_ip`, of processes
    /// since 6.6): U64.
    FunctionAddress,
    /// The stack of the program's context, of the expression's [`Type::Stack`].
    Stack,
    /// The registers and the upper part of the stack of the current process, of the expression's
    /// [`Type::StackCopy`].
    StackCopy,
    /// Full name of the attach target that the program runs for: Str.
    ProbeName,
    /// Name of the function that the attach target is in: Str.
    FunctionName,
}
