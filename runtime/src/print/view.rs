//! A map as it prints: entries decoded, folded, sorted and cut to the top ones.

use super::value::Value;
use crate::aggregate::{self, Folded};
use crate::table::Entry;
use sema::ir::{MapStyle, MapValue, Type};
use std::cmp::Ordering;

/// What is asked of a print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// How many of the greatest entries; 0 for all.
    pub(crate) top: u64,
    /// What numbers are divided by; 0 and 1 leave them.
    pub(crate) divisor: u64,
}

/// A map of the script, as its entries print.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    /// Its name with the `@`.
    pub(crate) name: &'a str,
    /// What it holds.
    pub(crate) value: &'a MapValue,
    /// The entries in the order in which they print.
    pub(crate) entries: Vec<Row<'a>>,
    /// Whether histograms tell their percentiles.
    pub(crate) percentiles: bool,
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    /// The key; nothing for a scalar map.
    pub(crate) key: Option<Value<'a>>,
    /// The value.
    pub(crate) value: Shown<'a>,
}

/// The value of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Shown<'a> {
    /// A value as the script stored it.
    Plain(Value<'a>),
    /// An aggregation.
    Folded(Folded),
}

impl<'a> View<'a> {
    /// Decodes entries and puts them in order: by value where values have an order, by key where
    /// they have none or are equal.
    pub(crate) fn new(
        name: &'a str,
        key: Option<&'a Type>,
        value: &'a MapValue,
        entries: &'a [Entry],
        selection: Selection,
        style: MapStyle,
    ) -> Self {
        let mut rows: Vec<Row<'a>> = entries
            .iter()
            .map(|entry| Row {
                key: key.map(|ty| Value::decode(ty, &entry.key)),
                value: shown(value, &entry.value, selection.divisor),
            })
            .collect();
        if style.by_key {
            rows.sort_by(compare_keys);
        } else {
            rows.sort_by(|a, b| compare_shown(&a.value, &b.value).then_with(|| compare_keys(a, b)));
        }
        let top = match selection.top {
            0 => u64::from(style.top),
            asked => asked,
        };
        if top > 0 {
            let top = usize::try_from(top).unwrap_or(usize::MAX);
            rows.drain(..rows.len().saturating_sub(top));
        }
        if style.descending {
            rows.reverse();
        }
        Self {
            name,
            value,
            entries: rows,
            percentiles: style.percentiles,
        }
    }
}

fn shown<'a>(value: &'a MapValue, bytes: &'a [u8], divisor: u64) -> Shown<'a> {
    match value {
        MapValue::Plain(ty) => Shown::Plain(aggregate::divide(Value::decode(ty, bytes), divisor)),
        MapValue::Aggregation(aggregation) => {
            let folded = aggregate::fold(aggregation, bytes);
            let folded = folded.unwrap_or_else(|| aggregate::zero(aggregation));
            Shown::Folded(folded.divided(divisor))
        }
    }
}

/// The order of values: numbers by size, `stats` by average, histograms by how many numbers they
/// hold. Other values have none.
fn compare_shown(a: &Shown<'_>, b: &Shown<'_>) -> Ordering {
    weight(a).cmp(&weight(b))
}

fn weight(value: &Shown<'_>) -> i128 {
    let number = match value {
        Shown::Plain(value) | Shown::Folded(Folded::Number(value)) => value.as_integer(),
        Shown::Folded(Folded::Stats { average, .. }) => average.as_integer(),
        Shown::Folded(Folded::Series { .. }) => None,
        Shown::Folded(Folded::Histogram { total, .. }) => Some((*total).into()),
    };
    number.unwrap_or(0)
}

fn compare_keys(a: &Row<'_>, b: &Row<'_>) -> Ordering {
    match (&a.key, &b.key) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    }
}

/// A total order of values of one type.
fn compare(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Str { bytes: a, .. }, Value::Str { bytes: b, .. })
        | (Value::Buffer(a), Value::Buffer(b)) => a.cmp(b),
        (Value::Tuple(a), Value::Tuple(b)) | (Value::Array(a), Value::Array(b)) => {
            compare_all(a.iter().zip(b))
        }
        (Value::Record(a), Value::Record(b)) => {
            compare_all(a.iter().zip(b).map(|((_, a), (_, b))| (a, b)))
        }
        (Value::Inet(a), Value::Inet(b)) => a.cmp(b),
        (Value::Mac(a), Value::Mac(b)) => a.cmp(b),
        (Value::Usym { address: a, pid: p }, Value::Usym { address: b, pid: q }) => {
            (p, a).cmp(&(q, b))
        }
        (
            Value::Stack {
                frames: a, pid: p, ..
            },
            Value::Stack {
                frames: b, pid: q, ..
            },
        ) => (p, a).cmp(&(q, b)),
        (Value::FileStack { frames: a, pid: p }, Value::FileStack { frames: b, pid: q }) => {
            (p, a).cmp(&(q, b))
        }
        _ => a.as_integer().cmp(&b.as_integer()),
    }
}

fn compare_all<'v, 'a: 'v>(
    mut pairs: impl Iterator<Item = (&'v Value<'a>, &'v Value<'a>)>,
) -> Ordering {
    pairs
        .find_map(|(a, b)| Some(compare(a, b)).filter(|o| o.is_ne()))
        .unwrap_or(Ordering::Equal)
}
