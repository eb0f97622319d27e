//! Several modules in one numbering. Each of them continues the kernel, and so two of them have the
//! same numbers for types and strings of their own; stacked, the second one continues the first.

use super::{Btf, TypeId, malformed, raw};
use crate::kernel::KernelError;
use std::sync::Arc;

impl Btf {
    /// The types of a module behind those of other modules, which continue the same kernel: a copy
    /// of it, in which its own types and strings have other numbers.
    ///
    /// # Errors
    /// When the module does not hold together, or there are too many types.
    pub fn stacked(module: &Btf, below: Arc<Btf>) -> Result<Btf, KernelError> {
        let moves = Moves {
            first_id: module.ids.start,
            ids: distance(module, module.ids.start, below.ids.end)?,
            first_offset: module.offsets.start,
            offsets: distance(module, module.offsets.start, below.offsets.end)?,
        };
        let moved = moves
            .types(module)
            .map_err(|reason| module.malformed(&reason))?;
        let strings = module.strings();
        // Its own header has these lengths in 32 bits too.
        let header = raw::header(moved.len() as u32, strings.len() as u32);
        let bytes = [&header[..], &moved, strings].concat();
        let mut stacked = Btf::split(below, &module.name, bytes)?;
        stacked.moved = module.moved + moves.ids;
        Ok(stacked)
    }

    /// What a type is here that has this number where its module alone continues the kernel.
    pub fn renumbered(&self, id: TypeId) -> TypeId {
        match id.0 >= self.ids.start - self.moved {
            true => TypeId(id.0.saturating_add(self.moved)),
            false => id,
        }
    }
}

/// How far numbers move, which count up from where those below end.
fn distance(module: &Btf, from: u32, to: u32) -> Result<u32, KernelError> {
    let other = || malformed(&module.name, "continues another kernel".to_owned());
    to.checked_sub(from).ok_or_else(other)
}

/// By how much the numbers of a module's own grow.
struct Moves {
    first_id: u32,
    ids: u32,
    first_offset: u32,
    offsets: u32,
}

impl Moves {
    /// The type section with other numbers.
    fn types(&self, module: &Btf) -> Result<Vec<u8>, String> {
        let types = module.types();
        let mut moved = types.to_vec();
        for &position in &module.positions {
            let start = position as usize;
            raw::references(types, start, |word, reference| {
                let at = start + word * 4;
                if let Some(place) = moved.get_mut(at..at + 4) {
                    let number = self.number(raw::word(place, 0).unwrap_or(0), reference);
                    place.copy_from_slice(&number.to_ne_bytes());
                }
            })?;
        }
        Ok(moved)
    }

    /// What a number becomes. One that is too large is one that there is not, before and behind.
    fn number(&self, old: u32, reference: raw::Reference) -> u32 {
        let (first, by) = match reference {
            raw::Reference::Type => (self.first_id, self.ids),
            raw::Reference::Name => (self.first_offset, self.offsets),
        };
        // Offset 0 is that of no name, also where the kernel has no strings.
        match old >= first && old != 0 {
            true => old.saturating_add(by),
            false => old,
        }
    }
}
