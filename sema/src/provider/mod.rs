//! Probe providers: from an attach point as written to the concrete places it stands for.
//!
//! Each family of attach points has a file of its own; adding one is a row in [`PROVIDERS`] and
//! that file.

pub(crate) mod args;
pub(crate) mod counter;
pub(crate) mod fentry;
pub(crate) mod function;
pub(crate) mod iter;
mod kprobe;
mod own;
pub(crate) mod rawtracepoint;
pub(crate) mod registers;
mod special;
mod timer;
mod tracepoint;
pub(crate) mod uprobe;
pub(crate) mod usdt;
mod user;
mod watchpoint;
pub(crate) mod whole;

use crate::analyze::Mode;
use crate::cx::{Cx, ProgramCx};
use crate::error;
use crate::ir::{self, AttachTarget, MissingProbes, ProgramType, Target};
use crate::kernel::btf::TypeId;
use crate::kernel::format::Format;
use crate::kernel::glob;
use crate::kernel::usdt::UsdtArg;
use crate::typed::expr;
use lexer::Span;
use parser::ast::{self, AttachPoint, Segment, SegmentPart};
use std::rc::Rc;
use uprobe::UserCode;

/// A family of attach points.
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    pub(crate) short: Option<&'static str>,
    /// The forms of its attach points, for reports.
    pub(crate) forms: &'static str,
    /// The concrete places of an attach point; reports what is wrong and what matches nothing.
    expand: fn(&Point, &mut Cx<'_>) -> Vec<Site>,
}

/// Every provider.
pub(crate) static PROVIDERS: &[Provider] = &[
    Provider {
        name: "begin",
        short: None,
        forms: "begin",
        expand: special::begin,
    },
    Provider {
        name: "end",
        short: None,
        forms: "end",
        expand: special::end,
    },
    Provider {
        name: "interval",
        short: Some("i"),
        forms: "interval:s:1, interval:ms:100, interval:us:500, interval:hz:10, interval:1s",
        expand: timer::interval,
    },
    Provider {
        name: "profile",
        short: Some("p"),
        forms: "profile:hz:99, profile:s:1, profile:ms:10, profile:us:500, profile:10ms",
        expand: timer::profile,
    },
    Provider {
        name: "tracepoint",
        short: Some("t"),
        forms: "tracepoint:subsystem:event",
        expand: tracepoint::expand,
    },
    Provider {
        name: "rawtracepoint",
        short: Some("rt"),
        forms: "rawtracepoint:event",
        expand: rawtracepoint::expand,
    },
    Provider {
        name: "kprobe",
        short: Some("k"),
        forms: "kprobe:function, kprobe:module:function, kprobe:function+offset",
        expand: kprobe::entry,
    },
    Provider {
        name: "kretprobe",
        short: Some("kr"),
        forms: "kretprobe:function, kretprobe:module:function",
        expand: kprobe::exit,
    },
    Provider {
        name: "fentry",
        short: Some("f"),
        forms: "fentry:function, fentry:module:function, fentry:bpf:program, fentry:bpf:id:program",
        expand: fentry::entry,
    },
    Provider {
        name: "fexit",
        short: Some("fr"),
        forms: "fexit:function, fexit:module:function, fexit:bpf:program, fexit:bpf:id:program",
        expand: fentry::exit,
    },
    Provider {
        name: "uprobe",
        short: Some("u"),
        forms: "uprobe:PATH:function, uprobe:PATH:function+4, uprobe:PATH:0x1234, uprobe:PATH@file.c:12, uprobe:libc:malloc, uprobe:PATH:cpp:\"ns::f\"",
        expand: uprobe::entry,
    },
    Provider {
        name: "uretprobe",
        short: Some("ur"),
        forms: "uretprobe:PATH:function, uretprobe:libc:malloc, uretprobe:PATH:cpp:\"ns::f\"",
        expand: uprobe::exit,
    },
    Provider {
        name: "usdt",
        short: Some("U"),
        forms: "usdt:PATH:name, usdt:PATH:namespace:name, usdt:*:name with -p",
        expand: usdt::expand,
    },
    Provider {
        name: "software",
        short: Some("s"),
        forms: "software:event:count, software:event:",
        expand: counter::software,
    },
    Provider {
        name: "hardware",
        short: Some("h"),
        forms: "hardware:event:count, hardware:event:",
        expand: counter::hardware,
    },
    Provider {
        name: "watchpoint",
        short: Some("w"),
        forms: "watchpoint:address:length:mode, such as watchpoint:0x7ffd1000:8:rw",
        expand: watchpoint::expand,
    },
    Provider {
        name: "asyncwatchpoint",
        short: Some("aw"),
        forms: "asyncwatchpoint:address:length:mode",
        expand: watchpoint::expand,
    },
    Provider {
        name: "iter",
        short: Some("it"),
        forms: "iter:task, iter:task_file, iter:task_vma, iter:task:pin",
        expand: iter::expand,
    },
    Provider {
        name: "self",
        short: None,
        forms: "self:signal:SIGUSR1",
        expand: own::signal,
    },
    Provider {
        name: "test",
        short: None,
        forms: "test:name",
        expand: own::test,
    },
    Provider {
        name: "bench",
        short: None,
        forms: "bench:name",
        expand: own::bench,
    },
];

/// Providers whose probes run while tests or benchmarks do.
const OURS: [&str; 4] = ["begin", "end", "test", "bench"];

/// Older names of providers.
const ALIASES: [(&str, &str); 2] = [("kfunc", "fentry"), ("kretfunc", "fexit")];

/// A concrete place to attach to, and what programs find there.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The full name, as `probe` gives it.
    pub(crate) name: String,
    pub(crate) program: ProgramType,
    pub(crate) attach: AttachTarget,
    pub(crate) args: Args,
    /// The same place as a raw tracepoint, which is cheaper to detach: for programs that read no
    /// arguments.
    pub(crate) raw: Option<AttachTarget>,
}

/// The arguments that programs find at a place.
#[derive(Clone, Debug)]
pub(crate) enum Args {
    None,
    /// The record of a tracepoint.
    Tracepoint(Rc<Format>),
    /// The arguments of a raw tracepoint, 8 bytes each. Without names where the kernel has no
    /// type information.
    Raw(Rc<[(String, TypeId)]>),
    /// The registers: those at a function's entry or somewhere in it, or at its return.
    Registers(Moment),
    /// The parameters of a function, typed, and in `fexit` what it returns.
    Function(Rc<Signature>),
    /// The registers of a process in the code of a file.
    User(Rc<UserCode>),
    /// Those of a static probe, by the layouts of its arguments.
    Usdt(Rc<[Vec<UsdtArg>]>),
    /// What an iterator is at: a struct of this type.
    Iter(TypeId),
}

/// When registers were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// When a function is entered, or somewhere in it.
    Entry,
    /// When a function returns.
    Return,
}

/// The parameters of a function and where they are in the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) params: Vec<Parameter>,
    /// Offset and type of what it returns, where the program runs behind it and it returns
    /// anything.
    pub(crate) returned: Option<(i64, TypeId)>,
    /// The module whose types these are.
    pub(crate) module: Option<String>,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    /// Bytes from the start of the context.
    pub(crate) offset: i64,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: String::new(),
            program: ProgramType::RawTracepoint,
            attach: AttachTarget::Begin,
            args: Args::None,
            raw: None,
        }
    }
}

impl Site {
    /// Whether the program that was checked for this place is right for another one too.
    pub(crate) fn shares_program(&self, other: &Site, program: &ProgramCx) -> bool {
        let kind = self.effective(program).0;
        kind == other.effective(program).0
            && self.is_filtered() == other.is_filtered()
            && (!program.reads_context || self.args.are_laid_out_as(&other.args))
            && (!program.names_types || self.module() == other.module())
            && !program.reads_debug_information
            && (!program.reads_probe_name || self.has_cookie() && other.has_cookie())
    }

    /// The module whose code it is in, where it is known to be in one.
    pub(crate) fn module(&self) -> Option<&str> {
        match &self.args {
            Args::Function(signature) => signature.module.as_deref(),
            _ => self.attach.module(),
        }
    }

    /// Whether its program can tell this place from others by a cookie, whatever it reads.
    pub(crate) fn has_cookie(&self) -> bool {
        let is_iterator = matches!(self.args, Args::Iter(_));
        self.program.has_cookie() && self.raw.is_none() && !is_iterator
    }

    /// Whether its program is left in the BPF file system, to be run by whoever reads it there.
    pub(crate) fn is_pinned(&self) -> bool {
        matches!(&self.attach, AttachTarget::Iter(iter) if iter.pin.is_some())
    }

    /// Whether `-p` passes over what others do here. (Other kinds of places are attached to the
    /// process itself, or belong to none.)
    fn is_filtered(&self) -> bool {
        matches!(
            self.attach,
            AttachTarget::Tracepoint { .. }
                | AttachTarget::RawTracepoint { .. }
                | AttachTarget::Kprobe(_)
                | AttachTarget::Fentry(_)
        )
    }

    /// Program type and attachment, now that it is known what the program reads.
    fn effective(&self, program: &ProgramCx) -> (ProgramType, &AttachTarget) {
        match &self.raw {
            Some(raw) if !program.reads_context && !program.takes_stack => {
                (ProgramType::RawTracepoint, raw)
            }
            _ => (self.program, &self.attach),
        }
    }
}

impl Args {
    /// Whether a program that reads these arguments may read those in the same way.
    fn are_laid_out_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Registers(a), Self::Registers(b)) => a == b,
            (Self::Function(a), Self::Function(b)) => a == b,
            (Self::User(a), Self::User(b)) => a.moment == b.moment,
            (Self::Usdt(a), Self::Usdt(b)) => a == b,
            _ => false,
        }
    }

    /// When the registers were taken that the context is, if it is registers.
    pub(crate) fn moment(&self) -> Option<Moment> {
        match self {
            Self::Registers(moment) => Some(*moment),
            Self::User(code) => Some(code.moment),
            Self::Usdt(_) => Some(Moment::Entry),
            Self::None | Self::Tracepoint(_) | Self::Raw(_) | Self::Function(_) | Self::Iter(_) => {
                None
            }
        }
    }
}

/// Gives a checked probe its targets and the program type that they share.
pub(crate) fn assign_targets<'a>(
    probe: &mut ir::Probe,
    sites: impl Iterator<Item = &'a Site>,
    program: &ProgramCx,
) {
    for site in sites {
        let (kind, attach) = site.effective(program);
        probe.program = kind;
        probe.targets.push(Target {
            name: site.name.clone(),
            attach: attach.clone(),
        });
    }
}

/// An attach point with its positional parameters filled in.
pub(crate) struct Point {
    /// What follows the provider.
    pub(crate) parts: Vec<Part>,
    pub(crate) span: Span,
    /// The provider's row.
    pub(crate) provider: &'static Provider,
}

/// One part of an attach point.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// When a program runs at a place, whatever the script says: for the process of `-p`, and where an
/// iterator is at an object.
pub(crate) fn condition(span: Span, cx: &Cx<'_>) -> Option<ir::Expr> {
    if let Args::Iter(context) = cx.program.site.args {
        return iter::has_object(context, span, cx);
    }
    let pid = cx.options.pid.filter(|_| cx.program.site.is_filtered())?;
    let operand = |kind| Box::new(expr(kind, ir::Type::U32, span));
    let compared = ir::ExprKind::Compare(
        ir::CompareOp::Eq,
        operand(ir::ExprKind::Builtin(ir::Builtin::Pid)),
        operand(ir::ExprKind::Int(u64::from(pid))),
    );
    Some(expr(compared, ir::Type::Bool, span))
}

/// Every place that a clause's attach points stand for.
pub(crate) fn expand(probe: &ast::Probe, cx: &mut Cx<'_>) -> Vec<Site> {
    let points = probe.attach_points.iter();
    let mut sites: Vec<Site> = points.flat_map(|point| expand_point(point, cx)).collect();
    if let Some(filter) = &cx.options.probe_filter {
        sites.retain(|site| is_wanted(site, filter));
    }
    sites
}

/// Whether `--probe-filter` keeps a place. What runs before and after all others is kept always.
fn is_wanted(site: &Site, filter: &str) -> bool {
    matches!(site.name.as_str(), "begin" | "end") || glob::matches(filter, &site.name)
}

fn expand_point(point: &AttachPoint, cx: &mut Cx<'_>) -> Vec<Site> {
    let mut parts = point
        .segments
        .iter()
        .map(|s| fill_in(s, cx))
        .collect::<Vec<_>>()
        .into_iter();
    let Some(first) = parts.next() else {
        return Vec::new();
    };
    let Some(provider) = find(&first.text) else {
        let parts: Vec<Part> = parts.collect();
        let report = tracepoint::bare(&first, &parts, point.span, cx);
        cx.report(report.unwrap_or_else(|| error::unknown_provider(&first.text, first.span)));
        return Vec::new();
    };
    let is_ours = OURS.contains(&provider.name);
    if cx.options.mode != Mode::Run && !is_ours {
        return Vec::new();
    }
    let point = Point {
        parts: parts.collect(),
        span: point.span,
        provider,
    };
    (provider.expand)(&point, cx)
}

/// The long names of all.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name)
}

/// The provider of a name, long or short, in any case.
pub(crate) fn find(name: &str) -> Option<&'static Provider> {
    let alias = ALIASES
        .iter()
        .find(|(old, _)| old.eq_ignore_ascii_case(name));
    let name = alias.map_or(name, |(_, name)| name);
    // `U` is a static probe, `u` a function.
    let exact = PROVIDERS.iter().find(|p| p.short == Some(name));
    exact.or_else(|| {
        PROVIDERS.iter().find(|p| {
            let short = p.short.is_some_and(|s| s.eq_ignore_ascii_case(name));
            short || p.name.eq_ignore_ascii_case(name)
        })
    })
}

fn fill_in(segment: &Segment, cx: &Cx<'_>) -> Part {
    let text = segment.parts.iter().map(|part| match part {
        SegmentPart::Text(text) | SegmentPart::Quoted(text) => text.as_str(),
        SegmentPart::Positional(n) => cx.options.parameter(*n).unwrap_or(""),
    });
    Part {
        text: text.collect(),
        span: segment.span,
    }
}

/// Reports, as the script wishes, that an attach point stands for nothing.
fn nothing_matches(report: lexer::Diagnostic, cx: &mut Cx<'_>) {
    match cx.config.missing_probes {
        MissingProbes::Error => cx.report(report),
        MissingProbes::Warn => cx.report(lexer::Diagnostic {
            severity: lexer::Severity::Warning,
            ..report
        }),
        MissingProbes::Ignore => {}
    }
}
