//! The live machine: answers for [`sema::Kernel`] from tracefs, BTF and `bpf(2)`.
//!
//! Nothing is read before it is asked for, and what was read is kept.

pub mod kallsyms;
mod symbols;
#[cfg(test)]
mod tests;
mod tracefs;

pub use symbols::KernelSymbols;

use crate::sys::bpf::feature;
use crate::sys::mmap::Mapping;
use sema::kernel::btf::Btf;
use sema::kernel::{Feature, Kernel, KernelError, TracepointName};
use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};
use tracefs::Tracefs;

/// The machine that we run on.
#[derive(Debug, Default)]
pub struct Host {
    tracefs: OnceLock<Result<Tracefs, KernelError>>,
    btf: OnceLock<Result<Arc<Btf>, KernelError>>,
    raw_tracepoint_cookie: OnceLock<bool>,
    isa_v4: OnceLock<bool>,
    lookup_per_cpu: OnceLock<bool>,
}

impl Host {
    /// This machine; reads nothing yet.
    pub fn new() -> Self {
        Self::default()
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

    fn btf(&self) -> Result<&Btf, KernelError> {
        let btf = self.btf.get_or_init(read_btf);
        btf.as_deref().map_err(Clone::clone)
    }

    fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::RawTracepointCookie => *self
                .raw_tracepoint_cookie
                .get_or_init(feature::raw_tracepoint_cookie),
            Feature::IsaV4 => *self.isa_v4.get_or_init(feature::isa_v4),
            Feature::LookupPerCpu => *self.lookup_per_cpu.get_or_init(feature::lookup_per_cpu),
        }
    }
}

const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

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
