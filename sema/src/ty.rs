//! Types as type checking sees them: [`ir::Type`] plus what only matters before lowering, such as
//! what a pointer points to.

use crate::ir::{self, Clock, StackMode, StackSide, Type};
use crate::kernel::btf::TypeId;
use std::fmt;
use std::sync::Arc;

/// The type of an expression, a variable, a key or a map's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ty {
    /// Not known yet, or wrong and already reported. Goes with everything.
    Unknown,
    /// No value.
    Void,
    Bool,
    Int {
        bytes: u8,
        signed: bool,
    },
    Str {
        cap: u32,
        cut: bool,
    },
    Buffer {
        cap: u32,
    },
    Array {
        elem: Box<Ty>,
        len: u32,
    },
    Tuple(Vec<Ty>),
    /// Named values written as `(name=e, …)`.
    Record(Vec<(String, Ty)>),
    Pointer {
        to: Pointee,
        space: AddressSpace,
    },
    /// A C struct or union, still in memory.
    Struct(TypeId),
    /// A C struct or union as a value.
    Object {
        id: TypeId,
        /// Its [`Type::Record`].
        layout: Type,
    },
    Enum {
        name: String,
        bytes: u8,
        signed: bool,
        names: Arc<[(i64, String)]>,
    },
    /// The arguments of the probe as a whole: `args`.
    Args,
    Ksym,
    Stack {
        side: StackSide,
        depth: u32,
        mode: StackMode,
    },
    /// What a process's stack can be unwound from: for printing alone.
    StackCopy {
        depth: u32,
        mode: StackMode,
    },
    Usym,
    Username,
    ProcessName,
    Timestamp {
        format: Arc<str>,
        clock: Clock,
    },
    Inet,
    MacAddr,
    CgroupPath {
        filter: Arc<str>,
    },
}

/// What a pointer points to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pointee {
    /// Nobody knows: `void *`.
    Void,
    /// A built-in type.
    Ty(Box<Ty>),
    /// A type of the kernel.
    Btf(TypeId),
}

/// Which memory a pointer points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AddressSpace {
    Kernel,
    User,
    /// Nobody said.
    Any,
}

impl AddressSpace {
    pub(crate) fn space(self) -> ir::Space {
        match self {
            Self::Kernel => ir::Space::Kernel,
            Self::User => ir::Space::User,
            Self::Any => ir::Space::Any,
        }
    }
}

impl Ty {
    pub(crate) const I8: Ty = Ty::int(1, true);
    pub(crate) const I64: Ty = Ty::int(8, true);
    pub(crate) const U8: Ty = Ty::int(1, false);
    pub(crate) const U32: Ty = Ty::int(4, false);
    pub(crate) const U64: Ty = Ty::int(8, false);

    pub(crate) const fn int(bytes: u8, signed: bool) -> Ty {
        Ty::Int { bytes, signed }
    }

    /// The smallest signed integer type that holds a literal; above `int64`, `uint64`.
    pub(crate) fn of_literal(value: i128) -> Ty {
        let fits = |bytes: u8| {
            let half = 1i128 << (u32::from(bytes) * 8 - 1);
            (-half..half).contains(&value)
        };
        [1, 2, 4, 8]
            .into_iter()
            .find(|&bytes| fits(bytes))
            .map_or(Ty::U64, |bytes| Ty::int(bytes, true))
    }

    /// Whether a literal is one of the values of this integer type.
    pub(crate) fn holds(&self, value: i128) -> bool {
        match *self {
            Ty::Int {
                bytes,
                signed: true,
            } => {
                let half = 1i128 << (u32::from(bytes) * 8 - 1);
                (-half..half).contains(&value)
            }
            Ty::Int {
                bytes,
                signed: false,
            } => (0..1i128 << (u32::from(bytes) * 8)).contains(&value),
            _ => true,
        }
    }

    /// Whether arithmetic makes sense: integers, booleans and enums.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(
            self,
            Ty::Int { .. } | Ty::Bool | Ty::Enum { .. } | Ty::Username | Ty::Ksym | Ty::Unknown
        )
    }

    pub(crate) fn is_signed(&self) -> bool {
        matches!(
            self,
            Ty::Int { signed: true, .. } | Ty::Enum { signed: true, .. }
        )
    }

    pub(crate) fn is_pointer(&self) -> bool {
        matches!(self, Ty::Pointer { .. })
    }

    /// The memory layout. Structs of the kernel that are passed around as a whole are their
    /// address; nothing of unknown type is ever lowered, so it may be anything.
    pub(crate) fn lower(&self) -> Type {
        match self {
            Ty::Void => Type::Void,
            Ty::Bool => Type::Bool,
            Ty::Int { bytes, signed } => Type::Int {
                bytes: *bytes,
                signed: *signed,
            },
            Ty::Str { cap, cut } => Type::Str {
                cap: *cap,
                cut: *cut,
            },
            Ty::Buffer { cap } => Type::Buffer { cap: *cap },
            Ty::Array { elem, len } => Type::Array {
                elem: Box::new(elem.lower()),
                len: *len,
            },
            Ty::Tuple(elems) => Type::Tuple(elems.iter().map(Ty::lower).collect()),
            Ty::Record(fields) => lower_record(fields),
            Ty::Object { layout, .. } => layout.clone(),
            Ty::Pointer { .. } | Ty::Struct(_) | Ty::Args => Type::Pointer,
            Ty::Enum {
                bytes,
                signed,
                names,
                ..
            } => Type::Enum {
                bytes: *bytes,
                signed: *signed,
                names: Arc::clone(names),
            },
            Ty::Ksym => Type::Ksym,
            Ty::Stack { side, depth, mode } => Type::Stack {
                side: *side,
                depth: *depth,
                mode: *mode,
            },
            Ty::StackCopy { depth, mode } => Type::StackCopy {
                depth: *depth,
                mode: *mode,
            },
            Ty::Usym => Type::Usym,
            Ty::Username => Type::Username,
            Ty::ProcessName => Type::ProcessName,
            Ty::Timestamp { format, clock } => Type::Timestamp {
                format: Arc::clone(format),
                clock: *clock,
            },
            Ty::Inet => Type::Inet,
            Ty::MacAddr => Type::MacAddr,
            Ty::CgroupPath { filter } => Type::CgroupPath {
                filter: Arc::clone(filter),
            },
            Ty::Unknown => Type::I64,
        }
    }
}

fn lower_record(fields: &[(String, Ty)]) -> Type {
    let types: Vec<Type> = fields.iter().map(|(_, ty)| ty.lower()).collect();
    let (offsets, size) = ir::struct_offsets(&types);
    let align = types.iter().map(Type::align).max().unwrap_or(1);
    let fields = fields
        .iter()
        .zip(types)
        .zip(offsets)
        .map(|(((name, _), ty), offset)| ir::Field {
            name: name.clone(),
            offset,
            ty,
            bits: None,
        })
        .collect();
    Type::Record {
        fields,
        size,
        align,
    }
}

/// How two types of one variable, key or map value come together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// One type fits both.
    Fits(Ty),
    /// `int64`, because no integer type holds every value of both.
    SignLost,
    /// They have nothing in common.
    Mismatch,
}

/// The smallest type that holds every value of both.
pub(crate) fn join(a: &Ty, b: &Ty) -> Join {
    match (a, b) {
        (Ty::Unknown, other) | (other, Ty::Unknown) => Join::Fits(other.clone()),
        (
            Ty::Int {
                bytes: x,
                signed: s,
            },
            Ty::Int {
                bytes: y,
                signed: t,
            },
        ) => join_ints((*x, *s), (*y, *t)),
        (Ty::Str { cap: x, cut: p }, Ty::Str { cap: y, cut: q }) => Join::Fits(Ty::Str {
            cap: *x.max(y),
            cut: if x == y {
                *p || *q
            } else if x > y {
                *p
            } else {
                *q
            },
        }),
        (Ty::Buffer { cap: x }, Ty::Buffer { cap: y }) => Join::Fits(Ty::Buffer { cap: *x.max(y) }),
        (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => {
            join_all(xs.iter().zip(ys)).map_or(Join::Mismatch, |elems| Join::Fits(Ty::Tuple(elems)))
        }
        (Ty::Record(xs), Ty::Record(ys)) => join_records(xs, ys),
        (
            Ty::Enum {
                bytes: x,
                signed: s,
                ..
            },
            Ty::Int {
                bytes: y,
                signed: t,
            },
        )
        | (
            Ty::Int {
                bytes: x,
                signed: s,
            },
            Ty::Enum {
                bytes: y,
                signed: t,
                ..
            },
        ) => join_ints((*x, *s), (*y, *t)),
        (Ty::Pointer { to: p, space: s }, Ty::Pointer { to: q, space: t }) => {
            Join::Fits(Ty::Pointer {
                to: if p == q { p.clone() } else { Pointee::Void },
                space: if s == t { *s } else { AddressSpace::Any },
            })
        }
        (
            Ty::Stack {
                side: s,
                depth: x,
                mode: m,
            },
            Ty::Stack {
                side: t,
                depth: y,
                mode: n,
            },
        ) if (s, m) == (t, n) => Join::Fits(Ty::Stack {
            side: *s,
            depth: *x.max(y),
            mode: *m,
        }),
        _ if a == b => Join::Fits(a.clone()),
        _ => Join::Mismatch,
    }
}

fn join_ints((x, s): (u8, bool), (y, t): (u8, bool)) -> Join {
    if s == t {
        return Join::Fits(Ty::int(x.max(y), s));
    }
    let (signed, unsigned) = if s { (x, y) } else { (y, x) };
    if unsigned < signed {
        Join::Fits(Ty::int(signed, true))
    } else if unsigned < 8 {
        Join::Fits(Ty::int(unsigned * 2, true))
    } else {
        Join::SignLost
    }
}

fn join_all<'a>(pairs: impl Iterator<Item = (&'a Ty, &'a Ty)>) -> Option<Vec<Ty>> {
    pairs
        .map(|(x, y)| match join(x, y) {
            Join::Fits(ty) => Some(ty),
            Join::SignLost => Some(Ty::I64),
            Join::Mismatch => None,
        })
        .collect()
}

fn join_records(xs: &[(String, Ty)], ys: &[(String, Ty)]) -> Join {
    let same_names = xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| x.0 == y.0);
    if !same_names {
        return Join::Mismatch;
    }
    let types = xs.iter().zip(ys).map(|(x, y)| (&x.1, &y.1));
    join_all(types).map_or(Join::Mismatch, |types| {
        let names = xs.iter().map(|(name, _)| name.clone());
        Join::Fits(Ty::Record(names.zip(types).collect()))
    })
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Unknown => f.write_str("unknown"),
            Ty::Void => f.write_str("void"),
            Ty::Bool => f.write_str("bool"),
            Ty::Int { bytes, signed } => {
                write!(f, "{}int{}", if *signed { "" } else { "u" }, bytes * 8)
            }
            Ty::Str { .. } => f.write_str("string"),
            Ty::Buffer { .. } => f.write_str("buffer"),
            Ty::Array { elem, len } => write!(f, "{elem}[{len}]"),
            Ty::Tuple(elems) => {
                let elems: Vec<String> = elems.iter().map(Ty::to_string).collect();
                write!(f, "({})", elems.join(", "))
            }
            Ty::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(|(n, t)| format!("{n}={t}")).collect();
                write!(f, "({})", fields.join(", "))
            }
            Ty::Pointer {
                to: Pointee::Ty(ty),
                ..
            } => write!(f, "{ty} *"),
            Ty::Pointer {
                to: Pointee::Void, ..
            } => f.write_str("void *"),
            Ty::Pointer {
                to: Pointee::Btf(_),
                ..
            } => f.write_str("pointer"),
            Ty::Struct(_) | Ty::Object { .. } => f.write_str("struct"),
            Ty::Enum { name, .. } => write!(f, "enum {name}"),
            Ty::Args => f.write_str("args"),
            Ty::Ksym => f.write_str("ksym"),
            Ty::Usym => f.write_str("usym"),
            Ty::Stack {
                side: StackSide::Kernel,
                ..
            } => f.write_str("kstack"),
            Ty::Stack {
                side: StackSide::User,
                ..
            }
            | Ty::StackCopy { .. } => f.write_str("ustack"),
            Ty::Username => f.write_str("username"),
            Ty::ProcessName => f.write_str("process name"),
            Ty::Timestamp { .. } => f.write_str("timestamp"),
            Ty::Inet => f.write_str("inet"),
            Ty::MacAddr => f.write_str("macaddr"),
            Ty::CgroupPath { .. } => f.write_str("cgroup_path"),
        }
    }
}
