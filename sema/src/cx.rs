//! What type checking carries along: the machine, the tables, the program so far, the reports.

use crate::definitions::Definitions;
use crate::infer::{Frame, Macros};
use crate::ir::{self, Event, EventId, EventKind, MapId};
use crate::kernel::btf::{Btf, EnumConstant, Kind, TypeId};
use crate::kernel::{Kernel, KernelError};
use crate::modules::Wanted;
use crate::provider::Site;
use crate::tables::{Held, Learnt, Maps, Variables};
use crate::ty::Ty;
use crate::typed::Typed;
use crate::{Options, error};
use lexer::{Diagnostic, Severity, Span};
use std::cell::OnceCell;
use std::collections::HashSet;

/// How much of each end of the way through macros a report shows.
const WAY_SHOWN: usize = 4;

/// The state of one analysis.
pub(crate) struct Cx<'a> {
    pub(crate) kernel: &'a dyn Kernel,
    /// What the script defines in C.
    pub(crate) definitions: &'a Definitions<'a>,
    pub(crate) options: &'a Options,
    pub(crate) config: ir::Config,
    pub(crate) maps: Maps,
    pub(crate) events: Vec<Event>,
    pub(crate) macros: Macros,
    /// The named parameters that were asked for.
    pub(crate) parameters: Vec<ir::Parameter>,
    /// What the rounds learn from by now.
    pub(crate) phase: Phase,
    /// Whether something was left to a later phase.
    pub(crate) deferred: bool,
    reports: Vec<Diagnostic>,
    /// Code, place and message of each report.
    reported: HashSet<(&'static str, Option<Span>, String)>,
    /// The macros of `#define` that are being expanded, and where each is used.
    pub(crate) expanding: Vec<(String, Span)>,
    /// Offset of `comm` in `task_struct`, where BTF tells; asked for at most once.
    pub(crate) comm_offset: OnceCell<Option<u32>>,
    /// Functions that patterns match and that must not be traced.
    excluded: Vec<String>,
    /// Where `task_struct` tells of parents, where BTF tells; asked for at most once.
    pub(crate) lineage: OnceCell<Option<ir::Lineage>>,
    /// What modules of the kernel may describe.
    pub(crate) wanted: Wanted,
    /// The program that is being checked.
    pub(crate) program: ProgramCx,
}

/// What types are learnt from. A phase begins when nothing more can be learnt in the last, so that
/// types do not depend on the order of the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Values that are assigned.
    Assignments,
    /// `++` and `--` too, which make a number `int64`, but let a `uint64` be.
    Steps,
    /// That what is still unknown beside a number is one.
    Guesses,
}

/// The state of the program that is being checked.
#[derive(Debug, Default)]
pub(crate) struct ProgramCx {
    /// Its number, by which maps tell their writers apart.
    pub(crate) number: usize,
    pub(crate) site: Site,
    pub(crate) variables: Variables,
    /// How many loops are around the current statement.
    pub(crate) loops: u32,
    /// How many of them the kernel runs.
    pub(crate) nesting: u32,
    /// How often the current statement is written out by the `unroll`s around it; 0 outside.
    pub(crate) copies: u32,
    /// The macros that are being expanded, the innermost last.
    pub(crate) frames: Vec<Frame>,
    /// How many expansions there were.
    pub(crate) expansions: u32,
    /// Whether the program reads its arguments, so that it depends on the attach point.
    pub(crate) reads_context: bool,
    /// Whether the program reads what debug information alone says of its attach point.
    pub(crate) reads_debug_information: bool,
    /// Whether the program names types, which mean what the traced module has under their names.
    pub(crate) names_types: bool,
    /// Whether the program asks for the name of its attach point.
    pub(crate) reads_probe_name: bool,
    /// Whether the program takes a stack, which some program types take from another place.
    pub(crate) takes_stack: bool,
    /// Room for the names of all sites that the program could be for.
    pub(crate) name_room: NameRoom,
}

/// Capacities of texts that differ from site to site; 0 where there is just one site.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameRoom {
    /// Of the longest name of a probe.
    pub(crate) probe: u32,
    /// Of the longest name of a function.
    pub(crate) function: u32,
}

impl NameRoom {
    /// Room for the names of sites.
    pub(crate) fn of(sites: &[Site]) -> Self {
        if sites.len() < 2 {
            return Self::default();
        }
        let capacity = |longest: Option<usize>| {
            let bytes = longest.map_or(0, |len| len + 1).next_multiple_of(8);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let functions = sites.iter().filter_map(|site| site.attach.function());
        Self {
            probe: capacity(sites.iter().map(|site| site.name.len()).max()),
            function: capacity(functions.map(str::len).max()),
        }
    }
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        kernel: &'a dyn Kernel,
        definitions: &'a Definitions<'a>,
        options: &'a Options,
        config: ir::Config,
    ) -> Self {
        Self {
            kernel,
            definitions,
            options,
            config,
            maps: Maps::default(),
            events: Vec::new(),
            macros: Macros::default(),
            parameters: Vec::new(),
            phase: Phase::Assignments,
            deferred: false,
            reports: Vec::new(),
            reported: HashSet::new(),
            expanding: Vec::new(),
            comm_offset: OnceCell::new(),
            excluded: Vec::new(),
            lineage: OnceCell::new(),
            wanted: Wanted::default(),
            program: ProgramCx::default(),
        }
    }

    /// The types of the kernel, with the script's own before them.
    pub(crate) fn btf(&self) -> Result<&'a Btf, KernelError> {
        self.definitions.btf()
    }

    /// Looks a type up by kind and name, as the code sees it that the probe is in.
    pub(crate) fn find(&mut self, name: &str, kind: Kind) -> Option<TypeId> {
        let found = self.seen(|btf| btf.find_own(name, kind));
        found.or_else(|| self.btf().ok()?.find(name, kind))
    }

    /// Looks the constant of an enum up by name, as the code sees it that the probe is in.
    pub(crate) fn find_constant(&mut self, name: &str) -> Option<EnumConstant> {
        let found = self.seen(|btf| btf.find_own_constant(name).ok()?);
        found.or_else(|| self.btf().ok()?.find_constant(name).ok()?)
    }

    /// What a name means to the script itself, or in the module that is traced. Takes note of the
    /// module where its types are not among those that we have.
    fn seen<T>(&mut self, find: impl Fn(&Btf) -> Option<T>) -> Option<T> {
        self.program.names_types = true;
        let own = self.definitions.own().and_then(&find);
        if own.is_some() {
            return own;
        }
        let home = self.program.site.module()?;
        if let Some(module) = self.definitions.modules.get(home) {
            return find(module);
        }
        let module = self.kernel.module_btf(home).ok()??;
        if find(&module).is_some() {
            self.wanted.module(home);
        }
        None
    }

    /// Takes note of a named parameter; what is said of it where it is first used holds.
    pub(crate) fn parameter(&mut self, parameter: ir::Parameter) {
        let known = self.parameters.iter().any(|p| p.name == parameter.name);
        if !known {
            self.parameters.push(parameter);
        }
    }

    /// Adds a report, once however often the place is checked. In a macro it also shows how the
    /// script came there.
    pub(crate) fn report(&mut self, mut report: Diagnostic) {
        let expansions = self.expanding.iter().rev();
        let expansions =
            expansions.map(|(name, at)| (*at, format!("in the expansion of `{name}`")));
        let frames = self.program.frames.iter().rev();
        let calls = frames.map(|frame| (frame.call, format!("in this call of `{}`", frame.name())));
        let way: Vec<(Span, String)> = expansions.chain(calls).collect();
        let left_out = match way.len() > 2 * WAY_SHOWN {
            true => WAY_SHOWN..way.len() - WAY_SHOWN,
            false => 0..0,
        };
        if !left_out.is_empty() {
            let count = left_out.len();
            report = report.note(format!(
                "{count} more expansions between these are not shown"
            ));
        }
        for (n, (at, text)) in way.into_iter().enumerate() {
            if !left_out.contains(&n) {
                report = report.secondary(at, text);
            }
        }
        let place = report.labels.first().map(|label| label.span);
        let same = (report.code, place, report.message.clone());
        if self.reported.insert(same) {
            self.reports.push(report);
        }
    }

    /// Adds a report and yields what stands for the expression.
    pub(crate) fn fail(&mut self, report: Diagnostic, span: Span) -> Typed {
        self.report(report);
        Typed::unknown(span)
    }

    /// Forgets the reports of a round that was not the last.
    pub(crate) fn forget_reports(&mut self) {
        self.reports.clear();
        self.reported.clear();
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.reports.iter().any(|r| r.severity == Severity::Error)
    }

    pub(crate) fn take_reports(&mut self) -> Vec<Diagnostic> {
        self.reported.clear();
        std::mem::take(&mut self.reports)
    }

    /// Notes functions that a pattern matches and that must not be traced.
    pub(crate) fn exclude(&mut self, functions: impl Iterator<Item = String>) {
        self.excluded.extend(functions);
    }

    /// Those functions, each once.
    pub(crate) fn take_excluded(&mut self) -> Vec<String> {
        let mut excluded = std::mem::take(&mut self.excluded);
        excluded.sort_unstable();
        excluded.dedup();
        excluded
    }

    /// Notes where the kernel keeps a task's name, for programs that want it.
    pub(crate) fn find_comm_offset(&self) {
        self.comm_offset.get_or_init(|| self.offset_in_task("comm"));
    }

    /// Notes where the kernel keeps of whom a task descends, for programs that want it.
    pub(crate) fn find_lineage(&self) {
        self.lineage.get_or_init(|| {
            Some(ir::Lineage {
                parent: self.offset_in_task("real_parent")?,
                process: self.offset_in_task("tgid")?,
                start: self.offset_in_task("start_time")?,
            })
        });
    }

    fn offset_in_task(&self, member: &str) -> Option<u32> {
        let btf = self.kernel.btf().ok()?;
        let task = btf.find("task_struct", Kind::Struct)?;
        let found = btf.find_member(task, member).ok()??;
        Some(found.member.bit_offset / 8)
    }

    /// The kind of record that says that the end was asked for; there is one.
    pub(crate) fn exits(&mut self) {
        if !self
            .events
            .iter()
            .any(|event| event.kind == EventKind::Exit)
        {
            self.event(EventKind::Exit, Vec::new(), Span::default());
        }
    }

    /// The answer to a question about the machine, or nothing and a report.
    pub(crate) fn ask<T>(&mut self, answer: Result<T, KernelError>, span: Span) -> Option<T> {
        answer
            .map_err(|e| self.report(error::kernel(&e, span)))
            .ok()
    }

    /// A new kind of record.
    pub(crate) fn event(&mut self, kind: EventKind, fields: Vec<ir::Type>, span: Span) -> EventId {
        let is_of_program = !matches!(kind, EventKind::Exit | EventKind::HelperError);
        let is_read = matches!(kind, EventKind::SeqFile(_));
        if is_of_program && !is_read && self.program.site.is_pinned() {
            self.report(error::pinned_output(span));
        }
        self.events.push(Event { kind, fields, span });
        EventId(self.events.len() as u32 - 1)
    }

    /// The statement that sends a record.
    pub(crate) fn emit(&mut self, kind: EventKind, args: Vec<ir::Expr>, span: Span) -> ir::Stmt {
        let fields = args.iter().map(|arg| arg.ty.clone()).collect();
        let event = self.event(kind, fields, span);
        ir::Stmt {
            kind: ir::StmtKind::Emit { event, args },
            span,
        }
    }

    /// Learns what a map holds; a contradiction is reported.
    pub(crate) fn learn_value(&mut self, map: MapId, held: &Held, span: Span) {
        match self.maps.learn_value(map, held, span) {
            Learnt::Agrees => {}
            Learnt::SignLost => {
                let name = self.maps.get(map).name.clone();
                self.report(error::sign_lost(&format!("`{name}`"), span));
            }
            Learnt::Conflict(at) => {
                let entry = self.maps.get(map);
                let report = error::map_value_mismatch(entry, held, span, at);
                self.report(report);
            }
        }
    }

    /// Learns the key of a map; a contradiction is reported.
    pub(crate) fn learn_key(&mut self, map: MapId, key: Option<&Ty>, span: Span) {
        match self.maps.learn_key(map, key, span) {
            Learnt::Agrees => {}
            Learnt::SignLost => {
                let name = self.maps.get(map).name.clone();
                self.report(error::sign_lost(&format!("the key of `{name}`"), span));
            }
            Learnt::Conflict(at) => {
                let report = error::map_key_mismatch(self.maps.get(map), key, span, at);
                self.report(report);
            }
        }
    }
}
