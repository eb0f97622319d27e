//! Static probes of user space (USDT): what the notes of a file say of them.
//!
//! Compilers write where each argument of a probe is as text, in the assembler's own terms; this
//! is its reader. The text is not trusted: what it cannot read is an argument without a place.

use crate::arch::Arch;

/// A static probe: one name, which may stand at several places of the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsdtProbe {
    /// The namespace.
    pub provider: String,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub places: Vec<UsdtPlace>,
}

/// A place where a static probe stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsdtPlace {
    /// Bytes from the start of the file to the instruction.
    pub offset: u64,
    /// Bytes from the start of the file to the semaphore that switches the probe on; 0 for none.
    pub semaphore: u64,
    /// Where the arguments are.
    pub args: Vec<UsdtArg>,
}

/// An argument of a static probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtArg {
    /// Its size: 1, 2, 4 or 8.
    pub bytes: u8,
    /// Whether it has a sign.
    pub signed: bool,
    /// Where it is.
    pub place: ArgPlace,
}

/// Where an argument is. Registers are offsets in `struct pt_regs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgPlace {
    /// It is a constant.
    Constant(i64),
    /// In a register, from this bit on (8 for `%ah` and its like).
    Register {
        /// The register.
        register: u32,
        /// The lowest bit.
        shift: u8,
    },
    /// In memory.
    Memory {
        /// The register that holds the address.
        base: u32,
        /// What is added to it.
        displacement: i64,
        /// A register that is added too.
        index: Option<Index>,
    },
    /// In a way that is not understood: the text.
    Unknown(String),
}

/// A register that is part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The register.
    pub register: u32,
    /// How often it counts, as a power of two.
    pub shift: u8,
    /// Its width and whether it has a sign, where only the low half counts.
    pub half: Option<bool>,
}

/// What a note says, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Address of the instruction.
    pub location: u64,
    /// Address of the section `.stapsdt.base` when the file was linked.
    pub base: u64,
    /// Address of the semaphore; 0 for none.
    pub semaphore: u64,
    /// The namespace.
    pub provider: String,
    /// The name.
    pub name: String,
    /// Where the arguments are, in the assembler's terms.
    pub args: String,
}

/// The type of the notes that are static probes, and their owner.
const NOTE_TYPE: u32 = 3;
const NOTE_OWNER: &[u8] = b"stapsdt\0";

/// Reads the contents of a section `.note.stapsdt` of a 64-bit little-endian file. Notes of
/// others are passed over.
///
/// # Errors
/// What is wrong, when a note does not end where it should.
pub fn notes(mut bytes: &[u8]) -> Result<Vec<Note>, &'static str> {
    let mut notes = Vec::new();
    while !bytes.is_empty() {
        let (header, rest) = bytes.split_at_checked(12).ok_or("a note is cut short")?;
        let word = |at: usize| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32::from_le_bytes(bytes)
        };
        let (owner, rest) = take(rest, word(0))?;
        let (body, rest) = take(rest, word(4))?;
        if word(8) == NOTE_TYPE && owner == NOTE_OWNER {
            notes.push(note(body).ok_or("a static probe's note is cut short")?);
        }
        bytes = rest;
    }
    Ok(notes)
}

/// So many bytes, and what is behind them and their padding to 4 bytes.
fn take(bytes: &[u8], length: u32) -> Result<(&[u8], &[u8]), &'static str> {
    let length = length as usize;
    let taken = bytes
        .get(..length)
        .ok_or("a note is longer than its section")?;
    let padded = length.div_ceil(4).saturating_mul(4).min(bytes.len());
    Ok((taken, &bytes[padded..]))
}

fn note(body: &[u8]) -> Option<Note> {
    let (words, rest) = body.split_at_checked(24)?;
    let word = |n: usize| {
        Some(u64::from_le_bytes(
            words.get(8 * n..8 * n + 8)?.try_into().ok()?,
        ))
    };
    let mut texts = rest.split(|byte| *byte == 0);
    let mut text = || Some(String::from_utf8_lossy(texts.next()?).into_owned());
    Some(Note {
        location: word(0)?,
        base: word(1)?,
        semaphore: word(2)?,
        provider: text()?,
        name: text()?,
        args: text().unwrap_or_default(),
    })
}

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

/// `$5`, `%eax`, `-24(%rbp)`, `8(%rax,%rbx,4)`.
fn x86_operand(text: &str) -> Option<ArgPlace> {
    if let Some(constant) = text.strip_prefix('$') {
        return Some(ArgPlace::Constant(number(constant)?));
    }
    if text.starts_with('%') {
        let (register, shift) = x86_register(text)?;
        return Some(ArgPlace::Register { register, shift });
    }
    let (displacement, inside) = text.strip_suffix(')')?.split_once('(')?;
    let displacement = match displacement {
        "" => 0,
        text => number(text)?,
    };
    let mut parts = inside.split(',').map(str::trim);
    let (base, _) = x86_register(parts.next()?)?;
    let index = match (parts.next(), parts.next()) {
        (None, _) => None,
        (Some(index), scale) => {
            let scale: u8 = scale.map_or(Some(1), |scale| scale.parse().ok())?;
            let (register, _) = x86_register(index)?;
            Some(Index {
                register,
                shift: matches!(scale, 1 | 2 | 4 | 8).then(|| scale.trailing_zeros() as u8)?,
                half: None,
            })
        }
    };
    Some(ArgPlace::Memory {
        base,
        displacement,
        index,
    })
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
    let memory = |displacement, index| ArgPlace::Memory {
        base,
        displacement,
        index,
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
            base,
            displacement,
            index,
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

    fn note_bytes(owner: &[u8], kind: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [owner.len() as u32, body.len() as u32, kind] {
            bytes.extend(word.to_le_bytes());
        }
        for part in [owner, body] {
            bytes.extend(part);
            bytes.resize(bytes.len().div_ceil(4) * 4, 0);
        }
        bytes
    }

    #[test]
    fn the_zero_register_is_a_constant() {
        let zero = ArgPlace::Constant(0);
        let expected = [arg(8, false, zero.clone()), arg(4, true, zero)];
        assert_eq!(arguments("8@xzr -4@wzr", Arch::Arm64), expected);
    }

    #[test]
    fn notes_are_read() {
        let mut body = Vec::new();
        for word in [0x1139u64, 0x2004, 0x4010] {
            body.extend(word.to_le_bytes());
        }
        body.extend(b"ns\0tick\08@%rdi -4@$5\0");
        let mut bytes = note_bytes(b"GNU\0", 3, b"build");
        bytes.extend(note_bytes(NOTE_OWNER, NOTE_TYPE, &body));
        let expected = Note {
            location: 0x1139,
            base: 0x2004,
            semaphore: 0x4010,
            provider: "ns".to_owned(),
            name: "tick".to_owned(),
            args: "8@%rdi -4@$5".to_owned(),
        };
        assert_eq!(notes(&bytes), Ok(vec![expected]));
        for cut in 1..bytes.len() {
            // Never a panic; what is whole before the cut may be read.
            drop(notes(&bytes[..cut]));
        }
        assert!(notes(&[1, 2, 3]).is_err());
        assert!(notes(&note_bytes(NOTE_OWNER, NOTE_TYPE, b"short")).is_err());
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
