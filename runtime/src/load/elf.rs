//! The ELF file of an object: parsed and relocated by aya-obj, taken apart into plain bytes.

use crate::Error;
use aya_obj::generated::bpf_insn;
use std::collections::HashSet;
use std::os::fd::{AsRawFd, BorrowedFd};

/// A parsed ELF file.
pub(crate) struct Elf {
    object: aya_obj::Object,
}

/// A section of constants, which becomes an array map of one element.
pub(crate) struct Constants {
    /// Name of the section.
    pub(crate) section: String,
    /// Its bytes.
    pub(crate) data: Vec<u8>,
    /// Whether programs may not write it.
    pub(crate) read_only: bool,
}

/// The code of one program with the functions it calls, and what it says of itself.
pub(crate) struct Code {
    /// Instructions, `struct bpf_insn`.
    pub(crate) instructions: Vec<u8>,
    /// Records of function information.
    pub(crate) functions: Vec<u8>,
    /// Records of line information.
    pub(crate) lines: Vec<u8>,
    /// The same, for our own use.
    pub(crate) line_table: Vec<Line>,
}

/// Where an instruction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Index of the first instruction that comes from here.
    pub(crate) instruction: u32,
    /// Offset of the file's name in the BTF strings.
    pub(crate) file: u32,
    /// Line, from 1; 0 where unknown.
    pub(crate) line: u32,
    /// Column, from 1; 0 where unknown.
    pub(crate) column: u32,
}

impl Elf {
    /// Parses the file.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let object = aya_obj::Object::parse(bytes).map_err(malformed)?;
        Ok(Self { object })
    }

    /// The sections of constants.
    pub(crate) fn constants(&self) -> Vec<Constants> {
        let section = |(name, map): (&String, &aya_obj::Map)| {
            (!map.data().is_empty()).then(|| Constants {
                section: name.clone(),
                data: map.data().to_vec(),
                read_only: map.section_kind() == aya_obj::EbpfSectionKind::Rodata,
            })
        };
        self.object.maps.iter().filter_map(section).collect()
    }

    /// Puts the descriptors of maps, found by their symbol, and the called functions in place.
    pub(crate) fn relocate<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<BorrowedFd<'a>>,
    ) -> Result<(), Error> {
        let maps = std::mem::take(&mut self.object.maps);
        let mut found = Vec::with_capacity(maps.len());
        for (symbol, map) in &maps {
            let fd = find(symbol).ok_or_else(|| Error::Object {
                reason: format!("map `{symbol}` is not in the manifest"),
            })?;
            found.push((symbol.as_str(), fd.as_raw_fd(), map));
        }
        let text = self.text_sections();
        self.object
            .relocate_maps(found.into_iter(), &text)
            .map_err(malformed)?;
        self.object.relocate_calls(&text).map_err(malformed)
    }

    /// The code of a program.
    pub(crate) fn code(&self, symbol: &str) -> Result<Code, Error> {
        let function = self
            .object
            .programs
            .get(symbol)
            .and_then(|program| self.object.functions.get(&program.function_key()))
            .ok_or_else(|| Error::Object {
                reason: format!("program `{symbol}` is not in the ELF file"),
            })?;
        let lines = &function.line_info.line_info;
        Ok(Code {
            instructions: function.instructions.iter().flat_map(encode).collect(),
            functions: function.func_info.func_info_bytes(),
            lines: function.line_info.line_info_bytes(),
            line_table: lines
                .iter()
                .map(|l| Line {
                    instruction: l.insn_off,
                    file: l.file_name_off,
                    // `BPF_LINE_INFO_LINE_NUM` and `BPF_LINE_INFO_LINE_COL` of `linux/bpf.h`.
                    line: l.line_col >> 10,
                    column: l.line_col & 0x3ff,
                })
                .collect(),
        })
    }

    /// Type information, in the form that the kernel loads.
    pub(crate) fn btf(&self) -> Option<Vec<u8>> {
        self.object.btf.as_ref().map(aya_obj::btf::Btf::to_bytes)
    }

    /// Sections of functions that programs call, as opposed to those of programs.
    fn text_sections(&self) -> HashSet<usize> {
        let programs = self.object.programs.values().map(|p| p.section_index);
        let programs: HashSet<usize> = programs.collect();
        let sections = self.object.functions.keys().map(|&(section, _)| section);
        sections.filter(|s| !programs.contains(s)).collect()
    }
}

/// A string of the BTF's string table.
pub(crate) fn btf_string(btf: &[u8], offset: u32) -> Option<&str> {
    // `struct btf_header`: the header's length at 4, the strings' offset behind it at 16.
    let word = |at: usize| -> Option<usize> {
        let bytes = btf.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_ne_bytes(bytes)).ok()
    };
    let start = word(4)?
        .checked_add(word(16)?)?
        .checked_add(offset as usize)?;
    let rest = btf.get(start..)?;
    let end = rest.iter().position(|&b| b == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn encode(instruction: &bpf_insn) -> [u8; 8] {
    let [off0, off1] = instruction.off.to_ne_bytes();
    let [imm0, imm1, imm2, imm3] = instruction.imm.to_ne_bytes();
    // Two bit-fields of four bits, which each architecture orders by its endianness.
    let registers = if cfg!(target_endian = "little") {
        instruction.src_reg() << 4 | instruction.dst_reg()
    } else {
        instruction.dst_reg() << 4 | instruction.src_reg()
    };
    [
        instruction.code,
        registers,
        off0,
        off1,
        imm0,
        imm1,
        imm2,
        imm3,
    ]
}

fn malformed(error: impl std::error::Error) -> Error {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    Error::Object { reason }
}
