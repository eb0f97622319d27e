//! Static probes of user space (USDT): what the notes of a file say of them.
//!
//! Compilers write where each argument of a probe is as text, in the assembler's own terms; this
//! is its reader. The text is not trusted: what it cannot read is an argument without a place.

mod operand;

pub use operand::arguments;

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
    /// The address of the instruction, as the file's own tables count.
    pub address: u64,
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
        /// Where the address starts from.
        base: Base,
        /// What is added to it.
        displacement: i64,
        /// Registers that are added too: two at most.
        indices: Vec<Index>,
    },
    /// In a variable that the file's symbol tables do not place: its name, and whether several
    /// have it.
    Unplaced {
        /// The name of the variable.
        symbol: String,
        /// Whether several have the name, rather than none.
        several: bool,
    },
    /// In a way that is not understood: the text.
    Unknown(String),
}

/// Where the address of an argument in memory starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// From nothing: a scaled register is the address.
    Nothing,
    /// From what a register holds.
    Register(u32),
    /// From a variable of the file, by its name.
    Symbol(String),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
