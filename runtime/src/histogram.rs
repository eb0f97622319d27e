//! Histograms: buckets to rows.

use sema::ir::Aggregation;

/// Columns of the widest bar, where there is room.
pub(crate) const BAR_WIDTH: usize = 52;
/// Columns of the widest bar on the narrowest terminal.
const NARROWEST_BAR: usize = 10;
/// Columns of a row beside its bar: range, count, and what is around the bar.
const BESIDE_BAR: usize = 16 + 8 + 3;

/// A row of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The least value it counts; nothing where there is no least.
    pub(crate) low: Option<i128>,
    /// The greatest value it counts; nothing where there is no greatest.
    pub(crate) high: Option<i128>,
    /// How its range is written.
    pub(crate) label: String,
    /// How many values it counted.
    pub(crate) count: u64,
}

/// The rows from the first bucket that is not empty to the last one.
pub(crate) fn rows(aggregation: &Aggregation, buckets: &[u64]) -> Vec<Row> {
    let Some(first) = buckets.iter().position(|&count| count > 0) else {
        return Vec::new();
    };
    let last = buckets.iter().rposition(|&count| count > 0);
    let last = last.unwrap_or(first);
    (first..=last)
        .map(|bucket| row(aggregation, bucket, buckets[bucket]))
        .collect()
}

/// Columns of the widest bar on a terminal of this width.
pub(crate) fn bar_width(columns: usize) -> usize {
    columns
        .saturating_sub(BESIDE_BAR)
        .clamp(NARROWEST_BAR, BAR_WIDTH)
}

/// The rows as text: range, count and bar each.
pub(crate) fn write_rows(rows: &[Row], width: usize, out: &mut Vec<u8>) {
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0).max(1);
    for row in rows {
        let columns = u128::from(row.count) * width as u128 / u128::from(most);
        let bar = "@".repeat(columns as usize);
        let line = format!("{:<16}{:>8} |{bar:<width$}|\n", row.label, row.count);
        out.extend_from_slice(line.as_bytes());
    }
}

/// The percentiles that are told: their names, and their share in hundredths.
const PERCENTILES: [(&str, u64); 4] = [("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)];

/// The row in which each percentile lies: the first up to which there are so many of all values.
pub(crate) fn percentiles(rows: &[Row]) -> Vec<(&'static str, &Row)> {
    let total: u128 = rows.iter().map(|row| u128::from(row.count)).sum();
    let row_of = |share: u64| {
        let wanted = (total * u128::from(share)).div_ceil(100).max(1);
        let mut seen = 0;
        rows.iter().find(|row| {
            seen += u128::from(row.count);
            seen >= wanted
        })
    };
    PERCENTILES
        .iter()
        .filter_map(|&(name, share)| Some((name, row_of(share)?)))
        .collect()
}

/// The percentiles as a line of text.
pub(crate) fn write_percentiles(rows: &[Row], out: &mut Vec<u8>) {
    let texts = percentiles(rows);
    let texts = texts
        .iter()
        .map(|(name, row)| format!("{name} {}", row.label));
    let line = texts.collect::<Vec<_>>().join("  ");
    if !line.is_empty() {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

fn row(aggregation: &Aggregation, bucket: usize, count: u64) -> Row {
    let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
    let (low, high, label) = match *aggregation {
        Aggregation::Hist { bits } => log2_range(bits, bucket),
        Aggregation::Lhist { min, max, step } => linear_range(min, max, step, bucket),
        _ => (None, None, String::new()),
    };
    Row {
        low,
        high,
        label,
        count,
    }
}

type Range = (Option<i128>, Option<i128>, String);

fn log2_range(bits: u8, bucket: u32) -> Range {
    let Some((low, high)) = Aggregation::log2_bucket(bits, bucket) else {
        return (None, Some(-1), "(..., 0)".to_owned());
    };
    let label = if low == high {
        format!("[{low}]")
    } else {
        // One past the greatest value is the start of the next bucket, and takes its unit.
        let next = u128::from(high) + 1;
        let low_label = log2_label(bits, low.into());
        format!("[{low_label}, {})", log2_label(bits, next))
    };
    (Some(low.into()), Some(high.into()), label)
}

/// The start of a bucket, in the largest unit of which the bucket's width is a whole multiple.
fn log2_label(bits: u8, value: u128) -> String {
    const UNITS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    let highest = value.checked_ilog2().unwrap_or(0);
    let unit = (highest.saturating_sub(bits.into()) / 10) as usize;
    let unit = unit.min(UNITS.len() - 1);
    format!("{}{}", value >> (10 * unit), UNITS[unit])
}

fn linear_range(min: i64, max: i64, step: u64, bucket: u32) -> Range {
    let (min, max, step) = (i128::from(min), i128::from(max), i128::from(step.max(1)));
    let label = |value| linear_label(value, step);
    let Some(index) = bucket.checked_sub(1) else {
        return (None, Some(min - 1), format!("(..., {})", label(min)));
    };
    let low = min + i128::from(index) * step;
    if low >= max {
        return (Some(max), None, format!("[{}, ...)", label(max)));
    }
    let next = (low + step).min(max);
    let text = format!("[{}, {})", label(low), label(next));
    (Some(low), Some(next - 1), text)
}

/// A bound, in K or M where the step is a multiple of 1024 and the bound one of K or M.
fn linear_label(value: i128, step: i128) -> String {
    const K: i128 = 1 << 10;
    const M: i128 = 1 << 20;
    if value == 0 || step % K != 0 || value % K != 0 {
        value.to_string()
    } else if value % M == 0 {
        format!("{}M", value / M)
    } else {
        format!("{}K", value / K)
    }
}

#[cfg(test)]
mod tests;
