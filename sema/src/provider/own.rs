//! `self`, `test` and `bench`: programs that strobe runs itself.

use super::{Point, Site};
use crate::analyze::Mode;
use crate::builtin::names::{signal_number, signal_words};
use crate::cx::Cx;
use crate::error;
use crate::ir::AttachTarget;

/// Signals that nobody gets.
const NEVER: [&str; 2] = ["SIGKILL", "SIGSTOP"];

pub(super) fn signal(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let [kind, name] = point.parts.as_slice() else {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    };
    if kind.text != "signal" {
        cx.report(error::attach_point_form(point.provider, kind.span));
        return Vec::new();
    }
    let word = name.text.to_ascii_uppercase();
    let word = word.strip_prefix("SIG").unwrap_or(&word);
    let full = format!("SIG{word}");
    let found = signal_number(word).filter(|_| !NEVER.contains(&full.as_str()));
    let Some(number) = found.and_then(|number| i32::try_from(number).ok()) else {
        cx.report(error::unknown_signal(
            &name.text,
            &signal_words(),
            name.span,
        ));
        return Vec::new();
    };
    vec![site(
        format!("self:{}:{full}", kind.text),
        AttachTarget::Signal(number),
    )]
}

/// A test; nothing unless tests are run.
pub(super) fn test(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    named(point, Mode::Test, AttachTarget::Test, cx)
}

/// A benchmark; nothing unless benchmarks are run.
pub(super) fn bench(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    named(point, Mode::Bench, AttachTarget::Bench, cx)
}

fn named(
    point: &Point,
    mode: Mode,
    attach: fn(String) -> AttachTarget,
    cx: &mut Cx<'_>,
) -> Vec<Site> {
    let [name] = point.parts.as_slice() else {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    };
    if name.text.is_empty() {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    }
    if cx.options.mode != mode {
        return Vec::new();
    }
    let full = format!("{}:{}", point.provider.name, name.text);
    vec![site(full, attach(name.text.clone()))]
}

fn site(name: String, attach: AttachTarget) -> Site {
    Site {
        name,
        attach,
        ..Site::default()
    }
}
