//! Names of functions of the kernel and of BPF programs, as the providers that trace them write
//! them, and what their probes find.

use crate::kernel::btf::{Btf, BtfType, Kind, TypeId};
use crate::kernel::{Function, Kernel, KernelError};
use crate::provider::fentry::{Signature, signature};
use crate::provider::function::is_traceable;
use crate::provider::{Moment, iter};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The kernel itself, as a module.
pub(super) const KERNEL: &str = "vmlinux";

/// Functions for `kprobe`; with their modules where the pattern has a part for one.
pub(super) fn kprobes(kernel: &dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError> {
    listed(kernel, "kprobe", pattern)
}

/// The same for `kretprobe`, for those who ask for it by name.
pub(super) fn kretprobes(kernel: &dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError> {
    if !pattern.starts_with("kretprobe") {
        return Ok(Vec::new());
    }
    listed(kernel, "kretprobe", pattern)
}

fn listed(kernel: &dyn Kernel, provider: &str, pattern: &str) -> Result<Vec<String>, KernelError> {
    let with_module = pattern.matches(':').count() > 1;
    let functions = traceable(kernel)?.into_iter();
    let mut names: Vec<String> = functions
        .map(|f| match with_module {
            true => format!("{provider}:{}:{}", f.module, f.name),
            false => format!("{provider}:{}", f.name),
        })
        .collect();
    // Without their modules some are the same.
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Functions for `fentry`: those that have type information.
pub(super) fn fentries(kernel: &dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError> {
    typed(kernel, "fentry", pattern)
}

/// The same for `fexit`, for those who ask for it by name.
pub(super) fn fexits(kernel: &dyn Kernel, pattern: &str) -> Result<Vec<String>, KernelError> {
    if !pattern.starts_with("fexit") {
        return Ok(Vec::new());
    }
    typed(kernel, "fexit", pattern)
}

fn typed(kernel: &dyn Kernel, provider: &str, pattern: &str) -> Result<Vec<String>, KernelError> {
    if pattern.split(':').nth(1) == Some("bpf") {
        let functions = kernel.bpf_functions()?.into_iter();
        return Ok(functions
            .map(|f| format!("{provider}:bpf:{}:{}", f.program, f.name))
            .collect());
    }
    let btf = kernel.btf()?;
    let own = |btf: &Btf| -> HashSet<String> {
        let names = btf.names(Kind::Function).into_iter();
        names.map(|(name, _)| name.to_owned()).collect()
    };
    let mut known: HashMap<Arc<str>, HashSet<String>> = HashMap::new();
    known.insert(KERNEL.into(), own(btf));
    let mut names = Vec::new();
    for function in traceable(kernel)? {
        if !known.contains_key(&function.module) {
            let module = kernel.module_btf(&function.module)?;
            let functions = module.map(|btf| own(&btf)).unwrap_or_default();
            known.insert(Arc::clone(&function.module), functions);
        }
        if known[&function.module].contains(&function.name) {
            names.push(format!("{provider}:{}:{}", function.module, function.name));
        }
    }
    Ok(names)
}

fn traceable(kernel: &dyn Kernel) -> Result<Vec<Function>, KernelError> {
    let mut functions = kernel.functions(None)?;
    functions.retain(|f| is_traceable(&f.name));
    Ok(functions)
}

/// What can be iterated over.
pub(super) fn iterators(kernel: &dyn Kernel, _: &str) -> Result<Vec<String>, KernelError> {
    let targets = iter::targets(kernel.btf()?).into_iter();
    Ok(targets.map(|target| format!("iter:{target}")).collect())
}

/// The declaration of a function, as `-lv` shows it for kprobes.
pub(super) fn declaration(
    kernel: &dyn Kernel,
    module: Option<&str>,
    name: &str,
) -> Result<Vec<String>, KernelError> {
    let Some((btf, id)) = find(kernel, module, name)? else {
        return Ok(Vec::new());
    };
    let signature = signature(&btf, id, Moment::Return, None)?;
    let params = parameters(&btf, &signature)?.join(", ");
    let returned = match signature.returned {
        Some((_, ty)) => btf.type_name(ty)?,
        None => "void".to_owned(),
    };
    Ok(vec![format!("{returned} {name}({params});")])
}

/// The parameters of a function, one a line, and what it returns where the probe sees that.
pub(super) fn arguments(
    kernel: &dyn Kernel,
    module: &str,
    name: &str,
    moment: Moment,
) -> Result<Vec<String>, KernelError> {
    let Some((btf, id)) = find(kernel, Some(module), name)? else {
        return Ok(Vec::new());
    };
    let signature = signature(&btf, id, moment, None)?;
    let mut lines = parameters(&btf, &signature)?;
    if let Some((_, ty)) = signature.returned {
        lines.push(format!("{} retval", btf.type_name(ty)?));
    }
    Ok(lines)
}

fn parameters(btf: &Btf, signature: &Signature) -> Result<Vec<String>, KernelError> {
    let params = signature.params.iter();
    params
        .map(|param| Ok(format!("{} {}", btf.type_name(param.ty)?, param.name)))
        .collect()
}

fn find(
    kernel: &dyn Kernel,
    module: Option<&str>,
    name: &str,
) -> Result<Option<(Arc<Btf>, TypeId)>, KernelError> {
    let btf = match module.filter(|module| *module != KERNEL) {
        None => Some(Arc::clone(kernel.btf()?)),
        Some(module) => kernel.module_btf(module)?,
    };
    Ok(btf.and_then(|btf| {
        let id = btf.find(name, Kind::Function)?;
        Some((btf, id))
    }))
}

/// The members of what an iterator is at, without what is the iterator's own.
pub(super) fn members(kernel: &dyn Kernel, target: &str) -> Result<Vec<String>, KernelError> {
    let btf = kernel.btf()?;
    let Some(context) = iter::context(btf, target) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    if let BtfType::Struct(composite) = btf.get(context)? {
        for member in composite.members.into_iter().skip(1) {
            // Pointers stand in unions of their own, which keep 8 bytes for them.
            let inner = match btf.get(btf.resolve(member.ty)?)? {
                BtfType::Union(union) if member.name.is_empty() => union.members,
                _ => vec![member],
            };
            for member in inner {
                lines.push(format!("{} {}", btf.type_name(member.ty)?, member.name));
            }
        }
    }
    Ok(lines)
}
