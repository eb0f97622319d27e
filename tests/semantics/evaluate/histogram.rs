//! Histograms: ranges found by trying, not by the arithmetic of the code under test.

use crate::program::Aggregation;

/// The rows, from the first that counted something to the last: `range count`.
pub(super) fn rows(aggregation: Aggregation, numbers: &[i128]) -> Vec<String> {
    let ranges = match aggregation {
        Aggregation::Hist(bits) => powers(bits),
        Aggregation::Lhist { min, max, step } => steps(min.into(), max.into(), step.into()),
        _ => Vec::new(),
    };
    let counted: Vec<(String, usize)> = ranges
        .into_iter()
        .map(|range| {
            let inside = |n: i128| range.low <= n && n < range.high;
            let count = numbers.iter().filter(|n| inside(**n)).count();
            (range.label, count)
        })
        .collect();
    let first = counted.iter().position(|(_, n)| *n > 0).unwrap_or(0);
    let last = counted.iter().rposition(|(_, n)| *n > 0).unwrap_or(0);
    let rows = counted[first..=last].iter();
    rows.map(|(label, count)| format!("{label} {count}"))
        .collect()
}

/// Numbers from `low` on, below `high`.
struct Range {
    low: i128,
    high: i128,
    label: String,
}

/// Below zero, then single numbers, then each power of two in `2^bits` parts.
fn powers(bits: u32) -> Vec<Range> {
    let mut ranges = vec![Range {
        low: i128::MIN,
        high: 0,
        label: "(..., 0)".to_owned(),
    }];
    let mut low = 0i128;
    while low < 1 << 64 {
        let highest = if low == 0 { 0 } else { low.ilog2() };
        let width = 1i128 << highest.saturating_sub(bits);
        let high = low + width;
        let label = match width {
            1 => format!("[{low}]"),
            _ => format!(
                "[{}, {})",
                unit(low, width),
                unit(high, width_at(high, bits))
            ),
        };
        ranges.push(Range { low, high, label });
        low = high;
    }
    ranges
}

fn width_at(low: i128, bits: u32) -> i128 {
    1 << low.ilog2().saturating_sub(bits)
}

/// A number in the largest unit of which the width of its bucket is a multiple.
fn unit(value: i128, width: i128) -> String {
    let units = ["", "K", "M", "G", "T", "P", "E"];
    let mut number = (value, width);
    let mut unit = 0;
    while number.1 >= 1024 && unit + 1 < units.len() {
        number = (number.0 / 1024, number.1 / 1024);
        unit += 1;
    }
    format!("{}{}", number.0, units[unit])
}

fn steps(min: i128, max: i128, step: i128) -> Vec<Range> {
    let mut ranges = vec![Range {
        low: i128::MIN,
        high: min,
        label: format!("(..., {min})"),
    }];
    let mut low = min;
    while low < max {
        let high = (low + step).min(max);
        let label = format!("[{low}, {high})");
        ranges.push(Range { low, high, label });
        low += step;
    }
    ranges.push(Range {
        low: max,
        high: i128::MAX,
        label: format!("[{max}, ...)"),
    });
    ranges
}
