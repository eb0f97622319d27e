//! Maps: what they hold and which kernel map holds it.

use super::Type;
use lexer::Span;
use serde::{Deserialize, Serialize};

/// A map of the script.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Name with its `@`.
    pub name: String,
    /// Type of the key: a [`Type::Tuple`] for several keys, nothing for a scalar map.
    pub key: Option<Type>,
    /// What it holds.
    pub value: MapValue,
    /// Which kernel map holds it.
    pub kind: MapKind,
    /// Keys at most.
    pub max_entries: u32,
    /// Whether two programs that can interrupt each other on one CPU update it, so that even
    /// per-CPU updates must be atomic.
    pub shared: bool,
    /// Where the script first names it.
    pub span: Span,
}

/// What a map holds under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MapValue {
    /// A value. A scalar map stores a `u64` behind it (at the next multiple of 8) that is 1 once
    /// the map has been assigned.
    Plain(Type),
    /// A number per CPU that user space adds up.
    Aggregation(Aggregation),
}

/// How numbers are aggregated. `signed` is the sign of the argument's type and of the result.
///
/// Layout of the per-CPU value, all words of 8 bytes:
/// count: count. sum, min, max: value, 1 once set. avg, stats: total, count.
/// hist, lhist: one count a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the language's")]
pub enum Aggregation {
    Count,
    Sum {
        signed: bool,
    },
    Min {
        signed: bool,
    },
    Max {
        signed: bool,
    },
    Avg {
        signed: bool,
    },
    Stats {
        signed: bool,
    },
    /// Powers of two, each cut into `2^bits` linear parts (0 to 5).
    /// See [`Aggregation::log2_bucket`].
    Hist {
        bits: u8,
    },
    /// Numbers by intervals of time, of which the last so many are kept. An interval has three
    /// words: its number since 1970 plus 1 (0 where it is empty), the value, and for
    /// [`SeriesFold::Last`] the time of it, for [`SeriesFold::Avg`] how many numbers the value adds
    /// up.
    Tseries {
        signed: bool,
        /// Nanoseconds of an interval.
        interval: u64,
        /// How many of them.
        count: u32,
        fold: SeriesFold,
    },
    /// Bucket 0 below `min`, then one a `step`, the last from `max` on.
    Lhist {
        min: i64,
        max: i64,
        step: u64,
    },
}

/// How the numbers of one interval of a time series come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the language's")]
pub enum SeriesFold {
    /// The last one counts.
    Last,
    Avg,
    Max,
    Min,
    Sum,
}

/// Which kernel map type holds a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MapKind {
    /// One shared element: `BPF_MAP_TYPE_ARRAY`.
    Scalar,
    /// One element a CPU: `BPF_MAP_TYPE_PERCPU_ARRAY`.
    PerCpuScalar,
    /// `BPF_MAP_TYPE_HASH`
    Hash,
    /// `BPF_MAP_TYPE_LRU_HASH`
    LruHash,
    /// `BPF_MAP_TYPE_PERCPU_HASH`
    PerCpuHash,
    /// `BPF_MAP_TYPE_LRU_PERCPU_HASH`
    LruPerCpuHash,
}

impl MapKind {
    /// Whether each CPU has a value of its own.
    pub fn is_per_cpu(self) -> bool {
        matches!(
            self,
            Self::PerCpuScalar | Self::PerCpuHash | Self::LruPerCpuHash
        )
    }
}

impl Map {
    /// Bytes of the value of one entry (on one CPU, where it is per-CPU), a multiple of 8.
    pub fn value_size(&self) -> u32 {
        match &self.value {
            MapValue::Aggregation(aggregation) => aggregation.size(),
            MapValue::Plain(ty) => {
                let flag = if self.key.is_none() { 8 } else { 0 };
                super::align_up(ty.size(), 8) + flag
            }
        }
    }
}

impl Aggregation {
    /// The function that makes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum { .. } => "sum",
            Self::Min { .. } => "min",
            Self::Max { .. } => "max",
            Self::Avg { .. } => "avg",
            Self::Stats { .. } => "stats",
            Self::Hist { .. } => "hist",
            Self::Lhist { .. } => "lhist",
            Self::Tseries { .. } => "tseries",
        }
    }

    /// Bytes of the value on one CPU.
    pub fn size(&self) -> u32 {
        8 * match *self {
            Self::Count => 1,
            Self::Sum { .. }
            | Self::Min { .. }
            | Self::Max { .. }
            | Self::Avg { .. }
            | Self::Stats { .. } => 2,
            Self::Hist { .. } | Self::Lhist { .. } => self.buckets(),
            Self::Tseries { count, .. } => 3 * count,
        }
    }

    /// Whether a new entry starts from zeros, rather than from its first number.
    pub fn starts_blank(&self) -> bool {
        matches!(
            self,
            Self::Hist { .. } | Self::Lhist { .. } | Self::Tseries { .. }
        )
    }

    /// Buckets of a histogram; 0 for anything else.
    pub fn buckets(&self) -> u32 {
        match *self {
            // Below zero, then the values under 2^bits one by one, then 2^bits parts for each
            // power of two from `bits` to 63.
            Self::Hist { bits } => 1 + (1 << bits) + ((64 - u32::from(bits)) << bits),
            Self::Lhist { min, max, step } => {
                let span = max.abs_diff(min);
                u32::try_from(span.div_ceil(step.max(1))).map_or(u32::MAX, |n| n.saturating_add(2))
            }
            _ => 0,
        }
    }

    /// Range of values, both ends included, that a bucket of a `hist` counts. Bucket 0 counts
    /// what is below zero (signed arguments alone) and yields nothing.
    ///
    /// With `n = value`, the bucket is `1 + n` for `n < 2^bits`; otherwise, with `p` the position
    /// of the highest bit set, `1 + ((p - bits + 1) << bits) + ((n >> (p - bits)) - 2^bits)`.
    pub fn log2_bucket(bits: u8, bucket: u32) -> Option<(u64, u64)> {
        let index = u64::from(bucket.checked_sub(1)?);
        let parts = 1u64 << bits;
        if index < parts {
            return Some((index, index));
        }
        let shift = (index >> bits) - 1;
        if shift + u64::from(bits) > 63 {
            return None;
        }
        let low = (parts + (index & (parts - 1))) << shift;
        Some((low, low + ((1u64 << shift) - 1)))
    }
}
