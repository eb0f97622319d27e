//! `printf`: C's conversions, by C's rules (ISO C 7.21.6.1), on typed values.
//!
//! Where it departs from C: integers are 64 bits wide unless a length modifier says less, `%s`
//! takes every type, and `%p` always starts with `0x`.

use super::gfp;
use super::text::{put, put_number, write_buffer, write_value};
use super::value::{Raw, Value, integer, text};
use crate::symbol::Names;
use sema::ir::{Conversion, Flags, Format, Piece, Size, Type};

/// Appends the format's text with the values in place.
pub(crate) fn write_format<'a>(
    names: &Names,
    format: &Format,
    values: impl IntoIterator<Item = Raw<'a>>,
    out: &mut Vec<u8>,
) {
    let mut values = values.into_iter();
    for piece in &format.pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            // Nothing but the conversion, of which most formats consist.
            Piece::Field {
                flags,
                width: Size::None,
                precision: Size::None,
                bytes: 8,
                conversion,
            } if *flags == Flags::default() => {
                let value = values.next();
                if !value.is_some_and(|value| write_plain(*conversion, value, out)) {
                    let value = value.map_or(Value::Void, Raw::decode);
                    Spec::default().write(names, *conversion, &value, out);
                }
            }
            Piece::Field {
                flags,
                width,
                precision,
                bytes,
                conversion,
            } => {
                let (width, negative) = size(*width, &mut values);
                let (precision, absent) = size(*precision, &mut values);
                let spec = Spec {
                    flags: *flags,
                    // A negative width is the `-` flag and a width; a negative precision is none.
                    left: flags.left || negative,
                    width: width.unwrap_or(0),
                    precision: if absent { None } else { precision },
                    bytes: *bytes,
                };
                let value = values.next().map_or(Value::Void, Raw::decode);
                spec.write(names, *conversion, &value, out);
            }
        }
    }
}

/// A conversion with its stars resolved.
struct Spec {
    flags: Flags,
    left: bool,
    width: usize,
    precision: Option<usize>,
    bytes: u8,
}

impl Default for Spec {
    /// Nothing but the conversion.
    fn default() -> Self {
        Self {
            flags: Flags::default(),
            left: false,
            width: 0,
            precision: None,
            bytes: 8,
        }
    }
}

/// A width or precision and whether it is negative. A star takes the next value.
fn size<'a>(size: Size, values: &mut impl Iterator<Item = Raw<'a>>) -> (Option<usize>, bool) {
    /// What nobody means to print, a guard against a star that gets a wild number.
    const WIDEST: u64 = 1 << 20;
    match size {
        Size::None => (None, false),
        Size::Fixed(n) => (Some(n as usize), false),
        Size::Field => {
            let value = values.next().and_then(|v| v.decode().as_integer());
            let value = value.unwrap_or(0);
            // C takes an `int`.
            let int = value as i32;
            let size = u64::from(int.unsigned_abs()).min(WIDEST);
            (Some(size as usize), int < 0)
        }
    }
}

impl Spec {
    fn write(&self, names: &Names, conversion: Conversion, value: &Value<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        match conversion {
            Conversion::Signed => self.signed(value, out),
            Conversion::Unsigned => self.unsigned(value, 10, "", out),
            Conversion::Hex => self.unsigned(value, 16, "0x", out),
            Conversion::HexUpper => {
                self.unsigned(value, 16, "0X", out);
                out[start..].make_ascii_uppercase();
            }
            Conversion::Octal => self.octal(value, out),
            Conversion::Char => out.push(bits(value) as u8),
            Conversion::GfpFlags => gfp::write(bits(value), out),
            Conversion::Pointer => put(out, format_args!("{:#x}", bits(value))),
            Conversion::Str => {
                write_value(names, value, out);
                self.cut(start, out);
            }
            Conversion::Buffer => {
                write_buffer(data(value), out);
                self.cut(start, out);
            }
            Conversion::BufferHex => {
                for byte in data(value) {
                    put(out, format_args!("\\x{byte:02x}"));
                }
            }
            Conversion::BufferPlainHex => {
                for (i, byte) in data(value).iter().enumerate() {
                    let space = if i > 0 { " " } else { "" };
                    put(out, format_args!("{space}{byte:02x}"));
                }
            }
        }
        self.pad(start, out);
    }

    fn signed(&self, value: &Value<'_>, out: &mut Vec<u8>) {
        let number = cut_to(bits(value), self.bytes, true).cast_signed();
        let sign = match number {
            ..0 => "-",
            _ if self.flags.plus => "+",
            _ if self.flags.space => " ",
            _ => "",
        };
        self.number(sign, number.unsigned_abs(), 10, out);
    }

    fn unsigned(&self, value: &Value<'_>, radix: u8, prefix: &str, out: &mut Vec<u8>) {
        let number = cut_to(bits(value), self.bytes, false);
        let prefix = if self.flags.alternate && number != 0 {
            prefix
        } else {
            ""
        };
        self.number(prefix, number, radix, out);
    }

    /// `#` raises the precision until the first digit is a zero.
    fn octal(&self, value: &Value<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        let number = cut_to(bits(value), self.bytes, false);
        self.number("", number, 8, out);
        if self.flags.alternate && out.get(start) != Some(&b'0') {
            out.insert(start, b'0');
        }
    }

    /// Appends sign or prefix, zeros and digits.
    fn number(&self, prefix: &str, number: u64, radix: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(prefix.as_bytes());
        let start = out.len();
        // A zero of precision 0 has no digits.
        if number != 0 || self.precision != Some(0) {
            match radix {
                8 => put(out, format_args!("{number:o}")),
                16 => put(out, format_args!("{number:x}")),
                _ => put_number(out, number),
            }
        }
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero_fill() => self.width.saturating_sub(prefix.len()),
            None => 0,
        };
        fill(start, least, b'0', out);
    }

    /// Whether zeros rather than spaces fill the width.
    fn zero_fill(&self) -> bool {
        self.flags.zero && !self.left && self.precision.is_none()
    }

    /// Cuts text to the precision.
    fn cut(&self, start: usize, out: &mut Vec<u8>) {
        if let Some(most) = self.precision {
            out.truncate(out.len().min(start.saturating_add(most)));
        }
    }

    fn pad(&self, start: usize, out: &mut Vec<u8>) {
        if self.left {
            let length = out.len().max(start + self.width);
            out.resize(length, b' ');
        } else {
            fill(start, self.width, b' ', out);
        }
    }
}

/// Appends integers and strings by the shortest way; whether it is one of them.
fn write_plain(conversion: Conversion, value: Raw<'_>, out: &mut Vec<u8>) -> bool {
    match (conversion, value.ty) {
        (Conversion::Signed, Type::Int { bytes, signed }) => {
            let number = integer(value.bytes, 0, *bytes, *signed);
            put_number(out, number.cast_signed());
        }
        (Conversion::Unsigned, Type::Int { bytes, signed }) => {
            put_number(out, integer(value.bytes, 0, *bytes, *signed));
        }
        (Conversion::Str, Type::Str { cap, cut }) => match text(value.bytes, *cap, *cut) {
            (text, false) => out.extend_from_slice(text),
            (_, true) => return false,
        },
        _ => return false,
    }
    true
}

/// Puts bytes in front of what starts at `start` until it is `least` long.
fn fill(start: usize, least: usize, with: u8, out: &mut Vec<u8>) {
    let length = out.len() - start;
    if length < least {
        out.resize(start + least, with);
        out[start..].rotate_right(least - length);
    }
}

/// The low 64 bits of an integer.
fn bits(value: &Value<'_>) -> u64 {
    value.as_integer().unwrap_or(0) as u64
}

/// The low `bytes` bytes, extended again to 64 bits.
fn cut_to(bits: u64, bytes: u8, signed: bool) -> u64 {
    let unused = 64 - 8 * u32::from(bytes.clamp(1, 8));
    if signed {
        ((bits << unused).cast_signed() >> unused).cast_unsigned()
    } else {
        bits << unused >> unused
    }
}

/// The bytes of a buffer or string.
fn data<'a>(value: &Value<'a>) -> &'a [u8] {
    match value {
        Value::Buffer(bytes) | Value::Str { bytes, .. } => bytes,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
