//! Programs through the verifier.

use super::elf::{Code, Elf, Line, btf_string};
use super::variant::{Variant, variants};
use super::{Loader, session};
use crate::Error;
use crate::sys::SyscallError;
use crate::sys::bpf::{ATTACH_KPROBE_SESSION, DebugInfo, Log, ProgramSpec, Purpose};
use crate::verifier::{Position, Rejection};
use aya_obj::generated::bpf_prog_type::{
    BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_RAW_TRACEPOINT,
    BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_TRACING,
};
use codegen::Manifest;
use codegen::object;
use sema::ir::ProgramType;
use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

/// The longest log that is asked for; `BPF_LOG_MAX_SIZE` leaves room for more.
const LONGEST_LOG: usize = 256 << 20;

/// A program in the kernel.
#[derive(Debug)]
pub(crate) struct LoadedProgram {
    /// The program.
    pub(crate) fd: OwnedFd,
    /// What the manifest says of it, with the targets that this one is for.
    pub(crate) about: object::Program,
    /// What the program reads as its cookie, target by target.
    pub(crate) cookies: Vec<u64>,
    /// Which of its targets share a link.
    pub(crate) sharing: Sharing,
    /// The verifier's log, where it was asked for.
    pub(crate) log: Option<String>,
}

/// Which targets of a program share a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Each has one of its own.
    None,
    /// Those that are alike.
    Alike,
    /// All: each of the kprobes, in the first half of them, is one for both ends of its function.
    Session,
}

/// What all programs of an object share.
struct Context<'a> {
    kernel: &'a dyn Loader,
    manifest: &'a Manifest,
    license: &'a CStr,
    btf: &'a [u8],
    btf_fd: Option<BorrowedFd<'a>>,
    keep_log: bool,
}

/// The programs in the kernel.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// Those that were loaded, in the order of the manifest.
    pub(super) loaded: Vec<LoadedProgram>,
    /// What the kernel refused, of functions that a pattern found.
    pub(super) refused: Vec<Error>,
}

/// Loads every program of the manifest, in its order.
pub(super) fn load(
    kernel: &dyn Loader,
    manifest: &Manifest,
    elf: &Elf,
    keep_log: bool,
) -> Result<Programs, Error> {
    let license = CString::new(manifest.config.license.as_str()).map_err(|_| Error::Object {
        reason: "the licence holds a NUL character".to_owned(),
    })?;
    let btf = elf.btf();
    let btf_fd = match &btf {
        Some(btf) => Some(kernel.load_btf(btf)?),
        None => None,
    };
    let context = Context {
        kernel,
        manifest,
        license: &license,
        btf: btf.as_deref().unwrap_or_default(),
        btf_fd: btf_fd.as_ref().map(AsFd::as_fd),
        keep_log,
    };
    let mut programs = Programs::default();
    let mut waiting = VecDeque::new();
    let mut cookie = 0;
    for about in &manifest.programs {
        let code = Rc::new(elf.code(&about.symbol)?);
        let variants = variants(about, cookie, kernel)?;
        waiting.extend(
            variants
                .into_iter()
                .map(|variant| (variant, Rc::clone(&code))),
        );
        cookie += about.targets.len() as u64;
    }
    while let Some((variant, code)) = waiting.pop_front() {
        if let Some((partner, both)) = context.load_pair((&variant, &code), &waiting) {
            waiting.remove(partner);
            programs.loaded.push(both);
            continue;
        }
        match context.load(&variant, &code) {
            Ok(loaded) => programs.loaded.push(loaded),
            Err(error) if variant.may_fail => programs.refused.push(error),
            Err(error) => return Err(error),
        }
    }
    match programs.loaded.is_empty() {
        // Nothing is left of what the patterns found.
        true => programs.refused.pop().map_or(Ok(Programs::default()), Err),
        false => Ok(programs),
    }
}

impl Context<'_> {
    fn load(&self, variant: &Variant, code: &Code) -> Result<LoadedProgram, Error> {
        let about = &variant.about;
        let spec = ProgramSpec {
            name: &about.symbol,
            kind: kernel_type(about.kind),
            instructions: &code.instructions,
            license: self.license,
            debug: self.btf_fd.map(|btf| DebugInfo {
                btf,
                functions: &code.functions,
                lines: &code.lines,
            }),
            purpose: variant.purpose(),
        };
        if !self.keep_log
            && let Ok(fd) = self.kernel.load_program(&spec, None)
        {
            return Ok(loaded(fd, variant, None));
        }
        let (result, log) = self.load_with_log(&spec);
        match result {
            Ok(fd) => Ok(loaded(fd, variant, Some(log))),
            Err(error) if log.is_empty() => Err(Error::Load {
                program: about
                    .targets
                    .first()
                    .map_or_else(|| about.symbol.clone(), |target| target.name.clone()),
                span: about.span,
                error,
            }),
            Err(error) => {
                let position = |instruction| self.position(&code.line_table, instruction);
                let rejection = Rejection::new(about, error.errno, log, position);
                Err(Error::Rejected(Box::new(rejection)))
            }
        }
    }

    /// Loads a program together with one that waits, where both are of the same functions and the
    /// kernel has programs for both ends; which one that was. What the kernel refuses is loaded one
    /// by one, so that reports are of the script.
    fn load_pair(
        &self,
        one: (&Variant, &Code),
        waiting: &VecDeque<(Variant, Rc<Code>)>,
    ) -> Option<(usize, LoadedProgram)> {
        let mut others = waiting.iter().enumerate();
        let (number, pair) = others.find_map(|(number, (variant, code))| {
            Some((number, session::pair(one, (variant, code))?))
        })?;
        if self.keep_log {
            return None;
        }
        let instructions = session::join(pair, self.kernel.kprobe_session()?)?;
        let spec = ProgramSpec {
            name: &pair[0].0.about.symbol,
            kind: kernel_type(ProgramType::Kprobe),
            instructions: &instructions,
            license: self.license,
            debug: None,
            purpose: Purpose {
                attach_type: ATTACH_KPROBE_SESSION,
                ..Purpose::default()
            },
        };
        let fd = self.kernel.load_program(&spec, None).ok()?;
        Some((number, session::loaded(fd, pair)))
    }

    /// Loads a program with a log, in a buffer that grows until the log fits.
    fn load_with_log(&self, spec: &ProgramSpec<'_>) -> (Result<OwnedFd, SyscallError>, String) {
        let mut size = (self.manifest.config.log_size as usize).clamp(4096, LONGEST_LOG);
        loop {
            let mut log = vec![0u8; size];
            let room = Log {
                buffer: &mut log,
                full: self.keep_log,
            };
            let result = self.kernel.load_program(spec, Some(room));
            let too_short = matches!(&result, Err(e) if e.errno == libc::ENOSPC);
            if too_short && size < LONGEST_LOG {
                size = (size * 4).min(LONGEST_LOG);
                continue;
            }
            let end = log.iter().position(|&b| b == 0).unwrap_or(log.len());
            return (result, String::from_utf8_lossy(&log[..end]).into_owned());
        }
    }

    /// The place in the sources that an instruction comes from.
    fn position(&self, lines: &[Line], instruction: u32) -> Option<Position> {
        let behind = lines.partition_point(|l| l.instruction <= instruction);
        // Line 0 marks code that the compiler made up: what stands before it caused it.
        let line = lines[..behind].iter().rev().find(|l| l.line > 0)?;
        let name = btf_string(self.btf, line.file)?;
        let named = |s: &object::Source| s.name == name || name.ends_with(&format!("/{}", s.name));
        let file = self.manifest.sources.iter().position(named)?;
        Position::find(
            &self.manifest.sources[file].text,
            u32::try_from(file).ok()?,
            line.line,
            line.column,
        )
    }
}

fn loaded(fd: OwnedFd, variant: &Variant, log: Option<String>) -> LoadedProgram {
    LoadedProgram {
        fd,
        about: variant.about.clone(),
        cookies: variant.cookies.clone(),
        sharing: match variant.shares_link {
            true => Sharing::Alike,
            false => Sharing::None,
        },
        log,
    }
}

/// `enum bpf_prog_type`.
pub(crate) fn kernel_type(kind: ProgramType) -> u32 {
    match kind {
        ProgramType::Tracepoint => BPF_PROG_TYPE_TRACEPOINT as u32,
        ProgramType::RawTracepoint => BPF_PROG_TYPE_RAW_TRACEPOINT as u32,
        ProgramType::PerfEvent => BPF_PROG_TYPE_PERF_EVENT as u32,
        ProgramType::Kprobe => BPF_PROG_TYPE_KPROBE as u32,
        ProgramType::Tracing => BPF_PROG_TYPE_TRACING as u32,
    }
}
