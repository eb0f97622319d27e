//! `rawtracepoint`: the tracepoints of the kernel and its modules with the arguments of the function behind them,
//! typed by BTF.

use super::{Args, Parameter, Part, Point, Signature, Site, function, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType};
use crate::kernel::btf::{Btf, BtfType, Kind, Param, Prototype, TypeId};
use crate::kernel::glob::{is_pattern, matches};
use crate::kernel::{Kernel, KernelError};
use std::rc::Rc;

/// Prefix of the typedefs that BTF has for every raw tracepoint (`include/trace/bpf_probe.h`).
const TYPEDEF_PREFIX: &str = "btf_trace_";

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let (module, event) = match point.parts.as_slice() {
        [event] => (None, event),
        [module, event] => (Some(module), event),
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            return Vec::new();
        }
    };
    let answer = cx.kernel.btf();
    let Some(btf) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    let in_kernel = module.is_none_or(|module| matches(&module.text, function::KERNEL));
    let mut sites = match in_kernel {
        true if is_pattern(&event.text) => all_matching(btf, &event.text),
        true => site(btf, &event.text).into_iter().collect(),
        false => Vec::new(),
    };
    // An event of one name is looked for in modules where the kernel has none.
    if sites.is_empty() || function::is_many(module, event) {
        let answer = in_modules(module, &event.text, cx.kernel);
        let Some(found) = cx.ask(answer, point.span) else {
            return Vec::new();
        };
        sites.extend(found);
    }
    if sites.is_empty() {
        let report = match module.filter(|_| !in_kernel) {
            Some(module) => unknown_in_module(module, event, cx),
            None => unknown(event, btf),
        };
        nothing_matches(report, cx);
    }
    sites
}

/// The events of loaded modules that a pattern or a name matches.
fn in_modules(
    module: Option<&Part>,
    event: &str,
    kernel: &dyn Kernel,
) -> Result<Vec<Site>, KernelError> {
    let mut sites = Vec::new();
    let pattern = |home: &str| module.is_none_or(|module| matches(&module.text, home));
    for home in kernel.btf_modules()?.iter().filter(|home| pattern(home)) {
        let Some(btf) = kernel.module_btf(home)? else {
            continue;
        };
        let mut names: Vec<&str> = match is_pattern(event) {
            true => own_events(kernel, &btf)?
                .filter(|name| matches(event, name))
                .collect(),
            false => Vec::from([event]),
        };
        names.sort_unstable();
        for name in names {
            sites.extend(site_in_module(&btf, name)?);
        }
    }
    Ok(sites)
}

/// Names of the events of a module's own.
pub(crate) fn own_events<'a>(
    kernel: &dyn Kernel,
    btf: &'a Btf,
) -> Result<impl Iterator<Item = &'a str> + use<'a>, KernelError> {
    let of_kernel = kernel.btf()?.len();
    let typedefs = btf.names(Kind::Typedef).into_iter();
    let own = typedefs.filter(move |(_, id)| id.0 >= of_kernel);
    Ok(own.filter_map(|(name, _)| name.strip_prefix(TYPEDEF_PREFIX)))
}

fn site_in_module(btf: &Btf, event: &str) -> Result<Option<Site>, KernelError> {
    let typedef = format!("{TYPEDEF_PREFIX}{event}");
    if btf.find_own(&typedef, Kind::Typedef).is_none() {
        return Ok(None);
    }
    let params = params(btf, event).unwrap_or_default().into_iter().zip(0..);
    let signature = Signature {
        params: params
            .map(|((name, ty), slot)| Parameter {
                name,
                ty,
                offset: slot * 8,
            })
            .collect(),
        returned: None,
        module: Some(btf.name().to_owned()),
    };
    Ok(Some(Site {
        name: format!("rawtracepoint:{}:{event}", btf.name()),
        program: ProgramType::RawTracepoint,
        attach: AttachTarget::RawTracepoint {
            event: event.to_owned(),
        },
        args: Args::Function(Rc::new(signature)),
        raw: None,
    }))
}

fn unknown_in_module(module: &Part, event: &Part, cx: &Cx<'_>) -> lexer::Diagnostic {
    let loaded = cx.kernel.btf_modules().unwrap_or_default();
    match loaded.iter().any(|name| matches(&module.text, name)) {
        true => {
            let written = format!("rawtracepoint:{}:{}", module.text, event.text);
            error::no_match(&written, event.span)
        }
        false => error::no_module(&module.text, module.span),
    }
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

/// The site of an event of the kernel itself.
pub(super) fn site(btf: &Btf, event: &str) -> Option<Site> {
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
