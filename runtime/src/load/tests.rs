//! Loading against a kernel that fails on purpose. Descriptors are those of `/dev/null`.

use super::{Kernel, Loader, load};
use crate::Error;
use crate::fixture::code::Code;
use crate::fixture::{ObjectBuilder, kernel_is_ours};
use crate::sys::SyscallError;
use crate::sys::bpf::{Log, Map, MapSpec, ProgramSpec};
use codegen::Object;
use sema::ir::{AttachTarget, ProgramType};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::os::fd::OwnedFd;

/// Makes maps as the kernel does and loads no program.
struct Fake {
    /// What creating maps fails with until the limit is lifted.
    map_error: Option<i32>,
    /// What lifting it fails with.
    lift_error: Option<i32>,
    lifted: Cell<bool>,
    /// What loading programs fails with; nothing for success.
    program_error: Option<i32>,
    log: &'static str,
    /// Sizes of the log buffers that were offered, 0 for none.
    offered: RefCell<Vec<usize>>,
}

impl Fake {
    fn new() -> Self {
        Self {
            map_error: None,
            lift_error: None,
            lifted: Cell::new(false),
            program_error: None,
            log: "",
            offered: RefCell::default(),
        }
    }
}

fn null() -> OwnedFd {
    File::open("/dev/null")
        .expect("there is a /dev/null")
        .into()
}

impl Loader for Fake {
    fn has_uprobe_multi(&self, _of_process: bool) -> bool {
        false
    }

    fn create_map(&self, spec: &MapSpec<'_>) -> Result<Map, SyscallError> {
        match self.map_error {
            Some(errno) if !self.lifted.get() => Err(SyscallError::new("create map", errno)),
            _ => Kernel::default().create_map(spec),
        }
    }

    fn lift_locked_memory(&self) -> Result<(), SyscallError> {
        self.lifted.set(self.lift_error.is_none());
        match self.lift_error {
            Some(errno) => Err(SyscallError::new("lift", errno)),
            None => Ok(()),
        }
    }

    fn has_kprobe_multi(&self) -> bool {
        false
    }

    fn kprobe_session(&self) -> Option<u32> {
        None
    }

    fn load_btf(&self, _: &[u8]) -> Result<OwnedFd, SyscallError> {
        Ok(null())
    }

    fn load_program(
        &self,
        spec: &ProgramSpec<'_>,
        log: Option<Log<'_>>,
    ) -> Result<OwnedFd, SyscallError> {
        assert_eq!(spec.instructions.len() % 8, 0);
        let log = log.map(|log| log.buffer);
        self.offered
            .borrow_mut()
            .push(log.as_ref().map_or(0, |l| l.len()));
        let fail = |errno| Err(SyscallError::new("load program", errno));
        match (self.program_error, log) {
            (None, _) => Ok(null()),
            (Some(_), Some(log)) if log.len() <= self.log.len() => fail(libc::ENOSPC),
            (Some(errno), Some(log)) => {
                log[..self.log.len()].copy_from_slice(self.log.as_bytes());
                fail(errno)
            }
            (Some(errno), None) => fail(errno),
        }
    }
}

fn object() -> Object {
    let code = Code::new().line(1).done();
    let mut object = ObjectBuilder::new("begin { }\n");
    object.config.log_size = 4096;
    object
        .program(
            "begin",
            ProgramType::RawTracepoint,
            AttachTarget::Begin,
            code,
        )
        .build()
}

#[test]
fn no_log_is_asked_for_unless_loading_fails() {
    if !kernel_is_ours("no_log_is_asked_for_unless_loading_fails") {
        return;
    }
    let kernel = Fake::new();
    let loaded = load(&kernel, &object(), false).expect("it loads");
    assert_eq!(*kernel.offered.borrow(), [0]);
    assert_eq!(loaded.programs[0].log, None);
    let kernel = Fake::new();
    let loaded = load(&kernel, &object(), true).expect("it loads");
    assert_eq!(*kernel.offered.borrow(), [4096]);
    assert_eq!(loaded.programs[0].log.as_deref(), Some(""));
}

#[test]
fn the_log_grows_until_it_fits() {
    if !kernel_is_ours("the_log_grows_until_it_fits") {
        return;
    }
    let long: &'static str = Box::leak("0: (95) exit\n".repeat(1000).into_boxed_str());
    let kernel = Fake {
        program_error: Some(libc::EINVAL),
        log: long,
        ..Fake::new()
    };
    let Err(Error::Rejected(rejection)) = load(&kernel, &object(), false) else {
        panic!("not refused");
    };
    assert_eq!(*kernel.offered.borrow(), [0, 4096, 16384]);
    assert_eq!(rejection.log, long);
    assert_eq!(rejection.errno, libc::EINVAL);
}

#[test]
fn a_refusal_without_a_log_names_the_probe() {
    if !kernel_is_ours("a_refusal_without_a_log_names_the_probe") {
        return;
    }
    let kernel = Fake {
        program_error: Some(libc::EPERM),
        ..Fake::new()
    };
    let Err(error) = load(&kernel, &object(), false) else {
        panic!("not refused");
    };
    assert_eq!(
        error.to_string(),
        "cannot load `begin`: cannot load program: Operation not permitted"
    );
    assert_eq!(error.diagnostic().help.len(), 1);
}

#[test]
fn the_memory_limit_is_lifted_only_where_the_kernel_wants_it() {
    if !kernel_is_ours("the_memory_limit_is_lifted_only_where_the_kernel_wants_it") {
        return;
    }
    let kernel = Fake::new();
    load(&kernel, &object(), false).expect("it loads");
    assert!(!kernel.lifted.get());
    let kernel = Fake {
        map_error: Some(libc::EPERM),
        ..Fake::new()
    };
    load(&kernel, &object(), false).expect("it loads with more memory");
    assert!(kernel.lifted.get());
    let kernel = Fake {
        map_error: Some(libc::EPERM),
        lift_error: Some(libc::EPERM),
        ..Fake::new()
    };
    let Err(error) = load(&kernel, &object(), false) else {
        panic!("it loaded without maps");
    };
    assert_eq!(
        error,
        Error::Syscall(SyscallError::new("create map", libc::EPERM))
    );
    assert_eq!(error.diagnostic().code, "no-privilege");
    let kernel = Fake {
        map_error: Some(libc::E2BIG),
        ..Fake::new()
    };
    assert!(load(&kernel, &object(), false).is_err());
    assert!(!kernel.lifted.get());
}

#[test]
fn objects_that_cannot_be_right() {
    let mut other_version = object();
    other_version.manifest.version += 1;
    let error = load(&Fake::new(), &other_version, false).map(drop);
    assert!(
        matches!(error, Err(Error::ManifestVersion { .. })),
        "{error:?}"
    );
    let mut no_elf = object();
    no_elf.elf = b"not an ELF file".to_vec();
    let error = load(&Fake::new(), &no_elf, false).map(drop);
    assert!(matches!(error, Err(Error::Object { .. })), "{error:?}");
    if !kernel_is_ours("objects_that_cannot_be_right") {
        return;
    }
    let mut unknown_program = object();
    unknown_program.manifest.programs[0].symbol = "other".to_owned();
    let error = load(&Fake::new(), &unknown_program, false).map(drop);
    assert!(matches!(error, Err(Error::Object { .. })), "{error:?}");
    let mut unknown_map = object();
    unknown_map.manifest.maps.remove(0);
    let error = load(&Fake::new(), &unknown_map, false).map(drop);
    assert!(matches!(error, Err(Error::Object { .. })), "{error:?}");
}
