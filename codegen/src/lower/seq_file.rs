//! What an iterator's program writes to whoever reads the iterator's file.
//!
//! A helper for each piece: the kernel's own formats allow less around a conversion than ours do
//! and no text beyond ASCII, and what does not fit into the reader's buffer is written anew anyway.

use super::expr::{address, wide};
use super::{Address, Cx};
use crate::kernel::helper;
use crate::llvm::{Ty, Value};
use sema::ir::{Conversion, Expr, Flags, Format, Piece, Size};

/// Writes a format with its arguments.
pub(super) fn write<'m>(cx: &mut Cx<'_, 'm>, format: &Format, args: &'m [Expr]) {
    let mut args = args.iter();
    for piece in &format.pieces {
        match piece {
            Piece::Text(text) => {
                let text_at = cx.unit.constants(text);
                write_bytes(cx, text_at, text.len() as u64);
            }
            Piece::Field {
                flags,
                width,
                bytes,
                conversion,
                ..
            } => {
                let Some(arg) = args.next() else {
                    cx.malformed(cx.place, "a conversion without an argument");
                    return;
                };
                let spec = Spec {
                    flags: *flags,
                    width: *width,
                    bytes: *bytes,
                };
                cx.with_temps(|cx| field(cx, &spec, *conversion, arg));
            }
        }
    }
}

/// What stands between `%` and the conversion.
struct Spec {
    flags: Flags,
    width: Size,
    bytes: u8,
}

impl Spec {
    /// A format of the kernel's with one conversion.
    fn format(&self, conversion: &str) -> Vec<u8> {
        let flags = [
            (self.flags.left, "-"),
            (self.flags.plus, "+"),
            (self.flags.space, " "),
            (self.flags.zero, "0"),
        ];
        let flags = flags
            .into_iter()
            .filter_map(|(set, flag)| set.then_some(flag));
        let flags: String = flags.collect();
        let width = match self.width {
            Size::Fixed(width) => width.to_string(),
            Size::None | Size::Field => String::new(),
        };
        format!("%{flags}{width}{conversion}\0").into_bytes()
    }

    /// A number, of which the length modifier says how many bytes count.
    fn number<'m>(&self, cx: &mut Cx<'_, 'm>, arg: &'m Expr, signed: bool) -> Value<'m> {
        let number = wide(cx, arg);
        let counted = cx.b.resize(number, Ty::int(u32::from(self.bytes)), signed);
        cx.b.resize(counted, Ty::I64, signed)
    }
}

fn field<'m>(cx: &mut Cx<'_, 'm>, spec: &Spec, conversion: Conversion, arg: &'m Expr) {
    let is_number = arg.ty.is_scalar();
    let number = match conversion {
        Conversion::Signed => "lld",
        Conversion::Unsigned => "llu",
        Conversion::Hex => "llx",
        Conversion::HexUpper => "llX",
        Conversion::Str if is_number && arg.ty.is_signed() => "lld",
        Conversion::Str if is_number => "llu",
        Conversion::Str => {
            let text = address(cx, arg);
            let text = cx.b.to_int(text.ptr);
            return write_formatted(cx, &spec.format("s"), text);
        }
        Conversion::Char => {
            let byte = wide(cx, arg);
            let room = room(cx, byte);
            return write_bytes(cx, room.ptr, 1);
        }
        Conversion::Pointer => {
            let number = wide(cx, arg);
            let prefix = cx.unit.constants(b"0x");
            write_bytes(cx, prefix, 2);
            return write_formatted(cx, &spec.format("llx"), number);
        }
        Conversion::Octal
        | Conversion::Buffer
        | Conversion::BufferHex
        | Conversion::BufferPlainHex
        | Conversion::GfpFlags => {
            cx.malformed(arg.span, "a conversion that the kernel does not know");
            return;
        }
    };
    let value = spec.number(cx, arg, number == "lld");
    write_formatted(cx, &spec.format(number), value);
}

/// Writes one value by a format, which ends in a NUL.
fn write_formatted<'m>(cx: &mut Cx<'_, 'm>, format: &[u8], value: Value<'m>) {
    let value = room(cx, value);
    let (file, size) = (file(cx), cx.u64(format.len() as u64));
    let format = cx.unit.constants(format);
    let args = [file, format, size, value.ptr, cx.u64(8)];
    cx.b.call_helper(helper::SEQ_PRINTF, &args, Ty::I64);
}

fn write_bytes<'m>(cx: &Cx<'_, 'm>, bytes: Value<'m>, length: u64) {
    let args = [file(cx), bytes, cx.u64(length)];
    cx.b.call_helper(helper::SEQ_WRITE, &args, Ty::I64);
}

/// A value in memory, where helpers take it from.
fn room<'m>(cx: &mut Cx<'_, 'm>, value: Value<'m>) -> Address<'m> {
    let room = cx.temp(8);
    room.store(cx, value);
    room
}

/// The file: the first member of the context is a `struct bpf_iter_meta *`, and the first of that
/// a `struct seq_file *` (`include/linux/bpf.h`).
fn file<'m>(cx: &Cx<'_, 'm>) -> Value<'m> {
    let meta = cx.b.load(Ty::Ptr, cx.context, 8);
    cx.b.load(Ty::Ptr, meta, 8)
}
