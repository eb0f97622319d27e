//! The maps of a script: printing, clearing and zeroing them.

use crate::aggregate;
use crate::load::Maps;
use crate::print::Output;
use crate::print::view::{Selection, View};
use crate::symbol::Names;
use crate::sys::SyscallError;
use crate::sys::bpf::Map;
use crate::table::{Entry, read_all};
use codegen::Manifest;
use codegen::object::{Health, MapRole};
use sema::ir::{MapId, MapValue, Type, align_up};
use std::cell::RefCell;
use std::collections::HashSet;

/// What printing and changing the script's maps takes.
pub(crate) struct ScriptMaps<'a> {
    /// What the maps are.
    pub(crate) manifest: &'a Manifest,
    /// The maps.
    pub(crate) maps: &'a Maps,
    /// Names for their values.
    pub(crate) names: &'a Names,
    /// Scalar aggregations that were set to zero: they print although they hold nothing.
    pub(crate) zeroed: &'a RefCell<HashSet<MapId>>,
}

/// What did not get from the programs to us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses<'a> {
    /// Events that found the ring buffer full.
    pub(crate) events: u64,
    /// Loops that were cut because they had too many rounds.
    pub(crate) loops: u64,
    /// Maps into which the kernel refused insertions.
    pub(crate) refused: Vec<Refused<'a>>,
}

/// A map that did not take every insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused<'a> {
    /// Its name.
    pub(crate) map: &'a str,
    /// How many insertions the kernel refused because it was full.
    pub(crate) count: u64,
    /// How many it refused because the map was in use.
    pub(crate) busy: u64,
    /// How many keys it has room for.
    pub(crate) room: u32,
}

/// A map of the script: its kernel map and its types.
struct ScriptMap<'a> {
    id: MapId,
    name: &'a str,
    key: Option<&'a Type>,
    value: &'a MapValue,
    /// What holds whole keys.
    map: &'a Map,
    /// What holds the beginnings of those that end in zeros, if anything does.
    short: Option<&'a Map>,
}

impl<'a> ScriptMap<'a> {
    /// The kernel maps that hold it.
    fn holders(&self) -> impl Iterator<Item = &'a Map> + use<'a> {
        [self.map].into_iter().chain(self.short)
    }

    /// The entry of a key, wherever it is.
    fn lookup(&self, key: &[u8]) -> Result<Option<Entry>, SyscallError> {
        for holder in self.holders() {
            let (start, end) = key.split_at(holder.key_size().min(key.len()));
            if end.iter().all(|&byte| byte == 0)
                && let Some(entry) = lookup(holder, start)?
            {
                return Ok(Some(self.whole(entry)));
            }
        }
        Ok(None)
    }

    /// Every entry.
    fn read_all(&self) -> Result<Vec<Entry>, SyscallError> {
        let mut all = read_all(self.map)?;
        if let Some(short) = self.short {
            all.extend(read_all(short)?.into_iter().map(|entry| self.whole(entry)));
        }
        Ok(all)
    }

    /// An entry with its whole key.
    fn whole(&self, mut entry: Entry) -> Entry {
        entry.key.resize(self.map.key_size(), 0);
        entry
    }
}

/// The key of the one element of an array.
const ONLY_KEY: [u8; 4] = 0u32.to_ne_bytes();

impl<'a> ScriptMaps<'a> {
    /// Prints a map.
    pub(crate) fn print(
        &self,
        id: MapId,
        selection: Selection,
        output: &mut Output,
    ) -> Result<(), SyscallError> {
        let Some(map) = self.find(id) else {
            return Ok(());
        };
        let entries = self.entries(&map)?;
        self.show(&map, &entries, selection, output);
        Ok(())
    }

    /// Prints every map that is not empty, in the order of their names.
    pub(crate) fn print_all(&self, output: &mut Output) -> Result<(), SyscallError> {
        let mut maps: Vec<_> = self.manifest.script_maps().collect();
        maps.sort_by_key(|&(_, name, ..)| name);
        for (id, ..) in maps {
            self.print(id, Selection::default(), output)?;
        }
        Ok(())
    }

    /// Prints one entry of a map, if there is one.
    pub(crate) fn print_entry(
        &self,
        id: MapId,
        key: &[u8],
        output: &mut Output,
    ) -> Result<(), SyscallError> {
        let Some(map) = self.find(id) else {
            return Ok(());
        };
        let entries = if map.key.is_none() {
            self.entries(&map)?
        } else {
            map.lookup(key)?.into_iter().collect()
        };
        self.show(&map, &entries, Selection::default(), output);
        Ok(())
    }

    /// Removes every entry.
    pub(crate) fn clear(&self, id: MapId) -> Result<(), SyscallError> {
        let Some(map) = self.find(id) else {
            return Ok(());
        };
        if map.key.is_none() {
            self.zeroed.borrow_mut().remove(&id);
            return map.map.update(&ONLY_KEY, &vec![0; map.map.value_size()]);
        }
        /// Keys that are removed at a time.
        const MANY: usize = 4096;
        for holder in map.holders() {
            for entries in read_all(holder)?.chunks(MANY) {
                let keys: Vec<u8> = entries.iter().flat_map(|e| e.key.iter().copied()).collect();
                holder.delete_batch(&keys)?;
            }
        }
        Ok(())
    }

    /// Sets the value of every entry to zero.
    pub(crate) fn zero(&self, id: MapId) -> Result<(), SyscallError> {
        let Some(map) = self.find(id) else {
            return Ok(());
        };
        let mut zero = vec![0; map.map.value_size()];
        if map.key.is_none() {
            if self.entries(&map)?.is_empty() {
                return Ok(());
            }
            match map.value {
                MapValue::Plain(ty) => set_assigned(ty, &mut zero),
                MapValue::Aggregation(_) => {
                    self.zeroed.borrow_mut().insert(id);
                }
            }
            return map.map.update(&ONLY_KEY, &zero);
        }
        for holder in map.holders() {
            for entry in read_all(holder)? {
                holder.update(&entry.key, &zero)?;
            }
        }
        Ok(())
    }

    /// What was lost, by the counters that programs keep.
    pub(crate) fn losses(&self) -> Result<Losses<'a>, SyscallError> {
        let counters = self.maps.words(Health::SECTION)?;
        let counter = |index: u32| counters.get(index as usize).copied().unwrap_or(0);
        let refused = self.manifest.script_maps().filter_map(|(id, name, ..)| {
            let (count, busy) = (
                counter(Health::map_refused(id)),
                counter(Health::map_busy(id)),
            );
            let room = self.manifest.maps.get(id.0 as usize);
            let refused = Refused {
                map: name,
                count,
                busy,
                room: room.map_or(0, |map| map.max_entries),
            };
            (count + busy > 0).then_some(refused)
        });
        Ok(Losses {
            events: counter(Health::RING_LOST),
            loops: counter(Health::LOOP_CUT),
            refused: refused.collect(),
        })
    }

    fn find(&self, id: MapId) -> Option<ScriptMap<'a>> {
        let mut maps = self.manifest.script_maps();
        let (_, name, key, value) = maps.find(|&(found, ..)| found == id)?;
        Some(ScriptMap {
            id,
            name,
            key,
            value,
            map: self.maps.script(id)?,
            short: self.maps.by_role(&MapRole::Short { of: id }),
        })
    }

    /// The entries; of a scalar map one, unless it is unset.
    fn entries(&self, map: &ScriptMap<'_>) -> Result<Vec<Entry>, SyscallError> {
        if map.key.is_some() {
            return map.read_all();
        }
        let entry = lookup(map.map, &ONLY_KEY)?;
        let is_set = |entry: &Entry| match map.value {
            MapValue::Plain(ty) => is_assigned(ty, &entry.value),
            MapValue::Aggregation(aggregation) => {
                aggregate::fold(aggregation, &entry.value).is_some()
                    || self.zeroed.borrow().contains(&map.id)
            }
        };
        Ok(entry.into_iter().filter(is_set).collect())
    }

    fn show(
        &self,
        map: &ScriptMap<'_>,
        entries: &[Entry],
        selection: Selection,
        output: &mut Output,
    ) {
        let style = self.manifest.config.print;
        let view = View::new(map.name, map.key, map.value, entries, selection, style);
        output.map(self.names, &view);
    }
}

fn lookup(map: &Map, key: &[u8]) -> Result<Option<Entry>, SyscallError> {
    let mut value = vec![0; map.value_size()];
    let found = map.lookup(key, &mut value)?;
    Ok(found.then(|| Entry {
        key: key.to_vec(),
        value,
    }))
}

/// Where the word lies that says whether a scalar map has been assigned.
fn assigned_word(ty: &Type) -> usize {
    align_up(ty.size(), 8) as usize
}

fn is_assigned(ty: &Type, value: &[u8]) -> bool {
    let word = value.get(assigned_word(ty)..).unwrap_or_default();
    word.iter().take(8).any(|&byte| byte != 0)
}

fn set_assigned(ty: &Type, value: &mut [u8]) {
    let start = assigned_word(ty);
    if let Some(word) = value.get_mut(start..start + 8) {
        word.copy_from_slice(&1u64.to_ne_bytes());
    }
}
