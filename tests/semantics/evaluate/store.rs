//! Variables, maps and aggregations.

use super::expr::arithmetic;
use super::{Machine, Value, convert, zero};
use crate::program::{Aggregation, BinOp, Expr, Held, IntTy, MapId, Place};
use crate::types::Ty;

/// What a map holds under a key.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Plain(Value),
    /// Numbers in the order of their coming.
    Aggregated(Vec<i128>),
}

impl Machine<'_> {
    /// A key in the type of the map's keys; the empty tuple for a scalar map.
    pub(super) fn key(&mut self, map: MapId, keys: &[Expr]) -> Option<Value> {
        let mut values = Vec::new();
        for key in keys {
            values.push(self.expr(key)?);
        }
        let value = match values.len() {
            1 => values.swap_remove(0),
            _ => Value::Tuple(values),
        };
        Some(convert(value, &self.types.maps[map].0))
    }

    pub(super) fn place_key(&mut self, place: &Place) -> Option<Value> {
        match place {
            Place::Var(_) => Some(Value::Tuple(Vec::new())),
            Place::Map(map, keys) => self.key(*map, keys),
        }
    }

    /// The value of a map in an expression.
    pub(super) fn read(&self, map: MapId, key: &Value) -> Value {
        match self.maps[map].get(key) {
            None => zero(&self.types.maps[map].1),
            Some(Entry::Plain(value)) => value.clone(),
            Some(Entry::Aggregated(_)) => Value::Int(self.fold(map, key)),
        }
    }

    /// What a place holds.
    pub(super) fn load(&self, place: &Place, key: &Value) -> Value {
        match place {
            Place::Map(map, _) => self.read(*map, key),
            Place::Var(id) => match &self.variables[*id] {
                Some(value) => value.clone(),
                None => zero(&self.types.variables[*id]),
            },
        }
    }

    /// Puts a value into a place.
    pub(super) fn store(&mut self, place: &Place, key: Value, value: Value) {
        let value = convert(value, &self.types.place(place));
        match place {
            Place::Var(id) => self.variables[*id] = Some(value),
            Place::Map(map, _) => {
                self.maps[*map].insert(key, Entry::Plain(value));
            }
        }
    }

    /// Takes a number into an aggregation.
    pub(super) fn aggregate(&mut self, map: MapId, key: Value, number: i128) {
        let entry = self.maps[map].entry(key);
        let entry = entry.or_insert_with(|| Entry::Aggregated(Vec::new()));
        if let Entry::Aggregated(numbers) = entry {
            numbers.push(number);
        }
    }

    /// The numbers under a key, in the type of the aggregation.
    pub(super) fn numbers(&self, map: MapId, key: &Value) -> (Vec<i128>, IntTy) {
        let ty = match self.types.maps[map].1 {
            Ty::Int(ty) => ty,
            _ => IntTy::I64,
        };
        match self.maps[map].get(key) {
            Some(Entry::Aggregated(numbers)) => (numbers.iter().map(|n| ty.wrap(*n)).collect(), ty),
            _ => (Vec::new(), ty),
        }
    }

    /// An aggregation as one number.
    pub(super) fn fold(&self, map: MapId, key: &Value) -> i128 {
        let (numbers, ty) = self.numbers(map, key);
        let count = numbers.len() as i128;
        let total = ty.wrap(numbers.iter().sum());
        match self.program.maps[map].held {
            Held::Aggregation(Aggregation::Count) => count,
            Held::Aggregation(Aggregation::Sum) => total,
            Held::Aggregation(Aggregation::Avg | Aggregation::Stats) => {
                arithmetic(BinOp::Div, total, count, ty)
            }
            Held::Aggregation(Aggregation::Min) => numbers.into_iter().min().unwrap_or(0),
            Held::Aggregation(Aggregation::Max) => numbers.into_iter().max().unwrap_or(0),
            _ => 0,
        }
    }
}
