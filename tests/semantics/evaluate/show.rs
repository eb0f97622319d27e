//! Values and maps as they are printed.

use super::histogram::rows;
use super::store::Entry;
use super::{Machine, Value};
use crate::program::{Aggregation, Held, MapId};
use std::fmt::{self, Display, Formatter};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(value) => write!(f, "{value}"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Str(text) => f.write_str(text),
            Value::Tuple(elems) => write!(f, "({})", list(elems)),
        }
    }
}

impl Machine<'_> {
    /// What every map that is not empty prints at the end.
    pub(super) fn shown_maps(&self) -> Vec<Vec<String>> {
        let mut order: Vec<MapId> = (0..self.maps.len()).collect();
        order.sort_by_key(|map| &self.program.maps[*map].name);
        let shown = order.into_iter().map(|map| self.shown_map(map));
        shown.filter(|lines| !lines.is_empty()).collect()
    }

    fn shown_map(&self, map: MapId) -> Vec<String> {
        let about = &self.program.maps[map];
        let mut lines = Vec::new();
        for (key, entry) in &self.maps[map] {
            let name = match (about.keys.len(), key) {
                (0, _) => about.name.clone(),
                (_, Value::Tuple(elems)) => format!("{}[{}]", about.name, list(elems)),
                (_, key) => format!("{}[{key}]", about.name),
            };
            match (about.held.clone(), entry) {
                (_, Entry::Plain(value)) => lines.push(format!("{name}: {value}")),
                (Held::Aggregation(a), Entry::Aggregated(numbers)) => match a {
                    Aggregation::Hist(_) | Aggregation::Lhist { .. } => {
                        lines.push(format!("{name}:"));
                        lines.extend(rows(a, numbers));
                    }
                    _ => lines.push(format!("{name}: {}", self.shown_number(map, key, a))),
                },
                (Held::Plain(_), Entry::Aggregated(_)) => {}
            }
        }
        lines
    }

    fn shown_number(&self, map: MapId, key: &Value, aggregation: Aggregation) -> String {
        let folded = self.fold(map, key);
        if aggregation != Aggregation::Stats {
            return folded.to_string();
        }
        let (numbers, ty) = self.numbers(map, key);
        let (count, total) = (numbers.len(), ty.wrap(numbers.iter().sum()));
        format!("{{ .count = {count}, .average = {folded}, .total = {total} }}")
    }
}

fn list(elems: &[Value]) -> String {
    let elems: Vec<String> = elems.iter().map(Value::to_string).collect();
    elems.join(", ")
}
