//! What one program of a manifest is loaded as: the kernel wants to know before it loads a program
//! what it will be attached to, so one with different kinds of targets is loaded several times.

use super::Loader;
use crate::Error;
use crate::sys::SyscallError;
use crate::sys::bpf::{self, Purpose};
use codegen::object;
use sema::ir::{AttachTarget, Fentry, FunctionHome, Kprobe, ProgramType, Target};
use std::os::fd::{AsFd, OwnedFd};

/// Kprobes on functions from which on they share a link.
const MANY: usize = 2;

/// A program for some of its targets.
#[derive(Debug)]
pub(super) struct Variant {
    /// The program, with these targets alone.
    pub(super) about: object::Program,
    /// The cookie of each target.
    pub(super) cookies: Vec<u64>,
    /// Whether all targets share links for many kprobes or uprobes.
    pub(super) shares_link: bool,
    /// `enum bpf_attach_type`.
    attach_type: u32,
    btf_id: u32,
    home: Option<OwnedFd>,
    /// Whether the kernel may refuse it without harm: a pattern found its target.
    pub(super) may_fail: bool,
}

impl Variant {
    /// What the kernel is told.
    pub(super) fn purpose(&self) -> Purpose<'_> {
        Purpose {
            attach_type: self.attach_type,
            btf_id: self.btf_id,
            home: self.home.as_ref().map(AsFd::as_fd),
        }
    }

    fn plain(about: &object::Program, targets: Vec<(u64, Target)>) -> Self {
        let (cookies, targets) = targets.into_iter().unzip();
        Self {
            about: object::Program {
                targets,
                symbol: about.symbol.clone(),
                ..about.clone()
            },
            cookies,
            shares_link: false,
            attach_type: 0,
            btf_id: 0,
            home: None,
            may_fail: false,
        }
    }
}

/// What a program is loaded as. `first` is the cookie of its first target.
pub(super) fn variants(
    about: &object::Program,
    first: u64,
    kernel: &dyn Loader,
) -> Result<Vec<Variant>, Error> {
    let targets: Vec<(u64, Target)> = (first..).zip(about.targets.iter().cloned()).collect();
    match about.kind {
        ProgramType::Kprobe => {
            let (user, kernels): (Vec<_>, Vec<_>) = targets
                .into_iter()
                .partition(|(_, t)| matches!(t.attach, AttachTarget::Uprobe(_)));
            let mut variants = Vec::from_iter(uprobes(about, user, kernel));
            variants.extend(kprobes(about, kernels, || kernel.has_kprobe_multi()));
            Ok(variants)
        }
        ProgramType::Tracing => targets.into_iter().map(|t| tracing(about, t)).collect(),
        ProgramType::Tracepoint | ProgramType::RawTracepoint | ProgramType::PerfEvent => {
            Ok(vec![Variant::plain(about, targets)])
        }
    }
}

fn uprobes(
    about: &object::Program,
    targets: Vec<(u64, Target)>,
    kernel: &dyn Loader,
) -> Option<Variant> {
    let of_process = |(_, target): &(u64, Target)| match &target.attach {
        AttachTarget::Uprobe(uprobe) => uprobe.pid.is_some(),
        _ => false,
    };
    if targets.is_empty() {
        return None;
    }
    if !kernel.has_uprobe_multi(targets.iter().any(of_process)) {
        return Some(Variant::plain(about, targets));
    }
    Some(Variant {
        shares_link: true,
        attach_type: bpf::ATTACH_UPROBE_MULTI,
        ..Variant::plain(about, targets)
    })
}

fn kprobes(
    about: &object::Program,
    targets: Vec<(u64, Target)>,
    has_multi: impl FnOnce() -> bool,
) -> Vec<Variant> {
    let (many, single): (Vec<_>, Vec<_>) = targets.into_iter().partition(|(_, t)| may_share(t));
    if many.is_empty() && single.is_empty() {
        return Vec::new();
    }
    if many.len() < MANY || !has_multi() {
        let all = many.into_iter().chain(single);
        return vec![Variant::plain(about, all.collect())];
    }
    let mut variants = vec![Variant {
        shares_link: true,
        attach_type: bpf::ATTACH_KPROBE_MULTI,
        ..Variant::plain(about, many)
    }];
    if !single.is_empty() {
        variants.push(Variant::plain(about, single));
    }
    variants
}

/// Whether a link for many kprobes can hold the target: it is a whole function, told by its name.
fn may_share(target: &Target) -> bool {
    let AttachTarget::Kprobe(kprobe) = &target.attach else {
        return false;
    };
    let Kprobe {
        function,
        module,
        offset,
        ..
    } = kprobe;
    !function.is_empty() && *offset == 0 && module.is_none()
}

fn tracing(about: &object::Program, target: (u64, Target)) -> Result<Variant, Error> {
    let (attach_type, btf_id, home, may_fail) = match &target.1.attach {
        AttachTarget::Fentry(fentry) => {
            let attach_type = match fentry.is_return {
                true => bpf::ATTACH_FEXIT,
                false => bpf::ATTACH_FENTRY,
            };
            let home = home(fentry).map_err(|error| Error::Load {
                program: target.1.name.clone(),
                span: about.span,
                error,
            })?;
            (attach_type, fentry.btf_id, home, fentry.by_pattern)
        }
        AttachTarget::Iter(iter) => (bpf::ATTACH_ITER, iter.btf_id, None, false),
        _ => {
            return Err(Error::Object {
                reason: format!("`{}` is no target of a tracing program", target.1.name),
            });
        }
    };
    Ok(Variant {
        attach_type,
        btf_id,
        home,
        may_fail,
        ..Variant::plain(about, vec![target])
    })
}

fn home(fentry: &Fentry) -> Result<Option<OwnedFd>, SyscallError> {
    match &fentry.of {
        FunctionHome::Kernel => Ok(None),
        FunctionHome::Module(module) => bpf::module_btf(module).map(Some),
        FunctionHome::Program(id) => bpf::open_object(bpf::ObjectKind::Program, *id).map(Some),
    }
}
