//! Questions that take more than one type to answer.

use super::raw::{self, Record, Words};
use super::types::{array, constant, member};
use super::{Btf, Kind, Member, TypeId};
use crate::kernel::KernelError;

/// How many types one question may walk through in a chain, as the kernel's own
/// `MAX_RESOLVE_DEPTH`. What is longer than that is a cycle.
const DEPTH: usize = 32;

/// How many members a search may look at. The largest struct of a kernel has some thousand.
const MEMBERS: usize = 1 << 17;

/// A member that was found by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<'a> {
    /// The member, its offset counted from the start of the type that was searched.
    pub member: Member<'a>,
    /// Index of the member in each struct or union on the way to it, the outermost first.
    pub path: Vec<u32>,
}

/// A constant that was found by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumConstant {
    /// The enum that defines it.
    pub ty: TypeId,
    /// Its value; of an unsigned enum of 64 bits, the bits of it.
    pub value: i64,
}

impl Btf {
    /// Peels typedefs, `const`, `volatile`, `restrict` and tags off a type.
    ///
    /// # Errors
    /// When a type is malformed or the chain does not end.
    pub fn resolve(&self, id: TypeId) -> Result<TypeId, KernelError> {
        let mut id = id;
        for _ in 0..DEPTH {
            match self.record(id)? {
                Some(record) if is_alias(record.kind) => id = TypeId(record.size_or_type),
                _ => return Ok(id),
            }
        }
        Err(self.endless(id))
    }

    /// Size of a type in bytes; nothing for `void`, functions and types that are only declared.
    ///
    /// # Errors
    /// When a type is malformed, refers to itself, or is larger than 4 GiB.
    pub fn size_of(&self, id: TypeId) -> Result<Option<u32>, KernelError> {
        let mut id = id;
        let mut count = 1u32;
        for _ in 0..DEPTH {
            let Some(record) = self.record(id)? else {
                return Ok(None);
            };
            let bytes = match record.kind {
                Kind::Int
                | Kind::Struct
                | Kind::Union
                | Kind::Enum
                | Kind::Float
                | Kind::Section => record.size_or_type,
                // BTF does not say; every machine with our attach types has 64 bits.
                Kind::Pointer => 8,
                Kind::Forward | Kind::Function | Kind::Prototype | Kind::DeclTag => {
                    return Ok(None);
                }
                Kind::Array => {
                    let array = array(&record);
                    count = self.product(count, array.len)?;
                    id = array.elem;
                    continue;
                }
                Kind::Typedef
                | Kind::Volatile
                | Kind::Const
                | Kind::Restrict
                | Kind::TypeTag
                | Kind::Variable => {
                    id = TypeId(record.size_or_type);
                    continue;
                }
            };
            return self.product(count, bytes).map(Some);
        }
        Err(self.endless(id))
    }

    /// Alignment of a type in bytes, as far as BTF tells: a struct whose members or size do not
    /// keep their alignment is packed. 1 for what has no size.
    ///
    /// # Errors
    /// When a type is malformed or nests without end.
    pub fn align_of(&self, id: TypeId) -> Result<u32, KernelError> {
        self.align(id, &mut MEMBERS.clone(), 0)
    }

    fn align(&self, id: TypeId, left: &mut usize, depth: usize) -> Result<u32, KernelError> {
        let id = self.resolve(id)?;
        let Some(record) = self.record(id)? else {
            return Ok(1);
        };
        *left = left
            .checked_sub(1 + record.len as usize)
            .filter(|_| depth < DEPTH)
            .ok_or_else(|| self.endless(id))?;
        match record.kind {
            Kind::Int | Kind::Enum | Kind::Float => Ok(record.size_or_type.clamp(1, 16)),
            Kind::Pointer => Ok(8),
            Kind::Array => self.align(array(&record).elem, left, depth + 1),
            Kind::Struct | Kind::Union => {
                let mut largest = 1;
                for words in record.elements() {
                    let member = member(self, record.flag, words)?;
                    let align = self.align(member.ty, left, depth + 1)?;
                    let kept = member.bits.is_some() || member.bit_offset % (8 * align) == 0;
                    if !kept || record.size_or_type % align != 0 {
                        return Ok(1);
                    }
                    largest = largest.max(align);
                }
                Ok(largest)
            }
            _ => Ok(1),
        }
    }

    /// Finds a member of a struct or union (or of what is a typedef of one) by name, also inside
    /// of its anonymous members; nothing where there is none or the type is of another kind.
    ///
    /// # Errors
    /// When a type is malformed or nests without end.
    pub fn find_member(&self, id: TypeId, name: &str) -> Result<Option<Located<'_>>, KernelError> {
        let mut search = Search {
            btf: self,
            name,
            left: MEMBERS,
            path: Vec::new(),
        };
        let member = search.visit(id, 0)?;
        Ok(member.map(|member| Located {
            member,
            path: search.path,
        }))
    }

    /// Finds the constant of an enum by name, in all enums. Of several the first, in the order of
    /// [`Btf::find`].
    ///
    /// # Errors
    /// When the enum is malformed.
    pub fn find_constant(&self, name: &str) -> Result<Option<EnumConstant>, KernelError> {
        let others = || match &self.base {
            Some(base) => base.find_constant(name),
            None => Ok(None),
        };
        let own = || self.find_own_constant(name);
        Ok(match self.shadows {
            true => own()?.map_or_else(others, |own| Ok(Some(own)))?,
            false => others()?.map_or_else(own, |other| Ok(Some(other)))?,
        })
    }

    /// Finds the constant of an enum by name, in our own enums.
    ///
    /// # Errors
    /// When the enum is malformed.
    pub fn find_own_constant(&self, name: &str) -> Result<Option<EnumConstant>, KernelError> {
        match self.lookup(&self.constants, name, || self.constant_places()) {
            Some(place) => self.constant_at(place),
            None => Ok(None),
        }
    }

    /// Where our own enums' constants start in the type section, in words.
    fn constant_places(&self) -> Vec<u32> {
        let mut places = Vec::new();
        for start in self.own_places(Kind::Enum) {
            let position = start as usize * 4;
            let Ok(record) = Record::read(self.types(), position) else {
                continue;
            };
            let first = position + raw::RECORD_LEN;
            let constants = (0..record.len as usize).map(|index| first + index * record.stride);
            places.extend(constants.map(|position| (position / 4) as u32));
        }
        places
    }

    /// The constant at a place of the type section.
    fn constant_at(&self, place: u32) -> Result<Option<EnumConstant>, KernelError> {
        let Some(ty) = self.id_at(place) else {
            return Ok(None);
        };
        let Some(record) = self.record(ty)? else {
            return Ok(None);
        };
        let words = self
            .types()
            .get(place as usize * 4..)
            .map_or(Words(&[]), Words);
        let value = constant(self, &record, words)?.value;
        Ok(Some(EnumConstant { ty, value }))
    }

    fn product(&self, a: u32, b: u32) -> Result<u32, KernelError> {
        a.checked_mul(b)
            .ok_or_else(|| self.malformed("a type is larger than 4 GiB"))
    }

    pub(super) fn endless(&self, id: TypeId) -> KernelError {
        self.malformed(&format!("type {} refers to itself or nests too deep", id.0))
    }
}

/// Whether a type is another one under a name, qualifier or tag.
fn is_alias(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Typedef | Kind::Const | Kind::Volatile | Kind::Restrict | Kind::TypeTag
    )
}

/// The search for a member by name.
struct Search<'a, 'n> {
    btf: &'a Btf,
    name: &'n str,
    /// How many more members may be looked at.
    left: usize,
    /// Indices on the way to where the search is.
    path: Vec<u32>,
}

impl<'a> Search<'a, '_> {
    fn visit(&mut self, id: TypeId, base: u32) -> Result<Option<Member<'a>>, KernelError> {
        let id = self.btf.resolve(id)?;
        let record = match self.btf.record(id)? {
            Some(record) if matches!(record.kind, Kind::Struct | Kind::Union) => record,
            _ => return Ok(None),
        };
        let left = self.left.checked_sub(1 + record.len as usize);
        self.left = left.ok_or_else(|| self.btf.endless(id))?;
        if self.path.len() > DEPTH {
            return Err(self.btf.endless(id));
        }
        for (index, words) in record.elements().enumerate() {
            let mut member = member(self.btf, record.flag, words)?;
            member.bit_offset = base.saturating_add(member.bit_offset);
            self.path.push(index as u32);
            if member.name == self.name {
                return Ok(Some(member));
            }
            if member.name.is_empty()
                && let Some(found) = self.visit(member.ty, member.bit_offset)?
            {
                return Ok(Some(found));
            }
            self.path.pop();
        }
        Ok(None)
    }
}
