//! Conversions against known answers: those of C, made with `printf(1)` (whose integers have 64
//! bits, as ours do) and, for length modifiers, with `printf(3)`.

use super::write_format;
use crate::print::value::{Raw, Value};
use crate::symbol::{Names, NoSymbols};
use sema::ir::{Conversion, Flags, Format, Piece, Size, Type, struct_offsets};

/// Reads a format with at most one conversion, of correct form.
fn format(text: &str) -> Format {
    let Some((before, conversion)) = text.split_once('%') else {
        return pieces(vec![Piece::Text(text.into())]);
    };
    let mut flags = Flags::default();
    let rest = conversion.trim_start_matches(|c| {
        match c {
            '-' => flags.left = true,
            '+' => flags.plus = true,
            ' ' => flags.space = true,
            '#' => flags.alternate = true,
            '0' => flags.zero = true,
            _ => return false,
        }
        true
    });
    let (width, rest) = number(rest);
    let (precision, rest) = match rest.strip_prefix('.') {
        Some(rest) => number(rest),
        None => (Size::None, rest),
    };
    let (bytes, rest) = match rest.trim_start_matches('h') {
        after if rest.len() - after.len() == 2 => (1, after),
        after if rest.len() - after.len() == 1 => (2, after),
        after => (8, after.trim_start_matches('l')),
    };
    let (conversion, after) = [
        ("d", Conversion::Signed),
        ("i", Conversion::Signed),
        ("u", Conversion::Unsigned),
        ("x", Conversion::Hex),
        ("X", Conversion::HexUpper),
        ("o", Conversion::Octal),
        ("c", Conversion::Char),
        ("p", Conversion::Pointer),
        ("s", Conversion::Str),
        ("rx", Conversion::BufferHex),
        ("rh", Conversion::BufferPlainHex),
        ("r", Conversion::Buffer),
    ]
    .into_iter()
    .find_map(|(letters, conversion)| Some((conversion, rest.strip_prefix(letters)?)))
    .expect("a conversion");
    pieces(vec![
        Piece::Text(before.into()),
        Piece::Field {
            flags,
            width,
            precision,
            bytes,
            conversion,
        },
        Piece::Text(after.into()),
    ])
}

fn number(text: &str) -> (Size, &str) {
    if let Some(rest) = text.strip_prefix('*') {
        return (Size::Field, rest);
    }
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    match digits.parse() {
        Ok(number) => (Size::Fixed(number), rest),
        // A point without digits is a precision of 0.
        Err(_) if rest.len() < text.len() || text.is_empty() => (Size::Fixed(0), rest),
        Err(_) => (Size::None, rest),
    }
}

fn pieces(pieces: Vec<Piece>) -> Format {
    Format { pieces }
}

fn print(text: &str, values: Vec<Value<'_>>) -> String {
    let names = Names::new(Box::new(NoSymbols), "..".to_owned());
    let mut out = Vec::new();
    let raw: Vec<_> = values.iter().map(encode).collect();
    let raw = raw.iter().map(|(ty, bytes)| Raw { ty, bytes });
    write_format(&names, &format(text), raw, &mut out);
    String::from_utf8(out).expect("the output is text")
}

/// A value as programs write it.
fn encode(value: &Value<'_>) -> (Type, Vec<u8>) {
    match value {
        Value::Signed(n) => (Type::I64, n.to_ne_bytes().to_vec()),
        Value::Unsigned(n) => (Type::U64, n.to_ne_bytes().to_vec()),
        Value::Pointer(n) => (Type::Pointer, n.to_ne_bytes().to_vec()),
        Value::Bool(b) => (Type::Bool, vec![u8::from(*b)]),
        Value::Enum { value, name } => {
            let names = name.iter().map(|name| (*value, (*name).to_owned()));
            let ty = Type::Enum {
                bytes: 8,
                signed: true,
                names: names.collect::<Vec<_>>().into(),
            };
            (ty, value.to_ne_bytes().to_vec())
        }
        Value::Str { bytes, cut } => {
            let cap = bytes.len() as u32 + 1;
            (Type::Str { cap, cut: *cut }, [*bytes, &[0]].concat())
        }
        Value::Buffer(bytes) => {
            let length = bytes.len() as u32;
            let data = [&length.to_ne_bytes(), *bytes].concat();
            (Type::Buffer { cap: length }, data)
        }
        Value::Tuple(elems) => {
            let (types, data): (Vec<_>, Vec<_>) = elems.iter().map(encode).unzip();
            let (offsets, size) = struct_offsets(&types);
            let mut bytes = vec![0; size as usize];
            for (offset, data) in offsets.into_iter().zip(data) {
                bytes[offset as usize..][..data.len()].copy_from_slice(&data);
            }
            (Type::Tuple(types), bytes)
        }
        other => panic!("{other:?} is not among what is tested here"),
    }
}

fn text(text: &str) -> Value<'_> {
    Value::Str {
        bytes: text.as_bytes(),
        cut: false,
    }
}

/// Format, number, text.
const INTEGERS: &[(&str, i64, &str)] = &[
    ("%d", 0, "0"),
    ("%d", 1, "1"),
    ("%d", -1, "-1"),
    ("%d", 42, "42"),
    ("%d", -2147483648, "-2147483648"),
    ("%d", 9223372036854775807, "9223372036854775807"),
    ("%d", -9223372036854775808, "-9223372036854775808"),
    ("%i", -7, "-7"),
    ("%5d", 42, "   42"),
    ("%5d", -42, "  -42"),
    ("%5d", 123456, "123456"),
    ("%-5d", 42, "42   "),
    ("%-5d", -42, "-42  "),
    ("%05d", 42, "00042"),
    ("%05d", -42, "-0042"),
    ("%+d", 42, "+42"),
    ("%+d", -42, "-42"),
    ("%+d", 0, "+0"),
    ("% d", 42, " 42"),
    ("% d", -42, "-42"),
    ("%+5d", 42, "  +42"),
    ("%-+5d", 42, "+42  "),
    ("%+05d", 42, "+0042"),
    ("% 05d", 42, " 0042"),
    ("%.3d", 5, "005"),
    ("%.3d", -5, "-005"),
    ("%.3d", 12345, "12345"),
    ("%.3d", 0, "000"),
    ("%.0d", 0, ""),
    ("%.0d", 5, "5"),
    ("%5.3d", 5, "  005"),
    ("%5.3d", -5, " -005"),
    ("%-6.3d", 5, "005   "),
    ("%05.3d", 5, "  005"),
    ("%+.3d", 5, "+005"),
    ("%+.0d", 0, "+"),
    ("%5.0d", 0, "     "),
    ("%-05d", 7, "7    "),
    ("%+ d", 7, "+7"),
    ("%u", 0, "0"),
    ("%u", 7, "7"),
    ("%u", 4294967295, "4294967295"),
    ("%u", -1, "18446744073709551615"),
    ("%8u", 7, "       7"),
    ("%08u", 7, "00000007"),
    ("%.4u", 7, "0007"),
    ("%x", 0, "0"),
    ("%x", 255, "ff"),
    ("%x", -1, "ffffffffffffffff"),
    ("%x", 3735928559, "deadbeef"),
    ("%X", 255, "FF"),
    ("%X", 3735928559, "DEADBEEF"),
    ("%#x", 255, "0xff"),
    ("%#x", 0, "0"),
    ("%#X", 255, "0XFF"),
    ("%#010x", 255, "0x000000ff"),
    ("%#10x", 255, "      0xff"),
    ("%-#10x", 255, "0xff      "),
    ("%.4x", 255, "00ff"),
    ("%#.4x", 255, "0x00ff"),
    ("%#10.4x", 255, "    0x00ff"),
    ("%010x", 255, "00000000ff"),
    ("%08X", 48879, "0000BEEF"),
    ("%o", 0, "0"),
    ("%o", 8, "10"),
    ("%o", -1, "1777777777777777777777"),
    ("%#o", 8, "010"),
    ("%#o", 0, "0"),
    ("%#.5o", 8, "00010"),
    ("%#.0o", 0, "0"),
    ("%.0o", 0, ""),
    ("%06o", 8, "000010"),
    ("%#06o", 8, "000010"),
    ("%-#6o", 8, "010   "),
    ("%6o", 8, "    10"),
    ("%.0x", 0, ""),
    ("%#.0x", 0, ""),
    ("%20d", 1, "                   1"),
    ("%-20d|", 1, "1                   |"),
    ("%020d", -1, "-0000000000000000001"),
    ("%+u", 3, "3"),
    ("% x", 3, "3"),
    ("%hhd", 300, "44"),
    ("%hhu", 300, "44"),
    ("%hhx", -1, "ff"),
    ("%hd", 70000, "4464"),
    ("%hu", 70000, "4464"),
    ("%hx", -1, "ffff"),
    ("%hhd", 200, "-56"),
    ("%hho", -1, "377"),
    ("%hhX", -1, "FF"),
    ("%ld", -1, "-1"),
    ("%lu", -1, "18446744073709551615"),
    ("%lld", 9223372036854775807, "9223372036854775807"),
    ("%c", 65, "A"),
    ("%3c", 65, "  A"),
    ("%-3c", 65, "A  "),
];

#[test]
fn integers_print_as_in_c() {
    for &(format, number, expected) in INTEGERS {
        assert_eq!(
            print(format, vec![Value::Signed(number)]),
            expected,
            "{format} of {number}"
        );
    }
}

#[test]
fn strings_print_as_in_c() {
    for (format, expected) in [
        ("[%s]", "[hello]"),
        ("[%10s]", "[     hello]"),
        ("[%-10s]", "[hello     ]"),
        ("[%.2s]", "[he]"),
        ("[%10.2s]", "[        he]"),
        ("[%-10.2s]", "[he        ]"),
        ("[%.0s]", "[]"),
        ("[%2s]", "[hello]"),
        ("[%.9s]", "[hello]"),
    ] {
        assert_eq!(print(format, vec![text("hello")]), expected, "{format}");
    }
}

#[test]
fn stars_take_values() {
    let print = |format, sizes: &[i64], value| {
        let sizes = sizes.iter().map(|&n| Value::Signed(n));
        print(format, sizes.chain([value]).collect())
    };
    let number = |n| Value::Signed(n);
    assert_eq!(print("[%*d]", &[5], number(42)), "[   42]");
    assert_eq!(print("[%-*d]", &[5], number(42)), "[42   ]");
    assert_eq!(print("[%*d]", &[-5], number(42)), "[42   ]");
    assert_eq!(print("[%.*d]", &[3], number(7)), "[007]");
    assert_eq!(print("[%.*d]", &[-3], number(7)), "[7]");
    assert_eq!(print("[%*.*s]", &[6, 2], text("abc")), "[    ab]");
}

#[test]
fn unsigned_values_keep_their_width() {
    assert_eq!(
        print("%d", vec![Value::Unsigned(4_294_967_295)]),
        "4294967295"
    );
    assert_eq!(print("%d", vec![Value::Unsigned(u64::MAX)]), "-1");
    assert_eq!(
        print("%u", vec![Value::Unsigned(u64::MAX)]),
        "18446744073709551615"
    );
    assert_eq!(print("%d", vec![Value::Bool(true)]), "1");
}

#[test]
fn pointers_start_with_0x() {
    assert_eq!(print("%p", vec![Value::Pointer(4096)]), "0x1000");
    assert_eq!(print("%p", vec![Value::Pointer(0)]), "0x0");
    assert_eq!(print("[%8p]", vec![Value::Unsigned(255)]), "[    0xff]");
    assert_eq!(print("[%-8p]", vec![Value::Unsigned(255)]), "[0xff    ]");
}

#[test]
fn any_value_prints_as_a_string() {
    let name = Value::Enum {
        value: 5,
        name: Some("B"),
    };
    assert_eq!(print("%s", vec![name.clone()]), "B");
    assert_eq!(print("%d", vec![name]), "5");
    assert_eq!(print("[%4s]", vec![Value::Signed(-3)]), "[  -3]");
    let pair = Value::Tuple(vec![Value::Unsigned(1), text("a")]);
    assert_eq!(print("%s", vec![pair]), "(1, a)");
    let cut = Value::Str {
        bytes: b"abc",
        cut: true,
    };
    assert_eq!(print("%s", vec![cut]), "abc..");
}

#[test]
fn buffers() {
    let bytes = || vec![Value::Buffer(b"ab\x01")];
    assert_eq!(print("%r", bytes()), "ab\\x01");
    assert_eq!(print("%rx", bytes()), "\\x61\\x62\\x01");
    assert_eq!(print("%rh", bytes()), "61 62 01");
    assert_eq!(print("[%10rh]", bytes()), "[  61 62 01]");
}

#[test]
fn text_around_and_missing_values() {
    assert_eq!(print("no conversion", vec![]), "no conversion");
    assert_eq!(print("a %d b", vec![Value::Signed(1)]), "a 1 b");
    assert_eq!(print("%d", vec![]), "0");
}
