//! Maps: which entries print, in which order, and how.

use super::{names, output, string};
use crate::print::OutputFormat;
use crate::print::view::{Selection, View};
use crate::table::Entry;
use sema::ir::{Aggregation, MapStyle, MapValue, StackMode, StackSide, Type};

/// A map of the script with the bytes of its entries.
struct Map {
    name: &'static str,
    key: Option<Type>,
    value: MapValue,
    entries: Vec<Entry>,
}

impl Map {
    fn new(name: &'static str, key: Option<Type>, value: MapValue) -> Self {
        Self {
            name,
            key,
            value,
            entries: Vec::new(),
        }
    }

    fn with(mut self, key: &[u8], words: &[i64]) -> Self {
        self.entries.push(Entry {
            key: key.to_vec(),
            value: words.iter().flat_map(|word| word.to_ne_bytes()).collect(),
        });
        self
    }

    fn text(&self) -> String {
        self.print(OutputFormat::Text, Selection::default())
    }

    fn json(&self) -> String {
        self.print(OutputFormat::Json, Selection::default())
    }

    fn print(&self, format: OutputFormat, selection: Selection) -> String {
        let (key, value) = (self.key.as_ref(), &self.value);
        let style = MapStyle::default();
        let view = View::new(self.name, key, value, &self.entries, selection, style);
        output(format, |o| o.map(&names(), &view)).0
    }
}

fn count() -> MapValue {
    MapValue::Aggregation(Aggregation::Count)
}

#[test]
fn keyed_maps_sort_by_value_and_then_by_key() {
    let map = Map::new("@m", Some(Type::I64), MapValue::Plain(Type::I64))
        .with(&1i64.to_ne_bytes(), &[10])
        .with(&2i64.to_ne_bytes(), &[-5])
        .with(&3i64.to_ne_bytes(), &[7])
        .with(&(-4i64).to_ne_bytes(), &[7]);
    assert_eq!(map.text(), "@m[2]: -5\n@m[-4]: 7\n@m[3]: 7\n@m[1]: 10\n");
    let top = |top, divisor| map.print(OutputFormat::Text, Selection { top, divisor });
    assert_eq!(top(2, 0), "@m[3]: 7\n@m[1]: 10\n");
    assert_eq!(top(1, 5), "@m[1]: 2\n");
    assert_eq!(top(9, 1), map.text());
}

#[test]
fn values_without_order_sort_by_key() {
    let map = Map::new("@m", Some(Type::I64), MapValue::Plain(string(8, false)))
        .with(
            &2i64.to_ne_bytes(),
            &[i64::from_ne_bytes(*b"a\0\0\0\0\0\0\0")],
        )
        .with(
            &(-1i64).to_ne_bytes(),
            &[i64::from_ne_bytes(*b"b\0\0\0\0\0\0\0")],
        );
    assert_eq!(map.text(), "@m[-1]: b\n@m[2]: a\n");
}

#[test]
fn several_keys_stand_without_parentheses() {
    let key = Type::Tuple(vec![Type::I64, string(8, false)]);
    // Strings come first in memory.
    let map = Map::new("@m", Some(key), count())
        .with(b"a\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0", &[2, 1])
        .with(b"b\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", &[1, 0]);
    assert_eq!(map.text(), "@m[2, b]: 1\n@m[1, a]: 3\n");
    assert_eq!(
        map.json(),
        "{\"type\": \"map\", \"data\": {\"@m\": {\"2,b\": 1, \"1,a\": 3}}}\n"
    );
}

#[test]
fn scalar_maps() {
    let x = Map::new("@x", None, MapValue::Plain(Type::I64)).with(&[], &[5, 1]);
    assert_eq!(x.text(), "@x: 5\n");
    assert_eq!(x.json(), "{\"type\": \"map\", \"data\": {\"@x\": 5}}\n");
    let average = MapValue::Aggregation(Aggregation::Avg { signed: true });
    let a = Map::new("@a", None, average).with(&[], &[3, 1, 4, 1]);
    assert_eq!(a.text(), "@a: 3\n");
    assert_eq!(a.json(), "{\"type\": \"stats\", \"data\": {\"@a\": 3}}\n");
}

#[test]
fn statistics_sort_by_average() {
    let stats = MapValue::Aggregation(Aggregation::Stats { signed: true });
    let map = Map::new("@s", Some(string(8, false)), stats)
        .with(b"few\0\0\0\0\0", &[10, 1])
        .with(b"many\0\0\0\0", &[18, 4]);
    assert_eq!(
        map.text(),
        "@s[many]: { .count = 4, .average = 4, .total = 18 }\n\
         @s[few]: { .count = 1, .average = 10, .total = 10 }\n"
    );
    assert_eq!(
        map.json(),
        "{\"type\": \"stats\", \"data\": {\"@s\": {\
         \"many\": {\"count\": 4, \"average\": 4, \"total\": 18}, \
         \"few\": {\"count\": 1, \"average\": 10, \"total\": 10}}}}\n"
    );
}

#[test]
fn histograms_sort_by_how_much_they_hold() {
    let lhist = MapValue::Aggregation(Aggregation::Lhist {
        min: 0,
        max: 10,
        step: 5,
    });
    let map = Map::new("@h", Some(string(8, false)), lhist)
        .with(b"write\0\0\0", &[0, 0, 1, 1])
        .with(b"read\0\0\0\0", &[1, 0, 0, 0]);
    let full = "@".repeat(52);
    assert_eq!(
        map.text(),
        format!(
            "@h[read]:\n(..., 0)               1 |{full}|\n\n\
             @h[write]:\n[5, 10)                1 |{full}|\n[10, ...)              1 |{full}|\n\n"
        )
    );
    assert_eq!(
        map.json(),
        "{\"type\": \"hist\", \"data\": {\"@h\": {\
         \"read\": [{\"max\": -1, \"count\": 1}], \
         \"write\": [{\"min\": 5, \"max\": 9, \"count\": 1}, {\"min\": 10, \"count\": 1}]}}}\n"
    );
}

#[test]
fn an_empty_histogram_is_a_heading() {
    let hist = MapValue::Aggregation(Aggregation::Hist { bits: 0 });
    let map = Map::new("@h", None, hist).with(&[], &[0; 66]);
    assert_eq!(map.text(), "@h:\n\n");
}

#[test]
fn stacks_as_keys_and_values() {
    let stack = Type::Stack {
        side: StackSide::Kernel,
        depth: 1,
        mode: StackMode::Bpftrace,
    };
    let bytes: Vec<u8> = [1u64, 0x1010]
        .iter()
        .flat_map(|w| w.to_ne_bytes())
        .collect();
    let keyed = Map::new("@", Some(stack.clone()), count()).with(&bytes, &[5]);
    assert_eq!(keyed.text(), "@[\n    do_work+16\n]: 5\n");
    let value = Map::new("@k", None, MapValue::Plain(stack)).with(&[], &[1, 0x1010]);
    assert_eq!(value.text(), "@k: \n        do_work+16\n\n");
}

#[test]
fn no_entries_no_output() {
    let map = Map::new("@m", Some(Type::I64), count());
    assert_eq!((map.text(), map.json()), (String::new(), String::new()));
}
