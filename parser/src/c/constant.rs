//! The values of constant expressions, with the types that C gives them: `int`, `long` and their
//! unsigned kin, on a machine of 64 bits.

use super::ast::{Constant, ConstantKind, TypeName};
use lexer::Span;

/// An integer and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    value: i128,
    /// 4 or 8 bytes.
    bytes: u8,
    signed: bool,
}

impl Value {
    /// An integer of an integer type; what has fewer than four bytes is an `int`, as in C.
    pub fn new(value: i128, bytes: u8, signed: bool) -> Self {
        let value = wrap(value, bytes, signed);
        Value {
            value,
            bytes: bytes.clamp(4, 8),
            signed: signed || bytes < 4,
        }
    }

    /// `int` where it fits, else the next type that holds it.
    pub fn of(value: i128) -> Self {
        let [bytes, signed] = match value {
            _ if fits(value, 4, true) => [4, 1],
            _ if fits(value, 8, true) => [8, 1],
            _ => [8, 0],
        };
        Value::new(value, bytes, signed == 1)
    }

    /// The integer.
    pub fn get(self) -> i128 {
        self.value
    }

    /// The same number with at least so many bytes.
    fn widened(self, bytes: u8) -> Self {
        let bytes = self.bytes.max(bytes);
        Value { bytes, ..self }
    }

    /// A number as C writes it; nothing for what is none, or has a fraction.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (radix, rest) = match text.strip_prefix("0x") {
            Some(rest) => (16, rest),
            None => match text.strip_prefix("0b") {
                Some(rest) => (2, rest),
                None if text.starts_with('0') => (8, text.as_str()),
                None => (10, text.as_str()),
            },
        };
        let end = rest
            .find(|c: char| !c.is_digit(radix))
            .unwrap_or(rest.len());
        let (digits, suffix) = rest.split_at(end);
        let number = i128::from(u64::from_str_radix(digits, radix).ok()?);
        let unsigned = suffix.contains('u');
        let long = match suffix.replace('u', "").as_str() {
            "" => false,
            "l" | "ll" => true,
            _ => return None,
        };
        let fitting = |bytes: u8, signed: bool| {
            let allowed = (bytes == 8 || !long)
                && if signed {
                    !unsigned
                } else {
                    unsigned || radix != 10
                };
            (allowed && fits(number, bytes, signed)).then_some((bytes, signed))
        };
        let ty = fitting(4, true)
            .or_else(|| fitting(4, false))
            .or_else(|| fitting(8, true))
            .or_else(|| fitting(8, false));
        let (bytes, signed) = ty.unwrap_or((8, false));
        Some(Value::new(number, bytes, signed))
    }

    /// A character constant, its quotes included.
    pub(super) fn of_char(text: &str) -> Option<Self> {
        let inner = text.trim_start_matches(['L', 'u', 'U', '8']);
        let inner = inner.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut chars = inner.chars();
        let value = match (chars.next()?, chars.next()) {
            ('\\', Some(c)) => escape(c, chars.as_str())?,
            (c, None) if c.is_ascii() => c as i8,
            _ => return None,
        };
        Some(Value::new(value.into(), 4, true))
    }
}

fn escape(c: char, rest: &str) -> Option<i8> {
    let byte = match c {
        'x' => u8::from_str_radix(rest, 16).ok()?,
        '0'..='7' => u8::from_str_radix(&format!("{c}{rest}"), 8).ok()?,
        _ if !rest.is_empty() => return None,
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'v' => 11,
        'e' => 27,
        '\\' | '\'' | '"' | '?' => c as u8,
        _ => return None,
    };
    Some(byte.cast_signed())
}

fn fits(value: i128, bytes: u8, signed: bool) -> bool {
    wrap(value, bytes, signed) == value
}

fn wrap(value: i128, bytes: u8, signed: bool) -> i128 {
    let bits = u32::from(bytes.clamp(1, 8)) * 8;
    let low = value & ((1 << bits) - 1);
    match signed && low >> (bits - 1) != 0 {
        true => low - (1 << bits),
        false => low,
    }
}

/// What constant expressions refer to.
pub trait Environment {
    /// The value of a name.
    fn name(&mut self, name: &str) -> Option<Value>;

    /// Size and alignment of a type in bytes; nothing where it has none.
    fn measure(&mut self, ty: &TypeName) -> Option<(u64, u64)>;

    /// Size in bytes and sign of an integer type.
    fn integer(&mut self, ty: &TypeName) -> Option<(u8, bool)>;

    /// Bytes of a number at least: the preprocessor reckons in 8.
    fn least_bytes(&self) -> u8 {
        4
    }
}

/// Why an expression is no constant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotConstant {
    /// The reason.
    pub why: String,
    /// The place.
    pub span: Span,
}

/// The value of an expression.
///
/// # Errors
/// When a name or type is unknown, or the expression divides by zero.
pub fn evaluate(e: &Constant, environment: &mut dyn Environment) -> Result<Value, NotConstant> {
    let wrong = |why: String| NotConstant { why, span: e.span };
    match &e.kind {
        ConstantKind::Int(value) => Ok(value.widened(environment.least_bytes())),
        ConstantKind::Name(name) => environment
            .name(name)
            .ok_or_else(|| wrong(format!("`{name}` is not a constant"))),
        ConstantKind::SizeOf(ty) | ConstantKind::AlignOf(ty) => {
            let (size, align) = environment
                .measure(ty)
                .ok_or_else(|| wrong("the type has no size".to_owned()))?;
            let number = if matches!(e.kind, ConstantKind::SizeOf(_)) {
                size
            } else {
                align
            };
            Ok(Value::new(number.into(), 8, false))
        }
        ConstantKind::Unary(op, operand) => {
            let operand = evaluate(operand, environment)?;
            Ok(unary(*op, operand))
        }
        ConstantKind::Binary(op, left, right) => {
            let left = evaluate(left, environment)?;
            // Short circuits: what is not evaluated may even divide by zero.
            match (*op, left.value != 0) {
                ("&&", false) => return Ok(truth(false)),
                ("||", true) => return Ok(truth(true)),
                _ => {}
            }
            let right = evaluate(right, environment)?;
            binary(op, left, right).ok_or_else(|| wrong("it divides by zero".to_owned()))
        }
        ConstantKind::Ternary(parts) => {
            let [cond, then, otherwise] = &**parts;
            let holds = evaluate(cond, environment)?.value != 0;
            evaluate(if holds { then } else { otherwise }, environment)
        }
        ConstantKind::Cast(ty, operand) => {
            let operand = evaluate(operand, environment)?;
            let (bytes, signed) = environment
                .integer(ty)
                .ok_or_else(|| wrong("it is cast to what is no integer".to_owned()))?;
            Ok(Value::new(operand.value, bytes, signed))
        }
    }
}

fn truth(holds: bool) -> Value {
    Value::new(holds.into(), 4, true)
}

fn unary(op: char, operand: Value) -> Value {
    let value = match op {
        '!' => return truth(operand.value == 0),
        '-' => -operand.value,
        '~' => !operand.value,
        _ => operand.value,
    };
    Value::new(value, operand.bytes, operand.signed)
}

/// Nothing where it divides by zero.
fn binary(op: &str, left: Value, right: Value) -> Option<Value> {
    if let "<<" | ">>" = op {
        let amount = (right.value & i128::from(left.bytes * 8 - 1)) as u32;
        let value = if op == "<<" {
            left.value << amount
        } else {
            left.value >> amount
        };
        return Some(Value::new(value, left.bytes, left.signed));
    }
    let bytes = left.bytes.max(right.bytes);
    let unsigned = |v: Value| !v.signed && v.bytes == bytes;
    let signed = !unsigned(left) && !unsigned(right);
    let (a, b) = (
        wrap(left.value, bytes, signed),
        wrap(right.value, bytes, signed),
    );
    let value = match op {
        "*" => a.wrapping_mul(b),
        "/" => a.checked_div(b)?,
        "%" => a.checked_rem(b)?,
        "+" => a + b,
        "-" => a - b,
        "&" => a & b,
        "^" => a ^ b,
        "|" => a | b,
        "<" => return Some(truth(a < b)),
        "<=" => return Some(truth(a <= b)),
        ">" => return Some(truth(a > b)),
        ">=" => return Some(truth(a >= b)),
        "==" => return Some(truth(a == b)),
        "!=" => return Some(truth(a != b)),
        "&&" => return Some(truth(a != 0 && b != 0)),
        _ => return Some(truth(a != 0 || b != 0)),
    };
    Some(Value::new(value, bytes, signed))
}
