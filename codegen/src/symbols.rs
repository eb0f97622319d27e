//! Names of maps in the ELF and in the kernel: unique, of at most 15 bytes of `[A-Za-z0-9_.]`.

use crate::kernel::NAME_MAX;
use sema::ir;
use std::collections::HashSet;

/// The names of strobe's own maps, in the order of the manifest.
const INTERNAL: [&str; 5] = [
    "strobe.ring",
    "strobe.control",
    "strobe.globals",
    "strobe.scratch",
    "strobe.names",
];

/// The symbols of a script's maps. Those of programs come with the typed program.
pub(crate) struct Symbols {
    maps: Vec<String>,
}

impl Symbols {
    /// Names the maps of a script: `@reads` becomes `at_reads`.
    pub(crate) fn new(ir: &ir::Program) -> Self {
        let mut taken: HashSet<String> = ir.probes.iter().map(|p| p.symbol.clone()).collect();
        let maps = ir.maps.iter().zip(0..).map(|(map, id)| {
            let name = map_symbol(&map.name, id, &taken);
            taken.insert(name.clone());
            name
        });
        Self {
            maps: maps.collect(),
        }
    }

    /// The symbols of the script's maps, in order.
    pub(crate) fn maps(&self) -> impl Iterator<Item = &str> {
        self.maps.iter().map(String::as_str)
    }

    /// The symbol of a map of strobe's own; the dot keeps it apart from the script's.
    pub(crate) fn internal(&self, index: usize) -> &'static str {
        INTERNAL[index]
    }

    /// The symbol of the map that holds the short keys of a script's map.
    pub(crate) fn short(id: ir::MapId) -> String {
        format!("strobe.short{}", id.0)
    }
}

fn map_symbol(name: &str, id: u32, taken: &HashSet<String>) -> String {
    let plain = name.trim_start_matches('@').chars();
    let plain: String = plain
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let symbol = format!("at_{plain}");
    if symbol.len() <= NAME_MAX && !taken.contains(&symbol) {
        return symbol;
    }
    // Ids are unique, and no name that is short enough holds a dot.
    let suffix = format!(".{id}");
    let keep = symbol.len().min(NAME_MAX - suffix.len());
    format!("{}{suffix}", &symbol[..keep])
}
