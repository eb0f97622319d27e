//! Typed program to manifest: the part of it that the runtime needs.

use crate::kernel::{map_flag, map_type};
use crate::object::{
    Control, Event, Globals, MANIFEST_VERSION, Manifest, Map, MapRole, Names, Program, Source,
};
use crate::symbols::Symbols;
use lexer::SourceMap;
use sema::ir::{self, EventKind, MapKind};

/// Puts a manifest together from the program and the maps that lowering found in use.
pub(crate) fn manifest(
    ir: &ir::Program,
    sources: &SourceMap,
    maps: Vec<Map>,
    exits: bool,
) -> Manifest {
    let mut events: Vec<_> = ir.events.iter().map(event).collect();
    if exits && !events.iter().any(|event| event.kind == EventKind::Exit) {
        events.push(exit_event());
    }
    Manifest {
        version: MANIFEST_VERSION,
        programs: ir.probes.iter().map(program).collect(),
        maps,
        events,
        config: ir.config.clone(),
        excluded: ir.excluded.clone(),
        sources: sources
            .iter()
            .map(|(name, text)| Source {
                name: name.to_owned(),
                text: text.to_owned(),
            })
            .collect(),
    }
}

fn program(probe: &ir::Probe) -> Program {
    Program {
        symbol: probe.symbol.clone(),
        kind: probe.program,
        targets: probe.targets.clone(),
        span: probe.span.into(),
    }
}

fn event(event: &ir::Event) -> Event {
    let (offsets, size) = event.layout();
    Event {
        kind: event.kind.clone(),
        fields: offsets.into_iter().zip(event.fields.clone()).collect(),
        size,
        span: event.span.into(),
    }
}

fn exit_event() -> Event {
    event(&ir::Event {
        kind: EventKind::Exit,
        fields: Vec::new(),
        span: lexer::Span::default(),
    })
}

/// Bytes on each CPU up to which a hash table gets its entries when it is made. Entries that are made
/// when they are needed come from small stocks that the kernel fills again later
/// (`kernel/bpf/memalloc.c`), so that a burst of new keys would find none and be refused.
const ALLOCATED_AT_ONCE: u64 = 8 << 20;

/// The same for a table of large values that the CPUs share: of those the stocks have one or two.
const LARGE_ALLOCATED_AT_ONCE: u64 = 64 << 20;

/// Bytes of a value that is large.
const LARGE: u32 = 1 << 10;

/// The flag by which a hash table gets its entries at once or one by one.
fn allocation(map: &ir::Map) -> u32 {
    let key = map.key.as_ref().map_or(0, ir::Type::size);
    let bytes = u64::from(key) + u64::from(map.value_size());
    let most = match !map.kind.is_per_cpu() && map.value_size() > LARGE {
        true => LARGE_ALLOCATED_AT_ONCE,
        false => ALLOCATED_AT_ONCE,
    };
    match bytes.saturating_mul(u64::from(map.max_entries)) <= most {
        true => 0,
        false => map_flag::NO_PREALLOC,
    }
}

impl Map {
    /// Bytes of a definition in the legacy `maps` section.
    pub(crate) const DEFINITION_SIZE: u32 = 20;

    /// The definition in the legacy `maps` section: `struct bpf_map_def` of older kernels'
    /// `tools/lib/bpf`, which is type, key size, value size, entries and flags.
    pub(crate) fn definition(&self) -> Vec<u8> {
        [
            self.kind,
            self.key_size,
            self.value_size,
            self.max_entries,
            self.flags,
        ]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect()
    }

    /// The kernel map of a map of the script.
    pub(crate) fn script(map: &ir::Map, symbol: &str) -> Self {
        let (kind, flags) = match map.kind {
            MapKind::Scalar => (map_type::ARRAY, 0),
            MapKind::PerCpuScalar => (map_type::PERCPU_ARRAY, 0),
            MapKind::Hash => (map_type::HASH, allocation(map)),
            // The kernel has no LRU map without preallocation.
            MapKind::LruHash => (map_type::LRU_HASH, 0),
            MapKind::PerCpuHash => (map_type::PERCPU_HASH, allocation(map)),
            MapKind::LruPerCpuHash => (map_type::LRU_PERCPU_HASH, 0),
        };
        Self {
            symbol: symbol.to_owned(),
            role: MapRole::Script {
                name: map.name.clone(),
                key: map.key.clone(),
                value: map.value.clone(),
            },
            kind,
            key_size: map.key.as_ref().map_or(4, ir::Type::size),
            value_size: map.value_size(),
            max_entries: map.key.as_ref().map_or(1, |_| map.max_entries),
            flags,
        }
    }

    /// The map that holds the short keys of a script's map.
    pub(crate) fn short(id: ir::MapId, key_size: u32, whole: &Self) -> Self {
        Self {
            symbol: Symbols::short(id),
            role: MapRole::Short { of: id },
            key_size,
            ..whole.clone()
        }
    }

    /// The ring buffer; the runtime chooses its size.
    pub(crate) fn ring(symbol: &str) -> Self {
        Self {
            key_size: 0,
            ..Self::internal(symbol, MapRole::Ring, map_type::RINGBUF, 0, 0)
        }
    }

    /// Where programs ask for the end.
    pub(crate) fn control(symbol: &str) -> Self {
        Self {
            flags: map_flag::MMAPABLE,
            ..Self::internal(symbol, MapRole::Control, map_type::ARRAY, Control::SIZE, 1)
        }
    }

    /// What user space tells programs before they load.
    pub(crate) fn globals(symbol: &str) -> Self {
        Self {
            flags: map_flag::RDONLY_PROG,
            ..Self::internal(symbol, MapRole::Globals, map_type::ARRAY, Globals::SIZE, 1)
        }
    }

    /// Memory of programs that need more than the stack.
    pub(crate) fn scratch(symbol: &str, size: u32, programs: u32) -> Self {
        let kind = map_type::PERCPU_ARRAY;
        Self::internal(symbol, MapRole::Scratch, kind, size, programs)
    }

    /// The names of so many targets.
    pub(crate) fn names(symbol: &str, size: u32, targets: usize) -> Self {
        let entries = u32::try_from(targets * Names::PER_TARGET as usize).unwrap_or(u32::MAX);
        Self::internal(symbol, MapRole::Names, map_type::ARRAY, size, entries)
    }

    /// Memory of programs that need more than a per-CPU map can hold: an element a CPU, and one
    /// of zeros.
    pub(crate) fn wide_scratch(symbol: &str, size: u32, cpus: u32) -> Self {
        Self::internal(symbol, MapRole::Scratch, map_type::ARRAY, size, cpus + 1)
    }

    fn internal(symbol: &str, role: MapRole, kind: u32, value_size: u32, entries: u32) -> Self {
        Self {
            symbol: symbol.to_owned(),
            role,
            kind,
            key_size: 4,
            value_size,
            max_entries: entries,
            flags: 0,
        }
    }
}
