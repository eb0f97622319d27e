//! Bytes to records: the header, and one type record at a time.
//!
//! Layouts and kind numbers are those of the kernel's `include/uapi/linux/btf.h`. Nothing here
//! trusts a length or an offset: every access is checked.

use super::Kind;
use std::ops::Range;

/// `BTF_MAGIC`
pub(super) const MAGIC: u16 = 0xeb9f;
/// `BTF_VERSION`
pub(super) const VERSION: u8 = 1;
/// `sizeof(struct btf_header)`; later kernels may have a longer one.
pub(super) const HEADER_LEN: usize = 24;
/// `sizeof(struct btf_type)`
pub(super) const RECORD_LEN: usize = 12;

/// Where the two sections lie in the bytes.
#[derive(Debug)]
pub(super) struct Sections {
    pub types: Range<usize>,
    pub strings: Range<usize>,
}

/// Reads the header and checks that both sections lie within the bytes.
pub(super) fn sections(bytes: &[u8]) -> Result<Sections, String> {
    let header = bytes
        .get(..HEADER_LEN)
        .ok_or_else(|| format!("{} bytes are too few for a header", bytes.len()))?;
    let magic = u16::from_ne_bytes([header[0], header[1]]);
    if magic == MAGIC.swap_bytes() {
        return Err("written for a machine of the other byte order".to_owned());
    }
    if magic != MAGIC {
        return Err(format!("starts with {magic:#06x} instead of {MAGIC:#06x}"));
    }
    if header[2] != VERSION {
        return Err(format!("version {} is not known", header[2]));
    }
    let header_len = word(header, 4).unwrap_or(0) as usize;
    if header_len < HEADER_LEN {
        return Err(format!("header length {header_len} is too small"));
    }
    let section = |at: usize| {
        let start = header_len.checked_add(word(header, at)? as usize)?;
        let end = start.checked_add(word(header, at + 4)? as usize)?;
        (end <= bytes.len()).then_some(start..end)
    };
    let types = section(8).ok_or("type section ends behind the last byte")?;
    let strings = section(16).ok_or("string section ends behind the last byte")?;
    Ok(Sections { types, strings })
}

/// A type record: the fields that all kinds share, and the bytes behind them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub name: u32,
    pub kind: Kind,
    /// Whether the kind is `BTF_KIND_ENUM64` rather than `BTF_KIND_ENUM`.
    pub wide: bool,
    /// The `kind_flag` bit.
    pub flag: bool,
    /// How many members, parameters, values or variables follow.
    pub len: u32,
    /// Size in bytes, or the id of another type, as the kind has it.
    pub size_or_type: u32,
    /// What follows the common part.
    pub extra: &'a [u8],
    /// Bytes of each of the `len` elements in `extra`; 0 for kinds without elements.
    pub stride: usize,
}

impl<'a> Record<'a> {
    /// Reads the record that starts at a position of the type section.
    pub fn read(types: &'a [u8], position: usize) -> Result<Self, String> {
        let (kind, len) = measure(types, position)?;
        let record = &types[position..position + len];
        let [name, info, size_or_type] = [0, 1, 2].map(|index| Words(record).get(index));
        let wide = kind_number(info) == ENUM64;
        Ok(Record {
            name,
            kind,
            wide,
            flag: info >> 31 == 1,
            len: info & 0xffff,
            size_or_type,
            extra: &record[RECORD_LEN..],
            stride: extra(kind, wide).1,
        })
    }

    /// The elements behind the common part as words.
    pub fn elements(&self) -> impl Iterator<Item = Words<'a>> + use<'a> {
        let elements = if self.stride > 0 { self.extra } else { &[] };
        elements.chunks_exact(self.stride.max(1)).map(Words)
    }
}

/// A few words in native byte order; missing ones read as 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(pub &'a [u8]);

impl Words<'_> {
    pub fn get(self, index: usize) -> u32 {
        word(self.0, index * 4).unwrap_or(0)
    }
}

/// What a word of a record tells the number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A type.
    Type,
    /// A string.
    Name,
}

/// Tells which words of the record at a position hold numbers of types and strings.
pub(super) fn references(
    types: &[u8],
    position: usize,
    mut found: impl FnMut(usize, Reference),
) -> Result<(), String> {
    use Reference::{Name, Type};
    let record = Record::read(types, position)?;
    found(0, Name);
    let (common, each): (bool, &[(usize, Reference)]) = match record.kind {
        Kind::Pointer
        | Kind::Typedef
        | Kind::Volatile
        | Kind::Const
        | Kind::Restrict
        | Kind::Function
        | Kind::Variable
        | Kind::DeclTag
        | Kind::TypeTag => (true, &[]),
        Kind::Prototype => (true, &[(0, Name), (1, Type)]),
        Kind::Struct | Kind::Union => (false, &[(0, Name), (1, Type)]),
        Kind::Enum => (false, &[(0, Name)]),
        Kind::Section => (false, &[(0, Type)]),
        Kind::Array | Kind::Int | Kind::Float | Kind::Forward => (false, &[]),
    };
    if common {
        found(2, Type);
    }
    let behind = RECORD_LEN / 4;
    if record.kind == Kind::Array {
        // The types of an element and of an index.
        found(behind, Type);
        found(behind + 1, Type);
    }
    for element in 0..record.elements().count() {
        let start = behind + element * record.stride / 4;
        each.iter()
            .for_each(|(word, what)| found(start + word, *what));
    }
    Ok(())
}

/// The header in front of sections of these lengths.
pub(super) fn header(types: u32, strings: u32) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..2].copy_from_slice(&MAGIC.to_ne_bytes());
    header[2] = VERSION;
    let lengths = [HEADER_LEN as u32, 0, types, types, strings];
    for (place, length) in header[4..].chunks_exact_mut(4).zip(lengths) {
        place.copy_from_slice(&length.to_ne_bytes());
    }
    header
}

/// The word at a byte offset.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

/// `BTF_KIND_ENUM64`
pub(super) const ENUM64: u32 = 19;

/// Bytes behind the common part: fixed ones, and ones for each element.
fn extra(kind: Kind, wide: bool) -> (usize, usize) {
    match kind {
        Kind::Int | Kind::Variable | Kind::DeclTag => (4, 0),
        Kind::Array => (12, 0),
        Kind::Struct | Kind::Union | Kind::Section => (0, 12),
        Kind::Enum if wide => (0, 12),
        Kind::Enum | Kind::Prototype => (0, 8),
        Kind::Pointer
        | Kind::Forward
        | Kind::Typedef
        | Kind::Volatile
        | Kind::Const
        | Kind::Restrict
        | Kind::Function
        | Kind::Float
        | Kind::TypeTag => (0, 0),
    }
}

/// Kind and size in bytes of the record at a position, which lies within the section.
pub(super) fn measure(types: &[u8], position: usize) -> Result<(Kind, usize), String> {
    let cut = || format!("type record at {position} ends behind the type section");
    let info = word(types, position + 4).ok_or_else(cut)?;
    let number = kind_number(info);
    let kind = Kind::from_number(number)
        .ok_or_else(|| format!("type record at {position} has unknown kind {number}"))?;
    let (fixed, each) = extra(kind, number == ENUM64);
    let len = RECORD_LEN + fixed + each * (info & 0xffff) as usize;
    match types.len() - position >= len {
        true => Ok((kind, len)),
        false => Err(cut()),
    }
}

/// The `BTF_KIND_*` in the second word of a record.
fn kind_number(info: u32) -> u32 {
    info >> 24 & 0x1f
}
