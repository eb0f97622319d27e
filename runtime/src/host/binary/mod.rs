//! Executables and libraries: their symbols, static probes, instructions and debug information.
//!
//! Of a file only what is asked for is read, and never all of it: debug information can be larger
//! than memory. Nothing in a file is trusted.

mod cache;
mod dwarf;
mod elf;
mod find;

pub(crate) use elf::{ElfFile, Segments, open};
pub(super) use find::Finder;

use sema::arch::Arch;
use sema::kernel::usdt::UsdtProbe;
use sema::kernel::{Binary, Boundary, KernelError, UserFunction, UserSignature};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// An executable or library of this machine.
#[derive(Debug)]
pub(super) struct HostBinary {
    path: String,
    /// Where debug symbols are looked for first.
    debug_directory: Option<PathBuf>,
    segments: OnceCell<Result<Segments, KernelError>>,
    functions: OnceCell<Result<Vec<UserFunction>, KernelError>>,
    usdt: OnceCell<Result<Vec<UsdtProbe>, KernelError>>,
}

impl HostBinary {
    fn new(path: String, debug_directory: Option<PathBuf>) -> Self {
        Self {
            path,
            debug_directory,
            segments: OnceCell::new(),
            functions: OnceCell::new(),
            usdt: OnceCell::new(),
        }
    }

    fn segments(&self) -> Result<&Segments, KernelError> {
        let segments = self
            .segments
            .get_or_init(|| open(Path::new(&self.path))?.with(|elf| Ok(elf.segments())));
        segments.as_ref().map_err(Clone::clone)
    }

    fn read_functions(&self) -> Result<Vec<UserFunction>, KernelError> {
        let file = open(Path::new(&self.path))?;
        let segments = self.segments()?;
        let mut functions = file.with(|elf| Ok(elf.functions(segments)))?;
        // The symbols of a stripped file are kept beside it.
        if let Some(debug) = self.debug_file(&file)
            && let Ok(more) = open(&debug).and_then(|f| f.with(|elf| Ok(elf.functions(segments))))
        {
            functions.extend(more);
        }
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions.dedup_by(|a, b| a.name == b.name);
        Ok(functions)
    }

    /// The file with the debug symbols of this one, where it has none itself.
    fn debug_file(&self, file: &ElfFile) -> Option<PathBuf> {
        debug_file(&self.path, file, self.debug_directory.as_deref())
    }

    /// Asks debug information: the file's own, or else that which is kept beside it.
    fn ask_debug<T>(
        &self,
        ask: impl Fn(&dwarf::Debug<'_>) -> Result<T, gimli::Error>,
    ) -> Result<Option<T>, KernelError> {
        let file = open(Path::new(&self.path))?;
        let own = file.with(|elf| Ok(elf.has_section(".debug_info")))?;
        let file = match own {
            true => file,
            false => match self.debug_file(&file) {
                Some(debug) => open(&debug)?,
                None => return Ok(None),
            },
        };
        file.with(|elf| {
            if !elf.has_section(".debug_info") {
                return Ok(None);
            }
            let answer =
                dwarf::sections(elf).and_then(|sections| ask(&dwarf::Debug::new(&sections)));
            answer.map(Some).map_err(|error| KernelError::Damaged {
                what: format!("the debug information of `{}`", self.path),
                reason: error.to_string(),
            })
        })
    }
}

impl Binary for HostBinary {
    fn path(&self) -> &str {
        &self.path
    }

    fn functions(&self) -> Result<&[UserFunction], KernelError> {
        let functions = self.functions.get_or_init(|| self.read_functions());
        functions.as_deref().map_err(Clone::clone)
    }

    fn file_offset(&self, address: u64) -> Result<Option<u64>, KernelError> {
        Ok(self.segments()?.code_offset(address))
    }

    fn boundary(&self, function: &UserFunction, offset: u64) -> Result<Boundary, KernelError> {
        if Arch::native() == Arch::Arm64 {
            return Ok(match offset % 4 {
                0 => Boundary::Starts,
                rest => Boundary::Inside(offset - rest, offset - rest + 4),
            });
        }
        /// Bytes of the longest instruction of x86-64.
        const LONGEST: u64 = 15;
        let file = open(Path::new(&self.path))?;
        let code = file.bytes(function.offset, offset + LONGEST);
        Ok(code.map_or(Boundary::Unknown, |code| boundary(&code, offset)))
    }

    fn symbol(&self, name: &str) -> Result<Option<(u64, u64)>, KernelError> {
        let file = open(Path::new(&self.path))?;
        let own = file.with(|elf| Ok(elf.symbol(name)))?;
        if own.is_some() {
            return Ok(own);
        }
        match self.debug_file(&file) {
            Some(debug) => open(&debug)?.with(|elf| Ok(elf.symbol(name))),
            None => Ok(None),
        }
    }

    fn addresses(&self, name: &str) -> Result<Vec<u64>, KernelError> {
        let file = open(Path::new(&self.path))?;
        let mut addresses = file.with(|elf| Ok(elf.addresses(name)))?;
        // The names of a stripped file are kept beside it.
        if let Some(debug) = self.debug_file(&file) {
            addresses.extend(open(&debug)?.with(|elf| Ok(elf.addresses(name)))?);
        }
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    fn usdt(&self) -> Result<&[UsdtProbe], KernelError> {
        let usdt = self.usdt.get_or_init(|| {
            let segments = self.segments()?;
            open(Path::new(&self.path))?.with(|elf| elf.usdt(&self.path, segments))
        });
        usdt.as_deref().map_err(Clone::clone)
    }

    fn line(&self, file: &str, line: u32) -> Result<Option<Vec<u64>>, KernelError> {
        self.ask_debug(|debug| debug.line(file, line))
    }

    fn signature(&self, address: u64) -> Result<Option<UserSignature>, KernelError> {
        let found = self.ask_debug(|debug| debug.signature(address))?;
        Ok(found.flatten())
    }

    fn signatures(&self, addresses: &[u64]) -> Result<Vec<Option<UserSignature>>, KernelError> {
        let wanted = addresses.iter().copied().collect();
        let found = self.ask_debug(|debug| debug.signatures(&wanted))?;
        let found = found.unwrap_or_default();
        Ok(addresses.iter().map(|at| found.get(at).cloned()).collect())
    }
}

/// The file with the debug symbols of another, which is open, where it has none itself.
pub(super) fn debug_file(path: &str, file: &ElfFile, directory: Option<&Path>) -> Option<PathBuf> {
    let (has_symbols, has_debug, build_id, link) = file
        .with(|elf| {
            Ok((
                elf.has_section(".symtab"),
                elf.has_section(".debug_info"),
                elf.build_id(),
                elf.debug_link(),
            ))
        })
        .ok()?;
    if has_symbols && has_debug {
        return None;
    }
    find::debug_file(path, directory, build_id.as_deref(), link.as_deref())
}

/// Whether an instruction starts at an offset of code, which starts with one.
fn boundary(code: &[u8], offset: u64) -> Boundary {
    let mut decoder = iced_x86::Decoder::new(64, code, iced_x86::DecoderOptions::NONE);
    let mut before = 0;
    while decoder.can_decode() {
        let at = decoder.position() as u64;
        if at == offset {
            return Boundary::Starts;
        }
        if at > offset {
            return Boundary::Inside(before, at);
        }
        before = at;
        if decoder.decode().is_invalid() {
            return Boundary::Unknown;
        }
    }
    Boundary::Unknown
}

#[cfg(test)]
mod tests {
    use super::{Boundary, boundary};

    #[test]
    fn instructions_start_where_they_do() {
        // push rbp; mov rbp, rsp; mov eax, 1; ret
        let code = [0x55, 0x48, 0x89, 0xe5, 0xb8, 1, 0, 0, 0, 0xc3];
        assert_eq!(boundary(&code, 0), Boundary::Starts);
        assert_eq!(boundary(&code, 1), Boundary::Starts);
        assert_eq!(boundary(&code, 2), Boundary::Inside(1, 4));
        assert_eq!(boundary(&code, 4), Boundary::Starts);
        assert_eq!(boundary(&code, 6), Boundary::Inside(4, 9));
        assert_eq!(boundary(&[0x06], 3), Boundary::Unknown);
    }
}
