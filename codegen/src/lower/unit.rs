//! What the programs of one script share: the maps, the debug information, the mistakes.

use super::short_key::ShortKey;
use super::{Address, Budget, walk};
use crate::Options;
use crate::error::Error;
use crate::kernel::{PER_CPU_VALUE_MAX, PROGRAM_MAPS_MAX, SCRATCH_MAX};
use crate::llvm::{DebugInfo, Module, Value};
use crate::object;
use crate::symbols::Symbols;
use lexer::{SourceMap, Span};
use sema::ir::{self, EventId, MapId};
use std::borrow::Cow;
use std::collections::HashSet;

/// A map of strobe's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Internal {
    Ring,
    Control,
    Globals,
    Scratch,
    Names,
}

impl Internal {
    /// In the order in which the manifest lists them.
    const ALL: [Self; 5] = [
        Self::Ring,
        Self::Control,
        Self::Globals,
        Self::Scratch,
        Self::Names,
    ];
}

/// Data that all programs of a script write, by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// Laid out as [`object::Own`].
    Own,
    /// Laid out as [`object::Health`].
    Health,
}

impl Shared {
    const COUNT: usize = 2;
}

/// A script on its way through lowering.
pub(crate) struct Unit<'m> {
    pub(super) module: &'m Module<'m>,
    pub(super) ir: &'m ir::Program,
    pub(super) sources: &'m SourceMap,
    pub(super) options: &'m Options,
    pub(super) budget: Budget,
    pub(super) debug: DebugInfo<'m>,
    symbols: Symbols,
    script_maps: Vec<Value<'m>>,
    /// Of each of them, its short keys and the map that holds those.
    short_maps: Vec<Option<(ShortKey, Value<'m>)>>,
    /// Those that a program deletes keys of.
    deleted_from: HashSet<MapId>,
    internal_maps: [Option<Value<'m>>; Internal::ALL.len()],
    constants: Vec<(Vec<u8>, Value<'m>)>,
    shared: [Option<Value<'m>>; Shared::COUNT],
    scratch_size: u32,
    scratch_users: u32,
    rounds: u32,
    /// Bytes of the longest name of a target.
    name_size: u32,
    /// Which maps the current program uses: those of the script, and then strobe's own.
    used: HashSet<usize>,
    exits: bool,
    errors: Vec<Error>,
}

/// What lowering found out beside the module.
pub(crate) struct Lowered {
    /// The maps, by the order of the manifest.
    pub(crate) maps: Vec<object::Map>,
    /// Whether a program sends the record of [`Unit::exit_event`].
    pub(crate) exits: bool,
}

impl<'m> Unit<'m> {
    /// Declares the maps of a script.
    pub(crate) fn new(
        module: &'m Module<'m>,
        ir: &'m ir::Program,
        sources: &'m SourceMap,
        options: &'m Options,
        budget: Budget,
    ) -> Self {
        let texts: Vec<_> = sources
            .iter()
            .map(|(name, text)| (name, debug_text(text)))
            .collect();
        let files = texts.iter().map(|(name, text)| (*name, text.as_ref()));
        let symbols = Symbols::new(ir);
        let script_maps = symbols.maps().map(|name| declare(module, name)).collect();
        let short_maps = (0..).map(MapId).take(ir.maps.len()).map(|id| {
            let short = ShortKey::of(ir, id)?;
            Some((short, declare(module, &Symbols::short(id))))
        });
        let short_maps = short_maps.collect();
        let zeros = largest_histogram(ir);
        let license = format!("{}\0", ir.config.license);
        let size = u32::try_from(license.len()).unwrap_or(u32::MAX);
        module.define(
            module.declare("LICENSE", "license", size),
            license.as_bytes(),
        );
        Self {
            module,
            ir,
            sources,
            options,
            budget,
            debug: DebugInfo::new(module, files),
            symbols,
            script_maps,
            short_maps,
            deleted_from: walk::deleted_from(ir),
            internal_maps: [None; Internal::ALL.len()],
            constants: Vec::new(),
            shared: [None; Shared::COUNT],
            scratch_size: zeros,
            // The first element is the initial value of histograms, where there are such.
            scratch_users: u32::from(zeros > 0),
            rounds: 0,
            name_size: 0,
            used: HashSet::new(),
            exits: false,
            errors: Vec::new(),
        }
    }

    /// A map of the script.
    pub(super) fn map(&self, id: MapId) -> &'m ir::Map {
        // Checked by sema: ids are made from positions in this list.
        &self.ir.maps[id.0 as usize]
    }

    /// Whether programs delete keys of a map: then those that they assign to are new, as a rule.
    pub(super) fn is_deleted_from(&self, id: MapId) -> bool {
        self.deleted_from.contains(&id)
    }

    /// The address by which programs name a map of the script.
    pub(super) fn map_symbol(&mut self, id: MapId) -> Value<'m> {
        self.used.insert(id.0 as usize);
        self.script_maps[id.0 as usize]
    }

    /// The map that holds a map's short keys, if it has such.
    pub(super) fn short_map(&mut self, id: MapId) -> Option<(ShortKey, Value<'m>)> {
        let short = self.short_maps[id.0 as usize]?;
        let others = self.script_maps.len() + Internal::ALL.len();
        self.used.insert(others + id.0 as usize);
        Some(short)
    }

    /// The address by which programs name a map of strobe's own, which is then in use.
    pub(super) fn internal(&mut self, map: Internal) -> Value<'m> {
        self.used.insert(self.script_maps.len() + map as usize);
        let symbol = &mut self.internal_maps[map as usize];
        *symbol.get_or_insert_with(|| declare(self.module, self.symbols.internal(map as usize)))
    }

    /// Ends a program, which stands at a place of the script.
    pub(super) fn finish_program(&mut self, span: Span) {
        let maps = std::mem::take(&mut self.used).len();
        if maps > PROGRAM_MAPS_MAX {
            let max = PROGRAM_MAPS_MAX;
            self.report(Error::TooManyMaps { span, maps, max });
        }
    }

    /// The address of constant bytes, which the programs of a script share.
    pub(super) fn constants(&mut self, bytes: &[u8]) -> Value<'m> {
        if let Some((_, address)) = self.constants.iter().find(|(known, _)| known == bytes) {
            return *address;
        }
        let name = format!("constants_{}", self.constants.len());
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let address = self.module.declare(&name, ".rodata", size);
        self.module.define(address, bytes);
        self.constants.push((bytes.to_vec(), address));
        address
    }

    /// The address of data that programs share.
    pub(super) fn shared(&mut self, data: Shared) -> Address<'m> {
        let maps = self.ir.maps.len() as u32;
        let (symbol, section, size) = match data {
            Shared::Own => ("own", object::Own::SECTION, object::Own::SIZE),
            Shared::Health => {
                let size = object::Health::size(maps);
                ("health", object::Health::SECTION, size)
            }
        };
        self.used.insert(usize::MAX - data as usize);
        let address = *self.shared[data as usize].get_or_insert_with(|| {
            let data = self.module.declare(symbol, section, size);
            self.module.define(data, &vec![0; size as usize]);
            data
        });
        Address::aligned(address)
    }

    /// The number of the next scratch element.
    pub(super) fn next_scratch(&mut self) -> u32 {
        self.scratch_users += 1;
        self.scratch_users - 1
    }

    /// The number of the next function for the rounds of a loop.
    pub(super) fn next_round(&mut self) -> u32 {
        self.rounds += 1;
        self.rounds
    }

    /// Where in its scratch element the next program's part begins.
    pub(super) fn scratch_start(&self) -> u32 {
        match self.budget.wide {
            true => self.scratch_size,
            false => 0,
        }
    }

    /// Makes scratch elements at least this big, for the program at a place of the script.
    pub(super) fn reserve_scratch(&mut self, bytes: u32, span: Span) {
        let max = match self.budget.wide {
            true => SCRATCH_MAX,
            false => PER_CPU_VALUE_MAX,
        };
        if bytes > max {
            self.report(Error::TooBig { span, bytes, max });
        }
        self.scratch_size = self.scratch_size.max(bytes);
    }

    /// Makes the elements of the map of names at least this big.
    pub(super) fn reserve_name(&mut self, bytes: u32) {
        self.name_size = self.name_size.max(bytes);
    }

    /// The kind of record that says that a program asked for the end: the script's own, or one
    /// that is added behind them.
    pub(super) fn exit_event(&mut self) -> EventId {
        self.exits = true;
        let events = &self.ir.events;
        let own = events.iter().position(|e| e.kind == ir::EventKind::Exit);
        EventId(own.unwrap_or(events.len()) as u32)
    }

    /// Notes what is reported at the end.
    pub(super) fn report(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Fills the declared maps.
    pub(crate) fn finish(self) -> Result<Lowered, Error> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        let script = self.ir.maps.iter().zip(self.symbols.maps());
        let mut maps: Vec<_> = script
            .map(|(map, name)| object::Map::script(map, name))
            .collect();
        let mut globals = self.script_maps;
        for map in Internal::ALL {
            let Some(global) = self.internal_maps[map as usize] else {
                continue;
            };
            let symbol = self.symbols.internal(map as usize);
            globals.push(global);
            maps.push(match map {
                Internal::Ring => object::Map::ring(symbol),
                Internal::Control => object::Map::control(symbol),
                Internal::Globals => object::Map::globals(symbol),
                Internal::Scratch if self.budget.wide => {
                    object::Map::wide_scratch(symbol, self.scratch_size, self.options.cpus)
                }
                Internal::Scratch => {
                    object::Map::scratch(symbol, self.scratch_size, self.scratch_users)
                }
                Internal::Names => {
                    let targets = self.ir.probes.iter().map(|p| p.targets.len());
                    object::Map::names(symbol, self.name_size, targets.sum())
                }
            });
        }
        for (short, id) in self.short_maps.iter().zip(0..) {
            let Some((key, symbol)) = short else {
                continue;
            };
            globals.push(*symbol);
            let short = object::Map::short(MapId(id), key.size, &maps[id as usize]);
            maps.push(short);
        }
        for (global, map) in globals.into_iter().zip(&maps) {
            self.module.define(global, &map.definition());
        }
        Ok(Lowered {
            maps,
            exits: self.exits,
        })
    }
}

fn declare<'m>(module: &'m Module<'m>, name: &str) -> Value<'m> {
    module.declare(name, "maps", object::Map::DEFINITION_SIZE)
}

/// Bytes of the largest value that is too big for the stack when a key is first seen.
fn largest_histogram(ir: &ir::Program) -> u32 {
    let keyed = ir.maps.iter().filter(|map| map.key.is_some());
    let sizes = keyed.filter_map(|map| match map.value {
        ir::MapValue::Aggregation(aggregation) if aggregation.starts_blank() => {
            Some(aggregation.size())
        }
        _ => None,
    });
    sizes.max().unwrap_or(0)
}

/// The text as it goes to `.BTF`: a line that is used goes there whole, so long ones are cut.
fn debug_text(text: &str) -> Cow<'_, str> {
    const LINE_MAX: usize = 1000;
    if text.lines().all(|line| line.len() <= LINE_MAX) {
        return Cow::Borrowed(text);
    }
    let cut = text.split('\n').map(|line| {
        let end = line.floor_char_boundary(LINE_MAX);
        &line[..end]
    });
    Cow::Owned(cut.collect::<Vec<_>>().join("\n"))
}
