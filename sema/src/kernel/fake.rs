//! A machine made of fixtures.

use super::btf::{Btf, TypeId};
use super::fake_binary::FakeBinary;
use super::glob::matches;
use super::{
    Binary, BinaryQuery, BpfFunction, Feature, Function, Header, Kernel, KernelError, Preprocessed,
    TracepointName,
};
use crate::ir::{PidNamespace, ProgramType};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// A [`Kernel`] that knows just what it was told.
#[derive(Debug, Default)]
pub struct Fake {
    formats: BTreeMap<TracepointName, String>,
    functions: BTreeSet<Function>,
    bpf_functions: Vec<BpfFunction>,
    btf: Option<Arc<Btf>>,
    modules: BTreeMap<String, Arc<Btf>>,
    symbols: BTreeMap<String, u64>,
    headers: BTreeMap<String, String>,
    /// What a C compiler makes of headers.
    preprocessed: BTreeMap<String, String>,
    features: HashSet<Feature>,
    binaries: Vec<Rc<FakeBinary>>,
    cgroups: BTreeMap<String, u64>,
    pid_namespace: Option<PidNamespace>,
}

impl Fake {
    /// A machine with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tracepoint with the text of its `format` file.
    #[must_use]
    pub fn tracepoint(mut self, system: &str, event: &str, format: &str) -> Self {
        let name = TracepointName {
            system: system.to_owned(),
            event: event.to_owned(),
        };
        self.formats.insert(name, format.to_owned());
        self
    }

    /// Gives it type information.
    #[must_use]
    pub fn with_btf(mut self, btf: Btf) -> Self {
        self.btf = Some(Arc::new(btf));
        self
    }

    /// Gives it a module with type information, which is by its name.
    #[must_use]
    pub fn with_module(mut self, btf: Btf) -> Self {
        self.modules.insert(btf.name().to_owned(), Arc::new(btf));
        self
    }

    /// Adds functions of a module, `vmlinux` for those of the kernel.
    #[must_use]
    pub fn functions(mut self, module: &str, names: &[&str]) -> Self {
        let module: Arc<str> = module.into();
        self.functions.extend(names.iter().map(|name| Function {
            module: Arc::clone(&module),
            name: (*name).to_owned(),
        }));
        self
    }

    /// Adds a symbol of the kernel.
    #[must_use]
    pub fn symbol(mut self, name: &str, address: u64) -> Self {
        self.symbols.insert(name.to_owned(), address);
        self
    }

    /// Adds a function of a BPF program.
    #[must_use]
    pub fn bpf_function(mut self, program: u32, name: &str, btf_id: u32) -> Self {
        self.bpf_functions.push(BpfFunction {
            program,
            name: name.to_owned(),
            btf_id,
        });
        self
    }

    /// Adds an executable or library.
    #[must_use]
    pub fn binary(mut self, binary: FakeBinary) -> Self {
        self.binaries.push(Rc::new(binary));
        self
    }

    /// Gives it a cgroup.
    #[must_use]
    pub fn cgroup(mut self, path: &str, id: u64) -> Self {
        self.cgroups.insert(path.to_owned(), id);
        self
    }

    /// Puts us into a PID namespace of our own.
    #[must_use]
    pub fn in_pid_namespace(mut self, namespace: PidNamespace) -> Self {
        self.pid_namespace = Some(namespace);
        self
    }

    /// Gives it a header of the system.
    #[must_use]
    pub fn header(mut self, name: &str, text: &str) -> Self {
        self.headers.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Gives it a C compiler, which makes this text of a header.
    #[must_use]
    pub fn preprocessed(mut self, name: &str, text: &str) -> Self {
        self.preprocessed.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Gives it a feature.
    #[must_use]
    pub fn with(mut self, feature: Feature) -> Self {
        self.features.insert(feature);
        self
    }
}

impl Kernel for Fake {
    fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError> {
        let wanted = |name: &&TracepointName| system.is_none_or(|s| s == name.system);
        Ok(self.formats.keys().filter(wanted).cloned().collect())
    }

    fn tracepoint_format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError> {
        let name = TracepointName {
            system: system.to_owned(),
            event: event.to_owned(),
        };
        Ok(self.formats.get(&name).cloned())
    }

    fn btf(&self) -> Result<&Arc<Btf>, KernelError> {
        self.btf.as_ref().ok_or_else(|| KernelError::Missing {
            what: "/sys/kernel/btf/vmlinux".to_owned(),
            help: "use a kernel built with CONFIG_DEBUG_INFO_BTF=y".to_owned(),
        })
    }

    fn module_btf(&self, module: &str) -> Result<Option<Arc<Btf>>, KernelError> {
        Ok(self.modules.get(module).cloned())
    }

    fn btf_modules(&self) -> Result<Vec<String>, KernelError> {
        Ok(self.modules.keys().cloned().collect())
    }

    fn functions(&self, module: Option<&str>) -> Result<Vec<Function>, KernelError> {
        let wanted = |function: &&Function| module.is_none_or(|m| *function.module == *m);
        Ok(self.functions.iter().filter(wanted).cloned().collect())
    }

    fn has_function(&self, module: Option<&str>, name: &str) -> Result<bool, KernelError> {
        Ok(self.functions(module)?.iter().any(|f| f.name == name))
    }

    fn bpf_functions(&self) -> Result<Vec<BpfFunction>, KernelError> {
        Ok(self.bpf_functions.clone())
    }

    fn symbol_address(&self, name: &str) -> Result<Option<u64>, KernelError> {
        Ok(self.symbols.get(name).copied())
    }

    fn binaries(&self, query: BinaryQuery<'_>) -> Result<Vec<Rc<dyn Binary>>, KernelError> {
        let wanted = |binary: &&Rc<FakeBinary>| {
            let last = binary.path.rsplit('/').next().unwrap_or_default();
            matches(query.name, &binary.path) || query.name == last
        };
        let found = self.binaries.iter().filter(wanted);
        Ok(found
            .map(|binary| Rc::clone(binary) as Rc<dyn Binary>)
            .collect())
    }

    /// All are in one folder.
    fn header(&self, name: &str, passed: usize) -> Result<Option<Header>, KernelError> {
        let text = self.headers.get(name).filter(|_| passed == 0).cloned();
        Ok(text.map(|text| Header { text, folder: 0 }))
    }

    fn preprocessed(&self, name: &str, before: &str) -> Preprocessed {
        match self.preprocessed.get(name) {
            Some(text) => Preprocessed::Text(format!("{before}{text}")),
            None => Preprocessed::NoCompiler,
        }
    }

    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// None is.
    fn kfunc_allowed(&self, _: TypeId, _: ProgramType) -> Result<bool, KernelError> {
        Ok(false)
    }

    fn possible_cpus(&self) -> u32 {
        4
    }

    fn pid_namespace(&self) -> Option<PidNamespace> {
        self.pid_namespace
    }

    fn cgroup_id(&self, path: &str) -> Result<Option<u64>, KernelError> {
        Ok(self.cgroups.get(path).copied())
    }
}
