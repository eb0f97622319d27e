//! `kprobe` and `kretprobe`: functions of the kernel, instructions in them, bare addresses.

use super::{Args, Moment, Part, Point, Site, function, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, Kprobe, ProgramType};
use crate::kernel::btf::Kind;
use lexer::Diagnostic;

pub(super) fn entry(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, Moment::Entry, cx)
}

pub(super) fn exit(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, Moment::Return, cx)
}

fn expand(point: &Point, moment: Moment, cx: &mut Cx<'_>) -> Vec<Site> {
    let Some((module, function)) = function::parts(point, cx) else {
        return Vec::new();
    };
    if function::is_many(module, function) {
        let found = function::matching(module, function, point, cx).into_iter();
        let mut names: Vec<(Option<String>, String)> = found
            .map(|f| (module.map(|_| f.module.to_string()), f.name))
            .collect();
        // Functions of one name cannot be told apart by it.
        names.sort_unstable();
        names.dedup();
        return names
            .into_iter()
            .map(|(module, name)| site(point, moment, module, name, 0, true))
            .collect();
    }
    match single(point, moment, module, function, cx) {
        Ok(site) => site.into_iter().collect(),
        Err(report) => {
            cx.report(report);
            Vec::new()
        }
    }
}

/// The place of an attach point without wildcards. No list is read unless the name is wrong.
fn single(
    point: &Point,
    moment: Moment,
    module: Option<&Part>,
    part: &Part,
    cx: &mut Cx<'_>,
) -> Result<Option<Site>, Diagnostic> {
    if let Some(address) = number(&part.text) {
        if !cx.options.allow_unsafe {
            return Err(error::needs_unsafe_address(part.span));
        }
        return Ok(Some(site(
            point,
            moment,
            None,
            String::new(),
            address,
            false,
        )));
    }
    let (name, offset) = match part.text.split_once('+') {
        Some((name, offset)) => {
            let number = number(offset);
            (
                name,
                number.ok_or_else(|| error::bad_offset(offset, part.span))?,
            )
        }
        None => (part.text.as_str(), 0),
    };
    if offset > 0 && moment == Moment::Return {
        return Err(error::return_with_offset(name, part.span));
    }
    let module = module.map(|part| part.text.as_str());
    if !exists(module, name, cx) {
        let named = Part {
            text: name.to_owned(),
            span: part.span,
        };
        let report = function::unknown(module, &named, point, cx.kernel);
        nothing_matches(report, cx);
        return Ok(None);
    }
    let module = module.map(str::to_owned);
    Ok(Some(site(
        point,
        moment,
        module,
        name.to_owned(),
        offset,
        false,
    )))
}

/// Whether there is such a function. Where the machine does not tell, attaching will.
fn exists(module: Option<&str>, name: &str, cx: &Cx<'_>) -> bool {
    let in_kernel = module.is_none_or(|module| module == function::KERNEL);
    let typed = cx.kernel.btf().ok();
    let typed = typed.and_then(|btf| btf.find(name, Kind::Function));
    in_kernel && typed.is_some() || cx.kernel.has_function(module, name).unwrap_or(true)
}

fn site(
    point: &Point,
    moment: Moment,
    module: Option<String>,
    function: String,
    offset: u64,
    by_pattern: bool,
) -> Site {
    let provider = point.provider.name;
    let place = match (function.as_str(), offset) {
        ("", address) => format!("{address:#x}"),
        (name, 0) => name.to_owned(),
        (name, offset) => format!("{name}+{offset}"),
    };
    let name = match &module {
        Some(module) => format!("{provider}:{module}:{place}"),
        None => format!("{provider}:{place}"),
    };
    Site {
        name,
        program: ProgramType::Kprobe,
        attach: AttachTarget::Kprobe(Kprobe {
            module: module.filter(|module| module != function::KERNEL),
            function,
            offset,
            is_return: moment == Moment::Return,
            by_pattern,
        }),
        args: Args::Registers(moment),
        raw: None,
    }
}

/// A number as attach points have them: decimal, or hexadecimal behind `0x`.
pub(super) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
