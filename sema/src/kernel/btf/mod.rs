//! A reader of BTF, the kernel's type information.
//!
//! It works on bytes that it owns (the host hands it a memory map) and copies none of them: one
//! pass finds where each type starts, a name index is built for a kind when it is first asked
//! for, and a type is decoded when somebody wants it. The bytes are not trusted: whatever they
//! hold, every answer is a value or a [`KernelError`], and every walk is bounded.

mod build;
mod names;
mod print;
mod query;
mod raw;
mod stack;
#[cfg(test)]
mod tests;
mod types;

pub use build::Builder;
pub use query::{EnumConstant, Located};
pub use types::{
    Array, BtfType, Composite, Constant, Enum, Int, Kind, Member, Param, Prototype, TypeId,
};

use super::KernelError;
use names::{NameIndex, Remembered};
use raw::Record;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Type information of the kernel, of one of its modules, or of a script.
pub struct Btf {
    name: String,
    bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
    sections: raw::Sections,
    /// What type ids and string offsets below ours refer to.
    base: Option<Arc<Btf>>,
    /// Whether a name of ours means something else than in the base.
    shadows: bool,
    /// By how much the ids of our own types are larger than in the module that this is a copy of.
    moved: u32,
    /// Ids of our own types.
    ids: Range<u32>,
    /// Offsets of our own strings.
    offsets: Range<u32>,
    /// Start of each of our types in the type section.
    positions: Vec<u32>,
    /// Kind of each of our types: those of one kind are found without a walk over all records.
    kinds: Vec<Kind>,
    by_name: [NameIndex; Kind::COUNT],
    constants: NameIndex,
    remembered: Remembered,
}

impl Btf {
    /// Reads self-contained type information; `name` is whose it is, such as `vmlinux`.
    ///
    /// # Errors
    /// When the bytes are no BTF of this machine's byte order, or do not hold together.
    pub fn parse(
        name: &str,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, KernelError> {
        Self::read(name, Box::new(bytes), None)
    }

    /// Reads the type information of a module, which continues that of the kernel.
    ///
    /// # Errors
    /// As [`Btf::parse`].
    pub fn split(
        base: Arc<Btf>,
        name: &str,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, KernelError> {
        Self::read(name, Box::new(bytes), Some(base))
    }

    /// Reads the type information of a script, whose names come before all others.
    ///
    /// # Errors
    /// As [`Btf::parse`].
    pub fn over(
        base: Arc<Btf>,
        name: &str,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, KernelError> {
        let btf = Self::split(base, name, bytes)?;
        Ok(Btf {
            shadows: true,
            ..btf
        })
    }

    fn read(
        name: &str,
        bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
        base: Option<Arc<Btf>>,
    ) -> Result<Self, KernelError> {
        let malformed = |reason| malformed(name, reason);
        let all = (*bytes).as_ref();
        let sections = raw::sections(all).map_err(malformed)?;
        let (positions, kinds) = scan(&all[sections.types.clone()]).map_err(malformed)?;
        let (first_id, first_offset) = match &base {
            // Id 0 is `void`, which has no record.
            None => (1, 0),
            Some(base) => (base.ids.end, base.offsets.end),
        };
        let span = |first: u32, len: usize| {
            let end = first.checked_add(u32::try_from(len).ok()?)?;
            Some(first..end)
        };
        let too_many = || malformed("more than 4 GiB of types or strings".to_owned());
        let btf = Btf {
            name: name.to_owned(),
            ids: span(first_id, positions.len()).ok_or_else(too_many)?,
            offsets: span(first_offset, sections.strings.len()).ok_or_else(too_many)?,
            sections,
            bytes,
            base,
            shadows: false,
            moved: 0,
            positions,
            kinds,
            by_name: std::array::from_fn(|_| NameIndex::default()),
            constants: NameIndex::default(),
            remembered: Remembered::default(),
        };
        match btf.strings().last() {
            None | Some(0) => Ok(btf),
            Some(_) => Err(btf.malformed("the string section does not end with a NUL")),
        }
    }

    /// Whose type information it is: `vmlinux` or a module.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many types there are, `void` and those of the base counted.
    pub fn len(&self) -> u32 {
        self.ids.end
    }

    /// Whether there is no type but `void`.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// Looks a type up by kind and name: a script's own before others, the kernel's before those of
    /// its modules, and those of a module before those of one that is stacked on it. Of several in
    /// one of them the first.
    pub fn find(&self, name: &str, kind: Kind) -> Option<TypeId> {
        let own = || self.find_own(name, kind);
        let others = || self.base.as_ref()?.find(name, kind);
        match self.shadows {
            true => own().or_else(others),
            false => others().or_else(own),
        }
    }

    /// Looks a type up by kind and name, here alone. Of several the first.
    pub fn find_own(&self, name: &str, kind: Kind) -> Option<TypeId> {
        let index = &self.by_name[kind as usize];
        let places = || self.own_places(kind).collect();
        self.id_at(self.lookup(index, name, places)?)
    }

    /// Every named type of a kind, those of the base first, in order of id.
    pub fn names(&self, kind: Kind) -> Vec<(&str, TypeId)> {
        let mut names = match &self.base {
            Some(base) => base.names(kind),
            None => Vec::new(),
        };
        let own = self.own_ids(kind).filter_map(|id| {
            let name = std::str::from_utf8(self.name_bytes(id)?).ok()?;
            (!name.is_empty()).then_some((name, id))
        });
        names.extend(own);
        names
    }

    /// Decodes a type.
    ///
    /// # Errors
    /// When there is no such type or it is malformed.
    pub fn get(&self, id: TypeId) -> Result<BtfType<'_>, KernelError> {
        match self.record(id)? {
            None => Ok(BtfType::Void),
            Some(record) => types::decode(self, &record),
        }
    }

    /// The kind of a type; nothing for `void` and for an id that there is not.
    pub fn kind(&self, id: TypeId) -> Option<Kind> {
        Some(self.record(id).ok()??.kind)
    }

    /// The record of a type; nothing for `void`.
    fn record(&self, id: TypeId) -> Result<Option<Record<'_>>, KernelError> {
        if id == TypeId::VOID {
            return Ok(None);
        }
        if id.0 < self.ids.start {
            return match &self.base {
                Some(base) => base.record(id),
                None => Ok(None),
            };
        }
        let position = self
            .position(id)
            .ok_or_else(|| self.malformed(&format!("there is no type {}", id.0)))?;
        let record = Record::read(self.types(), position);
        record.map(Some).map_err(|reason| self.malformed(&reason))
    }

    /// Where one of our own types starts in the type section.
    fn position(&self, id: TypeId) -> Option<usize> {
        let index = id.0.checked_sub(self.ids.start)?;
        Some(*self.positions.get(index as usize)? as usize)
    }

    /// Our own types of a kind.
    fn own_ids(&self, kind: Kind) -> impl Iterator<Item = TypeId> + '_ {
        let kinds = self.ids.clone().zip(&self.kinds);
        kinds.filter_map(move |(id, its)| (*its == kind).then_some(TypeId(id)))
    }

    /// Where our own types of a kind start in the type section, in words.
    fn own_places(&self, kind: Kind) -> impl Iterator<Item = u32> + '_ {
        let kinds = self.positions.iter().zip(&self.kinds);
        kinds.filter_map(move |(position, its)| (*its == kind).then_some(position / 4))
    }

    /// The type of ours whose record has the given place, in words, within it.
    fn id_at(&self, place: u32) -> Option<TypeId> {
        let behind = self
            .positions
            .partition_point(|position| position / 4 <= place);
        let index = u32::try_from(behind.checked_sub(1)?).ok()?;
        Some(TypeId(self.ids.start + index))
    }

    /// The text at a string offset.
    fn string(&self, offset: u32) -> Result<&str, KernelError> {
        let bytes = self
            .string_bytes(offset)
            .ok_or_else(|| self.malformed(&format!("there is no string at {offset}")))?;
        std::str::from_utf8(bytes)
            .map_err(|_| self.malformed(&format!("the string at {offset} is not UTF-8")))
    }

    fn string_bytes(&self, offset: u32) -> Option<&[u8]> {
        let Some(own) = offset.checked_sub(self.offsets.start) else {
            return self.base.as_ref()?.string_bytes(offset);
        };
        // Types without a name have offset 0, also where there is no string section.
        if offset == 0 {
            return Some(&[]);
        }
        let rest = self.strings().get(own as usize..)?;
        let end = memchr::memchr(0, rest)?;
        Some(&rest[..end])
    }

    /// Name of one of our own types.
    fn name_bytes(&self, id: TypeId) -> Option<&[u8]> {
        self.string_bytes(raw::word(self.types(), self.position(id)?)?)
    }

    fn types(&self) -> &[u8] {
        let all = (*self.bytes).as_ref();
        all.get(self.sections.types.clone()).unwrap_or(&[])
    }

    fn strings(&self) -> &[u8] {
        let all = (*self.bytes).as_ref();
        all.get(self.sections.strings.clone()).unwrap_or(&[])
    }

    fn malformed(&self, reason: &str) -> KernelError {
        malformed(&self.name, reason.to_owned())
    }
}

impl fmt::Debug for Btf {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Btf({}, {} types)", self.name, self.len())
    }
}

fn malformed(name: &str, reason: String) -> KernelError {
    KernelError::Malformed {
        what: format!("type information of {name}"),
        reason,
    }
}

/// Finds start and kind of each type, and so checks that every record lies within the section.
fn scan(types: &[u8]) -> Result<(Vec<u32>, Vec<Kind>), String> {
    // The most that fit: pages that are not written to cost nothing.
    let most = types.len() / raw::RECORD_LEN;
    let mut positions = Vec::with_capacity(most);
    let mut kinds = Vec::with_capacity(most);
    let mut position = 0;
    while position < types.len() {
        let (kind, len) = raw::measure(types, position)?;
        positions.push(u32::try_from(position).map_err(|_| "more than 4 GiB of types")?);
        kinds.push(kind);
        position += len;
    }
    Ok((positions, kinds))
}
