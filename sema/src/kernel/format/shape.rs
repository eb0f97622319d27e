//! What a field holds, as far as its C declaration and its size tell.

/// What a field holds.
///
/// Names that only type information explains are handed on: look them up in BTF and fall back on
/// the size and sign that stand beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `bool`
    Bool,
    /// An integer at the start of the field. It may be narrower than the field: a system call's
    /// `int` takes 8 bytes.
    Int {
        /// Size in bytes: 1, 2, 4 or 8.
        bytes: u8,
        /// Whether it is signed.
        signed: bool,
    },
    /// A type known by a name alone, mostly a typedef of an integer.
    Named {
        /// The name.
        name: String,
        /// Size of the value in bytes; of a system call's argument, what the kernel sets aside.
        bytes: u32,
        /// Whether the kernel says that it is signed, which it does not say of system calls.
        signed: bool,
    },
    /// An enum.
    Enum {
        /// Its tag.
        name: String,
        /// Size in bytes, as for [`Shape::Named`].
        bytes: u32,
    },
    /// A struct or union held by value.
    Composite {
        /// The type, such as `struct in6_addr`.
        name: String,
        /// Size in bytes.
        bytes: u32,
    },
    /// A pointer.
    Pointer {
        /// The type that it points to as the file spells it: `const char`, `struct file`; empty
        /// for functions.
        to: String,
    },
    /// Text: `char[len]`, ended by a NUL unless it is full.
    Chars {
        /// Bytes.
        len: u32,
    },
    /// An array of anything else.
    Array {
        /// What an element is; never an array.
        elem: Box<Shape>,
        /// How many; 0 where they run to the end of the record.
        len: u32,
    },
    /// Data behind the record: 4 bytes, of which the upper 16 bits are its length in bytes and
    /// the lower 16 where it starts.
    DataLoc {
        /// What an element of the data is.
        elem: Box<Shape>,
        /// Whether the start counts from the end of this field (`__rel_loc`) rather than from
        /// the start of the record (`__data_loc`).
        relative: bool,
    },
}

/// Takes the declaration of a field apart: its name, and what it holds.
pub(super) fn read(declaration: &str, size: u32, signed: bool) -> Option<(&str, Shape)> {
    let text = declaration.trim();
    if let Some(name) = function_pointer(text) {
        let to = String::new();
        return Some((name, Shape::Pointer { to }));
    }
    let (text, length) = match text.strip_suffix(']') {
        Some(array) => {
            let (text, length) = array.rsplit_once('[')?;
            (text.trim_end(), Some(length))
        }
        None => (text, None),
    };
    let start = text.trim_end_matches(is_word).len();
    let (ty, name) = text.split_at(start);
    if ty.trim().is_empty() || name.is_empty() {
        return None;
    }
    let shape = match (data_loc(ty), length) {
        (Some((elem, relative)), _) => Shape::DataLoc {
            elem: Box::new(of_type(elem, None, signed)),
            relative,
        },
        (None, Some(length)) => array(ty, length, size, signed),
        (None, None) => of_type(ty, Some(size), signed),
    };
    Some((name, shape))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The name of a pointer to a function: `void (*name)(int)` or `void (*)(int) name`.
fn function_pointer(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("(*")?;
    let (inner, rest) = rest.split_once(')')?;
    let name = match inner.trim() {
        "" => rest.rsplit_once(')')?.1.trim(),
        name => name,
    };
    (!name.is_empty() && name.chars().all(is_word)).then_some(name)
}

/// The element type of data behind the record, and whether its place is relative.
fn data_loc(ty: &str) -> Option<(&str, bool)> {
    let (rest, relative) = match ty.strip_prefix("__data_loc ") {
        Some(rest) => (rest, false),
        None => (ty.strip_prefix("__rel_loc ")?, true),
    };
    let elem = rest.trim();
    Some((elem.strip_suffix("[]").unwrap_or(elem), relative))
}

/// The shape of an array. Its length may be a name such as `TASK_COMM_LEN`; then, and where the
/// element's size is not known, size and length tell of each other.
fn array(ty: &str, length: &str, size: u32, signed: bool) -> Shape {
    let length: Option<u32> = length.trim().parse().ok();
    let elem_size = length.and_then(|length| size.checked_div(length));
    let elem = of_type(ty, elem_size, signed);
    let elem_size = elem_size.or(elem.bytes()).unwrap_or(0);
    let len = length.or(size.checked_div(elem_size)).unwrap_or(0);
    match elem {
        Shape::Int { bytes: 1, .. } if is_char(ty) => Shape::Chars { len },
        elem => Shape::Array {
            elem: Box::new(elem),
            len,
        },
    }
}

/// The shape of a value of a type, which takes so many bytes if that is known.
fn of_type(ty: &str, size: Option<u32>, signed: bool) -> Shape {
    let ty = ty.trim();
    if let Some((to, qualifier)) = ty.rsplit_once('*')
        && matches!(qualifier.trim(), "" | "const" | "restrict")
    {
        let to = to.trim().to_owned();
        return Shape::Pointer { to };
    }
    let words: Vec<&str> = ty
        .split_whitespace()
        .filter(|word| !matches!(*word, "const" | "volatile"))
        .collect();
    let bytes = size.unwrap_or(0);
    match words[..] {
        ["bool" | "_Bool"] => Shape::Bool,
        ["enum", name] => Shape::Enum {
            name: name.to_owned(),
            bytes,
        },
        ["struct" | "union", _] => Shape::Composite {
            name: words.join(" "),
            bytes,
        },
        _ => match integer(&words, signed) {
            Some((natural, signed)) => Shape::Int {
                bytes: narrower(natural, size),
                signed,
            },
            None => Shape::Named {
                name: words.join(" "),
                bytes,
                signed,
            },
        },
    }
}

/// The size of an integer in a field that may be smaller than its type.
fn narrower(natural: u8, size: Option<u32>) -> u8 {
    match size {
        Some(size @ (1 | 2 | 4)) => natural.min(size as u8),
        _ => natural,
    }
}

/// Whether the type is plain `char`, which alone makes text of an array.
fn is_char(ty: &str) -> bool {
    matches!(ty.trim(), "char" | "const char")
}

/// Size and sign of C's own integer types on 64-bit Linux, and of the kernel's fixed-width ones.
/// Of plain `char` the kernel says whether it is signed, as compilers disagree.
fn integer(words: &[&str], signed: bool) -> Option<(u8, bool)> {
    if let [name] = words
        && let Some(fixed) = fixed_width(name)
    {
        return Some(fixed);
    }
    let mut bytes = 4;
    let mut sign = None;
    for word in words {
        match *word {
            "unsigned" => sign = Some(false),
            "signed" => sign = Some(true),
            "char" => {
                bytes = 1;
                sign = sign.or(Some(signed));
            }
            "short" => bytes = 2,
            "int" => {}
            "long" => bytes = 8,
            _ => return None,
        }
    }
    Some((bytes, sign.unwrap_or(true)))
}

/// Size and sign by the name of a typedef that is the same everywhere.
fn fixed_width(name: &str) -> Option<(u8, bool)> {
    Some(match name {
        "u8" | "__u8" | "uint8_t" => (1, false),
        "u16" | "__u16" | "uint16_t" => (2, false),
        "u32" | "__u32" | "uint32_t" | "uint" => (4, false),
        "u64" | "__u64" | "uint64_t" | "size_t" | "ulong" => (8, false),
        "s8" | "__s8" | "int8_t" => (1, true),
        "s16" | "__s16" | "int16_t" => (2, true),
        "s32" | "__s32" | "int32_t" | "pid_t" => (4, true),
        "s64" | "__s64" | "int64_t" | "ssize_t" | "loff_t" => (8, true),
        _ => return None,
    })
}

impl Shape {
    /// Size of a value in bytes, where it is known.
    fn bytes(&self) -> Option<u32> {
        match self {
            Shape::Bool => Some(1),
            Shape::Int { bytes, .. } => Some(u32::from(*bytes)),
            Shape::Pointer { .. } => Some(8),
            Shape::DataLoc { .. } => Some(4),
            Shape::Named { .. }
            | Shape::Enum { .. }
            | Shape::Composite { .. }
            | Shape::Chars { .. }
            | Shape::Array { .. } => None,
        }
    }
}
