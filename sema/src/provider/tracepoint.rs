//! `tracepoint`: the kernel's static tracepoints, with the record that their format describes.

use super::{Args, Part, Point, Site, nothing_matches, rawtracepoint};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType};
use crate::kernel::TracepointName;
use crate::kernel::btf::{Btf, Kind};
use crate::kernel::format::{self, Format};
use crate::kernel::glob::{is_pattern, matches};
use lexer::{Diagnostic, Span};
use std::rc::Rc;

/// The subsystem of system calls, whose events are filters on two others.
const SYSCALLS: &str = "syscalls";

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let [system, event] = point.parts.as_slice() else {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    };
    if !is_pattern(&system.text) && !is_pattern(&event.text) {
        return named(system, event, point, cx);
    }
    let within = (!is_pattern(&system.text)).then_some(system.text.as_str());
    let answer = cx.kernel.tracepoints(within);
    if answer.is_err() {
        let sites = many_by_types(system, event, cx);
        if !sites.is_empty() {
            return sites;
        }
    }
    if let Err(e) = &answer {
        cx.report(error::without_tracefs(e, &system.text, point.span));
        return Vec::new();
    }
    let Some(all) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    let wanted = all
        .iter()
        .filter(|name| matches(&system.text, &name.system) && matches(&event.text, &name.event));
    let sites: Vec<Site> = wanted.filter_map(|name| site(name, point, cx)).collect();
    if sites.is_empty() && !cx.has_errors() {
        nothing_matches(error::no_match(&written(system, event), point.span), cx);
    }
    sites
}

/// What to say of the name of a tracepoint that stands alone (`sys_enter_read`) or behind its
/// subsystem alone (`syscalls:sys_enter_read`) instead of behind a provider; nothing where the
/// machine has no such event or does not tell.
pub(super) fn bare(first: &Part, rest: &[Part], span: Span, cx: &Cx<'_>) -> Option<Diagnostic> {
    let (system, event) = match rest {
        [] => (None, first),
        [event] => (Some(first.text.as_str()), event),
        _ => return None,
    };
    let all = cx.kernel.tracepoints(system).ok()?;
    let homes: Vec<&TracepointName> = all.iter().filter(|n| n.event == event.text).collect();
    (!homes.is_empty()).then(|| error::bare_tracepoint(&homes, span))
}

fn written(system: &Part, event: &Part) -> String {
    format!("tracepoint:{}:{}", system.text, event.text)
}

/// One tracepoint, by its name alone: no directory is read unless the name is wrong.
fn named(system: &Part, event: &Part, point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let name = TracepointName {
        system: system.text.clone(),
        event: event.text.clone(),
    };
    match cx.kernel.tracepoint_format(&name.system, &name.event) {
        Ok(Some(text)) => site_of(&name, &text, point, cx).into_iter().collect(),
        Ok(None) => {
            let report = unknown(system, event, cx);
            nothing_matches(report, cx);
            Vec::new()
        }
        Err(e) => {
            let site = cx.kernel.btf().ok().and_then(|btf| by_types(&name, btf));
            if site.is_none() {
                cx.report(error::without_tracefs(&e, &system.text, point.span));
            }
            site.into_iter().collect()
        }
    }
}

/// A tracepoint as type information knows it, for machines that do not let us read its format: with the
/// arguments of the function behind it instead of a record. Which subsystem it is of, nobody says.
fn by_types(name: &TracepointName, btf: &Btf) -> Option<Site> {
    let site = rawtracepoint::site(btf, &name.event).filter(|_| name.system != SYSCALLS)?;
    Some(Site {
        name: format!("tracepoint:{}:{}", name.system, name.event),
        ..site
    })
}

/// The same for a pattern of events, of any subsystem.
fn many_by_types(system: &Part, event: &Part, cx: &Cx<'_>) -> Vec<Site> {
    let Some(btf) = cx.kernel.btf().ok().filter(|_| system.text == "*") else {
        return Vec::new();
    };
    let mut events: Vec<&str> = rawtracepoint::events(btf)
        .filter(|name| matches(&event.text, name))
        .collect();
    events.sort_unstable();
    let names = events.into_iter().map(|event| TracepointName {
        system: "*".to_owned(),
        event: event.to_owned(),
    });
    names.filter_map(|name| by_types(&name, btf)).collect()
}

fn site(name: &TracepointName, point: &Point, cx: &mut Cx<'_>) -> Option<Site> {
    let answer = cx.kernel.tracepoint_format(&name.system, &name.event);
    // A directory without a format is no event (`events/header_page` and its like).
    let text = cx.ask(answer, point.span)??;
    site_of(name, &text, point, cx)
}

fn site_of(name: &TracepointName, text: &str, point: &Point, cx: &mut Cx<'_>) -> Option<Site> {
    let parsed = format::parse(&name.system, &name.event, text);
    let format: Format = cx.ask(parsed, point.span)?;
    Some(Site {
        name: format!("tracepoint:{}:{}", name.system, name.event),
        program: ProgramType::Tracepoint,
        attach: AttachTarget::Tracepoint {
            system: name.system.clone(),
            event: name.event.clone(),
            id: format.id,
        },
        raw: as_raw(name, cx),
        args: Args::Tracepoint(Rc::new(format)),
    })
}

/// The raw tracepoint behind an event. Those of the `syscalls` subsystem have none: they are
/// filters on `raw_syscalls`.
fn as_raw(name: &TracepointName, cx: &Cx<'_>) -> Option<AttachTarget> {
    if name.system == SYSCALLS {
        return None;
    }
    let btf = cx.kernel.btf().ok()?;
    btf.find(&format!("btf_trace_{}", name.event), Kind::Typedef)?;
    Some(AttachTarget::RawTracepoint {
        event: name.event.clone(),
    })
}

fn point_span(system: &Part, event: &Part) -> lexer::Span {
    system.span.to(event.span)
}

/// The report of a name that does not exist, with what is near it.
fn unknown(system: &Part, event: &Part, cx: &Cx<'_>) -> lexer::Diagnostic {
    let here = cx
        .kernel
        .tracepoints(Some(&system.text))
        .unwrap_or_default();
    let all = cx.kernel.tracepoints(None).unwrap_or_default();
    let elsewhere = all.iter().any(|name| name.event == event.text);
    if here.is_empty() || elsewhere {
        return error::unknown_subsystem(
            &system.text,
            &event.text,
            &all,
            point_span(system, event),
        );
    }
    let events: Vec<&str> = here.iter().map(|name| name.event.as_str()).collect();
    error::unknown_tracepoint(&system.text, &event.text, &events, event.span)
}
