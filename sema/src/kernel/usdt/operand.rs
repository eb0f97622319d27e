//! Where the arguments of a static probe are, read from the assembler's terms.

use super::{ArgPlace, Base, Index, UsdtArg};
use crate::arch::Arch;

/// Reads the arguments of a place, such as `-4@%edi 8@-24(%rbp) 4@$7`.
pub fn arguments(text: &str, arch: Arch) -> Vec<UsdtArg> {
    let words = split(text).into_iter();
    words.map(|word| argument(word, arch)).collect()
}

/// Splits at white space outside brackets.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut depth) = (None, 0u32);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_gap = c.is_whitespace() && depth == 0;
        match (is_gap, start) {
            (true, Some(from)) => {
                words.push(&text[from..at]);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| &text[from..]));
    words
}

fn argument(word: &str, arch: Arch) -> UsdtArg {
    let unknown = || ArgPlace::Unknown(word.to_owned());
    let (size, operand) = match word.split_once('@') {
        Some((size, operand)) => (size.parse::<i8>().ok(), operand),
        // Without a size it is a word.
        None => (Some(8), word),
    };
    let (Some(size), operand) = (size, operand.trim()) else {
        return UsdtArg {
            bytes: 8,
            signed: false,
            place: unknown(),
        };
    };
    let bytes = size.unsigned_abs();
    let fits = matches!(bytes, 1 | 2 | 4 | 8);
    let place = match arch {
        Arch::X86_64 => x86_operand(operand),
        Arch::Arm64 => arm_operand(operand),
    };
    UsdtArg {
        bytes: if fits { bytes } else { 8 },
        signed: size < 0,
        place: place.filter(|_| fits).unwrap_or_else(unknown),
    }
}

/// `$5`, `%eax`, `-24(%rbp)`, `8(%rax,%rbx,4)`, `(,%rbx,8)`, `counter+8(%rip)`.
fn x86_operand(text: &str) -> Option<ArgPlace> {
    if let Some(constant) = text.strip_prefix('$') {
        return Some(ArgPlace::Constant(number(constant)?));
    }
    if text.starts_with('%') {
        let (register, shift) = x86_register(text)?;
        return Some(ArgPlace::Register { register, shift });
    }
    let (displacement, inside) = text.strip_suffix(')')?.split_once('(')?;
    let (symbol, displacement) = sum(displacement)?;
    let mut parts = inside.split(',').map(str::trim);
    let register = match parts.next()? {
        "" => None,
        // What a variable's place is counted from, not a part of its address.
        "%rip" if symbol.is_some() => None,
        name => Some(x86_register(name)?.0),
    };
    let index = match (parts.next(), parts.next()) {
        (None, _) => None,
        (Some(index), scale) => Some(x86_index(index, scale.unwrap_or("1"))?),
    };
    let plain = |register| Index {
        register,
        shift: 0,
        half: None,
    };
    let (base, added) = match (symbol, register) {
        (None, None) if index.is_none() => return None,
        (None, None) => (Base::Nothing, None),
        (None, Some(register)) => (Base::Register(register), None),
        (Some(symbol), register) => (Base::Symbol(symbol.to_owned()), register.map(plain)),
    };
    Some(ArgPlace::Memory {
        base,
        displacement,
        indices: added.into_iter().chain(index).collect(),
    })
}

/// `%rbx` and `4` of `(%rax,%rbx,4)`.
fn x86_index(register: &str, scale: &str) -> Option<Index> {
    let scale: u8 = scale.parse().ok()?;
    Some(Index {
        register: x86_register(register)?.0,
        shift: matches!(scale, 1 | 2 | 4 | 8).then(|| scale.trailing_zeros() as u8)?,
        half: None,
    })
}

/// What stands before the brackets: the name of a variable, if there is one, and the sum of the
/// numbers. Compilers write both `counter+8` and `8+counter`.
fn sum(text: &str) -> Option<(Option<&str>, i64)> {
    let (mut symbol, mut numbers) = (None, 0i64);
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut signs = rest.char_indices().skip(1);
        let end = signs.find(|(_, c)| matches!(c, '+' | '-'));
        let (term, behind) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        match number(term) {
            Some(value) => numbers = numbers.wrapping_add(value),
            None if symbol.is_some() => return None,
            None => symbol = Some(symbol_name(term.strip_prefix('+').unwrap_or(term))?),
        }
        rest = behind;
    }
    Some((symbol, numbers))
}

/// A name as assemblers take it, such as `counter` or `calls.0`.
fn symbol_name(text: &str) -> Option<&str> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let first = text.chars().next()?;
    let is_name = inner(first) && !first.is_ascii_digit() && text.chars().all(inner);
    is_name.then_some(text)
}

/// The register of any of its names (`%rax`, `%eax`, `%ax`, `%al`, `%ah`, `%r8d`) and the bit it
/// starts at.
fn x86_register(name: &str) -> Option<(u32, u8)> {
    let name = name.strip_prefix('%')?;
    let offset = |name: &str| Arch::X86_64.register(name);
    if let Some(digits) = name
        .strip_prefix('r')
        .filter(|d| d.starts_with(|c: char| c.is_ascii_digit()))
    {
        let digits = digits.trim_end_matches(['d', 'w', 'b']);
        return Some((offset(&format!("r{digits}"))?, 0));
    }
    let (stem, shift) = match name {
        "ah" => ("ax", 8),
        "bh" => ("bx", 8),
        "ch" => ("cx", 8),
        "dh" => ("dx", 8),
        "al" => ("ax", 0),
        "bl" => ("bx", 0),
        "cl" => ("cx", 0),
        "dl" => ("dx", 0),
        "sil" => ("si", 0),
        "dil" => ("di", 0),
        "bpl" => ("bp", 0),
        "spl" => ("sp", 0),
        _ => (name.strip_prefix(['r', 'e']).unwrap_or(name), 0),
    };
    let general = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"];
    Some((offset(general.contains(&stem).then_some(stem)?)?, shift))
}

/// `5`, `x0`, `[sp, 60]`, `[x0, w1, sxtw 2]`.
fn arm_operand(text: &str) -> Option<ArgPlace> {
    let Some(inside) = text.strip_prefix('[') else {
        // The register that is always zero.
        if matches!(text, "xzr" | "wzr") {
            return Some(ArgPlace::Constant(0));
        }
        return match arm_register(text) {
            Some((register, _)) => Some(ArgPlace::Register { register, shift: 0 }),
            None => Some(ArgPlace::Constant(number(text.trim_start_matches('#'))?)),
        };
    };
    let mut parts = inside.strip_suffix(']')?.split(',').map(str::trim);
    let (base, _) = arm_register(parts.next()?)?;
    let memory = |displacement, index: Option<Index>| ArgPlace::Memory {
        base: Base::Register(base),
        displacement,
        indices: index.into_iter().collect(),
    };
    let Some(second) = parts.next() else {
        return Some(memory(0, None));
    };
    let Some((register, is_half)) = arm_register(second) else {
        return Some(memory(number(second.trim_start_matches('#'))?, None));
    };
    let (extension, amount) = match parts.next() {
        Some(extend) => {
            let (word, amount) = extend.split_once([' ', '#']).unwrap_or((extend, "0"));
            (word.trim(), number(amount.trim().trim_start_matches('#'))?)
        }
        None => ("", 0),
    };
    let index = Index {
        register,
        shift: u8::try_from(amount).ok().filter(|shift| *shift < 5)?,
        half: is_half.then_some(extension == "sxtw"),
    };
    Some(memory(0, Some(index)))
}

/// The register of a name, and whether it is the low half.
fn arm_register(name: &str) -> Option<(u32, bool)> {
    if name == "sp" {
        return Some((Arch::Arm64.stack_pointer(), false));
    }
    let is_half = name.starts_with('w');
    let digits = name.strip_prefix(['x', 'w'])?;
    let offset = Arch::Arm64.register(&format!("r{digits}"))?;
    Some((offset, is_half))
}

fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?.cast_signed(),
        None => match digits.parse::<u64>() {
            Ok(value) => value.cast_signed(),
            Err(_) => return None,
        },
    };
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x86(text: &str) -> Vec<UsdtArg> {
        arguments(text, Arch::X86_64)
    }

    fn arg(bytes: u8, signed: bool, place: ArgPlace) -> UsdtArg {
        UsdtArg {
            bytes,
            signed,
            place,
        }
    }

    fn register(register: u32, shift: u8) -> ArgPlace {
        ArgPlace::Register { register, shift }
    }

    fn memory(base: u32, displacement: i64, index: Option<Index>) -> ArgPlace {
        ArgPlace::Memory {
            base: Base::Register(base),
            displacement,
            indices: index.into_iter().collect(),
        }
    }

    #[test]
    fn x86_registers_of_every_width() {
        let widths = x86("8@%rdi -4@%edi 2@%di -1@%dil 1@%ah 4@%r8d 8@%r15 1@%r9b");
        let expected = [
            arg(8, false, register(112, 0)),
            arg(4, true, register(112, 0)),
            arg(2, false, register(112, 0)),
            arg(1, true, register(112, 0)),
            arg(1, false, register(80, 8)),
            arg(4, false, register(72, 0)),
            arg(8, false, register(0, 0)),
            arg(1, false, register(64, 0)),
        ];
        assert_eq!(widths, expected);
    }

    #[test]
    fn x86_memory_and_constants() {
        let index = Index {
            register: 40,
            shift: 2,
            half: None,
        };
        let expected = [
            arg(4, true, ArgPlace::Constant(-7)),
            arg(8, false, ArgPlace::Constant(4096)),
            arg(8, false, memory(32, -24, None)),
            arg(4, true, memory(152, 0, None)),
            arg(4, false, memory(80, 8, Some(index))),
            arg(4, false, memory(80, 0, Some(Index { shift: 0, ..index }))),
            arg(8, false, register(80, 0)),
        ];
        let text = "-4@$-7 8@$0x1000 8@-24(%rbp) -4@(%rsp) 4@8(%rax,%rbx,4) 4@(%rax,%rbx) %rax";
        assert_eq!(x86(text), expected);
    }

    #[test]
    fn x86_index_without_a_base() {
        let place = |displacement, shift| ArgPlace::Memory {
            base: Base::Nothing,
            displacement,
            indices: vec![Index {
                register: 40,
                shift,
                half: None,
            }],
        };
        let expected = [
            arg(8, false, place(0, 3)),
            arg(8, false, place(16, 2)),
            arg(4, true, place(-4, 0)),
        ];
        assert_eq!(x86("8@(,%rbx,8) 8@16(,%rbx,4) -4@-4(,%rbx)"), expected);
    }

    #[test]
    fn x86_variables() {
        let variable = |name: &str, displacement, index: &[(u32, u8)]| ArgPlace::Memory {
            base: Base::Symbol(name.to_owned()),
            displacement,
            indices: index
                .iter()
                .map(|&(register, shift)| Index {
                    register,
                    shift,
                    half: None,
                })
                .collect(),
        };
        let expected = [
            arg(4, true, variable("counter", 0, &[])),
            arg(8, false, variable("counter", 8, &[])),
            arg(4, false, variable("_ZL7numbers", 12, &[])),
            arg(4, false, variable("calls.0", -12, &[])),
            arg(2, false, variable("numbers", 4, &[(40, 1)])),
            arg(1, false, variable("numbers", 0, &[(40, 0)])),
            arg(4, true, variable("numbers", 8, &[(80, 0), (40, 2)])),
        ];
        let text = "-4@counter(%rip) 8@counter+8(%rip) 4@4+_ZL7numbers+8(%rip) 4@-12+calls.0(%rip) \
                    2@numbers+4(,%rbx,2) 1@numbers(%rbx) -4@numbers+8(%rax,%rbx,4)";
        assert_eq!(x86(text), expected);
    }

    #[test]
    fn x86_memory_that_is_not_understood() {
        let words = [
            "4@(,)",
            "4@()",
            "4@a+b(%rip)",
            "4@-a(%rip)",
            "4@a+(%rip)",
            "4@a@GOTPCREL(%rip)",
            "4@a(%rip,%rbx,4)x",
            "4@a(%rax,%rbx,3)",
            "4@(,%rbx,3)",
            "4@é(%rip)",
            "4@%fs:a@tpoff",
        ];
        for word in words {
            let expected = arg(4, false, ArgPlace::Unknown(word.to_owned()));
            assert_eq!(x86(word), [expected]);
        }
    }

    #[test]
    fn arm_operands() {
        let index = Index {
            register: 8,
            shift: 3,
            half: None,
        };
        let half = Index {
            register: 8,
            shift: 2,
            half: Some(true),
        };
        let expected = [
            arg(8, false, register(0, 0)),
            arg(4, true, register(8, 0)),
            arg(4, true, ArgPlace::Constant(5)),
            arg(4, true, memory(248, 60, None)),
            arg(8, false, memory(16, 0, None)),
            arg(8, false, memory(0, 0, Some(index))),
            arg(4, false, memory(0, 0, Some(half))),
        ];
        let text = "8@x0 -4@w1 -4@5 -4@[sp, 60] 8@[x2] 8@[x0, x1, lsl 3] 4@[x0, w1, sxtw #2]";
        assert_eq!(arguments(text, Arch::Arm64), expected);
    }

    #[test]
    fn the_zero_register_is_a_constant() {
        let zero = ArgPlace::Constant(0);
        let expected = [arg(8, false, zero.clone()), arg(4, true, zero)];
        assert_eq!(arguments("8@xzr -4@wzr", Arch::Arm64), expected);
    }

    #[test]
    fn what_is_not_understood_has_no_place() {
        for text in [
            "8f@%xmm0",
            "3@%rax",
            "8@counter(%rip",
            "4@%xyz",
            "8@",
            "@",
            "99999@%rax",
        ] {
            let args = x86(text);
            let unknown = |arg: &UsdtArg| matches!(arg.place, ArgPlace::Unknown(_));
            assert!(args.iter().all(unknown), "{text}: {args:?}");
        }
        assert!(x86("").is_empty());
    }
}
