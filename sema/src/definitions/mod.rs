//! The C definitions of a script: types as a layer of BTF over the kernel's, so that fields,
//! sizes and names work alike for both, and macros.
//!
//! Sizes and offsets are those of the C compiler on a machine of 64 bits (System V ABI).

mod compose;
mod constant;
mod enums;
mod expand;
mod headers;
mod layout;
mod members;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use expand::{call, expand, is_own_call};
pub(crate) use headers::Unaided;

use headers::{COMPILER, Headers};

use crate::kernel::btf::Btf;
use crate::kernel::{Kernel, KernelError};
use crate::modules::{Modules, Wanted};
use lexer::Diagnostic;
use parser::ast::{self, Item};
use parser::c::{self, Piece};
use std::collections::{BTreeMap, HashMap};

/// The macro that tells scripts that the kernel describes its types.
const HAVE_BTF: &str = "BPFTRACE_HAVE_BTF";

/// What scripts may ask of the machine in `#if`.
const MACHINE: &[(&str, &str)] = &[
    ("__LP64__", "1"),
    ("__BPFTRACE__", "1"),
    #[cfg(target_arch = "x86_64")]
    ("__x86_64__", "1"),
    #[cfg(target_arch = "aarch64")]
    ("__aarch64__", "1"),
];

/// What a script defines, and where types come from.
pub(crate) struct Definitions<'a> {
    kernel: &'a dyn Kernel,
    /// The types of modules over the kernel's, where the script needs them.
    pub(crate) modules: Modules,
    /// The script's own types over those, where it has any.
    own: Option<Btf>,
    macros: BTreeMap<String, c::ast::Macro>,
    /// The numbers of the system's macros.
    constants: HashMap<String, i128>,
    /// What modules of the kernel may describe.
    pub(crate) wanted: Wanted,
    /// Whether the script includes headers of the system that were not read.
    pub(crate) left_out: bool,
    /// Why no C compiler helped to read headers of the system, where none did.
    pub(crate) unaided: Option<Unaided>,
}

impl<'a> Definitions<'a> {
    /// Reads what a script defines, and reports what is wrong with it. Headers of the system are
    /// read if so said, and the types of these modules are there.
    pub(crate) fn read(
        script: &ast::Program,
        kernel: &'a dyn Kernel,
        reads_system: bool,
        modules: Modules,
    ) -> (Self, Vec<Diagnostic>) {
        let definitions = script.items.iter().filter_map(|item| match item {
            Item::Definition(definition) => Some(definition),
            _ => None,
        });
        let pieces: Vec<Piece<'_>> = definitions
            .map(|definition| Piece {
                text: &definition.text,
                span: definition.span,
            })
            .collect();
        if pieces.is_empty() {
            let none = Definitions {
                kernel,
                modules,
                own: None,
                macros: BTreeMap::new(),
                constants: HashMap::new(),
                wanted: Wanted::default(),
                left_out: false,
                unaided: None,
            };
            return (none, Vec::new());
        }
        let base = modules.top().or_else(|| kernel.btf().ok()).cloned();
        let mut predefined = MACHINE.to_vec();
        if base.is_some() {
            predefined.push((HAVE_BTF, "1"));
        }
        if reads_system {
            predefined.extend(COMPILER);
        }
        let mut headers = Headers::new(kernel, reads_system);
        let (unit, mut reports) = c::read(&pieces, &predefined, &mut headers);
        let composed = compose::compose(&unit, base);
        reports.extend(composed.reports);
        let macros = unit.macros.into_iter();
        let definitions = Definitions {
            kernel,
            modules,
            own: composed.layer,
            macros: macros.map(|m| (m.name.name.clone(), m)).collect(),
            constants: composed.constants,
            wanted: composed.wanted,
            left_out: headers.left_out,
            unaided: headers.unaided,
        };
        (definitions, reports)
    }

    /// The types of the script, of its modules and of the kernel.
    pub(crate) fn btf(&self) -> Result<&Btf, KernelError> {
        let modules = || self.modules.top().map(|btf| &**btf);
        match self.own.as_ref().or_else(modules) {
            Some(btf) => Ok(btf),
            None => self.kernel.btf().map(|btf| &**btf),
        }
    }

    /// The types that the script defines.
    pub(crate) fn own(&self) -> Option<&Btf> {
        self.own.as_ref()
    }

    /// The number that a macro of the system's headers is.
    pub(crate) fn constant(&self, name: &str) -> Option<i128> {
        self.constants.get(name).copied()
    }

    /// What a name stands for, where the script defines it as a macro.
    pub(crate) fn r#macro(&self, name: &str) -> Option<&c::ast::Macro> {
        self.macros.get(name)
    }

    /// The names of every macro.
    pub(crate) fn macros(&self) -> impl Iterator<Item = &str> {
        self.macros.keys().map(String::as_str)
    }
}
