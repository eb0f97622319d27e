//! Stacks of processes that keep no frame pointers, unwound by the tables that their files have for
//! exceptions (`.eh_frame`): which registers a function has saved where, by instruction.
//!
//! A probe sends the registers and a copy of the stack, so that the process may go on, or end. Of
//! its files only the tables are read, once each. What has no tables, such as code that was made at
//! run time, is left by its frame pointer.

use super::binary;
use crate::symbol::UserThread;
use framehop::{
    CacheNative, ExplicitModuleSectionInfo, FrameAddress, MayAllocateDuringUnwind,
    UnwindRegsNative, Unwinder as _, UnwinderNative,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files at places in memory whose tables are ready for use.
const MOST_MODULES: usize = 1024;
/// Bytes of tables that are kept.
const MOST_BYTES: usize = 256 << 20;

/// A file in the memory of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Module {
    /// The path by which it is read.
    pub(super) file: PathBuf,
    /// What must be added to an address of the file for one of the process.
    pub(super) start: u64,
    /// The address of the file behind all of it.
    pub(super) size: u64,
}

type Bytes = Arc<[u8]>;
type One = UnwinderNative<Bytes, MayAllocateDuringUnwind>;

/// Unwinds stacks, with what it has read.
#[derive(Default)]
pub(super) struct Unwinder {
    tables: HashMap<PathBuf, Tables>,
    /// Bytes of all tables.
    bytes: usize,
    /// An unwinder for each file and place, whichever process it is in.
    modules: HashMap<Module, One>,
    /// For what is in no file.
    none: One,
    cache: CacheNative<MayAllocateDuringUnwind>,
}

/// The tables of a file and where they are in it.
#[derive(Clone, Default)]
struct Tables(ExplicitModuleSectionInfo<Bytes>);

impl Unwinder {
    /// The frames of a thread, innermost first; `find` tells which file an address is in.
    pub(super) fn unwind(
        &mut self,
        thread: &UserThread<'_>,
        find: impl Fn(u64) -> Option<Module>,
    ) -> Vec<u64> {
        let mut frames = Vec::new();
        let mut registers = registers(thread);
        let mut address = FrameAddress::from_instruction_pointer(thread.instruction);
        let mut read = |at: u64| word(thread, at).ok_or(());
        while frames.len() < thread.depth && address.address() != 0 {
            frames.push(address.address());
            // Where a call returns to may be behind the end of the function that made it.
            let back = u64::from(address.is_return_address());
            let module = find(address.address().saturating_sub(back));
            self.prepare(module.as_ref());
            let known = module.and_then(|module| self.modules.get(&module));
            let unwinder = known.unwrap_or(&self.none);
            let next = unwinder.unwind_frame(address, &mut registers, &mut self.cache, &mut read);
            match next
                .ok()
                .flatten()
                .and_then(FrameAddress::from_return_address)
            {
                Some(next) => address = next,
                None => break,
            }
        }
        frames
    }

    /// Makes a file's tables ready.
    fn prepare(&mut self, module: Option<&Module>) {
        let Some(module) = module else { return };
        if self.modules.contains_key(module) {
            return;
        }
        if self.modules.len() >= MOST_MODULES {
            self.modules.clear();
        }
        let tables = self.tables_of(&module.file);
        let range = module.start..module.start.saturating_add(module.size);
        let mut one = One::new();
        one.add_module(framehop::Module::new(
            module.file.to_string_lossy().into_owned(),
            range,
            module.start,
            tables.0,
        ));
        self.modules.insert(module.clone(), one);
    }

    fn tables_of(&mut self, file: &Path) -> Tables {
        if let Some(known) = self.tables.get(file) {
            return known.clone();
        }
        let tables = Tables::read(file).unwrap_or_default();
        if self.bytes >= MOST_BYTES {
            self.tables.clear();
            self.modules.clear();
            self.bytes = 0;
        }
        self.bytes += tables.0.eh_frame.as_ref().map_or(0, |bytes| bytes.len());
        self.tables.insert(file.to_owned(), tables.clone());
        tables
    }
}

impl Tables {
    fn read(file: &Path) -> Option<Self> {
        let file = binary::open(file).ok()?;
        let tables = file.with(|elf| {
            let data = |name| {
                let section = elf.section(name);
                (!section.is_empty()).then(|| Bytes::from(&*section))
            };
            Ok(ExplicitModuleSectionInfo {
                text_svma: elf.section_range(".text"),
                got_svma: elf.section_range(".got"),
                eh_frame_svma: elf.section_range(".eh_frame"),
                eh_frame: data(".eh_frame"),
                eh_frame_hdr_svma: elf.section_range(".eh_frame_hdr"),
                eh_frame_hdr: data(".eh_frame_hdr"),
                ..ExplicitModuleSectionInfo::default()
            })
        });
        tables.ok().map(Self)
    }
}

#[cfg(target_arch = "aarch64")]
fn registers(thread: &UserThread<'_>) -> UnwindRegsNative {
    UnwindRegsNative::new(thread.link, thread.stack, thread.frame)
}

#[cfg(not(target_arch = "aarch64"))]
fn registers(thread: &UserThread<'_>) -> UnwindRegsNative {
    UnwindRegsNative::new(thread.instruction, thread.stack, thread.frame)
}

/// Eight bytes of the copied stack.
fn word(thread: &UserThread<'_>, address: u64) -> Option<u64> {
    let at = usize::try_from(address.checked_sub(thread.start)?).ok()?;
    let bytes = thread.memory.get(at..at.checked_add(8)?)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(memory: &[u8]) -> UserThread<'_> {
        UserThread {
            pid: 1,
            instruction: 0x5000,
            stack: 0x7008,
            frame: 0x7010,
            link: 0,
            start: 0x7000,
            memory,
            depth: 5,
        }
    }

    #[test]
    fn words_are_within_the_copy() {
        let memory: Vec<u8> = (0..32).collect();
        let thread = thread(&memory);
        assert_eq!(word(&thread, 0x7008), Some(0x0f0e_0d0c_0b0a_0908));
        assert_eq!(word(&thread, 0x7018), Some(0x1f1e_1d1c_1b1a_1918));
        for outside in [0, 0x6fff, 0x7019, 0x7020, u64::MAX] {
            assert_eq!(word(&thread, outside), None);
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn what_has_no_tables_is_left_by_its_frame_pointer() {
        let words: [u64; 8] = [0, 0, 0x7028, 0x5101, 0, 0, 0x5202, 0];
        let memory: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let mut unwinder = Unwinder::default();
        let frames = unwinder.unwind(&thread(&memory), |_| None);
        assert_eq!(frames, [0x5000, 0x5101, 0x5202]);
    }

    #[test]
    fn a_thread_of_the_kernel_has_no_frames() {
        let thread = UserThread {
            instruction: 0,
            ..thread(&[])
        };
        assert!(Unwinder::default().unwind(&thread, |_| None).is_empty());
    }
}
