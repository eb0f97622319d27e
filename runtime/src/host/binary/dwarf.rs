//! Debug information (DWARF): source lines and the parameters of functions.

use super::elf::Elf;
use gimli::{AttributeValue, EndianSlice, LittleEndian, UnitOffset, constants};
use sema::kernel::{UserParameter, UserSignature, ValueShape};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

type Reader<'s> = EndianSlice<'s, LittleEndian>;
type Unit<'s> = gimli::Unit<Reader<'s>>;
type Entry<'s> = gimli::DebuggingInformationEntry<Reader<'s>>;
type Sections<'a> = gimli::DwarfSections<Cow<'a, [u8]>>;

/// How far types are followed: typedefs of qualifiers of pointers and so on.
const DEPTH: u32 = 16;

/// The debug information of a file.
pub(super) struct Debug<'s> {
    dwarf: gimli::Dwarf<Reader<'s>>,
}

/// An entry and the unit that it is in.
struct Place<'s> {
    unit: Rc<Unit<'s>>,
    entry: Entry<'s>,
}

/// Reads the sections of a file.
pub(super) fn sections<'a>(elf: &Elf<'a>) -> Result<Sections<'a>, gimli::Error> {
    Sections::load(|id| Ok(elf.section(id.name())))
}

impl<'s> Debug<'s> {
    pub(super) fn new(sections: &'s Sections<'_>) -> Self {
        Self {
            dwarf: sections.borrow(|section| EndianSlice::new(section, LittleEndian)),
        }
    }

    /// Where the code of a line starts: the lowest address in each function that has some of it.
    /// `file` is the end of the source file's path.
    pub(super) fn line(&self, file: &str, line: u32) -> Result<Vec<u64>, gimli::Error> {
        let mut found = Vec::new();
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            let unit = self.dwarf.unit(header)?;
            let mut addresses = self.line_in(&unit, file, line)?;
            if !addresses.is_empty() {
                addresses.sort_unstable();
                found.extend(self.first_of_each_function(&unit, &addresses)?);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The addresses of every row of a line.
    fn line_in(&self, unit: &Unit<'s>, file: &str, line: u32) -> Result<Vec<u64>, gimli::Error> {
        let Some(program) = unit.line_program.clone() else {
            return Ok(Vec::new());
        };
        let mut addresses = Vec::new();
        let mut rows = program.rows();
        while let Some((header, row)) = rows.next_row()? {
            let is_line = row.line().is_some_and(|l| l.get() == u64::from(line));
            if is_line
                && row.is_stmt()
                && !row.end_sequence()
                && let Some(entry) = row.file(header)
                && self.is_file(unit, header, entry, file)?
            {
                addresses.push(row.address());
            }
        }
        Ok(addresses)
    }

    /// Whether the path of a file ends in what is asked for.
    fn is_file(
        &self,
        unit: &Unit<'s>,
        header: &gimli::LineProgramHeader<Reader<'s>>,
        entry: &gimli::FileEntry<Reader<'s>>,
        wanted: &str,
    ) -> Result<bool, gimli::Error> {
        let name = self.dwarf.attr_string(unit, entry.path_name())?;
        let mut path = name.to_string_lossy().into_owned();
        if let Some(directory) = entry.directory(header)
            && !path.starts_with('/')
        {
            let directory = self.dwarf.attr_string(unit, directory)?;
            path = format!("{}/{path}", directory.to_string_lossy());
        }
        let wanted = wanted.trim_start_matches("./");
        let behind = path.strip_suffix(wanted);
        Ok(behind.is_some_and(|rest| rest.is_empty() || rest.ends_with('/')))
    }

    /// Of sorted addresses the first in each function.
    fn first_of_each_function(
        &self,
        unit: &Unit<'s>,
        addresses: &[u64],
    ) -> Result<Vec<u64>, gimli::Error> {
        let mut first = Vec::new();
        let mut left = addresses.to_vec();
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag != constants::DW_TAG_subprogram {
                continue;
            }
            let mut ranges = self.dwarf.die_ranges(unit, entry)?;
            let mut own = Vec::new();
            while let Some(range) = ranges.next()? {
                let within = |at: &u64| (range.begin..range.end).contains(at);
                own.extend(left.iter().copied().filter(within));
                left.retain(|at| !within(at));
            }
            first.extend(own.into_iter().min());
        }
        first.extend(left.into_iter().min());
        Ok(first)
    }

    /// Parameters and result of the function that starts at an address.
    pub(super) fn signature(&self, address: u64) -> Result<Option<UserSignature>, gimli::Error> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            let unit = Rc::new(self.dwarf.unit(header)?);
            if !self.covers(&unit, address)? {
                continue;
            }
            let mut entries = unit.entries();
            while let Some(entry) = entries.next_dfs()? {
                if entry.tag == constants::DW_TAG_subprogram
                    && self.start_of(&unit, entry)? == Some(address)
                {
                    let place = Place {
                        unit: Rc::clone(&unit),
                        entry: entry.clone(),
                    };
                    return self.signature_of(&place).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The same for many functions, by their addresses: everything is read once.
    pub(super) fn signatures(
        &self,
        addresses: &HashSet<u64>,
    ) -> Result<HashMap<u64, UserSignature>, gimli::Error> {
        let mut found = HashMap::new();
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            let unit = Rc::new(self.dwarf.unit(header)?);
            let mut entries = unit.entries();
            while let Some(entry) = entries.next_dfs()? {
                if entry.tag != constants::DW_TAG_subprogram {
                    continue;
                }
                let start = self.start_of(&unit, entry)?;
                let Some(start) = start.filter(|start| addresses.contains(start)) else {
                    continue;
                };
                let place = Place {
                    unit: Rc::clone(&unit),
                    entry: entry.clone(),
                };
                let signature = self.signature_of(&place)?;
                found.entry(start).or_insert(signature);
            }
        }
        Ok(found)
    }

    /// Whether a unit has code at an address; so it is taken where it does not say.
    fn covers(&self, unit: &Unit<'s>, address: u64) -> Result<bool, gimli::Error> {
        let mut ranges = self.dwarf.unit_ranges(unit)?;
        let mut any = false;
        while let Some(range) = ranges.next()? {
            any = true;
            if (range.begin..range.end).contains(&address) {
                return Ok(true);
            }
        }
        Ok(!any)
    }

    /// Where the code of a function starts, if it has any.
    fn start_of(&self, unit: &Unit<'s>, entry: &Entry<'s>) -> Result<Option<u64>, gimli::Error> {
        if let Some(low) = entry.attr_value(constants::DW_AT_low_pc) {
            return self.dwarf.attr_address(unit, low);
        }
        let mut ranges = self.dwarf.die_ranges(unit, entry)?;
        Ok(ranges.next()?.map(|range| range.begin))
    }

    fn signature_of(&self, function: &Place<'s>) -> Result<UserSignature, gimli::Error> {
        // A copy of a function refers to what all copies have in common, and that to its
        // declaration.
        let mut parameters = self.parameters(function)?;
        let mut result = self.follow(function, constants::DW_AT_type)?;
        let mut next = self.origin(function)?;
        for _ in 0..DEPTH {
            let Some(place) = next else { break };
            if parameters.is_empty() {
                parameters = self.parameters(&place)?;
            }
            if result.is_none() {
                result = self.follow(&place, constants::DW_AT_type)?;
            }
            next = self.origin(&place)?;
        }
        let result = result.map(|ty| {
            Ok::<_, gimli::Error>(UserParameter {
                name: "retval".to_owned(),
                declaration: self.type_name(Some(&ty), DEPTH)?,
                shape: self.shape(Some(&ty), DEPTH)?,
            })
        });
        Ok(UserSignature {
            parameters,
            result: result.transpose()?,
        })
    }

    fn parameters(&self, function: &Place<'s>) -> Result<Vec<UserParameter>, gimli::Error> {
        let mut parameters = Vec::new();
        let mut tree = function.unit.entries_tree(Some(function.entry.offset))?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let entry = child.entry();
            if entry.tag != constants::DW_TAG_formal_parameter {
                continue;
            }
            let place = Place {
                unit: Rc::clone(&function.unit),
                entry: entry.clone(),
            };
            let origin = self.origin(&place)?;
            let name = match self.name(&place)? {
                Some(name) => Some(name),
                None => origin.as_ref().map(|o| self.name(o)).transpose()?.flatten(),
            };
            let own = self.follow(&place, constants::DW_AT_type)?;
            let ty = match (own, &origin) {
                (None, Some(origin)) => self.follow(origin, constants::DW_AT_type)?,
                (own, _) => own,
            };
            parameters.push(UserParameter {
                name: name.unwrap_or_else(|| format!("arg{}", parameters.len())),
                declaration: self.type_name(ty.as_ref(), DEPTH)?,
                shape: self.shape(ty.as_ref(), DEPTH)?,
            });
        }
        Ok(parameters)
    }

    fn origin(&self, place: &Place<'s>) -> Result<Option<Place<'s>>, gimli::Error> {
        match self.follow(place, constants::DW_AT_abstract_origin)? {
            Some(origin) => Ok(Some(origin)),
            None => self.follow(place, constants::DW_AT_specification),
        }
    }

    /// The entry that an attribute refers to.
    fn follow(
        &self,
        place: &Place<'s>,
        attribute: constants::DwAt,
    ) -> Result<Option<Place<'s>>, gimli::Error> {
        let (unit, offset) = match place.entry.attr_value(attribute) {
            Some(AttributeValue::UnitRef(offset)) => (Rc::clone(&place.unit), offset),
            Some(AttributeValue::DebugInfoRef(offset)) => match self.unit_of(offset)? {
                Some(found) => found,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let entry = unit.entry(offset)?;
        Ok(Some(Place { unit, entry }))
    }

    /// The unit that an offset into all of the debug information lies in.
    fn unit_of(
        &self,
        offset: gimli::DebugInfoOffset,
    ) -> Result<Option<(Rc<Unit<'s>>, UnitOffset)>, gimli::Error> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            if let Some(inside) = offset.to_unit_offset(&header) {
                return Ok(Some((Rc::new(self.dwarf.unit(header)?), inside)));
            }
        }
        Ok(None)
    }

    fn name(&self, place: &Place<'s>) -> Result<Option<String>, gimli::Error> {
        let Some(name) = place.entry.attr_value(constants::DW_AT_name) else {
            return Ok(None);
        };
        let name = self.dwarf.attr_string(&place.unit, name)?;
        Ok(Some(name.to_string_lossy().into_owned()))
    }

    /// A type as C writes it.
    fn type_name(&self, ty: Option<&Place<'s>>, depth: u32) -> Result<String, gimli::Error> {
        let Some(ty) = ty.filter(|_| depth > 0) else {
            return Ok("void".to_owned());
        };
        let inner = || -> Result<String, gimli::Error> {
            let to = self.follow(ty, constants::DW_AT_type)?;
            self.type_name(to.as_ref(), depth - 1)
        };
        let name = || Ok::<_, gimli::Error>(self.name(ty)?.unwrap_or_default());
        Ok(match ty.entry.tag {
            constants::DW_TAG_pointer_type => pointer_to(&inner()?, "*"),
            constants::DW_TAG_reference_type => pointer_to(&inner()?, "&"),
            constants::DW_TAG_rvalue_reference_type => pointer_to(&inner()?, "&&"),
            constants::DW_TAG_const_type => format!("const {}", inner()?),
            constants::DW_TAG_volatile_type => format!("volatile {}", inner()?),
            constants::DW_TAG_restrict_type => inner()?,
            constants::DW_TAG_array_type => format!("{}[]", inner()?),
            constants::DW_TAG_structure_type => format!("struct {}", name()?),
            constants::DW_TAG_union_type => format!("union {}", name()?),
            constants::DW_TAG_enumeration_type => format!("enum {}", name()?),
            constants::DW_TAG_subroutine_type => "void ()".to_owned(),
            _ => name()?,
        })
    }

    /// What a program can know of a value of a type.
    fn shape(&self, ty: Option<&Place<'s>>, depth: u32) -> Result<ValueShape, gimli::Error> {
        let Some(ty) = ty.filter(|_| depth > 0) else {
            return Ok(ValueShape::Other);
        };
        let to = || self.follow(ty, constants::DW_AT_type);
        Ok(match ty.entry.tag {
            constants::DW_TAG_pointer_type
            | constants::DW_TAG_reference_type
            | constants::DW_TAG_rvalue_reference_type => {
                let to = match to()? {
                    Some(to) => Some(self.shape(Some(&to), depth - 1)?),
                    None => None,
                };
                ValueShape::Pointer(to.filter(|s| *s != ValueShape::Other).map(Box::new))
            }
            constants::DW_TAG_base_type => base_type(&ty.entry),
            constants::DW_TAG_enumeration_type => self.enumeration(ty)?,
            constants::DW_TAG_structure_type | constants::DW_TAG_class_type => {
                ValueShape::Composite(format!("struct {}", self.name(ty)?.unwrap_or_default()))
            }
            constants::DW_TAG_union_type => {
                ValueShape::Composite(format!("union {}", self.name(ty)?.unwrap_or_default()))
            }
            constants::DW_TAG_typedef
            | constants::DW_TAG_const_type
            | constants::DW_TAG_volatile_type
            | constants::DW_TAG_restrict_type
            | constants::DW_TAG_atomic_type => self.shape(to()?.as_ref(), depth - 1)?,
            _ => ValueShape::Other,
        })
    }

    fn enumeration(&self, ty: &Place<'s>) -> Result<ValueShape, gimli::Error> {
        let mut names = Vec::new();
        let mut tree = ty.unit.entries_tree(Some(ty.entry.offset))?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let entry = child.entry();
            let value = entry.attr_value(constants::DW_AT_const_value);
            let value = value.and_then(|value| {
                value
                    .sdata_value()
                    .or_else(|| value.udata_value().map(u64::cast_signed))
            });
            let place = Place {
                unit: Rc::clone(&ty.unit),
                entry: entry.clone(),
            };
            if let (Some(value), Some(name)) = (value, self.name(&place)?) {
                names.push((value, name));
            }
        }
        Ok(ValueShape::Enum {
            name: self.name(ty)?.unwrap_or_default(),
            bytes: byte_size(&ty.entry).unwrap_or(4),
            names,
        })
    }
}

fn pointer_to(to: &str, sign: &str) -> String {
    let gap = if to.ends_with(['*', '&']) { "" } else { " " };
    format!("{to}{gap}{sign}")
}

fn base_type(entry: &Entry<'_>) -> ValueShape {
    let encoding = match entry.attr_value(constants::DW_AT_encoding) {
        Some(AttributeValue::Encoding(encoding)) => encoding,
        _ => return ValueShape::Other,
    };
    let signed = match encoding {
        constants::DW_ATE_boolean => return ValueShape::Bool,
        constants::DW_ATE_signed | constants::DW_ATE_signed_char => true,
        constants::DW_ATE_unsigned
        | constants::DW_ATE_unsigned_char
        | constants::DW_ATE_UTF
        | constants::DW_ATE_address => false,
        _ => return ValueShape::Other,
    };
    match byte_size(entry) {
        Some(bytes @ (1 | 2 | 4 | 8)) => ValueShape::Int { bytes, signed },
        _ => ValueShape::Other,
    }
}

fn byte_size(entry: &Entry<'_>) -> Option<u8> {
    let size = entry.attr_value(constants::DW_AT_byte_size)?;
    u8::try_from(size.udata_value()?).ok()
}
