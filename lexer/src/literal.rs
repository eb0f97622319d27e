//! What literals mean: numbers with their suffixes, and strings with their escapes.

use crate::error::LexErrorKind;
use std::ops::Range;

/// Nanoseconds in each unit that a number may carry.
const DURATIONS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The value of a number: decimal, octal, hexadecimal, with an exponent (`1e6`) or a duration
/// (`10ms`, to nanoseconds); `_` may separate digits and C's suffixes are ignored.
pub(crate) fn integer(text: &str) -> Result<u64, LexErrorKind> {
    let text = text.replace('_', "");
    let lower = text.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return digits(strip_c_suffix(hex), 16);
    }
    let end = lower
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(lower.len());
    let (number, suffix) = lower.split_at(end);
    if let Some(&(_, unit)) = DURATIONS.iter().find(|&&(name, _)| name == suffix) {
        return scale(digits(number, 10)?, unit);
    }
    if let Some(exponent) = suffix.strip_prefix('e') {
        let exponent = digits(strip_c_suffix(exponent), 10)?;
        return with_exponent(digits(number, 10)?, exponent);
    }
    if !strip_c_suffix(suffix).is_empty() {
        return Err(LexErrorKind::BadNumber);
    }
    match number.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => digits(octal, 8),
        _ => digits(number, 10),
    }
}

/// The number of `$1`.
pub(crate) fn positional(text: &str) -> Result<u32, LexErrorKind> {
    match text[1..].parse() {
        Ok(0) => Err(LexErrorKind::PositionalZero),
        Ok(number) => Ok(number),
        Err(_) => Err(LexErrorKind::IntegerTooLarge),
    }
}

fn digits(text: &str, radix: u32) -> Result<u64, LexErrorKind> {
    if text.is_empty() || !text.chars().all(|c| c.is_digit(radix)) {
        return Err(LexErrorKind::BadNumber);
    }
    u64::from_str_radix(text, radix).map_err(|_| LexErrorKind::IntegerTooLarge)
}

fn scale(number: u64, unit: u64) -> Result<u64, LexErrorKind> {
    number
        .checked_mul(unit)
        .ok_or(LexErrorKind::IntegerTooLarge)
}

fn with_exponent(number: u64, exponent: u64) -> Result<u64, LexErrorKind> {
    if number == 0 {
        return Ok(0);
    }
    let exponent = u32::try_from(exponent).map_err(|_| LexErrorKind::IntegerTooLarge)?;
    let factor = 10_u64
        .checked_pow(exponent)
        .ok_or(LexErrorKind::IntegerTooLarge)?;
    scale(number, factor)
}

/// Drops `u`, `l`, `ul`, `lu`, `ll`, `ull` or `llu` from the end of lower-case text.
fn strip_c_suffix(text: &str) -> &str {
    ["ull", "llu", "ul", "lu", "ll", "u", "l"]
        .iter()
        .find_map(|suffix| text.strip_suffix(suffix))
        .unwrap_or(text)
}

/// The bytes that the text between a literal's quotes stands for. A bad escape stands for itself;
/// the lexer has reported it.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (value, length) = escape(&rest[at..]);
        match value {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(&rest.as_bytes()[at..at + length]),
        }
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Where the escapes stand that mean nothing, as ranges of the text between the quotes.
pub(crate) fn bad_escapes(text: &str) -> Vec<Range<usize>> {
    let mut bad = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('\\').map(|at| from + at) {
        let (value, length) = escape(&text[at..]);
        if value.is_none() {
            bad.push(at..at + length);
        }
        from = at + length;
    }
    bad
}

/// The byte that the escape at the start of `text` stands for, if it means anything, and the
/// escape's length in bytes. Octal takes up to three digits and `\x` one or two.
fn escape(text: &str) -> (Option<u8>, usize) {
    let Some(first) = text[1..].chars().next() else {
        return (None, 1);
    };
    let simple = match first {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        '\\' => b'\\',
        '"' => b'"',
        'x' => return coded(&text[2..], 16, 2, 2),
        '0'..='7' => return coded(&text[1..], 8, 3, 1),
        _ => return (None, 1 + first.len_utf8()),
    };
    (Some(simple), 2)
}

fn coded(text: &str, radix: u32, most: usize, prefix: usize) -> (Option<u8>, usize) {
    let count = text
        .chars()
        .take(most)
        .take_while(|c| c.is_digit(radix))
        .count();
    (
        u8::from_str_radix(&text[..count], radix).ok(),
        prefix + count,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_their_values() {
        for (text, value) in [
            ("0", 0),
            ("017", 0o17),
            ("0_17", 0o17),
            ("0x1F", 0x1f),
            ("0Xffull", 0xff),
            ("1_000_000", 1_000_000),
            ("1e6", 1_000_000),
            ("25E2u", 2_500),
            ("0e99", 0),
            ("10UL", 10),
            ("7lu", 7),
            ("10ns", 10),
            ("2us", 2_000),
            ("3ms", 3_000_000),
            ("4s", 4_000_000_000),
            ("5m", 300_000_000_000),
            ("6h", 21_600_000_000_000),
            ("7d", 604_800_000_000_000),
            ("18446744073709551615", u64::MAX),
            ("0xffffffffffffffff", u64::MAX),
            ("01777777777777777777777", u64::MAX),
        ] {
            assert_eq!(integer(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_integer_is_told_from_what_is_too_large() {
        for text in [
            "08", "0x", "0xg", "1e", "1e-", "12abc", "5min", "1.5", "1f", "0x1s", "1lul",
        ] {
            assert_eq!(integer(text), Err(LexErrorKind::BadNumber), "{text}");
        }
        for text in [
            "18446744073709551616",
            "0x10000000000000000",
            "2e19",
            "1e99999999999",
            "213504d",
        ] {
            assert_eq!(integer(text), Err(LexErrorKind::IntegerTooLarge), "{text}");
        }
    }

    #[test]
    fn positional_parameters_count_from_one() {
        assert_eq!(positional("$1"), Ok(1));
        assert_eq!(positional("$010"), Ok(10));
        assert_eq!(positional("$0"), Err(LexErrorKind::PositionalZero));
        assert_eq!(
            positional("$4294967296"),
            Err(LexErrorKind::IntegerTooLarge)
        );
    }

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(unescape(r#"a\n\t\r\\\"b"#), b"a\n\t\r\\\"b");
        assert_eq!(unescape(r"\0\7\101\1011"), b"\0\x07AA1");
        assert_eq!(unescape(r"\x4\x41\x411\xff"), b"\x04AA1\xff");
        assert_eq!(unescape("größe"), "größe".as_bytes());
    }

    #[test]
    fn bad_escapes_are_found_and_stand_for_themselves() {
        assert_eq!(
            bad_escapes(r"a\q\n\é\x\xg\777"),
            [1..3, 5..8, 8..10, 10..12, 13..17]
        );
        assert_eq!(unescape(r"a\q\x"), br"a\q\x");
        assert!(bad_escapes(r"\\q\n\377").is_empty());
    }
}
