//! Events: the kinds of ring-buffer records, their layout and what user space does with them.
//!
//! A record is a `u32` event id, a `u32` that is zero, and then the fields laid out as a tuple that
//! starts at offset 8 (an offset that keeps every alignment).

use super::{MapId, Type, struct_offsets};
use lexer::Span;
use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What user space does with it.
    pub kind: EventKind,
    /// Types of the fields.
    pub fields: Vec<Type>,
    /// The call in the source.
    pub span: Span,
}

/// What user space does with a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// `printf`: formats the fields.
    Printf(Format),
    /// `printf` of a pinned iterator: no record is sent, the program itself writes the text to
    /// whoever reads the file.
    SeqFile(Format),
    /// `errorf`, `warnf`: formats the fields to standard error with the script position.
    Message {
        /// Whether it is an error rather than a warning.
        error: bool,
        /// The format.
        format: Format,
    },
    /// `print(@m)`. Fields: how many entries at most (U64, 0 for all), divisor (U64, 0 for none).
    PrintMap(MapId),
    /// `print(value)`, also `print(@m[k])`. Field: the value.
    PrintValue,
    /// `print(@m[k])` of an aggregation. Field: the key.
    PrintMapEntry(MapId),
    /// `clear(@m)`.
    Clear(MapId),
    /// `zero(@m)`.
    Zero(MapId),
    /// `time(format)`: prints the wall-clock time.
    Time(String),
    /// `cat(format, …)`: prints the file whose name the format gives.
    Cat(Format),
    /// `system(format, …)`: runs the command that the format gives.
    System(Format),
    /// `join(array, separator)`. No fields: behind the record's header come the texts of the
    /// array, each ended by a NUL, and with them the record ends.
    Join(String),
    /// `skboutput(file, …)`: adds a packet to a file. No fields: behind the record's header come
    /// when it was, in nanoseconds since boot (U64), how many bytes the packet had (U64), and
    /// those of them that there are, with which the record ends.
    Packet(String),
    /// `unwatch(address)`: ends the watching of an address (U64).
    Unwatch,
    /// A helper of the kernel failed. Fields: the helper's number (U32), the negative error (I32),
    /// and the place: file, start and end (U32 each).
    HelperError,
    /// `exit(code)`. No fields: the code travels in the control map, so that it cannot be lost.
    Exit,
}

impl Event {
    /// Offset of each field from the start of the record, and the size of the record, which is a
    /// multiple of 8.
    pub fn layout(&self) -> (Vec<u32>, u32) {
        record_layout(&self.fields)
    }
}

/// Offset of each field of a record from its start, and the size of the record.
pub(crate) fn record_layout(fields: &[Type]) -> (Vec<u32>, u32) {
    let (offsets, size) = struct_offsets(fields);
    let offsets = offsets.into_iter().map(|o| o + 8).collect();
    (offsets, super::align_up(8 + size, 8))
}

/// A `printf` format, taken apart and checked against its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Its pieces in order. Each [`Piece::Conversion`] takes the next field (and one more before
    /// it for each `*`).
    pub pieces: Vec<Piece>,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Bytes that print as they are.
    Text(Vec<u8>),
    /// A field.
    Field {
        /// `-`, `+`, space, `#`, `0`.
        flags: Flags,
        /// Least width.
        width: Size,
        /// Precision: least digits of a number, most characters of a string.
        precision: Size,
        /// Bytes that the length modifier cuts an integer to (`hh` 1, `h` 2, none or `l` 8).
        bytes: u8,
        /// The conversion.
        conversion: Conversion,
    },
}

/// A width or precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// Not given.
    #[default]
    None,
    /// A number.
    Fixed(u32),
    /// `*`: the next field, an integer.
    Field,
}

/// The flags of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag character of printf(3)"
)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// space
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

/// How a field prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conversion {
    /// `%d`, `%i`
    Signed,
    /// `%u`
    Unsigned,
    /// `%x`
    Hex,
    /// `%X`
    HexUpper,
    /// `%o`
    Octal,
    /// `%c`
    Char,
    /// `%p`
    Pointer,
    /// `%s`: any printable type.
    Str,
    /// `%r`: printable bytes as they are, others as `\xNN`.
    Buffer,
    /// `%rx`: every byte as `\xNN`.
    BufferHex,
    /// `%rh`: every byte as two digits, spaces between.
    BufferPlainHex,
    /// `%gr`: the names of the kernel's flags of page allocation.
    GfpFlags,
}
