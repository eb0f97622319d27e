//! `printf` formats: taken apart, and checked against the arguments.

use crate::cx::Cx;
use crate::error;
use crate::ir::{self, Conversion, Flags, Format, Piece, Size};
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::{Diagnostic, Span};

/// Takes a format apart and checks it against its arguments. Yields the arguments as the record
/// carries them; nothing where something is wrong, which has been reported.
pub(crate) fn check(
    format: &[u8],
    args: Vec<Typed>,
    format_span: Span,
    span: Span,
    cx: &mut Cx<'_>,
) -> Option<(Format, Vec<ir::Expr>)> {
    let pieces = match parse(format, format_span) {
        Ok(pieces) => pieces,
        Err(report) => {
            cx.report(report);
            return None;
        }
    };
    let wanted = pieces.iter().flat_map(fields_of).collect::<Vec<_>>();
    if wanted.len() != args.len() {
        cx.report(error::format_count(
            wanted.len(),
            args.len(),
            format_span,
            span,
        ));
        return None;
    }
    let mut lowered = Vec::with_capacity(args.len());
    for (wanted, arg) in wanted.into_iter().zip(args) {
        if let Some(report) = mismatch(wanted, &arg, format_span) {
            cx.report(report);
        }
        lowered.push(carried(wanted, arg));
    }
    Some((Format { pieces }, lowered))
}

/// A field that a piece takes: a conversion, or a width or precision given as `*`.
#[derive(Clone, Copy)]
enum Wanted {
    Size,
    Conversion(Conversion),
}

fn fields_of(piece: &Piece) -> Vec<Wanted> {
    let Piece::Field {
        width,
        precision,
        conversion,
        ..
    } = piece
    else {
        return Vec::new();
    };
    let stars = [width, precision]
        .into_iter()
        .filter(|size| **size == Size::Field);
    let mut fields: Vec<Wanted> = stars.map(|_| Wanted::Size).collect();
    fields.push(Wanted::Conversion(*conversion));
    fields
}

fn mismatch(wanted: Wanted, arg: &Typed, format: Span) -> Option<Diagnostic> {
    let ty = &arg.ty;
    let number = ty.is_integer() || ty.is_pointer();
    let (spelt, kind, fits) = match wanted {
        Wanted::Size => ("*", "a number", ty.is_integer()),
        Wanted::Conversion(conversion) => match conversion {
            Conversion::Signed => ("%d", "a number", number),
            Conversion::Unsigned => ("%u", "a number", number),
            Conversion::Hex => ("%x", "a number", number),
            Conversion::HexUpper => ("%X", "a number", number),
            Conversion::Octal => ("%o", "a number", number),
            Conversion::Char => ("%c", "a number", ty.is_integer()),
            Conversion::Pointer => ("%p", "an address", number),
            Conversion::Str => ("%s", "a value", ty.is_value()),
            Conversion::Buffer => ("%r", "a buffer", is_bytes(ty)),
            Conversion::BufferHex => ("%rx", "a buffer", is_bytes(ty)),
            Conversion::BufferPlainHex => ("%rh", "a buffer", is_bytes(ty)),
            Conversion::GfpFlags => ("%gr", "a number", ty.is_integer()),
        },
    };
    if fits || arg.is_unknown() {
        return None;
    }
    Some(error::format_type(spelt, kind, ty, arg.span, format))
}

fn is_bytes(ty: &Ty) -> bool {
    matches!(ty, Ty::Buffer { .. } | Ty::Str { .. })
}

/// How a record carries an argument: literals as 64 bits, everything else as it is.
fn carried(wanted: Wanted, arg: Typed) -> ir::Expr {
    let unsigned = matches!(
        wanted,
        Wanted::Conversion(Conversion::Unsigned | Conversion::Hex)
    );
    match arg.as_literal() {
        Some(value) if unsigned && value > i128::from(i64::MAX) => arg.convert(&Ty::U64),
        Some(_) if arg.ty == Ty::U64 => arg.into_ir(),
        Some(_) => arg.convert(&Ty::I64),
        None => arg.into_ir(),
    }
}

/// Takes a format apart.
fn parse(format: &[u8], span: Span) -> Result<Vec<Piece>, Diagnostic> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            text.push(byte);
        } else if let Some(after) = rest.strip_prefix(b"%") {
            text.push(b'%');
            rest = after;
        } else {
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            let (piece, after) = field(rest, span)?;
            pieces.push(piece);
            rest = after;
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// A conversion, from behind its `%`.
fn field(spec: &[u8], span: Span) -> Result<(Piece, &[u8]), Diagnostic> {
    let (flags, rest) = flags(spec);
    let (width, rest) = size(rest);
    let (precision, rest) = match rest.strip_prefix(b".") {
        Some(after) => match size(after) {
            (Size::None, rest) => (Size::Fixed(0), rest),
            given => given,
        },
        None => (Size::None, rest),
    };
    let (bytes, rest) = length(rest);
    let Some((conversion, rest)) = conversion(rest) else {
        let end = rest
            .iter()
            .position(|b| b.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let shown = &spec[..spec.len() - rest.len() + end.min(1)];
        let shown = format!("%{}", String::from_utf8_lossy(shown));
        let why = if rest.is_empty() {
            "is not finished"
        } else {
            "is no conversion"
        };
        return Err(error::format_syntax(&shown, why, span));
    };
    let piece = Piece::Field {
        flags,
        width,
        precision,
        bytes,
        conversion,
    };
    Ok((piece, rest))
}

fn flags(spec: &[u8]) -> (Flags, &[u8]) {
    let mut flags = Flags::default();
    let mut rest = spec;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'-' => flags.left = true,
            b'+' => flags.plus = true,
            b' ' => flags.space = true,
            b'#' => flags.alternate = true,
            b'0' => flags.zero = true,
            _ => break,
        }
        rest = after;
    }
    (flags, rest)
}

fn size(spec: &[u8]) -> (Size, &[u8]) {
    if let Some(rest) = spec.strip_prefix(b"*") {
        return (Size::Field, rest);
    }
    let digits = spec.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return (Size::None, spec);
    }
    let (number, rest) = spec.split_at(digits);
    let value = number.iter().fold(0u32, |n, d| {
        n.saturating_mul(10).saturating_add(u32::from(d - b'0'))
    });
    (Size::Fixed(value), rest)
}

/// A length modifier: how many bytes of an integer count.
fn length(spec: &[u8]) -> (u8, &[u8]) {
    let known: [(&[u8], u8); 7] = [
        (b"hh", 1),
        (b"h", 2),
        (b"ll", 8),
        (b"l", 8),
        (b"j", 8),
        (b"z", 8),
        (b"t", 8),
    ];
    known
        .iter()
        .find_map(|(word, bytes)| Some((*bytes, spec.strip_prefix(*word)?)))
        .unwrap_or((8, spec))
}

fn conversion(spec: &[u8]) -> Option<(Conversion, &[u8])> {
    let known: [(&[u8], Conversion); 13] = [
        (b"gr", Conversion::GfpFlags),
        (b"rx", Conversion::BufferHex),
        (b"rh", Conversion::BufferPlainHex),
        (b"r", Conversion::Buffer),
        (b"d", Conversion::Signed),
        (b"i", Conversion::Signed),
        (b"u", Conversion::Unsigned),
        (b"x", Conversion::Hex),
        (b"X", Conversion::HexUpper),
        (b"o", Conversion::Octal),
        (b"c", Conversion::Char),
        (b"p", Conversion::Pointer),
        (b"s", Conversion::Str),
    ];
    known
        .iter()
        .find_map(|(word, conversion)| Some((*conversion, spec.strip_prefix(*word)?)))
}
