//! Aggregations, keyed and not, alone and shared, against sums done by hand.

use crate::harness::{Ran, run};
use crate::support::*;
use sema::ir::{Aggregation, Expr, ExprKind, MapId, Type};

const NUMBERS: [i64; 9] = [5, -3, 0, 17, 1, 1, 1024, -4096, 2];

/// Each number into an aggregation, keyed by 1, or not; updated plainly, or as if interrupted.
fn aggregate_all(how: Aggregation, signed: bool, numbers: &[i64]) -> Option<[Ran; 4]> {
    let run_one = |keyed: bool, shared: bool| {
        let mut script = Script::raw();
        let key = keyed.then_some(Type::I64);
        let map = script.aggregation("@a", key, how);
        script.program.maps[0].shared = shared;
        let ty = if signed { Type::I64 } else { Type::U64 };
        let input = script.scalar_map("@input", ty.clone());
        let body = numbers.iter().flat_map(|&number| {
            let value = (how != Aggregation::Count).then(|| get(input, None, ty.clone()));
            [
                set(input, None, typed(number, ty.clone())),
                aggregate(map, keyed.then(|| int(1)), how, value),
            ]
        });
        let body: Vec<_> = body.collect();
        run(&script.body(body))
    };
    Some([
        run_one(false, false)?,
        run_one(false, true)?,
        run_one(true, false)?,
        run_one(true, true)?,
    ])
}

fn assert_all(how: Aggregation, signed: bool, numbers: &[i64], wanted: &str) {
    let Some(runs) = aggregate_all(how, signed, numbers) else {
        return;
    };
    for (ran, start) in runs.iter().zip(["@a: ", "@a: ", "@a[1]: ", "@a[1]: "]) {
        assert_eq!(ran.after(start), wanted, "{how:?} of {numbers:?}");
    }
}

#[test]
fn counts_and_sums() {
    let sum: i64 = NUMBERS.iter().sum();
    assert_all(Aggregation::Count, true, &NUMBERS, "9");
    assert_all(
        Aggregation::Sum { signed: true },
        true,
        &NUMBERS,
        &sum.to_string(),
    );
    assert_all(Aggregation::Sum { signed: false }, false, &[3, -1, 4], "6");
}

#[test]
fn extremes() {
    let signed = true;
    assert_all(Aggregation::Min { signed }, true, &NUMBERS, "-4096");
    assert_all(Aggregation::Max { signed }, true, &NUMBERS, "1024");
    assert_all(Aggregation::Max { signed }, true, &[-5, -9], "-5");
    assert_all(Aggregation::Min { signed }, true, &[5, 0, 9], "0");
    assert_all(Aggregation::Max { signed }, true, &[-5, 0, -9], "0");
    let signed = false;
    assert_all(Aggregation::Min { signed }, false, &[7, -1, 8], "7");
    assert_all(
        Aggregation::Max { signed },
        false,
        &[7, -1, 8],
        &u64::MAX.to_string(),
    );
}

#[test]
fn averages() {
    let (sum, count) = (NUMBERS.iter().sum::<i64>(), NUMBERS.len() as i64);
    let average = sum / count;
    assert_all(
        Aggregation::Avg { signed: true },
        true,
        &NUMBERS,
        &average.to_string(),
    );
    let stats = format!("{{ .count = {count}, .average = {average}, .total = {sum} }}");
    assert_all(Aggregation::Stats { signed: true }, true, &NUMBERS, &stats);
}

/// Number of values in each printed row of a histogram.
fn rows(ran: &Ran) -> Vec<(String, u64)> {
    let rows = ran.lines.iter().filter(|line| line.contains('|'));
    rows.map(|row| {
        let (range, rest) = row.split_at(row.find([')', ']']).expect("a range") + 1);
        let count = rest.split_whitespace().next().expect("a count");
        (range.to_owned(), count.parse().expect("a number"))
    })
    .filter(|(_, count)| *count > 0)
    .collect()
}

#[test]
fn histograms() {
    let numbers = [-5, -1, 0, 1, 2, 3, 4, 7, 8, 1023, 1024, 1 << 40];
    let how = Aggregation::Hist { bits: 0 };
    let Some(runs) = aggregate_all(how, true, &numbers) else {
        return;
    };
    let counts: Vec<_> = rows(&runs[0]).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [2, 1, 1, 2, 2, 1, 1, 1, 1], "{:#?}", runs[0].lines);
    for ran in &runs[1..] {
        assert_eq!(rows(ran), rows(&runs[0]));
    }
}

#[test]
fn fine_histograms_take_the_largest_numbers() {
    let how = Aggregation::Hist { bits: 5 };
    let Some(runs) = aggregate_all(how, false, &[0, 31, 32, 33, i64::MIN, -1]) else {
        return;
    };
    for ran in &runs {
        let total: u64 = rows(ran).iter().map(|(_, count)| count).sum();
        assert_eq!(total, 6, "{:#?}", ran.lines);
        assert_eq!(rows(ran).len(), 6);
    }
}

#[test]
fn linear_histograms() {
    let how = Aggregation::Lhist {
        min: -10,
        max: 100,
        step: 20,
    };
    let numbers = [-1000, -11, -10, 9, 10, 89, 99, 100, 1000];
    let Some(runs) = aggregate_all(how, true, &numbers) else {
        return;
    };
    for ran in &runs {
        let counts: Vec<_> = rows(ran).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 2, 1, 1, 1, 2], "{:#?}", ran.lines);
    }
}

#[test]
fn linear_histograms_of_unsigned_numbers() {
    let how = Aggregation::Lhist {
        min: 0,
        max: 10,
        step: 5,
    };
    let Some(runs) = aggregate_all(how, false, &[0, 4, 5, 10, -1]) else {
        return;
    };
    for ran in &runs {
        let counts: Vec<_> = rows(ran).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 1, 2], "{:#?}", ran.lines);
    }
}

fn folded(map: MapId, key: Option<Expr>) -> Expr {
    let key = key.map(Box::new);
    expr(ExprKind::AggregateGet { map, key }, Type::I64)
}

#[test]
fn aggregations_in_expressions() {
    let signed = true;
    let kinds = [
        (Aggregation::Count, "9"),
        (Aggregation::Sum { signed }, "-3049"),
        (Aggregation::Min { signed }, "-4096"),
        (Aggregation::Max { signed }, "1024"),
        (Aggregation::Avg { signed }, "-338"),
        (Aggregation::Stats { signed }, "-338"),
    ];
    let mut script = Script::raw();
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    for (how, result) in kinds {
        for key in [None, Some(int(1))] {
            let map = script.aggregation("@a", key.as_ref().map(|_| Type::I64), how);
            body.push(print(&mut script, folded(map, key.clone())));
            for number in NUMBERS {
                let value = (how != Aggregation::Count).then(|| int(number));
                body.push(aggregate(map, key.clone(), how, value));
            }
            body.push(print(&mut script, folded(map, key)));
            wanted.extend(["0", result]);
        }
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
}
