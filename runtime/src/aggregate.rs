//! Aggregations: a value per CPU folded into one.

use crate::histogram::{self, Row};
use crate::print::value::Value;
use crate::series::{self, Point};
use sema::ir::Aggregation;

/// What the values of all CPUs come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folded {
    /// `count`, `sum`, `min`, `max`, `avg`: [`Value::Signed`] or [`Value::Unsigned`].
    Number(Value<'static>),
    /// `stats`.
    Stats {
        /// How many numbers.
        count: u64,
        /// Their average.
        average: Value<'static>,
        /// Their sum.
        total: Value<'static>,
    },
    /// `tseries`: its intervals in order, those without a number between others too.
    Series {
        /// Nanoseconds of an interval.
        interval: u64,
        /// Start of each in nanoseconds since 1970, and its value.
        points: Vec<Point>,
    },
    /// `hist`, `lhist`: rows, and the sum of their counts.
    Histogram {
        /// The rows that are not empty and what is between them.
        rows: Vec<Row>,
        /// How many numbers.
        total: u64,
    },
}

/// Folds the values of all CPUs, one behind the other as the kernel gives them. Nothing where no
/// CPU has aggregated anything.
pub(crate) fn fold(aggregation: &Aggregation, per_cpu: &[u8]) -> Option<Folded> {
    let words: Vec<u64> = per_cpu
        .chunks_exact(8)
        .map(|w| u64::from_ne_bytes(w.try_into().unwrap_or_default()))
        .collect();
    let cpus = words.chunks_exact((aggregation.size() / 8).max(1) as usize);
    let folded = match *aggregation {
        Aggregation::Count => {
            let count = cpus.map(|w| w[0]).fold(0, u64::wrapping_add);
            (count > 0).then_some(Folded::Number(Value::Unsigned(count)))?
        }
        Aggregation::Sum { signed } => {
            let sum = set_values(cpus).reduce(u64::wrapping_add)?;
            Folded::Number(number(sum, signed))
        }
        Aggregation::Min { signed } => {
            let least = set_values(cpus).min_by_key(|&word| order(word, signed))?;
            Folded::Number(number(least, signed))
        }
        Aggregation::Max { signed } => {
            let greatest = set_values(cpus).max_by_key(|&word| order(word, signed))?;
            Folded::Number(number(greatest, signed))
        }
        Aggregation::Avg { signed } => {
            let (total, count) = totals(cpus)?;
            Folded::Number(average(total, count, signed))
        }
        Aggregation::Stats { signed } => {
            let (total, count) = totals(cpus)?;
            Folded::Stats {
                count,
                average: average(total, count, signed),
                total: number(total, signed),
            }
        }
        Aggregation::Tseries {
            signed,
            interval,
            count,
            fold,
        } => Folded::Series {
            interval,
            points: series::points(cpus, (interval, count), fold, signed)?,
        },
        Aggregation::Hist { .. } | Aggregation::Lhist { .. } => {
            let buckets = buckets(cpus)?;
            histogram(aggregation, &buckets)
        }
    };
    Some(folded)
}

/// What an aggregation comes to that has been set to zero.
pub(crate) fn zero(aggregation: &Aggregation) -> Folded {
    let zero = |signed| number(0, signed);
    match *aggregation {
        Aggregation::Count => Folded::Number(zero(false)),
        Aggregation::Sum { signed }
        | Aggregation::Min { signed }
        | Aggregation::Max { signed }
        | Aggregation::Avg { signed } => Folded::Number(zero(signed)),
        Aggregation::Stats { signed } => Folded::Stats {
            count: 0,
            average: zero(signed),
            total: zero(signed),
        },
        Aggregation::Tseries { interval, .. } => Folded::Series {
            interval,
            points: Vec::new(),
        },
        Aggregation::Hist { .. } | Aggregation::Lhist { .. } => histogram(aggregation, &[]),
    }
}

impl Folded {
    /// The same divided by a number, as `print(@m, top, div)` asks. Counts of `stats` stay.
    #[must_use]
    pub(crate) fn divided(self, divisor: u64) -> Self {
        match self {
            Folded::Number(value) => Folded::Number(divide(value, divisor)),
            Folded::Stats {
                count,
                average,
                total,
            } => Folded::Stats {
                count,
                average: divide(average, divisor),
                total: divide(total, divisor),
            },
            Folded::Series {
                interval,
                mut points,
            } => {
                for point in &mut points {
                    point.value = point.value.take().map(|value| divide(value, divisor));
                }
                Folded::Series { interval, points }
            }
            Folded::Histogram { mut rows, total } => {
                for row in &mut rows {
                    row.count /= divisor.max(1);
                }
                Folded::Histogram { rows, total }
            }
        }
    }
}

/// An integer divided as C divides, by 1 at least; anything else as it is.
pub(crate) fn divide(value: Value<'_>, divisor: u64) -> Value<'_> {
    let divisor = i128::from(divisor.max(1));
    match value {
        Value::Signed(n) => Value::Signed((i128::from(n) / divisor) as i64),
        Value::Unsigned(n) => Value::Unsigned((i128::from(n) / divisor) as u64),
        other => other,
    }
}

/// First words of the CPUs whose second word says that the first was set.
fn set_values<'a>(cpus: impl Iterator<Item = &'a [u64]>) -> impl Iterator<Item = u64> {
    cpus.filter(|w| w[1] != 0).map(|w| w[0])
}

/// Sum of the totals and of the counts, where anything was counted.
fn totals<'a>(cpus: impl Iterator<Item = &'a [u64]>) -> Option<(u64, u64)> {
    let (total, count) = cpus.fold((0u64, 0u64), |(total, count), w| {
        (total.wrapping_add(w[0]), count.wrapping_add(w[1]))
    });
    (count > 0).then_some((total, count))
}

/// Counts of each bucket, where any is not zero.
fn buckets<'a>(cpus: impl Iterator<Item = &'a [u64]>) -> Option<Vec<u64>> {
    let mut buckets: Vec<u64> = Vec::new();
    for cpu in cpus {
        buckets.resize(cpu.len(), 0);
        for (sum, count) in buckets.iter_mut().zip(cpu) {
            *sum = sum.wrapping_add(*count);
        }
    }
    buckets.iter().any(|&count| count > 0).then_some(buckets)
}

fn histogram(aggregation: &Aggregation, buckets: &[u64]) -> Folded {
    Folded::Histogram {
        rows: histogram::rows(aggregation, buckets),
        total: buckets.iter().copied().fold(0, u64::wrapping_add),
    }
}

pub(crate) fn number(word: u64, signed: bool) -> Value<'static> {
    if signed {
        Value::Signed(word.cast_signed())
    } else {
        Value::Unsigned(word)
    }
}

/// A key that sorts words as numbers of this sign.
pub(crate) fn order(word: u64, signed: bool) -> i128 {
    if signed {
        word.cast_signed().into()
    } else {
        word.into()
    }
}

pub(crate) fn average(total: u64, count: u64, signed: bool) -> Value<'static> {
    divide(number(total, signed), count)
}

#[cfg(test)]
mod tests;
