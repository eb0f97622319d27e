//! Folding by hand-counted examples.

use super::{Folded, fold, zero};
use crate::print::value::Value;
use sema::ir::Aggregation;

fn bytes(words: &[i64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn number(aggregation: Aggregation, words: &[i64]) -> Option<i128> {
    match fold(&aggregation, &bytes(words))? {
        Folded::Number(value) => value.as_integer(),
        other => panic!("not a number: {other:?}"),
    }
}

const SIGNED: bool = true;

#[test]
fn counts_add_up_and_wrap() {
    assert_eq!(number(Aggregation::Count, &[3, 0, 4]), Some(7));
    assert_eq!(number(Aggregation::Count, &[-1, 6]), Some(5));
    assert_eq!(number(Aggregation::Count, &[0, 0]), None);
}

#[test]
fn sums_count_the_cpus_that_have_any() {
    let sum = |signed, words: &[i64]| number(Aggregation::Sum { signed }, words);
    assert_eq!(sum(SIGNED, &[-2, 1, 10, 1]), Some(8));
    assert_eq!(sum(SIGNED, &[0, 1, 99, 0]), Some(0));
    assert_eq!(sum(SIGNED, &[i64::MAX, 1, 1, 1]), Some(i64::MIN.into()));
    assert_eq!(sum(!SIGNED, &[-1, 1, 0, 0]), Some(u64::MAX.into()));
    assert_eq!(sum(SIGNED, &[5, 0]), None);
}

#[test]
fn extremes_compare_by_sign_and_skip_unset_cpus() {
    let min = |signed, words: &[i64]| number(Aggregation::Min { signed }, words);
    let max = |signed, words: &[i64]| number(Aggregation::Max { signed }, words);
    assert_eq!(min(SIGNED, &[5, 1, -3, 1, -9, 0]), Some(-3));
    assert_eq!(max(SIGNED, &[5, 1, -3, 1, 99, 0]), Some(5));
    assert_eq!(max(SIGNED, &[-5, 1, 0, 0]), Some(-5));
    assert_eq!(min(!SIGNED, &[5, 1, -3, 1]), Some(5));
    assert_eq!(max(!SIGNED, &[5, 1, -1, 1]), Some(u64::MAX.into()));
    assert_eq!(min(SIGNED, &[0, 0]), None);
}

#[test]
fn averages_divide_as_c_does() {
    let avg = |signed, words: &[i64]| number(Aggregation::Avg { signed }, words);
    assert_eq!(avg(SIGNED, &[3, 1, 4, 1]), Some(3));
    assert_eq!(avg(SIGNED, &[-7, 2]), Some(-3));
    assert_eq!(avg(!SIGNED, &[-2, 2]), Some(((u64::MAX - 1) / 2).into()));
    assert_eq!(avg(SIGNED, &[0, 0]), None);
}

#[test]
fn stats_hold_all_three() {
    let folded = fold(
        &Aggregation::Stats { signed: true },
        &bytes(&[10, 1, 30, 1]),
    );
    let expected = Folded::Stats {
        count: 2,
        average: Value::Signed(20),
        total: Value::Signed(40),
    };
    assert_eq!(folded, Some(expected));
}

#[test]
fn histograms_add_up_bucket_by_bucket() {
    let aggregation = Aggregation::Lhist {
        min: 0,
        max: 2,
        step: 1,
    };
    let Some(Folded::Histogram { rows, total }) =
        fold(&aggregation, &bytes(&[0, 1, 2, 0, 0, 4, 0, 0]))
    else {
        panic!("no histogram");
    };
    let counts: Vec<u64> = rows.iter().map(|row| row.count).collect();
    assert_eq!((counts, total), (vec![5, 2], 7));
    assert_eq!(fold(&aggregation, &bytes(&[0; 8])), None);
}

#[test]
fn divisors_divide_what_can_be_divided() {
    let divided = |folded: Option<Folded>, by| folded.map(|f| f.divided(by));
    let sum = fold(&Aggregation::Sum { signed: true }, &bytes(&[-35, 1]));
    assert_eq!(
        divided(sum.clone(), 10),
        Some(Folded::Number(Value::Signed(-3)))
    );
    assert_eq!(divided(sum.clone(), 0), sum);
    let stats = fold(&Aggregation::Stats { signed: false }, &bytes(&[40, 2]));
    let expected = Folded::Stats {
        count: 2,
        average: Value::Unsigned(2),
        total: Value::Unsigned(4),
    };
    assert_eq!(divided(stats, 10), Some(expected));
}

#[test]
fn zeroed_aggregations_print_zero() {
    assert_eq!(
        zero(&Aggregation::Count),
        Folded::Number(Value::Unsigned(0))
    );
    let histogram = Folded::Histogram {
        rows: vec![],
        total: 0,
    };
    assert_eq!(zero(&Aggregation::Hist { bits: 3 }), histogram);
}
