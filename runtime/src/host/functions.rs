//! The kernel's functions: those that ftrace can trace, or, where its list cannot be read, those
//! that both the symbols and the type information know.

use sema::kernel::btf::{Btf, Kind};
use sema::kernel::{Function, KernelError};
use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

const KALLSYMS: &str = "/proc/kallsyms";

/// The kernel itself, as a module.
const KERNEL: &str = "vmlinux";

/// Parts that the compiler cut off a function: nothing calls them by a name.
const CUT_OFF: &str = ".cold";

/// Reads the list of functions that ftrace can trace.
pub(super) fn traceable(list: &Path) -> Result<Vec<Function>, KernelError> {
    let text = read(list)?;
    let mut modules = Modules::default();
    let functions = text.lines().map(|line| {
        let (name, module) = split_module(line);
        modules.function(name, module)
    });
    Ok(sorted(functions.collect()))
}

/// The functions among the kernel's symbols, as far as the type information knows them too. (Where
/// there is none, all of them.)
pub(super) fn known(btf: Option<&Btf>) -> Result<Vec<Function>, KernelError> {
    let text = read(Path::new(KALLSYMS))?;
    let typed: Option<HashSet<&str>> = btf.map(|btf| {
        let names = btf.names(Kind::Function).into_iter();
        names.map(|(name, _)| name).collect()
    });
    let mut modules = Modules::default();
    let functions = symbols(&text).filter_map(|symbol| {
        let stem = symbol.name.split('.').next().unwrap_or(symbol.name);
        let is_known = typed.as_ref().is_none_or(|typed| typed.contains(stem));
        let wanted = symbol.is_function
            && symbol.module != Some("bpf")
            && (is_known || symbol.module.is_some())
            && !symbol.name.contains(CUT_OFF);
        wanted.then(|| modules.function(symbol.name, symbol.module))
    });
    Ok(sorted(functions.collect()))
}

/// Whether there is a function of a name, in a module or anywhere.
pub(super) fn exists(module: Option<&str>, name: &str) -> Result<bool, KernelError> {
    let text = read(Path::new(KALLSYMS))?;
    let wanted = |symbol: Symbol<'_>| {
        symbol.is_function
            && symbol.name == name
            && module.is_none_or(|module| symbol.module.unwrap_or(KERNEL) == module)
    };
    Ok(symbols(&text).any(wanted))
}

/// The address of a symbol.
pub(super) fn address(name: &str) -> Result<Option<u64>, KernelError> {
    let text = read(Path::new(KALLSYMS))?;
    let found = symbols(&text).find(|symbol| symbol.name == name);
    Ok(found.map(|symbol| symbol.address))
}

/// A line of the kernel's symbols.
#[derive(Clone, Copy)]
struct Symbol<'a> {
    address: u64,
    is_function: bool,
    name: &'a str,
    module: Option<&'a str>,
}

/// `ADDRESS KIND NAME`, for a module's symbol also a tab and `[MODULE]`.
fn symbols(text: &str) -> impl Iterator<Item = Symbol<'_>> {
    text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ' ');
        let (address, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let (name, module) = split_module(rest);
        Some(Symbol {
            address: u64::from_str_radix(address, 16).ok()?,
            is_function: matches!(kind, "t" | "T" | "w" | "W"),
            name,
            module,
        })
    })
}

/// `NAME`, or `NAME [MODULE]` with a space or a tab.
fn split_module(text: &str) -> (&str, Option<&str>) {
    match text.split_once([' ', '\t']) {
        Some((name, module)) => (name, Some(module.trim().trim_matches(['[', ']']))),
        None => (text, None),
    }
}

/// Modules by their names, each of which is kept once.
#[derive(Default)]
struct Modules(HashMap<String, Arc<str>>);

impl Modules {
    fn function(&mut self, name: &str, module: Option<&str>) -> Function {
        let module = module.unwrap_or(KERNEL);
        let module = match self.0.get(module) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = module.into();
                self.0.insert(module.to_owned(), Arc::clone(&new));
                new
            }
        };
        Function {
            module,
            name: name.to_owned(),
        }
    }
}

fn sorted(mut functions: Vec<Function>) -> Vec<Function> {
    functions.sort_unstable();
    functions.dedup();
    functions
}

fn read(path: &Path) -> Result<String, KernelError> {
    let what = path.display().to_string();
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => KernelError::Denied { what },
        ErrorKind::NotFound => KernelError::Missing {
            what,
            help: "use a kernel built with CONFIG_KALLSYMS=y and CONFIG_FUNCTION_TRACER=y"
                .to_owned(),
        },
        _ => KernelError::Malformed {
            what,
            reason: error.to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_symbols() {
        let text = "ffffffff81000000 T _stext\n\
                    ffffffff82000000 D jiffies\n\
                    ffffffffc0000000 t nf_hook\t[nf_nat]\n\
                    junk\n";
        let lines: Vec<_> = symbols(text)
            .map(|s| (s.name, s.module, s.is_function))
            .collect();
        assert_eq!(
            lines,
            [
                ("_stext", None, true),
                ("jiffies", None, false),
                ("nf_hook", Some("nf_nat"), true),
            ]
        );
    }

    #[test]
    fn lines_of_traceable_functions() {
        assert_eq!(split_module("vfs_read"), ("vfs_read", None));
        assert_eq!(
            split_module("nf_hook [nf_nat]"),
            ("nf_hook", Some("nf_nat"))
        );
    }
}
