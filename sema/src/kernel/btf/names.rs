//! Names to things: an open-addressing hash table of numbers whose names lie elsewhere.
//!
//! Eight bytes a slot and no copy of any name, so that an index over all of the kernel's structs
//! takes 128 KiB and a fraction of a millisecond.

/// A table of non-zero numbers.
#[derive(Debug)]
pub(super) struct NameTable {
    /// A power of two of them, at least one of them empty.
    slots: Vec<Slot>,
}

/// A key and the hash of its name; the key 0 marks an empty slot.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    key: u32,
}

impl NameTable {
    /// Builds a table of keys. `name_of` gives a key's name; of keys that share a name the first
    /// is kept, and keys without a name are left out.
    pub fn build<'a>(keys: &[u32], name_of: impl Fn(u32) -> Option<&'a [u8]>) -> Self {
        let capacity = (keys.len() + keys.len() / 4 + 1).next_power_of_two();
        let mut table = NameTable {
            slots: vec![Slot::default(); capacity],
        };
        for &key in keys {
            let Some(name) = name_of(key).filter(|name| !name.is_empty()) else {
                continue;
            };
            let hash = hash(name);
            let index = table.index(name, hash, &name_of);
            if table.slots[index].key == 0 {
                table.slots[index] = Slot { hash, key };
            }
        }
        table
    }

    /// The key of a name.
    pub fn find<'a>(&self, name: &[u8], name_of: impl Fn(u32) -> Option<&'a [u8]>) -> Option<u32> {
        let slot = self.slots[self.index(name, hash(name), &name_of)];
        (slot.key != 0).then_some(slot.key)
    }

    /// Index of the slot that holds the name, or of the empty one where it would go.
    fn index<'a>(
        &self,
        name: &[u8],
        hash: u32,
        name_of: &impl Fn(u32) -> Option<&'a [u8]>,
    ) -> usize {
        let mask = self.slots.len() - 1;
        let mut index = hash as usize & mask;
        loop {
            let slot = self.slots[index];
            if slot.key == 0 || (slot.hash == hash && name_of(slot.key) == Some(name)) {
                return index;
            }
            index = (index + 1) & mask;
        }
    }
}

/// FNV-1a of 64 bits, folded.
fn hash(name: &[u8]) -> u32 {
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}
