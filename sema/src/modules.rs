//! Types that modules of the kernel have and the kernel itself has not: which modules a script
//! needs, and their types in one numbering.
//!
//! A name means what it means where the probe is: first what the script defines, then what the
//! module has whose code is traced, then what the kernel has, and then what other modules have that
//! the script needs, in the order of their names.

use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::kernel::{Kernel, KernelError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a script asks for that modules may describe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Names that nothing else explains.
    names: BTreeSet<Name>,
    /// Modules that say more of something than is known without them.
    modules: BTreeSet<String>,
    /// Whether one of the names would say more of something that has a meaning without it.
    matters: bool,
}

/// A name that modules may know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Struct(String),
    Union(String),
    Enum(String),
    Typedef(String),
    /// A constant of an enum.
    Constant(String),
}

impl Wanted {
    /// Takes note of a type that there is not.
    pub(crate) fn ty(&mut self, name: &str, kind: Kind) {
        let name = name.to_owned();
        self.names.insert(match kind {
            Kind::Union => Name::Union(name),
            Kind::Enum => Name::Enum(name),
            Kind::Typedef => Name::Typedef(name),
            _ => Name::Struct(name),
        });
    }

    /// Takes note of a type that there is not, of a value that means less without it.
    pub(crate) fn meaning(&mut self, name: &str, kind: Kind) {
        self.ty(name, kind);
        self.matters = true;
    }

    /// Takes note of a name that may be that of a constant.
    pub(crate) fn constant(&mut self, name: &str) {
        self.names.insert(Name::Constant(name.to_owned()));
    }

    /// Takes note of a module without which something has another meaning.
    pub(crate) fn module(&mut self, name: &str) {
        if !self.modules.contains(name) {
            self.modules.insert(name.to_owned());
        }
    }

    /// Whether the script has another meaning without what is wanted, even where it has one.
    pub(crate) fn matters(&self) -> bool {
        self.matters || !self.modules.is_empty()
    }

    /// Adds what something else wants.
    pub(crate) fn add(&mut self, other: &Wanted) {
        self.names.extend(other.names.iter().cloned());
        self.modules.extend(other.modules.iter().cloned());
        self.matters |= other.matters;
    }
}

impl Name {
    fn is_in(&self, btf: &Btf) -> bool {
        let has = |name: &str, kind| btf.find_own(name, kind).is_some();
        match self {
            Name::Struct(name) => has(name, Kind::Struct),
            Name::Union(name) => has(name, Kind::Union),
            Name::Enum(name) => has(name, Kind::Enum),
            Name::Typedef(name) => has(name, Kind::Typedef),
            Name::Constant(name) => matches!(btf.find_own_constant(name), Ok(Some(_))),
        }
    }
}

/// The types of some modules, each continuing those before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Modules {
    /// In the order of their names.
    stack: Vec<Arc<Btf>>,
}

impl Modules {
    /// These and the modules that know what is wanted; nothing where that is no more than these. Of
    /// several that know a name the first.
    pub(crate) fn with(&self, wanted: &Wanted, kernel: &dyn Kernel) -> Option<Modules> {
        let mut names: BTreeSet<&str> = self.stack.iter().map(|btf| btf.name()).collect();
        names.extend(wanted.modules.iter().map(String::as_str));
        let mut modules: Vec<Arc<Btf>> = names
            .iter()
            .filter_map(|name| kernel.module_btf(name).ok().flatten())
            .collect();
        let known = |name: &&Name| modules.iter().any(|btf| name.is_in(btf));
        let mut left: Vec<&Name> = wanted.names.iter().filter(|name| !known(name)).collect();
        let others = match left.is_empty() {
            true => Vec::new(),
            false => kernel.btf_modules().unwrap_or_default(),
        };
        for module in others.iter().filter(|name| !names.contains(name.as_str())) {
            let Some(btf) = kernel.module_btf(module).ok().flatten() else {
                continue;
            };
            let before = left.len();
            left.retain(|name| !name.is_in(&btf));
            if left.len() < before {
                modules.push(btf);
            }
            if left.is_empty() {
                break;
            }
        }
        if modules.len() <= self.stack.len() {
            return None;
        }
        modules.sort_by(|a, b| a.name().cmp(b.name()));
        Modules::stack(modules, kernel).ok()
    }

    fn stack(modules: Vec<Arc<Btf>>, kernel: &dyn Kernel) -> Result<Modules, KernelError> {
        let mut below = Arc::clone(kernel.btf()?);
        let mut stack = Vec::new();
        for module in modules {
            below = match stack.is_empty() {
                true => module,
                false => Arc::new(Btf::stacked(&module, below)?),
            };
            stack.push(Arc::clone(&below));
        }
        Ok(Modules { stack })
    }

    /// The types of all of them and of the kernel; nothing where there are no modules.
    pub(crate) fn top(&self) -> Option<&Arc<Btf>> {
        self.stack.last()
    }

    /// The types of a module.
    pub(crate) fn get(&self, name: &str) -> Option<&Btf> {
        let mut stack = self.stack.iter();
        stack.find(|btf| btf.name() == name).map(|btf| &**btf)
    }

    /// What a type of a module is among those of all; nothing where the module is not one of these.
    pub(crate) fn renumbered(&self, module: &str, id: TypeId) -> Option<TypeId> {
        Some(self.get(module)?.renumbered(id))
    }
}
