//! What a probe finds: fields of tracepoints, parameters of raw ones.

use super::function;
use crate::kernel::{Kernel, KernelError, format};
use crate::provider::{Moment, rawtracepoint};
use std::sync::Arc;

/// The arguments of a probe by its full name, one a line and indented, as `-lv` shows them. None
/// for a probe without arguments and for one that there is not.
///
/// # Errors
/// When the machine cannot be asked.
pub fn arguments(kernel: &dyn Kernel, probe: &str) -> Result<Vec<String>, KernelError> {
    let parts: Vec<&str> = probe.split(':').collect();
    let lines = match parts[..] {
        // What type information knows, where tracefs cannot be read.
        ["tracepoint", "*", event] => parameters(kernel, function::KERNEL, event)?,
        ["tracepoint", system, event] => fields(kernel, system, event)?,
        ["rawtracepoint", module, event] => parameters(kernel, module, event)?,
        ["kprobe" | "kretprobe", name] => function::declaration(kernel, None, name)?,
        ["kprobe" | "kretprobe", module, name] => {
            function::declaration(kernel, Some(module), name)?
        }
        ["fentry", module, name] => function::arguments(kernel, module, name, Moment::Entry)?,
        ["fexit", module, name] => function::arguments(kernel, module, name, Moment::Return)?,
        ["iter", target] => function::members(kernel, target)?,
        _ => Vec::new(),
    };
    Ok(lines
        .into_iter()
        .map(|line| format!("    {line}"))
        .collect())
}

fn fields(kernel: &dyn Kernel, system: &str, event: &str) -> Result<Vec<String>, KernelError> {
    let Some(text) = kernel.tracepoint_format(system, event)? else {
        return Ok(Vec::new());
    };
    let format = format::parse(system, event, &text)?;
    let fields = format.own_fields();
    Ok(fields.map(|field| field.declaration.clone()).collect())
}

fn parameters(kernel: &dyn Kernel, module: &str, event: &str) -> Result<Vec<String>, KernelError> {
    let own = match module {
        function::KERNEL => None,
        module => kernel.module_btf(module)?,
    };
    let btf = match own {
        Some(btf) => btf,
        None => Arc::clone(kernel.btf()?),
    };
    let params = rawtracepoint::params(&btf, event).unwrap_or_default();
    let lines = params.into_iter();
    lines
        .map(|(name, ty)| Ok(format!("{} {name}", btf.type_name(ty)?)))
        .collect()
}
