//! Writes BTF: for fixtures, and for tests that need types of their own.

use super::{Btf, TypeId, raw};
use std::collections::HashMap;

/// Type information that is being written. Ids count up from 1 in the order of the calls, so a
/// type may refer to one that is added later.
#[derive(Clone, Debug)]
pub struct Builder {
    /// The words of each record; nothing for one that is only reserved.
    records: Vec<Vec<u32>>,
    strings: Vec<u8>,
    /// Where in `strings` each of them starts.
    offsets: HashMap<String, u32>,
    first_offset: u32,
    first_id: u32,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Type information without types.
    pub fn new() -> Self {
        Builder {
            records: Vec::new(),
            strings: vec![0],
            offsets: HashMap::from([(String::new(), 0)]),
            first_offset: 0,
            first_id: 1,
        }
    }

    /// Type information of a module, without types of its own yet.
    pub fn continuing(base: &Btf) -> Self {
        Builder {
            records: Vec::new(),
            strings: Vec::new(),
            offsets: HashMap::from([(String::new(), 0)]),
            first_offset: base.offsets.end,
            first_id: base.ids.end,
        }
    }

    /// The id that the next type gets.
    pub fn next_id(&self) -> TypeId {
        TypeId(self.first_id + self.records.len() as u32)
    }

    /// Takes an id for a type that is to be filled in before the end.
    pub fn reserve(&mut self) -> TypeId {
        let id = self.next_id();
        self.records.push(Vec::new());
        id
    }

    /// Makes the type that was added last the one of a reserved id.
    pub fn fill(&mut self, id: TypeId, last: TypeId) {
        debug_assert_eq!(last.0 + 1, self.next_id().0, "the last type");
        if let (Some(record), Some(index)) = (self.records.pop(), id.0.checked_sub(self.first_id))
            && let Some(place) = self.records.get_mut(index as usize)
        {
            *place = record;
        }
    }

    /// The bytes. A reserved id that nothing was filled in for would shift all that follow.
    pub fn finish(&self) -> Vec<u8> {
        debug_assert!(
            self.records.iter().all(|record| !record.is_empty()),
            "every reserved type is filled in"
        );
        let words = self.records.iter().flatten();
        let records: Vec<u8> = words.flat_map(|word| word.to_ne_bytes()).collect();
        let header = raw::header(records.len() as u32, self.strings.len() as u32);
        let mut bytes = header.to_vec();
        bytes.extend(records);
        bytes.extend(&self.strings);
        bytes
    }

    /// An integer of so many bytes; encoding as in `BTF_INT_*`: signed 1, char 2, bool 4.
    pub fn int(&mut self, name: &str, bytes: u32, encoding: u32) -> TypeId {
        self.record(name, 1, 0, bytes, &[(encoding << 24) | (bytes * 8)])
    }

    /// A floating-point number of so many bytes.
    pub fn float(&mut self, name: &str, bytes: u32) -> TypeId {
        self.record(name, 16, 0, bytes, &[])
    }

    /// A pointer.
    pub fn pointer(&mut self, target: TypeId) -> TypeId {
        self.record("", 2, 0, target.0, &[])
    }

    /// An array.
    pub fn array(&mut self, elem: TypeId, len: u32) -> TypeId {
        self.record("", 3, 0, 0, &[elem.0, elem.0, len])
    }

    /// A struct with members of name, type, bit offset and bit-field width (0 for none).
    pub fn structure(
        &mut self,
        name: &str,
        bytes: u32,
        members: &[(&str, TypeId, u32, u8)],
    ) -> TypeId {
        self.composite(4, name, bytes, members)
    }

    /// A union, as [`Builder::structure`].
    pub fn union(&mut self, name: &str, bytes: u32, members: &[(&str, TypeId, u32, u8)]) -> TypeId {
        self.composite(5, name, bytes, members)
    }

    /// An enum; one of 8 bytes is written as `BTF_KIND_ENUM64`.
    pub fn enumeration(
        &mut self,
        name: &str,
        bytes: u32,
        signed: bool,
        constants: &[(&str, i64)],
    ) -> TypeId {
        let mut words = Vec::new();
        for (name, value) in constants {
            words.extend([self.string(name), *value as u32]);
            if bytes == 8 {
                words.push((value >> 32) as u32);
            }
        }
        let kind = if bytes == 8 { raw::ENUM64 } else { 6 };
        let info = u32::from(signed) << 31 | constants.len() as u32;
        self.record(name, kind, info, bytes, &words)
    }

    /// A struct or union that is only declared.
    pub fn forward(&mut self, name: &str, union: bool) -> TypeId {
        self.record(name, 7, u32::from(union) << 31, 0, &[])
    }

    /// A typedef.
    pub fn typedef(&mut self, name: &str, target: TypeId) -> TypeId {
        self.record(name, 8, 0, target.0, &[])
    }

    /// `volatile`
    pub fn volatile(&mut self, target: TypeId) -> TypeId {
        self.record("", 9, 0, target.0, &[])
    }

    /// `const`
    pub fn constant(&mut self, target: TypeId) -> TypeId {
        self.record("", 10, 0, target.0, &[])
    }

    /// `restrict`
    pub fn restrict(&mut self, target: TypeId) -> TypeId {
        self.record("", 11, 0, target.0, &[])
    }

    /// A type with a tag.
    pub fn type_tag(&mut self, name: &str, target: TypeId) -> TypeId {
        self.record(name, 18, 0, target.0, &[])
    }

    /// A function of a prototype, global.
    pub fn function(&mut self, name: &str, prototype: TypeId) -> TypeId {
        self.record(name, 12, 1, prototype.0, &[])
    }

    /// Result and parameters of a function; `...` is a last parameter without name and type.
    pub fn prototype(&mut self, result: TypeId, params: &[(&str, TypeId)]) -> TypeId {
        let words = params
            .iter()
            .flat_map(|(name, ty)| [self.string(name), ty.0])
            .collect::<Vec<_>>();
        self.record("", 13, params.len() as u32, result.0, &words)
    }

    /// A global variable.
    pub fn variable(&mut self, name: &str, target: TypeId) -> TypeId {
        self.record(name, 14, 0, target.0, &[1])
    }

    /// A tag on the whole of a type.
    pub fn decl_tag(&mut self, name: &str, target: TypeId) -> TypeId {
        self.record(name, 17, 0, target.0, &[u32::MAX])
    }

    fn composite(
        &mut self,
        kind: u32,
        name: &str,
        bytes: u32,
        members: &[(&str, TypeId, u32, u8)],
    ) -> TypeId {
        // Offsets have 24 bits where widths of bit-fields stand beside them.
        let widths = members.iter().any(|(_, _, _, bits)| *bits > 0);
        let words = members
            .iter()
            .flat_map(|(name, ty, offset, bits)| {
                [self.string(name), ty.0, u32::from(*bits) << 24 | offset]
            })
            .collect::<Vec<_>>();
        let info = u32::from(widths) << 31 | members.len() as u32;
        self.record(name, kind, info, bytes, &words)
    }

    /// Appends a record: common part, then words.
    fn record(
        &mut self,
        name: &str,
        kind: u32,
        info: u32,
        size_or_type: u32,
        words: &[u32],
    ) -> TypeId {
        let mut record = vec![self.string(name), kind << 24 | info, size_or_type];
        record.extend(words);
        let id = self.next_id();
        self.records.push(record);
        id
    }

    /// Offset of a string, which is added where it is new.
    fn string(&mut self, text: &str) -> u32 {
        if let Some(offset) = self.offsets.get(text) {
            return *offset;
        }
        let offset = self.first_offset + self.strings.len() as u32;
        self.strings.extend(text.as_bytes());
        self.strings.push(0);
        self.offsets.insert(text.to_owned(), offset);
        offset
    }
}
