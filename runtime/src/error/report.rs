//! Errors as reports: one small function a group of variants.

use super::Error;
use crate::attach::NO_KPROBES;
use crate::sys::perf::OPEN_KPROBE;
use crate::sys::process;
use crate::{Rejection, SyscallError};
use codegen::object::SourceSpan;
use lexer::{Diagnostic, FileId, Span};

/// What to do when the kernel refuses because of who asks.
const PRIVILEGE_HELP: &str =
    "run it as root (`sudo strobe …`), or give it the capabilities CAP_BPF and CAP_PERFMON";

impl Error {
    /// The report. Its spans point into the manifest's sources, in their order.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Error::ManifestVersion { .. } => Diagnostic::error("object-version", self.to_string())
                .help("compile the script again with this version of strobe"),
            Error::Object { .. } => Diagnostic::error("malformed-object", self.to_string()),
            Error::Syscall(error) => syscall(error),
            Error::Rejected(rejection) => rejected(rejection),
            Error::Load { span, error, .. } => load(self, *span, error),
            Error::Attach { span, error, .. } => attach(self, *span, error),
            Error::Output { .. } => Diagnostic::error("output", self.to_string())
                .help("name a file in a directory that can be written, and that has room"),
            Error::Interrupted => Diagnostic::error("interrupted", self.to_string()),
            Error::Command { .. } => Diagnostic::error("command", self.to_string()).help(
                "write the path of a program or a name in $PATH, and what it takes behind it",
            ),
        }
    }
}

fn syscall(error: &SyscallError) -> Diagnostic {
    if error.is_denied() {
        return Diagnostic::error("no-privilege", "no permission to trace this machine")
            .note(format!("the kernel refused: {error}"))
            .help(PRIVILEGE_HELP);
    }
    let report = Diagnostic::error("kernel", error.to_string());
    match error.errno {
        libc::ENOMEM => report.help("make maps smaller (`max_map_keys`) or fewer"),
        libc::E2BIG => report
            .note("the kernel limits the size of a map and of its values")
            .help("make the map's values or `max_map_keys` smaller"),
        libc::EMFILE => report.help("raise the limit on open files: `ulimit -n`"),
        libc::ESRCH => report.help("see which processes there are with `ps -e`"),
        _ => report,
    }
}

fn rejected(rejection: &Rejection) -> Diagnostic {
    let mut report = Diagnostic::error(
        "verifier",
        format!("the kernel's verifier refuses `{}`", rejection.probe),
    )
    .primary(
        span(rejection.span),
        rejection.reason.lines().last().unwrap_or_default(),
    );
    if rejection.reason.lines().count() > 1 {
        report = report.note(format!("the verifier said:\n{}", rejection.reason));
    }
    if let Some(explanation) = rejection.explanation {
        report = report.note(explanation);
    }
    report.help("`-d verifier` shows the verifier's whole log")
}

fn load(error: &Error, clause: SourceSpan, cause: &SyscallError) -> Diagnostic {
    let report = Diagnostic::error("load", error.to_string()).primary(span(clause), "");
    if cause.is_denied() {
        denied(report)
    } else {
        report
    }
}

/// What to say where the kernel refuses because of who asks, be it root.
fn denied(report: Diagnostic) -> Diagnostic {
    if !process::is_root() {
        return report.help(PRIVILEGE_HELP);
    }
    report
        .note(
            "not even root may do this here: the kernel is locked down (`/sys/kernel/security/lockdown`), \
             was built so, or runs this as a container without the capabilities",
        )
        .help("trace another place: `strobe -l 'tracepoint:*'` and `strobe -l 'rawtracepoint:*'` show some")
}

fn attach(error: &Error, clause: SourceSpan, cause: &SyscallError) -> Diagnostic {
    let report = Diagnostic::error("attach", error.to_string()).primary(span(clause), "");
    match cause.errno {
        libc::ENOENT | libc::EOPNOTSUPP | libc::ENODEV if is_counter(cause) => report
            .note("this machine offers no counters of the CPU, or not this one; virtual machines often hide them")
            .help("count what the kernel sees instead: `software:cpu-clock:`, `profile:hz:99`"),
        libc::ENOSPC if is_watchpoint(cause) => report
            .note("a CPU watches few places at a time, four as a rule, and others may watch some")
            .help("watch fewer places, or one of more bytes"),
        libc::ENOSYS if cause.attempted == NO_KPROBES => report
            .note("it was built without CONFIG_KPROBE_EVENTS")
            .help("use a tracepoint: `strobe -l 'tracepoint:*'` shows them"),
        libc::EILSEQ => report
            .note("behind the end of the function, or inside an instruction, which a breakpoint would change")
            .help("leave the offset out, or take that of an instruction, as `objdump -d vmlinux` shows them"),
        libc::EINVAL if cause.attempted == OPEN_KPROBE => report
            .note("the kernel lets nobody probe this: it runs while a probe does, or is marked so")
            .help("probe what calls it, or what it calls"),
        libc::EEXIST if is_pin(cause) => report
            .help("remove what is there (`rm`), or pin it under another name"),
        _ if is_pin(cause) => report
            .note("an iterator can be pinned in a BPF file system alone, in a directory that is there")
            .help("mount one: `mount -t bpf bpf /sys/fs/bpf`"),
        libc::ENOENT => report
            .note("the kernel knows no such place to attach to")
            .help("see what there is with `strobe -l`"),
        libc::EMFILE => report.help("raise the limit on open files: `ulimit -n`"),
        libc::ESRCH => report
            .note("the process has ended")
            .help("see which processes there are with `ps -e`"),
        _ if cause.is_denied() => denied(report),
        _ => report,
    }
}

fn is_watchpoint(cause: &SyscallError) -> bool {
    cause.attempted == crate::sys::perf::WATCH_MEMORY
}

fn is_pin(cause: &SyscallError) -> bool {
    cause.attempted.starts_with(crate::sys::bpf::PIN)
}

fn is_counter(cause: &SyscallError) -> bool {
    cause.attempted == crate::sys::perf::COUNT_HARDWARE
}

fn span(span: SourceSpan) -> Span {
    Span::new(FileId(span.file), span.start, span.end)
}
