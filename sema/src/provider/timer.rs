//! `interval` and `profile`: timers on one CPU and on every CPU.

use super::{Args, Part, Point, Site};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType, Rate};

pub(super) fn interval(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    timer(point, AttachTarget::Interval, cx)
}

pub(super) fn profile(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    timer(point, AttachTarget::Profile, cx)
}

fn timer(point: &Point, attach: fn(Rate) -> AttachTarget, cx: &mut Cx<'_>) -> Vec<Site> {
    let rate = match point.parts.as_slice() {
        [whole] => duration(whole),
        [unit, count] => rate(unit, count),
        _ => Err(error::attach_point_form(point.provider, point.span)),
    };
    let rate = match rate {
        Ok(rate) => rate,
        Err(report) => {
            cx.report(report);
            return Vec::new();
        }
    };
    let parts: Vec<&str> = point.parts.iter().map(|part| part.text.as_str()).collect();
    vec![Site {
        name: format!("{}:{}", point.provider.name, parts.join(":")),
        program: ProgramType::PerfEvent,
        attach: attach(rate),
        args: Args::None,
        raw: None,
    }]
}

/// `s:1`, `hz:99`: a unit and how many.
fn rate(unit: &Part, count: &Part) -> Result<Rate, lexer::Diagnostic> {
    let number: u64 = count
        .text
        .parse()
        .map_err(|_| error::timer_count(&count.text, count.span))?;
    if number == 0 {
        return Err(error::timer_count(&count.text, count.span));
    }
    if unit.text == "hz" {
        return Ok(Rate::Hertz(number));
    }
    let factor = nanoseconds(&unit.text)
        .filter(|_| unit.text != "ns")
        .ok_or_else(|| error::timer_unit(&unit.text, unit.span))?;
    number
        .checked_mul(factor)
        .map(Rate::Period)
        .ok_or_else(|| error::timer_count(&count.text, count.span))
}

/// `1s`, `500ms`, or a bare number of nanoseconds.
fn duration(part: &Part) -> Result<Rate, lexer::Diagnostic> {
    let digits = part.text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = part.text.split_at(digits);
    let unit = if unit.is_empty() { "ns" } else { unit };
    if digits == 0 {
        return Err(error::timer_count(&part.text, part.span));
    }
    if unit == "hz" {
        let hertz = number.parse().ok().filter(|&n| n > 0).map(Rate::Hertz);
        return hertz.ok_or_else(|| error::timer_count(number, part.span));
    }
    let factor = nanoseconds(unit).ok_or_else(|| error::timer_unit(unit, part.span))?;
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|&period| period > 0)
        .map(Rate::Period)
        .ok_or_else(|| error::timer_count(&part.text, part.span))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    })
}
