//! What programs of pinned iterators print. They run whenever somebody reads the file, and strobe
//! is gone by then: it is the kernel that puts the text together, and it knows fewer conversions.

use crate::cx::Cx;
use crate::error;
use crate::ir::{Conversion, EventKind, Expr, Format, Piece, Size, Type};
use lexer::Span;

/// The `printf` of a pinned iterator; reports what the kernel cannot put into text.
pub(super) fn printed(format: Format, args: &[Expr], span: Span, cx: &mut Cx<'_>) -> EventKind {
    let mut args = args.iter();
    for piece in &format.pieces {
        if matches!(piece, Piece::Field { .. })
            && let Some(arg) = args.next()
            && !fits(piece, &arg.ty)
        {
            cx.report(error::pinned_conversion(arg.span, span));
            break;
        }
    }
    EventKind::SeqFile(format)
}

/// Whether the kernel knows a conversion, as it is written, for a value of a type.
fn fits(piece: &Piece, ty: &Type) -> bool {
    let Piece::Field {
        flags,
        width,
        precision,
        conversion,
        ..
    } = piece
    else {
        return true;
    };
    if flags.alternate || *width == Size::Field || *precision != Size::None {
        return false;
    }
    match conversion {
        Conversion::Signed | Conversion::Unsigned | Conversion::Hex | Conversion::HexUpper => true,
        Conversion::Char | Conversion::Pointer => *width == Size::None,
        Conversion::Str => matches!(ty, Type::Int { .. } | Type::Str { .. }),
        Conversion::Octal
        | Conversion::Buffer
        | Conversion::BufferHex
        | Conversion::BufferPlainHex
        | Conversion::GfpFlags => false,
    }
}
