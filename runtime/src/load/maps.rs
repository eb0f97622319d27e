//! The maps of an object, created as the manifest says.

use super::Loader;
use super::elf::Constants;
use crate::Error;
use crate::host::is_in_first_pid_namespace;
use crate::sys::SyscallError;
use crate::sys::bpf::{Map, MapSpec, own_process};
use crate::sys::memory::page_size;
use crate::sys::{clock, cpu};
use aya_obj::generated::{BPF_F_RDONLY_PROG, bpf_map_type::BPF_MAP_TYPE_ARRAY};
use codegen::Manifest;
use codegen::object::{self, Globals, MapRole, Names, Own};
use sema::ir::MapId;
use std::os::fd::{AsFd, BorrowedFd};

/// Every map of an object.
#[derive(Debug)]
pub(crate) struct Maps {
    /// Those of the manifest, in its order.
    listed: Vec<(object::Map, Map)>,
    /// Those made of the ELF file's sections of data, by the name of the section.
    sections: Vec<(String, Map)>,
    ring_size: u32,
}

impl Maps {
    /// Creates the maps, fills in what programs find in them at their start, and freezes what is
    /// constant.
    pub(crate) fn create(
        kernel: &dyn Loader,
        manifest: &Manifest,
        constants: Vec<Constants>,
    ) -> Result<Self, Error> {
        let mut maps = Self {
            listed: Vec::with_capacity(manifest.maps.len()),
            sections: Vec::new(),
            ring_size: ring_size(manifest.config.perf_rb_pages, cpu::possible()?),
        };
        for map in &manifest.maps {
            let created = create_one(kernel, &maps.spec(map))?;
            match map.role {
                MapRole::Globals => set_globals(&created)?,
                MapRole::Names => set_names(&created, manifest)?,
                _ => {}
            }
            maps.listed.push((map.clone(), created));
        }
        for section in constants {
            maps.sections.push(load_section(kernel, section)?);
        }
        Ok(maps)
    }

    /// The map of the script with this number.
    pub(crate) fn script(&self, id: MapId) -> Option<&Map> {
        self.listed.get(id.0 as usize).map(|(_, map)| map)
    }

    /// The map with this role, which is not [`MapRole::Script`].
    pub(crate) fn by_role(&self, role: &MapRole) -> Option<&Map> {
        let has_role = |(listed, _): &&(object::Map, Map)| listed.role == *role;
        self.listed.iter().find(has_role).map(|(_, map)| map)
    }

    /// The words of a section that programs write; none where no program uses it.
    pub(crate) fn words(&self, section: &str) -> Result<Vec<u64>, SyscallError> {
        let mut sections = self.sections.iter();
        let Some((_, map)) = sections.find(|(name, _)| name == section) else {
            return Ok(Vec::new());
        };
        let mut bytes = vec![0; map.value_size()];
        map.lookup(&0u32.to_ne_bytes(), &mut bytes)?;
        let (words, _) = bytes.as_chunks();
        Ok(words.iter().copied().map(u64::from_ne_bytes).collect())
    }

    /// Bytes of the ring buffer.
    pub(crate) fn ring_size(&self) -> u32 {
        let listed = self.listed.iter().map(|(map, _)| map);
        listed
            .filter(|map| map.role == MapRole::Ring)
            .map(|map| self.spec(map).max_entries)
            .next()
            .unwrap_or(0)
    }

    /// The map that a symbol, or a section of data, of the ELF file stands for.
    pub(super) fn by_symbol(&self, symbol: &str) -> Option<BorrowedFd<'_>> {
        let listed = self.listed.iter().map(|(map, fd)| (&map.symbol, fd));
        let sections = self.sections.iter().map(|(name, fd)| (name, fd));
        listed
            .chain(sections)
            .find(|(name, _)| *name == symbol)
            .map(|(_, map)| map.as_fd())
    }

    fn spec<'a>(&self, map: &'a object::Map) -> MapSpec<'a> {
        let is_sized_by_us = map.role == MapRole::Ring && map.max_entries == 0;
        MapSpec {
            name: &map.symbol,
            kind: map.kind,
            key_size: map.key_size,
            value_size: map.value_size,
            max_entries: if is_sized_by_us {
                self.ring_size
            } else {
                map.max_entries
            },
            flags: map.flags,
        }
    }
}

/// Bytes of a ring buffer with so many pages for each CPU: a power of two, as the kernel requires.
fn ring_size(pages_per_cpu: u32, cpus: usize) -> u32 {
    const MOST: usize = 1 << 30;
    let pages = (pages_per_cpu as usize).max(1).saturating_mul(cpus);
    let bytes = pages.saturating_mul(page_size()).min(MOST);
    u32::try_from(bytes.next_power_of_two()).unwrap_or(MOST as u32)
}

/// Creates a map. Kernels before 5.11 charge maps to the limit on locked memory and refuse with
/// `EPERM` above it; only then is the limit lifted.
fn create_one(kernel: &dyn Loader, spec: &MapSpec<'_>) -> Result<Map, SyscallError> {
    match kernel.create_map(spec) {
        Err(error) if error.errno == libc::EPERM && kernel.lift_locked_memory().is_ok() => {
            kernel.create_map(spec)
        }
        result => result,
    }
}

fn set_globals(map: &Map) -> Result<(), SyscallError> {
    let mut value = vec![0u8; map.value_size()];
    let wall = clock::realtime_ns().saturating_sub(clock::boot_ns());
    for (offset, word) in [
        (Globals::START_NS, clock::monotonic_ns()),
        (Globals::WALL_NS, wall),
    ] {
        put(&mut value, offset, word);
    }
    map.update(&0u32.to_ne_bytes(), &value)?;
    map.freeze()
}

/// Writes a word where it is to lie.
fn put(value: &mut [u8], offset: u32, word: u64) {
    let start = offset as usize;
    if let Some(slot) = value.get_mut(start..start + 8) {
        slot.copy_from_slice(&word.to_ne_bytes());
    }
}

/// Writes the names of every target, cut to what programs ask for.
fn set_names(map: &Map, manifest: &Manifest) -> Result<(), SyscallError> {
    let targets = manifest.programs.iter().flat_map(|p| &p.targets);
    for (target, cookie) in targets.zip(0u32..) {
        let function = target.attach.function().unwrap_or_default();
        for (element, name) in [
            (Names::PROBE, target.name.as_str()),
            (Names::FUNCTION, function),
        ] {
            let mut value = vec![0u8; map.value_size()];
            let kept = name.len().min(value.len().saturating_sub(1));
            value[..kept].copy_from_slice(&name.as_bytes()[..kept]);
            let index = cookie * Names::PER_TARGET + element;
            map.update(&index.to_ne_bytes(), &value)?;
        }
    }
    Ok(())
}

fn load_section(kernel: &dyn Loader, section: Constants) -> Result<(String, Map), Error> {
    let spec = MapSpec {
        name: section.section.trim_start_matches('.'),
        kind: BPF_MAP_TYPE_ARRAY as u32,
        key_size: 4,
        value_size: u32::try_from(section.data.len()).unwrap_or(u32::MAX),
        max_entries: 1,
        flags: if section.read_only {
            BPF_F_RDONLY_PROG
        } else {
            0
        },
    };
    let map = create_one(kernel, &spec)?;
    let mut data = section.data;
    if section.section == Own::SECTION {
        // To ask the kernel takes longer.
        let process = match is_in_first_pid_namespace() {
            true => std::process::id(),
            false => own_process()?,
        };
        put(&mut data, Own::PROCESS, process.into());
        put(&mut data, Own::START_NS, clock::monotonic_ns());
    }
    map.update(&0u32.to_ne_bytes(), &data)?;
    if section.read_only {
        map.freeze()?;
    }
    Ok((section.section, map))
}
