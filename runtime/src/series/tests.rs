//! Series of known numbers.

use super::{Point, points, write_graph, write_json};
use crate::print::value::Value;
use sema::ir::SeriesFold;

const SECOND: u64 = 1_000_000_000;

fn point(start: u64, value: i64) -> Point {
    Point {
        start,
        value: Some(Value::Signed(value)),
    }
}

#[test]
fn intervals_of_all_cpus_come_together() {
    let (a, b) = ([11, 5, 2, 13, 7, 1, 0, 0, 0], [11, 9, 1, 0, 0, 0, 0, 0, 0]);
    let of = |fold| {
        let cpus = [a.as_slice(), b.as_slice()].into_iter();
        let points = points(cpus, (SECOND, 3), fold, true).expect("numbers were recorded");
        let values = points
            .iter()
            .map(|p| p.value.as_ref().and_then(Value::as_integer));
        (points[0].start / SECOND, values.collect::<Vec<_>>())
    };
    assert_eq!(of(SeriesFold::Last), (10, vec![Some(5), None, Some(7)]));
    assert_eq!(of(SeriesFold::Sum), (10, vec![Some(14), None, Some(7)]));
    assert_eq!(of(SeriesFold::Max), (10, vec![Some(9), None, Some(7)]));
    assert_eq!(of(SeriesFold::Min), (10, vec![Some(5), None, Some(7)]));
    assert_eq!(of(SeriesFold::Avg), (10, vec![Some(4), None, Some(7)]));
}

#[test]
fn what_is_out_of_date_is_left_out() {
    let words = [3, 1, 1, 102, 2, 1, 103, 3, 1];
    let found = points(
        [words.as_slice()].into_iter(),
        (SECOND, 3),
        SeriesFold::Sum,
        false,
    );
    let starts: Vec<u64> = found
        .expect("numbers")
        .iter()
        .map(|p| p.start / SECOND)
        .collect();
    assert_eq!(starts, [101, 102]);
    assert_eq!(
        points(
            [[0; 6].as_slice()].into_iter(),
            (1, 2),
            SeriesFold::Sum,
            false
        ),
        None
    );
}

#[test]
fn a_graph_is_as_wide_as_the_peers() {
    let mut out = Vec::new();
    let values = [-5, 0, 5].into_iter().zip(0..);
    let points: Vec<Point> = values.map(|(v, i)| point(i * SECOND / 10, v)).collect();
    write_graph(&points, &mut out);
    let text = String::from_utf8(out).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("{:13}{:<21}{:>32}", "", -5, 5));
    assert_eq!(lines[1], format!("hh:mm:ss.ms  |{}|", "_".repeat(51)));
    assert!(lines[2].ends_with(&format!("00.000 *{:25}.{:25}| -5", "", "")));
    assert!(lines[3].ends_with(&format!("00.100 |{:25}*{:25}| 0", "", "")));
    assert!(lines[4].ends_with(&format!("00.200 |{:25}.{:25}* 5", "", "")));
    assert_eq!(lines[5], format!("{:13}v{}v", "", "_".repeat(51)));
    assert_eq!(lines[6], lines[0]);
}

#[test]
fn a_single_interval_has_bounds_around_it() {
    let mut out = Vec::new();
    write_graph(&[point(SECOND, 3)], &mut out);
    let text = String::from_utf8(out).expect("text");
    let first = text.lines().next();
    assert_eq!(first, Some(format!("{:19}{:<21}{:>32}", "", 2, 4).as_str()));
    assert!(text.contains("hh:mm:ss.ns        |__"));
    assert!(text.contains(".000000000 |                         *                         | 3"));
}

#[test]
fn objects_have_times_and_values() {
    let gap = Point {
        start: SECOND,
        value: None,
    };
    let mut out = Vec::new();
    write_json(&[point(0, 3), gap], &mut out);
    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("[{\"interval_start\":\"19"), "{text}");
    assert!(
        text.contains(":00:00.000000000\",\"value\":3}, {"),
        "{text}"
    );
    assert!(
        text.ends_with(":00:01.000000000\",\"value\":null}]"),
        "{text}"
    );
}
