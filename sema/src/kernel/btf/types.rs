//! The types as they are handed out, and how a record is decoded into one.

use super::raw::{Record, Words};
use super::{Btf, KernelError};

/// Number of a type; 0 is `void`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

impl TypeId {
    /// The type of no value.
    pub const VOID: TypeId = TypeId(0);
}

/// What sort of type it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is a BTF_KIND_* of linux/btf.h")]
pub enum Kind {
    Int,
    Pointer,
    Array,
    Struct,
    Union,
    /// Of 32 or of 64 bits.
    Enum,
    Forward,
    Typedef,
    Volatile,
    Const,
    Restrict,
    Function,
    Prototype,
    Variable,
    Section,
    Float,
    DeclTag,
    TypeTag,
}

impl Kind {
    /// How many kinds there are.
    pub(super) const COUNT: usize = Kind::TypeTag as usize + 1;

    /// The kind of a `BTF_KIND_*` number.
    pub(super) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Kind::Int,
            2 => Kind::Pointer,
            3 => Kind::Array,
            4 => Kind::Struct,
            5 => Kind::Union,
            6 | super::raw::ENUM64 => Kind::Enum,
            7 => Kind::Forward,
            8 => Kind::Typedef,
            9 => Kind::Volatile,
            10 => Kind::Const,
            11 => Kind::Restrict,
            12 => Kind::Function,
            13 => Kind::Prototype,
            14 => Kind::Variable,
            15 => Kind::Section,
            16 => Kind::Float,
            17 => Kind::DeclTag,
            18 => Kind::TypeTag,
            _ => return None,
        })
    }
}

/// A type. Types without a name have an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BtfType<'a> {
    /// No value.
    Void,
    /// An integer.
    Int(Int<'a>),
    /// A pointer to the given type.
    Pointer(TypeId),
    /// An array.
    Array(Array),
    /// A struct.
    Struct(Composite<'a>),
    /// A union.
    Union(Composite<'a>),
    /// An enum.
    Enum(Enum<'a>),
    /// A struct or union that is not known further.
    Forward {
        /// Its name.
        name: &'a str,
        /// Whether it is a union.
        union: bool,
    },
    /// A typedef.
    Typedef {
        /// Its name.
        name: &'a str,
        /// What it stands for.
        target: TypeId,
    },
    /// `volatile`
    Volatile(TypeId),
    /// `const`
    Const(TypeId),
    /// `restrict`
    Restrict(TypeId),
    /// A type with a tag such as `user`, `rcu` or `percpu`.
    TypeTag {
        /// The tag.
        name: &'a str,
        /// The tagged type.
        target: TypeId,
    },
    /// A function.
    Function {
        /// Its name.
        name: &'a str,
        /// Its [`BtfType::Prototype`].
        prototype: TypeId,
    },
    /// Result and parameters of a function.
    Prototype(Prototype<'a>),
    /// A variable.
    Variable {
        /// Its name.
        name: &'a str,
        /// Its type.
        target: TypeId,
    },
    /// A section of variables.
    Section {
        /// Its name.
        name: &'a str,
        /// Its size in bytes.
        bytes: u32,
    },
    /// A floating-point number.
    Float {
        /// Its name.
        name: &'a str,
        /// Its size in bytes.
        bytes: u32,
    },
    /// A tag on a declaration.
    DeclTag {
        /// The tag.
        name: &'a str,
        /// What is tagged.
        target: TypeId,
        /// Which of its members or parameters; nothing where it is the whole.
        component: Option<u32>,
    },
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int<'a> {
    /// Its name, such as `unsigned int`.
    pub name: &'a str,
    /// Its size in bytes.
    pub bytes: u32,
    /// How many bits carry the value.
    pub bits: u8,
    /// Whether it is signed.
    pub signed: bool,
    /// Whether it holds a character. Compilers seldom say so: `char` is known by its name.
    pub char: bool,
    /// Whether it is `_Bool`.
    pub bool: bool,
}

/// An array type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// Type of an element.
    pub elem: TypeId,
    /// How many elements; 0 for a flexible one.
    pub len: u32,
}

/// A struct or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its size in bytes.
    pub bytes: u32,
    /// Its members in order.
    pub members: Vec<Member<'a>>,
}

/// A member of a struct or union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, empty where it is an anonymous struct or union.
    pub name: &'a str,
    /// Its type.
    pub ty: TypeId,
    /// Bits from the start of the outermost type.
    pub bit_offset: u32,
    /// Width in bits, where it is a bit-field.
    pub bits: Option<u8>,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its size in bytes.
    pub bytes: u32,
    /// Whether its values are signed.
    pub signed: bool,
    /// Its constants in order.
    pub constants: Vec<Constant<'a>>,
}

/// A constant of an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value; of an unsigned enum of 64 bits, the bits of it.
    pub value: i64,
}

/// Result and parameters of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prototype<'a> {
    /// Type of the result.
    pub result: TypeId,
    /// Its parameters in order, the `...` left out.
    pub params: Vec<Param<'a>>,
    /// Whether it ends with `...`.
    pub variadic: bool,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, empty where it has none.
    pub name: &'a str,
    /// Its type.
    pub ty: TypeId,
}

/// Decodes a record.
pub(super) fn decode<'a>(btf: &'a Btf, record: &Record<'a>) -> Result<BtfType<'a>, KernelError> {
    let name = btf.string(record.name)?;
    let target = TypeId(record.size_or_type);
    let bytes = record.size_or_type;
    Ok(match record.kind {
        Kind::Int => BtfType::Int(int(name, record)),
        Kind::Pointer => BtfType::Pointer(target),
        Kind::Array => BtfType::Array(array(record)),
        Kind::Struct => BtfType::Struct(composite(btf, name, record)?),
        Kind::Union => BtfType::Union(composite(btf, name, record)?),
        Kind::Enum => BtfType::Enum(enumeration(btf, name, record)?),
        Kind::Forward => BtfType::Forward {
            name,
            union: record.flag,
        },
        Kind::Typedef => BtfType::Typedef { name, target },
        Kind::Volatile => BtfType::Volatile(target),
        Kind::Const => BtfType::Const(target),
        Kind::Restrict => BtfType::Restrict(target),
        Kind::Function => BtfType::Function {
            name,
            prototype: target,
        },
        Kind::Prototype => BtfType::Prototype(prototype(btf, record)?),
        Kind::Variable => BtfType::Variable { name, target },
        Kind::Section => BtfType::Section { name, bytes },
        Kind::Float => BtfType::Float { name, bytes },
        Kind::DeclTag => BtfType::DeclTag {
            name,
            target,
            component: Some(Words(record.extra).get(0)).filter(|index| *index != u32::MAX),
        },
        Kind::TypeTag => BtfType::TypeTag { name, target },
    })
}

/// The word behind the record: encoding in bits 24 to 27 (`BTF_INT_SIGNED` 1, `BTF_INT_CHAR` 2,
/// `BTF_INT_BOOL` 4), width in bits 0 to 7.
fn int<'a>(name: &'a str, record: &Record) -> Int<'a> {
    let word = Words(record.extra).get(0);
    let encoding = word >> 24;
    Int {
        name,
        bytes: record.size_or_type,
        bits: (word & 0xff) as u8,
        signed: encoding & 1 != 0,
        char: encoding & 2 != 0,
        bool: encoding & 4 != 0,
    }
}

/// `struct btf_array`: element type, index type, length.
pub(super) fn array(record: &Record) -> Array {
    let words = Words(record.extra);
    Array {
        elem: TypeId(words.get(0)),
        len: words.get(2),
    }
}

fn composite<'a>(
    btf: &'a Btf,
    name: &'a str,
    record: &Record<'a>,
) -> Result<Composite<'a>, KernelError> {
    let members: Result<_, _> = record
        .elements()
        .map(|words| member(btf, record.flag, words))
        .collect();
    Ok(Composite {
        name,
        bytes: record.size_or_type,
        members: members?,
    })
}

/// `struct btf_member`: name, type, offset; with the kind flag the offset's upper 8 bits are the
/// width of a bit-field.
pub(super) fn member<'a>(
    btf: &'a Btf,
    flag: bool,
    words: Words,
) -> Result<Member<'a>, KernelError> {
    let offset = words.get(2);
    let (bit_offset, bits) = match flag {
        true => (offset & 0x00ff_ffff, (offset >> 24) as u8),
        false => (offset, 0),
    };
    Ok(Member {
        name: btf.string(words.get(0))?,
        ty: TypeId(words.get(1)),
        bit_offset,
        bits: Some(bits).filter(|bits| *bits > 0),
    })
}

fn enumeration<'a>(
    btf: &'a Btf,
    name: &'a str,
    record: &Record<'a>,
) -> Result<Enum<'a>, KernelError> {
    let constants: Result<_, _> = record
        .elements()
        .map(|words| constant(btf, record, words))
        .collect();
    Ok(Enum {
        name,
        bytes: record.size_or_type,
        signed: record.flag,
        constants: constants?,
    })
}

/// `struct btf_enum`: name, value; `struct btf_enum64`: name, low half, high half.
pub(super) fn constant<'a>(
    btf: &'a Btf,
    record: &Record,
    words: Words,
) -> Result<Constant<'a>, KernelError> {
    let low = words.get(1);
    let value = match (record.wide, record.flag) {
        (true, _) => (u64::from(words.get(2)) << 32 | u64::from(low)).cast_signed(),
        (false, true) => i64::from(low.cast_signed()),
        (false, false) => i64::from(low),
    };
    Ok(Constant {
        name: btf.string(words.get(0))?,
        value,
    })
}

/// `struct btf_param`: name, type; `...` is a last one without either.
fn prototype<'a>(btf: &'a Btf, record: &Record<'a>) -> Result<Prototype<'a>, KernelError> {
    let mut params = Vec::with_capacity(record.len as usize);
    for words in record.elements() {
        params.push(Param {
            name: btf.string(words.get(0))?,
            ty: TypeId(words.get(1)),
        });
    }
    let variadic = params
        .last()
        .is_some_and(|last| last.name.is_empty() && last.ty == TypeId::VOID);
    if variadic {
        params.pop();
    }
    Ok(Prototype {
        result: TypeId(record.size_or_type),
        params,
        variadic,
    })
}
