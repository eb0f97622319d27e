//! What kprobe and fentry have in common: functions of the kernel by name and by pattern.

use super::{Part, Point, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::kernel::btf::Kind;
use crate::kernel::glob::{is_pattern, matches};
use crate::kernel::{Function, Kernel};

/// The kernel itself, as a module.
pub(super) const KERNEL: &str = "vmlinux";

/// What runs before a program or is marked as not to be traced, though it may be listed: the
/// kernel's `btf_id_deny` (`kernel/bpf/verifier.c`), and what ftrace makes up for functions that
/// it has lost.
const NOT_TRACEABLE: &[&str] = &[
    "__ftrace_invalid_address___*",
    "__rcu_read_lock",
    "__rcu_read_unlock",
    "migrate_disable",
    "migrate_enable",
    "preempt_count_add",
    "preempt_count_sub",
    "rcu_read_unlock_strict",
];

/// Module and function of an attach point; reports another form.
pub(super) fn parts<'a>(point: &'a Point, cx: &mut Cx<'_>) -> Option<(Option<&'a Part>, &'a Part)> {
    match point.parts.as_slice() {
        [function] if !function.text.is_empty() => Some((None, function)),
        [module, function] if !function.text.is_empty() => Some((Some(module), function)),
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            None
        }
    }
}

/// Every traceable function that a pattern matches. Where none does that is reported.
pub(super) fn matching(
    module: Option<&Part>,
    function: &Part,
    point: &Point,
    cx: &mut Cx<'_>,
) -> Vec<Function> {
    let module = module.map(|part| part.text.as_str());
    let within = module.filter(|text| !is_pattern(text));
    let answer = cx.kernel.functions(within);
    let Some(mut found) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    found.retain(|f| {
        module.is_none_or(|pattern| matches(pattern, &f.module)) && matches(&function.text, &f.name)
    });
    let (traceable, excluded) = found.into_iter().partition(|f| is_traceable(&f.name));
    found = traceable;
    cx.exclude(excluded.into_iter().map(|f: Function| f.name));
    if found.is_empty() {
        let written = match module {
            Some(module) => format!("{}:{module}:{}", point.provider.name, function.text),
            None => format!("{}:{}", point.provider.name, function.text),
        };
        nothing_matches(error::no_match(&written, point.span), cx);
    }
    found
}

/// Whether a function may be traced, as far as a list can tell.
pub(crate) fn is_traceable(name: &str) -> bool {
    !NOT_TRACEABLE.iter().any(|pattern| matches(pattern, name))
}

/// Whether an attach point stands for many functions.
pub(super) fn is_many(module: Option<&Part>, function: &Part) -> bool {
    is_pattern(&function.text) || module.is_some_and(|module| is_pattern(&module.text))
}

/// The report of a function that there is not, with what is near it.
pub(super) fn unknown(
    module: Option<&str>,
    function: &Part,
    point: &Point,
    kernel: &dyn Kernel,
) -> lexer::Diagnostic {
    let listed;
    let names: Vec<&str> = match (module.filter(|m| *m != KERNEL), kernel.btf()) {
        (None, Ok(btf)) => {
            let functions = btf.names(Kind::Function).into_iter();
            functions.map(|(name, _)| name).collect()
        }
        (module, _) => {
            listed = kernel.functions(module).unwrap_or_default();
            listed.iter().map(|f| f.name.as_str()).collect()
        }
    };
    error::unknown_function_of_kernel(
        point.provider.name,
        module,
        &function.text,
        &names,
        function.span,
    )
}
