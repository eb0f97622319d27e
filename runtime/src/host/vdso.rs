//! The code that the kernel gives every process: the same for all, so ours tells its symbols.

use crate::proc;
use crate::symbol::Frame;
use object::{Object, ObjectSymbol, SymbolKind};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Its symbols: offset, size, name; sorted.
#[derive(Debug, Default)]
pub(super) struct Vdso(Vec<(u64, u64, String)>);

impl Vdso {
    /// Reads ours; nothing where that does not work.
    pub(super) fn load() -> Self {
        Self::read().unwrap_or_default()
    }

    fn read() -> Option<Self> {
        let maps = proc::maps(std::process::id());
        let vdso = maps.iter().find(|mapping| mapping.what == "[vdso]")?;
        let mut image = vec![0; usize::try_from(vdso.end - vdso.start).ok()?];
        let memory = File::open("/proc/self/mem").ok()?;
        memory.read_exact_at(&mut image, vdso.start).ok()?;
        let file = object::read::elf::ElfFile64::<object::Endianness>::parse(&*image).ok()?;
        let all = file.dynamic_symbols();
        let functions = all.filter(|s| s.is_definition() && s.kind() == SymbolKind::Text);
        let mut symbols: Vec<(u64, u64, String)> = functions
            .filter_map(|s| Some((s.address(), s.size(), s.name().ok()?.to_owned())))
            .collect();
        // Of several names of a function the longest is that of the kernel, `__vdso_…`.
        symbols.sort_by_key(|(at, _, name)| (*at, std::cmp::Reverse(name.len())));
        symbols.dedup_by_key(|(at, ..)| *at);
        Some(Self(symbols))
    }

    /// The symbol at an offset.
    pub(super) fn find(&self, offset: u64) -> Option<Frame> {
        let behind = self.0.partition_point(|(at, ..)| *at <= offset);
        let found = self.0[..behind]
            .last()
            .filter(|(at, size, _)| offset - at < (*size).max(1));
        Some(match found {
            Some((at, _, name)) => Frame {
                name: name.clone(),
                offset: Some(offset - at),
                file: Some("[vdso]".into()),
                ..Frame::default()
            },
            None => Frame::unnamed("[vdso]".into(), offset),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Vdso;

    #[test]
    fn the_vdso_has_a_clock() {
        let vdso = Vdso::load();
        let clock = vdso
            .0
            .iter()
            .find(|(.., name)| name.contains("clock_gettime"));
        let Some((at, _, name)) = clock else {
            eprintln!("skipped: this kernel gives processes no vDSO");
            return;
        };
        let frame = vdso.find(at + 2).unwrap();
        assert_eq!((&frame.name, frame.offset), (name, Some(2)));
    }
}
