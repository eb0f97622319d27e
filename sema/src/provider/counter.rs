//! `software` and `hardware`: counters that run a program every so many events.

use super::{Args, Part, Point, Site, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, Counter, ProgramType};
use crate::kernel::glob::{is_pattern, matches};

/// An event that is counted.
pub(crate) struct Event {
    /// Its name.
    pub(crate) name: &'static str,
    /// A shorter one.
    pub(crate) short: Option<&'static str>,
    /// `enum perf_sw_ids` or `enum perf_hw_id` of `linux/perf_event.h`.
    number: u64,
    /// How many make a run, where the script does not say.
    period: u64,
}

const fn event(name: &'static str, number: u64, period: u64) -> Event {
    Event {
        name,
        short: None,
        number,
        period,
    }
}

const fn with_short(event: Event, short: &'static str) -> Event {
    Event {
        short: Some(short),
        ..event
    }
}

/// The kernel's events, by name.
pub(crate) static SOFTWARE: &[Event] = &[
    event("alignment-faults", 7, 1),
    event("bpf-output", 10, 1),
    with_short(event("context-switches", 3, 1000), "cs"),
    with_short(event("cpu-clock", 0, 1_000_000), "cpu"),
    event("cpu-migrations", 4, 1),
    event("dummy", 9, 1),
    event("emulation-faults", 8, 1),
    event("major-faults", 6, 1),
    event("minor-faults", 5, 100),
    with_short(event("page-faults", 2, 100), "faults"),
    event("task-clock", 1, 1_000_000),
];

/// The CPU's events, by name.
pub(crate) static HARDWARE: &[Event] = &[
    event("backend-stalls", 8, 1_000_000),
    with_short(event("branch-instructions", 4, 100_000), "branches"),
    event("branch-misses", 5, 100_000),
    event("bus-cycles", 6, 100_000),
    event("cache-misses", 3, 1_000_000),
    event("cache-references", 2, 1_000_000),
    with_short(event("cpu-cycles", 0, 1_000_000), "cycles"),
    event("frontend-stalls", 7, 1_000_000),
    event("instructions", 1, 1_000_000),
    event("ref-cycles", 9, 1_000_000),
];

pub(super) fn software(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, SOFTWARE, cx)
}

pub(super) fn hardware(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, HARDWARE, cx)
}

fn expand(point: &Point, events: &'static [Event], cx: &mut Cx<'_>) -> Vec<Site> {
    let (name, count) = match point.parts.as_slice() {
        [name] => (name, None),
        [name, count] => (name, Some(count).filter(|count| !count.text.is_empty())),
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            return Vec::new();
        }
    };
    let period = match count.map(period).transpose() {
        Ok(period) => period,
        Err(report) => {
            cx.report(report);
            return Vec::new();
        }
    };
    let wanted = events.iter().filter(|event| is_wanted(event, &name.text));
    let sites: Vec<Site> = wanted
        .map(|event| site(point, event, name, period))
        .collect();
    if sites.is_empty() {
        let names = events.iter().flat_map(|e| [Some(e.name), e.short]);
        let names: Vec<&str> = names.flatten().collect();
        let report = error::unknown_event(point.provider.name, &name.text, &names, name.span);
        nothing_matches(report, cx);
    }
    sites
}

fn is_wanted(event: &Event, text: &str) -> bool {
    match is_pattern(text) {
        true => matches(text, event.name),
        false => event.name == text || event.short == Some(text),
    }
}

/// How many events: a whole number, which may be written as `1e6` or `1_000`.
fn period(part: &Part) -> Result<u64, lexer::Diagnostic> {
    let digits = part.text.replace('_', "");
    let number = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => mantissa.parse().ok().zip(exponent.parse().ok()).and_then(
            |(mantissa, exponent): (u64, u32)| mantissa.checked_mul(10u64.checked_pow(exponent)?),
        ),
        None => super::kprobe::number(&digits),
    };
    number
        .filter(|&number| number > 0)
        .ok_or_else(|| error::event_count(&part.text, part.span))
}

fn site(point: &Point, event: &Event, name: &Part, period: Option<u64>) -> Site {
    let written = match is_pattern(&name.text) {
        true => event.name,
        false => &name.text,
    };
    let provider = point.provider.name;
    let count = period.map_or(String::new(), |period| period.to_string());
    Site {
        name: format!("{provider}:{written}:{count}"),
        program: ProgramType::PerfEvent,
        attach: AttachTarget::Counter(Counter {
            hardware: provider == "hardware",
            event: event.number,
            period: period.unwrap_or(event.period),
        }),
        args: Args::None,
        raw: None,
    }
}
