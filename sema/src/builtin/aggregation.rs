//! `count`, `sum` and the others that a map keeps one of for each key and CPU.

use super::{Aggregated, Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::refuse;
use crate::ir::{Aggregation, SeriesFold};
use crate::typed::Typed;

/// The most buckets that an `lhist` may have between its ends.
const MAX_LINEAR_BUCKETS: i128 = 1000;

/// The most intervals of a `tseries`: what a per-CPU map has room for.
const MAX_INTERVALS: u32 = 1000;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "count",
        signature: "count()",
        doc: "Counts how often it is reached.",
        example: "@[comm] = count()",
        check: Check::Aggregation(0, 0, |_, _| Some((Aggregation::Count, None))),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "sum",
        signature: "sum(n)",
        doc: "Adds numbers up.",
        example: "@bytes = sum(args.ret)",
        check: Check::Aggregation(1, 1, |call, cx| {
            number(call, cx, |signed| Aggregation::Sum { signed })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "avg",
        signature: "avg(n)",
        doc: "Keeps the average of numbers.",
        example: "@size = avg(args.count)",
        check: Check::Aggregation(1, 1, |call, cx| {
            number(call, cx, |signed| Aggregation::Avg { signed })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "min",
        signature: "min(n)",
        doc: "Keeps the smallest number.",
        example: "@least = min(args.ret)",
        check: Check::Aggregation(1, 1, |call, cx| {
            number(call, cx, |signed| Aggregation::Min { signed })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "max",
        signature: "max(n)",
        doc: "Keeps the largest number.",
        example: "@most = max(args.ret)",
        check: Check::Aggregation(1, 1, |call, cx| {
            number(call, cx, |signed| Aggregation::Max { signed })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "stats",
        signature: "stats(n)",
        doc: "Keeps count, average and total of numbers.",
        example: "@[comm] = stats(args.ret)",
        check: Check::Aggregation(1, 1, |call, cx| {
            number(call, cx, |signed| Aggregation::Stats { signed })
        }),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "hist",
        signature: "hist(n[, k])",
        doc: "Counts numbers in buckets of powers of two, each cut into 2^k parts (k from 0 to 5).",
        example: "@ = hist(args.ret)",
        check: Check::Aggregation(1, 2, hist),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "lhist",
        signature: "lhist(n, min, max, step)",
        doc: "Counts numbers in buckets of equal width from min to max.",
        example: "@ = lhist(args.ret, 0, 1000, 100)",
        check: Check::Aggregation(4, 4, lhist),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "tseries",
        signature: "tseries(n, interval, count[, \"avg\"|\"max\"|\"min\"|\"sum\"])",
        doc: "Keeps numbers by intervals of time, the last of each or what they come to.",
        example: "@ = tseries(args.ret, 1s, 20, \"max\")",
        check: Check::Aggregation(3, 4, tseries),
        ..Builtin::PLAIN
    },
];

/// What stands for an aggregation whose arguments are wrong.
pub(super) fn stand_in(name: &str) -> Aggregation {
    let signed = false;
    match name {
        "sum" => Aggregation::Sum { signed },
        "avg" => Aggregation::Avg { signed },
        "min" => Aggregation::Min { signed },
        "max" => Aggregation::Max { signed },
        "stats" => Aggregation::Stats { signed },
        "hist" => Aggregation::Hist { bits: 0 },
        "lhist" => Aggregation::Lhist {
            min: 0,
            max: 1,
            step: 1,
        },
        "tseries" => Aggregation::Tseries {
            signed,
            interval: 1,
            count: 1,
            fold: SeriesFold::Last,
        },
        _ => Aggregation::Count,
    }
}

fn number(call: &Call<'_>, cx: &mut Cx<'_>, of: fn(bool) -> Aggregation) -> Option<Aggregated> {
    let value = integer(call, cx)?;
    Some((of(value.ty.is_signed()), Some(value)))
}

/// The number that is aggregated. A literal that is not negative has no sign of its own.
fn integer(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Typed> {
    let value = call.value(0, cx);
    if value.is_unknown() {
        // Of a map that is assigned further down, perhaps: a later round knows its sign.
        return Some(value);
    }
    if !value.ty.is_integer() && !value.ty.is_pointer() {
        call.wrong("a number", &value, cx);
        return None;
    }
    let ty = value.stored_type();
    Some(value.converted(&ty))
}

fn hist(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Aggregated> {
    let value = integer(call, cx)?;
    let bits = match call.args.get(1) {
        Some(_) => call.constant(1, "the number of bits", cx)?,
        None => 0,
    };
    match u8::try_from(bits) {
        Ok(bits @ 0..=5) => Some((Aggregation::Hist { bits }, Some(value))),
        _ => {
            let span = call.args[1].span;
            cx.report(error::out_of_bounds(
                "the second argument of `hist`",
                "from 0 to 5",
                span,
            ));
            None
        }
    }
}

fn lhist(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Aggregated> {
    let value = integer(call, cx)?;
    let min = call.constant(1, "the lowest value", cx)?;
    let max = call.constant(2, "the highest value", cx)?;
    let step = call.constant(3, "the width of a bucket", cx)?;
    let mut refuse = |what: &str, wanted: &str, n: usize| {
        cx.report(error::out_of_bounds(what, wanted, call.args[n].span));
        None
    };
    if step <= 0 {
        return refuse("the step of `lhist`", "above 0", 3);
    }
    if max <= min {
        return refuse("the maximum of `lhist`", "above the minimum", 2);
    }
    if (max - min) / step > MAX_LINEAR_BUCKETS {
        return refuse(
            "the step of `lhist`",
            "wide enough for at most 1000 buckets",
            3,
        );
    }
    let (Ok(min), Ok(max), Ok(step)) =
        (i64::try_from(min), i64::try_from(max), u64::try_from(step))
    else {
        return refuse("the bounds of `lhist`", "within `int64`", 2);
    };
    Some((Aggregation::Lhist { min, max, step }, Some(value)))
}

fn tseries(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<Aggregated> {
    refuse("tseries", "time series", call.span, cx);
    let value = integer(call, cx)?;
    let interval = call.constant(1, "the length of an interval", cx)?;
    let count = call.constant(2, "the number of intervals", cx)?;
    let fold = match call.args.get(3) {
        Some(_) => series_fold(call, cx)?,
        None => SeriesFold::Last,
    };
    let Some(interval) = u64::try_from(interval).ok().filter(|&ns| ns > 0) else {
        let what = "the interval of `tseries`";
        cx.report(error::out_of_bounds(what, "above 0", call.args[1].span));
        return None;
    };
    let Some(count) = u32::try_from(count)
        .ok()
        .filter(|n| (1..=MAX_INTERVALS).contains(n))
    else {
        let (what, wanted) = ("the number of intervals", "from 1 to 1000");
        cx.report(error::out_of_bounds(what, wanted, call.args[2].span));
        return None;
    };
    let series = Aggregation::Tseries {
        signed: value.ty.is_signed(),
        interval,
        count,
        fold,
    };
    Some((series, Some(value)))
}

fn series_fold(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<SeriesFold> {
    let wanted = "`\"avg\"`, `\"max\"`, `\"min\"` or `\"sum\"`";
    let (name, span) = call.text(3, wanted, cx)?;
    match name.as_slice() {
        b"avg" => Some(SeriesFold::Avg),
        b"max" => Some(SeriesFold::Max),
        b"min" => Some(SeriesFold::Min),
        b"sum" => Some(SeriesFold::Sum),
        _ => {
            let what = "how `tseries` folds an interval";
            cx.report(error::out_of_bounds(
                what,
                &format!("one of {wanted}"),
                span,
            ));
            None
        }
    }
}
