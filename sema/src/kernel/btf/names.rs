//! Names to records, without a copy of any name.
//!
//! A record (a type, or a constant of an enum) starts with the offset of its name, and is told
//! by the place where it starts in the type section, in words. The first few look-ups search:
//! for the name among the strings, then for a record with that offset, both at the speed of
//! memory. Whoever looks up more gets a hash table, which takes as long as some of these to build.

use super::{Btf, raw};
use memchr::memmem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many look-ups search before a table is built. On a kernel's 56,000 functions one takes
/// half a millisecond and the table ten.
const SEARCHES: u32 = 8;

/// How many names are remembered that modules have asked their kernel for.
const REMEMBERED: usize = 16;

/// Names that modules have asked their kernel for, and where these stand among its strings: a name
/// that is looked for in all modules is searched there once.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Vec<(String, Arc<[u32]>)>>);

/// How records of one kind are found by their names.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    searches: AtomicU32,
    table: OnceLock<NameTable>,
}

impl Btf {
    /// The place of the first of our records that has the name. `places` tells all of them.
    pub(super) fn lookup(
        &self,
        index: &NameIndex,
        name: &str,
        places: impl FnOnce() -> Vec<u32>,
    ) -> Option<u32> {
        if name.is_empty() || name.contains('\0') {
            return None;
        }
        let early = index.searches.fetch_add(1, Ordering::Relaxed) < SEARCHES;
        if early && index.table.get().is_none() {
            return self.search(name, places);
        }
        let name_of = |key| self.string_bytes(self.name_offset(key - 1)?);
        let table = index.table.get_or_init(|| {
            let keys = places().into_iter().map(|place| place + 1);
            NameTable::build(keys.collect(), name_of)
        });
        Some(table.find(name.as_bytes(), name_of)? - 1)
    }

    /// The first record that has the name, without a table.
    fn search(&self, name: &str, places: impl FnOnce() -> Vec<u32>) -> Option<u32> {
        let offsets = self.offsets_of(name);
        if offsets.is_empty() {
            return None;
        }
        places().into_iter().find(|place| {
            let offset = self.name_offset(*place);
            offset.is_some_and(|offset| offsets.binary_search(&offset).is_ok())
        })
    }

    /// Every string offset at which the name stands, in order. A string may be the end of a
    /// longer one.
    fn offsets_of(&self, name: &str) -> Vec<u32> {
        let mut offsets = match &self.base {
            Some(base) => base.remembered_offsets(name).to_vec(),
            None => Vec::new(),
        };
        let ended = [name.as_bytes(), &[0]].concat();
        let own = memmem::find_iter(self.strings(), &ended);
        offsets.extend(own.map(|start| self.offsets.start + start as u32));
        offsets
    }

    /// The same for whoever continues these strings.
    fn remembered_offsets(&self, name: &str) -> Arc<[u32]> {
        let mut names = self
            .remembered
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, offsets)) = names.iter().find(|(known, _)| known == name) {
            return Arc::clone(offsets);
        }
        let offsets: Arc<[u32]> = self.offsets_of(name).into();
        if names.len() >= REMEMBERED {
            names.clear();
        }
        names.push((name.to_owned(), Arc::clone(&offsets)));
        offsets
    }

    /// Where the name of a record is among the strings.
    fn name_offset(&self, place: u32) -> Option<u32> {
        raw::word(self.types(), place as usize * 4)
    }
}

/// An open-addressing hash table of non-zero numbers whose names lie elsewhere.
#[derive(Debug)]
struct NameTable {
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
    fn build<'a>(keys: Vec<u32>, name_of: impl Fn(u32) -> Option<&'a [u8]>) -> Self {
        let capacity = (keys.len() + keys.len() / 4 + 1).next_power_of_two();
        let mut table = NameTable {
            slots: vec![Slot::default(); capacity],
        };
        for key in keys {
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
    fn find<'a>(&self, name: &[u8], name_of: impl Fn(u32) -> Option<&'a [u8]>) -> Option<u32> {
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
