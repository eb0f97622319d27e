//! Rows against output that people know.

use super::{BAR_WIDTH, bar_width, percentiles, rows, write_rows};
use expect_test::{Expect, expect};
use sema::ir::Aggregation;

/// Counts numbers into buckets as the language defines them, by looking for the bucket whose range
/// holds each.
fn count(aggregation: &Aggregation, numbers: impl IntoIterator<Item = i64>) -> Vec<u64> {
    let mut buckets = vec![0; aggregation.buckets() as usize];
    for number in numbers {
        buckets[bucket(aggregation, number)] += 1;
    }
    buckets
}

fn bucket(aggregation: &Aggregation, number: i64) -> usize {
    match *aggregation {
        Aggregation::Hist { bits } => {
            let Ok(number) = u64::try_from(number) else {
                return 0;
            };
            let holds = |bucket: &u32| {
                Aggregation::log2_bucket(bits, *bucket)
                    .is_some_and(|(low, high)| (low..=high).contains(&number))
            };
            let bucket = (0..aggregation.buckets()).find(holds);
            bucket.expect("every number has a bucket") as usize
        }
        Aggregation::Lhist { min, max, step } => match number {
            n if n < min => 0,
            n if n >= max => aggregation.buckets() as usize - 1,
            n => 1 + ((n - min) / step.cast_signed()) as usize,
        },
        _ => unreachable!("not a histogram"),
    }
}

fn check(aggregation: Aggregation, numbers: impl IntoIterator<Item = i64>, expected: Expect) {
    let mut out = Vec::new();
    write_rows(
        &rows(&aggregation, &count(&aggregation, numbers)),
        BAR_WIDTH,
        &mut out,
    );
    expected.assert_eq(&String::from_utf8(out).expect("rows are text"));
}

#[test]
fn powers_of_two() {
    check(
        Aggregation::Hist { bits: 0 },
        [0, 1, 7, 100, 100_000],
        expect![[r#"
            [0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [1]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [2, 4)                 0 |                                                    |
            [4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [8, 16)                0 |                                                    |
            [16, 32)               0 |                                                    |
            [32, 64)               0 |                                                    |
            [64, 128)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [128, 256)             0 |                                                    |
            [256, 512)             0 |                                                    |
            [512, 1K)              0 |                                                    |
            [1K, 2K)               0 |                                                    |
            [2K, 4K)               0 |                                                    |
            [4K, 8K)               0 |                                                    |
            [8K, 16K)              0 |                                                    |
            [16K, 32K)             0 |                                                    |
            [32K, 64K)             0 |                                                    |
            [64K, 128K)            1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        "#]],
    );
}

#[test]
fn below_zero() {
    check(
        Aggregation::Hist { bits: 0 },
        [-10, 3],
        expect![[r#"
            (..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [0]                    0 |                                                    |
            [1]                    0 |                                                    |
            [2, 4)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        "#]],
    );
}

#[test]
fn finer_buckets() {
    check(
        Aggregation::Hist { bits: 2 },
        0..200,
        expect![[r#"
            [0]                    1 |@                                                   |
            [1]                    1 |@                                                   |
            [2]                    1 |@                                                   |
            [3]                    1 |@                                                   |
            [4]                    1 |@                                                   |
            [5]                    1 |@                                                   |
            [6]                    1 |@                                                   |
            [7]                    1 |@                                                   |
            [8, 10)                2 |@@@                                                 |
            [10, 12)               2 |@@@                                                 |
            [12, 14)               2 |@@@                                                 |
            [14, 16)               2 |@@@                                                 |
            [16, 20)               4 |@@@@@@                                              |
            [20, 24)               4 |@@@@@@                                              |
            [24, 28)               4 |@@@@@@                                              |
            [28, 32)               4 |@@@@@@                                              |
            [32, 40)               8 |@@@@@@@@@@@@@                                       |
            [40, 48)               8 |@@@@@@@@@@@@@                                       |
            [48, 56)               8 |@@@@@@@@@@@@@                                       |
            [56, 64)               8 |@@@@@@@@@@@@@                                       |
            [64, 80)              16 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
            [80, 96)              16 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
            [96, 112)             16 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
            [112, 128)            16 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
            [128, 160)            32 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [160, 192)            32 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [192, 224)             8 |@@@@@@@@@@@@@                                       |
        "#]],
    );
}

#[test]
fn the_greatest_numbers() {
    check(
        Aggregation::Hist { bits: 0 },
        [i64::MAX],
        expect![[r#"
            [4E, 8E)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        "#]],
    );
    let mut buckets = vec![0; Aggregation::Hist { bits: 0 }.buckets() as usize];
    *buckets.last_mut().expect("there are buckets") = u64::MAX;
    let rows = rows(&Aggregation::Hist { bits: 0 }, &buckets);
    assert_eq!(rows[0].label, "[8E, 16E)");
    assert_eq!(rows[0].high, Some(u64::MAX.into()));
    let mut out = Vec::new();
    write_rows(&rows, BAR_WIDTH, &mut out);
    assert!(out.ends_with(format!("|{}|\n", "@".repeat(52)).as_bytes()));
}

#[test]
fn every_log2_bucket_starts_where_the_one_before_ends() {
    for bits in 0..=5 {
        let aggregation = Aggregation::Hist { bits };
        let all = vec![1; aggregation.buckets() as usize];
        let rows = rows(&aggregation, &all);
        assert_eq!(rows.len(), all.len());
        for pair in rows[1..].windows(2) {
            assert_eq!(pair[0].high.map(|high| high + 1), pair[1].low);
        }
        assert_eq!(rows.last().and_then(|row| row.high), Some(u64::MAX.into()));
    }
}

#[test]
fn linear() {
    let aggregation = Aggregation::Lhist {
        min: 10,
        max: 40,
        step: 10,
    };
    check(
        aggregation,
        0..50,
        expect![[r#"
            (..., 10)             10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [10, 20)              10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [20, 30)              10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [30, 40)              10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [40, ...)             10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        "#]],
    );
}

#[test]
fn linear_with_a_step_that_does_not_divide_the_span() {
    let aggregation = Aggregation::Lhist {
        min: -5,
        max: 5,
        step: 4,
    };
    check(
        aggregation,
        -6..=5,
        expect![[r#"
            (..., -5)              1 |@@@@@@@@@@@@@                                       |
            [-5, -1)               4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [-1, 3)                4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [3, 5)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
            [5, ...)               1 |@@@@@@@@@@@@@                                       |
        "#]],
    );
}

#[test]
fn linear_bounds_in_units() {
    let aggregation = Aggregation::Lhist {
        min: 0,
        max: 3 << 20,
        step: 512 << 10,
    };
    check(
        aggregation,
        [0, 1 << 20, 4 << 20],
        expect![[r#"
            [0, 512K)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [512K, 1M)             0 |                                                    |
            [1M, 1536K)            1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
            [1536K, 2M)            0 |                                                    |
            [2M, 2560K)            0 |                                                    |
            [2560K, 3M)            0 |                                                    |
            [3M, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        "#]],
    );
}

#[test]
fn no_rows_without_numbers() {
    let aggregation = Aggregation::Hist { bits: 0 };
    assert_eq!(rows(&aggregation, &count(&aggregation, [])), []);
    assert_eq!(rows(&aggregation, &[]), []);
}

#[test]
fn percentiles_lie_in_the_row_that_reaches_their_share() {
    let aggregation = Aggregation::Hist { bits: 0 };
    let numbers = 0..100;
    let rows = rows(&aggregation, &count(&aggregation, numbers));
    let found: Vec<_> = percentiles(&rows)
        .into_iter()
        .map(|(name, row)| (name, row.label.as_str()))
        .collect();
    let wanted = [
        ("p50", "[32, 64)"),
        ("p90", "[64, 128)"),
        ("p99", "[64, 128)"),
        ("max", "[64, 128)"),
    ];
    assert_eq!(found, wanted);
    assert!(percentiles(&[]).is_empty());
}

#[test]
fn bars_fit_the_terminal() {
    assert_eq!(bar_width(200), 52);
    assert_eq!(bar_width(79), 52);
    assert_eq!(bar_width(60), 33);
    assert_eq!(bar_width(5), 10);
}
