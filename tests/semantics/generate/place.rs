//! Places: what can be assigned, read and removed.

use super::{Expr, Generator, Held, Kind, Place, Stmt};
use crate::program::{MapId, Step};

impl Generator<'_> {
    /// Key expressions for a map; few keys, so that they are met again.
    pub(super) fn keys(&mut self, map: MapId, depth: usize) -> Vec<Expr> {
        let kinds = self.program.maps[map].keys.clone();
        kinds.iter().map(|kind| self.key(kind, depth)).collect()
    }

    fn key(&mut self, kind: &Kind, depth: usize) -> Expr {
        match kind {
            _ if depth > 0 && self.source.one_in(4) => self.expr(kind, depth - 1),
            Kind::Int => Expr::Int(*self.source.pick(&[1, 0, 2, 1000, -1])),
            Kind::Bool => Expr::Bool(self.source.below(2) == 0),
            Kind::Str => Expr::Str((*self.source.pick(&["a", "b", "", "a longer key"])).to_owned()),
            Kind::Tuple(elems) => Expr::Tuple(elems.iter().map(|e| self.key(e, depth)).collect()),
        }
    }

    /// The maps that satisfy a condition.
    pub(super) fn maps_where(&self, fits: impl Fn(&Held, &[Kind]) -> bool) -> Vec<MapId> {
        let maps = self.program.maps.iter().enumerate();
        maps.filter(|(_, map)| fits(&map.held, &map.keys))
            .map(|(id, _)| id)
            .collect()
    }

    /// A number that `++` and `op=` may change; narrow declared ones where that is allowed.
    pub(super) fn number(&mut self, narrow: bool, depth: usize) -> Option<Place> {
        let is_free = |id: &usize| {
            let variable = &self.program.variables[*id];
            !self.frozen.contains(id) && (narrow || variable.declared.is_none())
        };
        let variables: Vec<usize> = self
            .visible(&Kind::Int)
            .into_iter()
            .filter(is_free)
            .collect();
        let maps = self.maps_where(|held, _| *held == Held::Plain(Kind::Int));
        let choice = self.source.below(variables.len() + maps.len());
        match variables.get(choice) {
            Some(id) => Some(Place::Var(*id)),
            None => {
                let map = *maps.get(choice - variables.len())?;
                Some(Place::Map(map, self.keys(map, depth)))
            }
        }
    }

    pub(super) fn a_step(&mut self) -> Step {
        Step {
            up: self.source.below(2) == 0,
            prefix: self.source.below(2) == 1,
        }
    }

    /// A statement that puts something into a map.
    pub(super) fn fill(&mut self, map: MapId, depth: usize) -> Stmt {
        let held = self.program.maps[map].held.clone();
        match held {
            Held::Plain(kind) => {
                let value = match depth {
                    0 => self.constant(&kind),
                    _ => self.expr(&kind, depth),
                };
                let keys = self.keys_apart(map, &value, depth);
                Stmt::Assign(Place::Map(map, keys), value)
            }
            Held::Aggregation(aggregation) => {
                let value = match aggregation {
                    crate::program::Aggregation::Count => None,
                    _ => Some(self.expr(&Kind::Int, depth)),
                };
                let keys = match &value {
                    Some(value) => self.keys_apart(map, value, depth),
                    None => self.keys(map, depth),
                };
                Stmt::Aggregate(map, keys, value)
            }
        }
    }
}
