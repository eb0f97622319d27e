//! `rawtracepoint`: the kernel's tracepoints with the arguments of the function behind them,
//! typed by BTF.

use super::{Args, Part, Point, Site, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType};
use crate::kernel::btf::{Btf, BtfType, Kind, Param, Prototype, TypeId};
use crate::kernel::glob::{is_pattern, matches};

/// Prefix of the typedefs that BTF has for every raw tracepoint (`include/trace/bpf_probe.h`).
const TYPEDEF_PREFIX: &str = "btf_trace_";

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let event = match point.parts.as_slice() {
        [event] => event,
        [module, event] if matches(&module.text, "vmlinux") => event,
        [module, _] => {
            nothing_matches(error::no_module(&module.text, module.span), cx);
            return Vec::new();
        }
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            return Vec::new();
        }
    };
    let answer = cx.kernel.btf();
    let Some(btf) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    let sites = if is_pattern(&event.text) {
        all_matching(btf, &event.text)
    } else {
        site(btf, &event.text).into_iter().collect()
    };
    if sites.is_empty() {
        let report = unknown(event, btf);
        nothing_matches(report, cx);
    }
    sites
}

fn all_matching(btf: &Btf, pattern: &str) -> Vec<Site> {
    let mut names: Vec<&str> = events(btf).filter(|name| matches(pattern, name)).collect();
    names.sort_unstable();
    names
        .into_iter()
        .filter_map(|name| site(btf, name))
        .collect()
}

/// Names of every raw tracepoint.
pub(crate) fn events(btf: &Btf) -> impl Iterator<Item = &str> {
    let typedefs = btf.names(Kind::Typedef).into_iter();
    typedefs.filter_map(|(name, _)| name.strip_prefix(TYPEDEF_PREFIX))
}

fn site(btf: &Btf, event: &str) -> Option<Site> {
    find(btf, event)?;
    Some(Site {
        name: format!("rawtracepoint:vmlinux:{event}"),
        program: ProgramType::RawTracepoint,
        attach: AttachTarget::RawTracepoint {
            event: event.to_owned(),
        },
        args: Args::Raw(params(btf, event).unwrap_or_default().into()),
        raw: None,
    })
}

/// The typedef that BTF has for an event.
fn find(btf: &Btf, event: &str) -> Option<TypeId> {
    btf.find(&format!("{TYPEDEF_PREFIX}{event}"), Kind::Typedef)
}

/// The parameters of an event, without the `void *` that comes first in each function behind it.
/// The typedef's prototype has no names; the functions have, where BTF keeps them.
pub(crate) fn params(btf: &Btf, event: &str) -> Option<Vec<(String, TypeId)>> {
    let prototype = ["__traceiter_", "__bpf_trace_"]
        .iter()
        .find_map(|prefix| function_prototype(btf, &format!("{prefix}{event}")))
        .or_else(|| typedef_prototype(btf, event))?;
    let params = prototype.params.iter().skip(1).zip(0..);
    let name = |(param, index): (&Param<'_>, u32)| match param.name {
        "" => (format!("arg{index}"), param.ty),
        name => (name.to_owned(), param.ty),
    };
    Some(params.map(name).collect())
}

fn function_prototype<'a>(btf: &'a Btf, name: &str) -> Option<Prototype<'a>> {
    let function = btf.find(name, Kind::Function)?;
    let BtfType::Function { prototype, .. } = btf.get(function).ok()? else {
        return None;
    };
    as_prototype(btf, prototype)
}

fn typedef_prototype<'a>(btf: &'a Btf, event: &str) -> Option<Prototype<'a>> {
    let typedef = find(btf, event)?;
    let pointer = btf.resolve(typedef).ok()?;
    let BtfType::Pointer(target) = btf.get(pointer).ok()? else {
        return None;
    };
    as_prototype(btf, target)
}

fn as_prototype(btf: &Btf, id: TypeId) -> Option<Prototype<'_>> {
    match btf.get(id).ok()? {
        BtfType::Prototype(prototype) => Some(prototype),
        _ => None,
    }
}

fn unknown(event: &Part, btf: &Btf) -> lexer::Diagnostic {
    if is_pattern(&event.text) {
        return error::no_match(&format!("rawtracepoint:{}", event.text), event.span);
    }
    let names: Vec<&str> = events(btf).collect();
    error::unknown_raw_tracepoint(&event.text, &names, event.span)
}
