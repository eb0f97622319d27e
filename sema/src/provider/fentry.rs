//! `fentry` and `fexit`: functions of the kernel, its modules and BPF programs, with arguments and
//! return value typed by BTF.

pub(crate) use super::Signature;
use super::{Args, Moment, Parameter, Part, Point, Site, function, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, Fentry, FunctionHome, ProgramType};
use crate::kernel::btf::{Btf, BtfType, Kind, TypeId};
use crate::kernel::glob::matches;
use crate::kernel::{BpfFunction, KernelError};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The word that stands where a module would, for BPF programs.
const BPF: &str = "bpf";

pub(super) fn entry(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, Moment::Entry, cx)
}

pub(super) fn exit(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(point, Moment::Return, cx)
}

fn expand(point: &Point, moment: Moment, cx: &mut Cx<'_>) -> Vec<Site> {
    match point.parts.as_slice() {
        [bpf, name] if bpf.text == BPF => return programs(point, moment, None, name, cx),
        [bpf, id, name] if bpf.text == BPF => {
            return programs(point, moment, Some(id), name, cx);
        }
        _ => {}
    }
    let Some((module, function)) = function::parts(point, cx) else {
        return Vec::new();
    };
    let answer = if function::is_many(module, function) {
        many(point, moment, module, function, cx)
    } else {
        single(point, moment, module, function, cx)
    };
    cx.ask(answer, point.span).unwrap_or_default()
}

/// The function of an attach point without wildcards, wherever it is. No list is read unless the
/// name is wrong.
fn single(
    point: &Point,
    moment: Moment,
    module: Option<&Part>,
    part: &Part,
    cx: &mut Cx<'_>,
) -> Result<Vec<Site>, KernelError> {
    let name = part.text.as_str();
    let module = module.map(|part| part.text.as_str());
    let kernel = cx.kernel;
    if !function::is_traceable(name) {
        cx.report(error::not_traceable(point.provider.name, name, part.span));
        return Ok(Vec::new());
    }
    if module.is_none_or(|module| module == function::KERNEL)
        && let Some(site) = in_kernel(kernel.btf()?, point, moment, name, false)?
    {
        return Ok(vec![site]);
    }
    let homes = match module {
        Some(module) => vec![module.to_owned()],
        None => kernel.btf_modules()?,
    };
    for home in homes.iter().filter(|home| *home != function::KERNEL) {
        if let Some(btf) = kernel.module_btf(home)?
            && let Some(site) = in_module(&btf, point, moment, name, false)?
        {
            return Ok(vec![site]);
        }
    }
    let report = function::unknown(module, part, point, kernel);
    nothing_matches(report, cx);
    Ok(Vec::new())
}

/// Every function that a pattern matches and that BTF knows.
fn many(
    point: &Point,
    moment: Moment,
    module: Option<&Part>,
    part: &Part,
    cx: &mut Cx<'_>,
) -> Result<Vec<Site>, KernelError> {
    let kernel = cx.kernel;
    let mut found = function::matching(module, part, point, cx);
    found.sort_unstable();
    found.dedup();
    let mut modules: HashMap<Arc<str>, Option<Arc<Btf>>> = HashMap::new();
    let mut sites = Vec::new();
    for function in found {
        if *function.module == *function::KERNEL {
            sites.extend(in_kernel(
                kernel.btf()?,
                point,
                moment,
                &function.name,
                true,
            )?);
            continue;
        }
        let btf = match modules.get(&function.module) {
            Some(btf) => btf.clone(),
            None => {
                let btf = kernel.module_btf(&function.module)?;
                modules.insert(Arc::clone(&function.module), btf.clone());
                btf
            }
        };
        if let Some(btf) = btf {
            sites.extend(in_module(&btf, point, moment, &function.name, true)?);
        }
    }
    Ok(sites)
}

fn in_kernel(
    btf: &Btf,
    point: &Point,
    moment: Moment,
    name: &str,
    by_pattern: bool,
) -> Result<Option<Site>, KernelError> {
    let Some(id) = btf.find(name, Kind::Function) else {
        return Ok(None);
    };
    let signature = signature(btf, id, moment, None)?;
    let fentry = fentry(FunctionHome::Kernel, name, id, moment, by_pattern);
    Ok(Some(site(point, function::KERNEL, fentry, signature)))
}

fn in_module(
    btf: &Btf,
    point: &Point,
    moment: Moment,
    name: &str,
    by_pattern: bool,
) -> Result<Option<Site>, KernelError> {
    let Some(id) = btf.find_own(name, Kind::Function) else {
        return Ok(None);
    };
    let module = btf.name().to_owned();
    let signature = signature(btf, id, moment, Some(&module))?;
    let home = FunctionHome::Module(module.clone());
    let fentry = fentry(home, name, id, moment, by_pattern);
    Ok(Some(site(point, &module, fentry, signature)))
}

fn fentry(of: FunctionHome, name: &str, id: TypeId, moment: Moment, by_pattern: bool) -> Fentry {
    Fentry {
        of,
        function: name.to_owned(),
        btf_id: id.0,
        is_return: moment == Moment::Return,
        by_pattern,
    }
}

fn site(point: &Point, home: &str, fentry: Fentry, signature: Signature) -> Site {
    Site {
        name: format!("{}:{home}:{}", point.provider.name, fentry.function),
        program: ProgramType::Tracing,
        attach: AttachTarget::Fentry(fentry),
        args: Args::Function(Rc::new(signature)),
        raw: None,
    }
}

/// The parameters of a function and what it returns, with their places in the context.
pub(crate) fn signature(
    btf: &Btf,
    function: TypeId,
    moment: Moment,
    module: Option<&str>,
) -> Result<Signature, KernelError> {
    let mut signature = Signature {
        params: Vec::new(),
        returned: None,
        module: module.map(str::to_owned),
    };
    let BtfType::Function { prototype, .. } = btf.get(function)? else {
        return Ok(signature);
    };
    let BtfType::Prototype(prototype) = btf.get(prototype)? else {
        return Ok(signature);
    };
    let mut offset = 0;
    for (param, number) in prototype.params.iter().zip(0..) {
        let name = match param.name {
            "" => format!("arg{number}"),
            name => name.to_owned(),
        };
        signature.params.push(Parameter {
            name,
            ty: param.ty,
            offset,
        });
        // A struct that is passed by value takes as many slots as it needs.
        let size = btf.size_of(param.ty)?.unwrap_or(8);
        offset += i64::from(size.max(1).div_ceil(8) * 8);
    }
    if moment == Moment::Return && btf.resolve(prototype.result)? != TypeId::VOID {
        signature.returned = Some((offset, prototype.result));
    }
    Ok(signature)
}

/// Functions of BPF programs, of all that are loaded or of one by its id.
fn programs(
    point: &Point,
    moment: Moment,
    id: Option<&Part>,
    name: &Part,
    cx: &mut Cx<'_>,
) -> Vec<Site> {
    let answer = cx.kernel.bpf_functions();
    let Some(all) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    let wanted = |f: &&BpfFunction| {
        id.is_none_or(|id| matches(&id.text, &f.program.to_string()))
            && matches(&name.text, &f.name)
    };
    let sites: Vec<Site> = all
        .iter()
        .filter(wanted)
        .map(|function| program_site(point, moment, function))
        .collect();
    if sites.is_empty() {
        let report = error::no_bpf_program(&name.text, &all, name.span);
        nothing_matches(report, cx);
    }
    sites
}

fn program_site(point: &Point, moment: Moment, function: &BpfFunction) -> Site {
    let fentry = fentry(
        FunctionHome::Program(function.program),
        &function.name,
        TypeId(function.btf_id),
        moment,
        true,
    );
    Site {
        name: format!(
            "{}:{BPF}:{}:{}",
            point.provider.name, function.program, function.name
        ),
        program: ProgramType::Tracing,
        attach: AttachTarget::Fentry(fentry),
        args: Args::None,
        raw: None,
    }
}
