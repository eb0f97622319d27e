//! The live machine: answers for [`sema::Kernel`] from tracefs, BTF and `bpf(2)`.
//!
//! Nothing is read before it is asked for, and what was read is kept.

mod binary;
mod clang;
mod functions;
mod headers;
pub mod kallsyms;
mod perf_map;
mod programs;
mod symbols;
#[cfg(test)]
mod tests;
mod tracefs;
mod unwind;
mod user_symbols;
mod vdso;
mod witness;

pub use symbols::MachineSymbols;
pub use witness::{Fact, Witness};

use crate::sys::bpf::feature;
use crate::sys::mmap::Mapping;
use sema::ir::{PidNamespace, ProgramType};
use sema::kernel::btf::{Btf, Kind as BtfKind, TypeId};
use sema::kernel::{
    Binary, BinaryQuery, BpfFunction, Feature, Function, Header, Kernel, KernelError, Preprocessed,
    TracepointName,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use tracefs::Tracefs;

/// The type information of a module, if there is any.
type ModuleTypes = Result<Option<Arc<Btf>>, KernelError>;

/// The machine that we run on.
#[derive(Debug, Default)]
pub struct Host {
    tracefs: OnceLock<Result<Tracefs, KernelError>>,
    btf: OnceLock<Result<Arc<Btf>, KernelError>>,
    /// That of modules, by their names.
    modules: RefCell<HashMap<String, ModuleTypes>>,
    raw_tracepoint_cookie: OnceLock<bool>,
    isa_v4: OnceLock<bool>,
    lookup_per_cpu: OnceLock<bool>,
    user_function_address: OnceLock<bool>,
    functions: OnceLock<Result<Vec<Function>, KernelError>>,
    /// The file of traceable functions that the person named.
    function_list: Option<PathBuf>,
    files: binary::Finder,
}

impl Host {
    /// This machine; reads nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the functions that may be traced from a file, in the form of tracefs'
    /// `available_filter_functions`.
    #[must_use]
    pub fn with_function_list(mut self, list: Option<PathBuf>) -> Self {
        self.function_list = list;
        self
    }

    fn read_functions(&self) -> Result<Vec<Function>, KernelError> {
        if let Some(list) = &self.function_list {
            return functions::traceable(list);
        }
        let listed = self
            .tracefs()
            .and_then(|tracefs| functions::traceable(&tracefs.function_list()));
        listed.or_else(|_| functions::known(self.btf().ok().map(|btf| &**btf)))
    }

    /// Looks for debug symbols in this directory first.
    #[must_use]
    pub fn with_debug_directory(mut self, directory: Option<PathBuf>) -> Self {
        self.files.debug_directory = directory;
        self
    }

    fn tracefs(&self) -> Result<&Tracefs, KernelError> {
        let tracefs = self.tracefs.get_or_init(Tracefs::open);
        tracefs.as_ref().map_err(Clone::clone)
    }
}

impl Kernel for Host {
    fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError> {
        self.tracefs()?.tracepoints(system)
    }

    fn tracepoint_format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError> {
        self.tracefs()?.format(system, event)
    }

    fn btf(&self) -> Result<&Arc<Btf>, KernelError> {
        let btf = self.btf.get_or_init(read_btf);
        btf.as_ref().map_err(Clone::clone)
    }

    fn module_btf(&self, module: &str) -> Result<Option<Arc<Btf>>, KernelError> {
        let base = self.btf.get_or_init(read_btf).clone()?;
        // A name is one component of a path, and no way out of the directory.
        if module.is_empty() || module.contains(['/', '.']) {
            return Ok(None);
        }
        if let Some(known) = self.modules.borrow().get(module) {
            return known.clone();
        }
        let btf = match std::fs::read(format!("{BTF_DIRECTORY}/{module}")) {
            Ok(bytes) => Btf::split(base, module, bytes).map(Arc::new).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(no_btf(&error)),
        };
        let mut modules = self.modules.borrow_mut();
        modules.insert(module.to_owned(), btf.clone());
        btf
    }

    fn btf_modules(&self) -> Result<Vec<String>, KernelError> {
        let entries = std::fs::read_dir(BTF_DIRECTORY).map_err(|error| no_btf(&error))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name != "vmlinux").collect();
        names.sort_unstable();
        Ok(names)
    }

    fn functions(&self, module: Option<&str>) -> Result<Vec<Function>, KernelError> {
        let all = self.functions.get_or_init(|| self.read_functions());
        let all = all.as_ref().map_err(Clone::clone)?;
        let wanted = all
            .iter()
            .filter(|f| module.is_none_or(|m| *f.module == *m));
        Ok(wanted.cloned().collect())
    }

    fn has_function(&self, module: Option<&str>, name: &str) -> Result<bool, KernelError> {
        functions::exists(module, name)
    }

    fn bpf_functions(&self) -> Result<Vec<BpfFunction>, KernelError> {
        programs::functions()
    }

    fn symbol_address(&self, name: &str) -> Result<Option<u64>, KernelError> {
        functions::address(name)
    }

    fn binaries(&self, query: BinaryQuery<'_>) -> Result<Vec<Rc<dyn Binary>>, KernelError> {
        self.files.find(query)
    }

    fn header(&self, name: &str, passed: usize) -> Result<Option<Header>, KernelError> {
        headers::read(name, passed)
    }

    fn preprocessed(&self, name: &str, before: &str) -> Preprocessed {
        clang::preprocess(name, before)
    }

    fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::RawTracepointCookie => *self
                .raw_tracepoint_cookie
                .get_or_init(feature::raw_tracepoint_cookie),
            Feature::IsaV4 => *self.isa_v4.get_or_init(feature::isa_v4),
            Feature::LookupPerCpu => *self.lookup_per_cpu.get_or_init(feature::lookup_per_cpu),
            // Both came with 6.6, and a helper that knows no processes tells nothing of it.
            Feature::UserFunctionAddress => *self
                .user_function_address
                .get_or_init(|| feature::uprobe_multi(false)),
        }
    }

    fn kfunc_allowed(&self, function: TypeId, program: ProgramType) -> Result<bool, KernelError> {
        // A program of this type is of a function; which one does not matter to the verifier.
        let traced = match program {
            ProgramType::Tracing => self.btf()?.find("bpf_iter_task", BtfKind::Function),
            _ => None,
        };
        let kind = crate::load::kernel_type(program);
        Ok(feature::kfunc(function.0, kind, traced.map(|id| id.0)))
    }

    fn possible_cpus(&self) -> u32 {
        let cpus = crate::sys::possible_cpus().ok();
        cpus.and_then(|n| u32::try_from(n).ok()).unwrap_or(1)
    }

    fn pid_namespace(&self) -> Option<PidNamespace> {
        let file = own_pid_namespace().ok()?;
        (file.ino() != FIRST_PID_NAMESPACE).then(|| PidNamespace {
            device: file.dev(),
            inode: file.ino(),
        })
    }

    fn cgroup_id(&self, path: &str) -> Result<Option<u64>, KernelError> {
        match std::fs::metadata(path) {
            // The id of a group is the inode number of its directory (`kernfs_node_id`).
            Ok(directory) if directory.is_dir() => Ok(Some(directory.ino())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(KernelError::Denied {
                what: path.to_owned(),
            }),
            Err(error) => Err(KernelError::Malformed {
                what: path.to_owned(),
                reason: crate::sys::describe_io(&error),
            }),
        }
    }
}

/// The number of the type of `bpf_session_is_return`, which kernels have that run programs at both
/// ends of a function (6.10).
pub(crate) fn kprobe_session() -> Option<u32> {
    let btf = read_btf().ok()?;
    Some(btf.find("bpf_session_is_return", BtfKind::Function)?.0)
}

/// Whether process ids are the same for us as for the kernel.
pub(crate) fn is_in_first_pid_namespace() -> bool {
    own_pid_namespace().is_ok_and(|file| file.ino() == FIRST_PID_NAMESPACE)
}

fn own_pid_namespace() -> std::io::Result<std::fs::Metadata> {
    std::fs::metadata("/proc/self/ns/pid")
}

/// The inode number of the first PID namespace, `PROC_PID_INIT_INO` of `linux/proc_ns.h`.
const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;

const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";
const BTF_DIRECTORY: &str = "/sys/kernel/btf";

/// Maps the kernel's type information into memory, or reads it where it cannot be mapped.
fn read_btf() -> Result<Arc<Btf>, KernelError> {
    let btf = match Mapping::btf("vmlinux") {
        Ok(mapping) => Btf::parse("vmlinux", mapping),
        Err(_) => {
            let bytes = std::fs::read(BTF_PATH);
            Btf::parse("vmlinux", bytes.map_err(|error| no_btf(&error))?)
        }
    };
    btf.map(Arc::new)
}

fn no_btf(error: &std::io::Error) -> KernelError {
    let what = BTF_PATH.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied => KernelError::Denied { what },
        ErrorKind::NotFound => KernelError::Missing {
            what,
            help: "use a kernel built with CONFIG_DEBUG_INFO_BTF=y".to_owned(),
        },
        _ => KernelError::Malformed {
            what,
            reason: error.to_string(),
        },
    }
}
