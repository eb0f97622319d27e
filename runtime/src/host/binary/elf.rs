//! ELF files, read piece by piece.

use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, ReadRef, SymbolKind};
use sema::arch::Arch;
use sema::kernel::usdt::{self, UsdtPlace, UsdtProbe};
use sema::kernel::{KernelError, UserFunction};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;

/// An open file whose pieces are read when they are looked at.
pub(crate) struct ElfFile {
    path: String,
    cache: ReadCache<File>,
}

/// A parsed file.
pub(crate) struct Elf<'a> {
    file: object::read::elf::ElfFile64<'a, Endianness, &'a ReadCache<File>>,
    cache: &'a ReadCache<File>,
}

/// A part of a file that is mapped into memory.
#[derive(Clone, Copy, Debug)]
struct Segment {
    address: u64,
    offset: u64,
    file_size: u64,
    is_code: bool,
}

/// The parts of a file that are mapped into memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segments(Vec<Segment>);

impl Segments {
    /// The file offset of an address of code.
    pub(crate) fn code_offset(&self, address: u64) -> Option<u64> {
        self.offset_in(address, true)
    }

    /// The file offset of an address.
    pub(crate) fn offset(&self, address: u64) -> Option<u64> {
        self.offset_in(address, false)
    }

    fn offset_in(&self, address: u64, code: bool) -> Option<u64> {
        let holds = |s: &&Segment| {
            (s.is_code || !code) && address >= s.address && address - s.address < s.file_size
        };
        let segment = self.0.iter().find(holds)?;
        Some(address - segment.address + segment.offset)
    }

    /// The address behind all of them.
    pub(crate) fn end(&self) -> u64 {
        let ends = self.0.iter().map(|s| s.address.saturating_add(s.file_size));
        ends.max().unwrap_or(0)
    }

    /// The address that a file offset of code is mapped to.
    pub(crate) fn address(&self, offset: u64) -> Option<u64> {
        let holds =
            |s: &&Segment| s.is_code && offset >= s.offset && offset - s.offset < s.file_size;
        let segment = self.0.iter().find(holds)?;
        Some(offset - segment.offset + segment.address)
    }
}

/// Opens an executable or library.
pub(crate) fn open(path: &Path) -> Result<ElfFile, KernelError> {
    let shown = path.display().to_string();
    match File::open(path) {
        Ok(file) => Ok(ElfFile {
            path: shown,
            cache: ReadCache::new(file),
        }),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(KernelError::Denied { what: shown })
        }
        Err(error) => Err(KernelError::Malformed {
            what: shown,
            reason: error.to_string(),
        }),
    }
}

impl ElfFile {
    /// Looks at the parsed file.
    pub(crate) fn with<T>(
        &self,
        look: impl FnOnce(&Elf<'_>) -> Result<T, KernelError>,
    ) -> Result<T, KernelError> {
        let not_executable = |reason: &str| KernelError::NotExecutable {
            path: self.path.clone(),
            reason: reason.to_owned(),
        };
        let kind = object::FileKind::parse(&self.cache);
        if matches!(kind, Ok(object::FileKind::Elf32)) {
            return Err(not_executable("a 32-bit file, which strobe does not trace"));
        }
        let file = object::read::elf::ElfFile64::parse(&self.cache);
        let file = file.map_err(|_| not_executable("no executable or library (ELF)"))?;
        look(&Elf {
            file,
            cache: &self.cache,
        })
    }

    /// Bytes of the file; fewer than asked for at its end.
    pub(crate) fn bytes(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        let size = (&self.cache).len().ok()?;
        let length = length.min(size.checked_sub(offset)?);
        let bytes = (&self.cache).read_bytes_at(offset, length).ok()?;
        Some(bytes.to_vec())
    }
}

impl<'a> Elf<'a> {
    /// The parts that are mapped into memory.
    pub(crate) fn segments(&self) -> Segments {
        let endian = self.file.endian();
        let header: &FileHeader64<Endianness> = self.file.elf_header();
        let headers = header
            .program_headers(endian, self.cache)
            .unwrap_or_default();
        let is_loaded = |h: &&ProgramHeader64<Endianness>| h.p_type(endian) == elf::PT_LOAD;
        let segment = |h: &ProgramHeader64<Endianness>| Segment {
            address: h.p_vaddr(endian),
            offset: h.p_offset(endian),
            file_size: h.p_filesz(endian),
            is_code: h.p_flags(endian) & elf::PF_X != 0,
        };
        Segments(headers.iter().filter(is_loaded).map(segment).collect())
    }

    /// Whether it has a section with contents.
    pub(crate) fn has_section(&self, name: &str) -> bool {
        let section = self.file.section_by_name(name);
        section.is_some_and(|section| section.file_range().is_some())
    }

    /// Where a section is in memory; nothing where there is none.
    pub(crate) fn section_range(&self, name: &str) -> Option<Range<u64>> {
        let section = self.file.section_by_name(name)?;
        let start = section.address();
        Some(start..start.checked_add(section.size())?)
    }

    /// The contents of a section, unpacked; empty where there is none.
    pub(crate) fn section(&self, name: &str) -> Cow<'a, [u8]> {
        let section = self.file.section_by_name(name);
        let data = section.and_then(|section| section.uncompressed_data().ok());
        data.unwrap_or_default()
    }

    /// The build id.
    pub(crate) fn build_id(&self) -> Option<Vec<u8>> {
        let id = self.file.build_id().ok()??;
        Some(id.to_vec())
    }

    /// The name of the file with the debug symbols.
    pub(crate) fn debug_link(&self) -> Option<String> {
        let (name, _) = self.file.gnu_debuglink().ok()??;
        String::from_utf8(name.to_vec()).ok()
    }

    /// The functions that the symbol tables have, each with its place.
    pub(crate) fn functions(&self, segments: &Segments) -> Vec<UserFunction> {
        let hidden = self.hidden_versions();
        let dynamic = self.file.dynamic_symbols().filter(|symbol| {
            let version = hidden.get(symbol.index().0);
            !version.is_some_and(|is_hidden| *is_hidden)
        });
        let all = self.file.symbols().chain(dynamic);
        let functions = all.filter(|s| s.kind() == SymbolKind::Text && s.is_definition());
        let placed = functions.filter_map(|symbol| {
            let address = symbol.address();
            Some(UserFunction {
                name: symbol
                    .name()
                    .ok()
                    .filter(|name| !name.is_empty())?
                    .to_owned(),
                address,
                offset: segments.code_offset(address)?,
                size: symbol.size(),
            })
        });
        placed.collect()
    }

    /// Of each dynamic symbol, whether another version of it is the one that is linked against.
    fn hidden_versions(&self) -> Vec<bool> {
        /// `VERSYM_HIDDEN` of `elf.h`.
        const HIDDEN: u16 = 0x8000;
        let versions = self.section(".gnu.version");
        let versions = versions.chunks_exact(2);
        versions
            .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]) & HIDDEN != 0)
            .collect()
    }

    /// The address and size of a variable or function.
    pub(crate) fn symbol(&self, name: &str) -> Option<(u64, u64)> {
        let all = self.file.symbols().chain(self.file.dynamic_symbols());
        let mut named = all.filter(|s| s.is_definition() && s.name() == Ok(name));
        named.next().map(|symbol| (symbol.address(), symbol.size()))
    }

    /// Every address of a variable or function of a name, sorted. The definitions of a thread's
    /// own variables are no addresses.
    pub(crate) fn addresses(&self, name: &str) -> Vec<u64> {
        let all = self.file.symbols().chain(self.file.dynamic_symbols());
        let named = all.filter(|s| s.is_definition() && s.name() == Ok(name));
        let mut addresses: Vec<u64> = named.map(|symbol| symbol.address()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Its static probes, sorted by namespace and name.
    pub(crate) fn usdt(
        &self,
        path: &str,
        segments: &Segments,
    ) -> Result<Vec<UsdtProbe>, KernelError> {
        let notes = self.section(".note.stapsdt");
        let notes = usdt::notes(&notes).map_err(|reason| KernelError::Damaged {
            what: format!("the notes of static probes in `{path}`"),
            reason: reason.to_owned(),
        })?;
        let base = self.file.section_by_name(".stapsdt.base");
        let base = base.map(|section| section.address());
        let mut probes: HashMap<(&str, &str), Vec<UsdtPlace>> = HashMap::new();
        for note in &notes {
            // What `prelink` moved is told by a section that it moved along.
            let moved = base
                .filter(|_| note.base != 0)
                .map_or(0, |base| base.wrapping_sub(note.base));
            let address = note.location.wrapping_add(moved);
            let Some(offset) = segments.code_offset(address) else {
                continue;
            };
            let semaphore = match note.semaphore {
                0 => 0,
                address => segments.offset(address.wrapping_add(moved)).unwrap_or(0),
            };
            let places = probes.entry((&note.provider, &note.name)).or_default();
            places.push(UsdtPlace {
                offset,
                address,
                semaphore,
                args: usdt::arguments(&note.args, Arch::native()),
            });
        }
        let mut probes: Vec<UsdtProbe> = probes
            .into_iter()
            .map(|((provider, name), places)| UsdtProbe {
                provider: provider.to_owned(),
                name: name.to_owned(),
                places,
            })
            .collect();
        probes.sort_by(|a, b| (&a.provider, &a.name).cmp(&(&b.provider, &b.name)));
        Ok(probes)
    }
}
