//! Object to loaded programs: maps are created, constants filled in and frozen, code relocated
//! and handed to the verifier.

mod elf;
mod maps;
mod programs;
mod session;
mod variant;

pub(crate) use maps::Maps;
pub(crate) use programs::{LoadedProgram, Sharing, kernel_type};

use crate::Error;
use crate::sys::SyscallError;
use crate::sys::bpf::{Log, Map, MapSpec, ProgramSpec};
use codegen::Object;
use codegen::object::MANIFEST_VERSION;
use std::os::fd::OwnedFd;

/// The system calls that loading makes, so that tests can make them fail.
pub(crate) trait Loader {
    /// Creates a map.
    fn create_map(&self, spec: &MapSpec<'_>) -> Result<Map, SyscallError>;
    /// Lifts the limit on locked memory.
    fn lift_locked_memory(&self) -> Result<(), SyscallError>;
    /// Whether one link can hold kprobes on many functions.
    fn has_kprobe_multi(&self) -> bool;
    /// Whether one program can be at both ends of functions: the type of the kernel's function
    /// that tells it at which it is.
    fn kprobe_session(&self) -> Option<u32>;
    /// Loads type information.
    fn load_btf(&self, btf: &[u8]) -> Result<OwnedFd, SyscallError>;
    /// Loads a program; see [`crate::sys::bpf::load_program`].
    fn load_program(
        &self,
        spec: &ProgramSpec<'_>,
        log: Option<Log<'_>>,
    ) -> Result<OwnedFd, SyscallError>;
    /// Whether one link can hold many uprobes; see [`crate::sys::bpf::feature::uprobe_multi`].
    fn has_uprobe_multi(&self, of_process: bool) -> bool;
}

/// What of the kernel's features is not to be used although it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disabled {
    /// Links that hold many kprobes.
    pub kprobe_multi: bool,
    /// Programs at both ends of functions of the kernel.
    pub kprobe_session: bool,
    /// Links that hold many uprobes.
    pub uprobe_multi: bool,
}

/// The running kernel.
#[derive(Default)]
pub(crate) struct Kernel {
    /// What is not to be used.
    pub(crate) without: Disabled,
}

impl Loader for Kernel {
    fn create_map(&self, spec: &MapSpec<'_>) -> Result<Map, SyscallError> {
        Map::create(spec)
    }

    fn lift_locked_memory(&self) -> Result<(), SyscallError> {
        crate::sys::rlimit::lift_locked_memory()
    }

    fn has_kprobe_multi(&self) -> bool {
        !self.without.kprobe_multi && crate::sys::bpf::feature::kprobe_multi()
    }

    fn kprobe_session(&self) -> Option<u32> {
        match self.without.kprobe_session {
            true => None,
            false => crate::host::kprobe_session(),
        }
    }

    fn load_btf(&self, btf: &[u8]) -> Result<OwnedFd, SyscallError> {
        crate::sys::bpf::load_btf(btf)
    }

    fn load_program(
        &self,
        spec: &ProgramSpec<'_>,
        log: Option<Log<'_>>,
    ) -> Result<OwnedFd, SyscallError> {
        crate::sys::bpf::load_program(spec, log)
    }

    fn has_uprobe_multi(&self, of_process: bool) -> bool {
        !self.without.uprobe_multi && crate::sys::bpf::feature::uprobe_multi(of_process)
    }
}

/// Everything of an object that is in the kernel.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The programs, in the order of the manifest.
    pub(crate) programs: Vec<LoadedProgram>,
    /// What the kernel refused, of functions that a pattern found.
    pub(crate) refused: Vec<Error>,
    /// The maps.
    pub(crate) maps: Maps,
}

/// Loads an object. `keep_log` asks for the verifier's log of programs that it accepts, too.
pub(crate) fn load(kernel: &dyn Loader, object: &Object, keep_log: bool) -> Result<Loaded, Error> {
    let manifest = &object.manifest;
    if manifest.version != MANIFEST_VERSION {
        return Err(Error::ManifestVersion {
            found: manifest.version,
            expected: MANIFEST_VERSION,
        });
    }
    let mut elf = elf::Elf::parse(&object.elf)?;
    let maps = Maps::create(kernel, manifest, elf.constants())?;
    elf.relocate(|symbol| maps.by_symbol(symbol))?;
    let programs = programs::load(kernel, manifest, &elf, keep_log)?;
    Ok(Loaded {
        programs: programs.loaded,
        refused: programs.refused,
        maps,
    })
}

#[cfg(test)]
mod tests;
