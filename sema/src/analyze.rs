//! The whole analysis: rounds of checking until the types are stable.

use crate::cx::{Cx, NameRoom, Phase, ProgramCx};
use crate::definitions::Definitions;
use crate::modules::{Modules, Wanted};
use crate::provider::{self, Site};
use crate::tables::Variables;
use crate::{Kernel, config, error, infer, ir};
use lexer::Diagnostic;
use parser::ast::{self, Item};
use std::collections::HashMap;

/// Rounds after which types that still change are taken as they are. Integer types widen at most
/// three times; what is left are strings that grow with every round, which their size limits.
const MAX_ROUNDS: usize = 24;

/// What the person passed along with the script.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The positional parameters, `$1` first.
    pub positional: Vec<String>,
    /// The named parameters, `--name=value` or `--name`, without the dashes.
    pub named: Vec<(String, Option<String>)>,
    /// Settings from the environment, without prefix: they win over the script's.
    pub environment: Vec<(String, String)>,
    /// Process id of the command that `-c` started.
    pub child: Option<u32>,
    /// The process of `-p`: events of others are passed over.
    pub pid: Option<u32>,
    /// What is run of the script.
    pub mode: Mode,
    /// Whether calls that change the system are allowed.
    pub allow_unsafe: bool,
    /// Of which helpers that fail the programs tell.
    pub helper_errors: ir::HelperErrors,
    /// Which probes are kept: a pattern of the names of attach points; all where absent.
    pub probe_filter: Option<String>,
}

/// What is run of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Everything but tests and benchmarks.
    #[default]
    Run,
    /// The tests, between `begin` and `end`.
    Test,
    /// The benchmarks, between `begin` and `end`.
    Bench,
}

impl Options {
    /// A positional parameter, counted from 1; `$0` is nobody's.
    pub(crate) fn parameter(&self, n: u32) -> Option<&str> {
        let index = (n as usize).checked_sub(1)?;
        self.positional.get(index).map(String::as_str)
    }
}

/// Checks a script: resolves every name, expands every attach point and types every expression.
///
/// # Errors
/// Everything that is wrong with the script, in the order of its text.
pub fn analyze(
    script: &ast::Program,
    kernel: &dyn Kernel,
    options: &Options,
) -> Result<ir::Program, Vec<Diagnostic>> {
    // What the kernel and its modules describe needs no header, and headers of the system may say it
    // otherwise: they are read where something is missing without them.
    let mut sources = Sources::default();
    let mut wanted = Wanted::default();
    let mut last = with_sources(script, kernel, options, &sources, &mut wanted);
    // What a module describes may mention what another one does.
    while last.is_err() || wanted.matters() {
        let Some(modules) = sources.modules.with(&wanted, kernel) else {
            break;
        };
        sources.modules = modules;
        last = with_sources(script, kernel, options, &sources, &mut wanted);
    }
    if last.is_err() && includes_system(script, kernel) {
        sources.reads_system = true;
        last = with_sources(script, kernel, options, &sources, &mut wanted);
    }
    last
}

/// Where types come from besides the script and the kernel itself.
#[derive(Clone, Default)]
struct Sources {
    /// Whether headers of the system are read.
    reads_system: bool,
    /// The modules whose types are read.
    modules: Modules,
}

fn includes_system(script: &ast::Program, kernel: &dyn Kernel) -> bool {
    let alone = Modules::default();
    Definitions::read(script, kernel, false, alone).0.left_out
}

fn with_sources(
    script: &ast::Program,
    kernel: &dyn Kernel,
    options: &Options,
    sources: &Sources,
    wanted: &mut Wanted,
) -> Result<ir::Program, Vec<Diagnostic>> {
    let (config, reports) = config::settings(script, &options.environment);
    let modules = sources.modules.clone();
    let (definitions, wrong) = Definitions::read(script, kernel, sources.reads_system, modules);
    let mut cx = Cx::new(kernel, &definitions, options, config);
    let clauses = expand(script, &mut cx);
    let mut standing = cx.take_reports();
    standing.extend(reports);
    standing.extend(wrong);

    let mut variables = HashMap::new();
    let mut probes = Vec::new();
    for _ in 0..MAX_ROUNDS {
        cx.forget_reports();
        cx.events.clear();
        probes = check_round(&clauses, &mut cx, &mut variables);
        let learnt = variables
            .values_mut()
            .filter_map(Variables::take_changed)
            .count();
        if cx.maps.take_changed() || learnt > 0 {
            continue;
        }
        match next_phase(&cx) {
            Some(phase) => cx.phase = phase,
            None if clauses.iter().any(Clause::is_absent) && cx.maps.guess() => {}
            None => break,
        }
    }
    *wanted = std::mem::take(&mut cx.wanted);
    wanted.add(&definitions.wanted);
    infer::check_maps(&mut cx);
    check_parameters(&mut cx);
    let limit = cx.config.max_bpf_progs;
    if let Some(first) = probes.first().filter(|_| probes.len() > limit as usize) {
        cx.report(error::too_many_programs(probes.len(), limit, first.span));
    }
    finish(cx, probes, standing)
}

/// Reports named parameters that were given though the script does not ask for them.
fn check_parameters(cx: &mut Cx<'_>) {
    let names: Vec<String> = cx.parameters.iter().map(|p| p.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let given = cx.options.named.iter().map(|(name, _)| name.as_str());
    let unknown = given.filter(|name| *name != "help" && !names.contains(name));
    let reports: Vec<Diagnostic> = unknown
        .map(|name| error::unknown_parameter(name, &names))
        .collect();
    reports.into_iter().for_each(|report| cx.report(report));
}

/// The phase that may teach more, once there is nothing to learn in this one.
fn next_phase(cx: &Cx<'_>) -> Option<Phase> {
    let unknown = cx.maps.any_unknown() && !cx.has_errors();
    match cx.phase {
        Phase::Assignments if cx.deferred => Some(Phase::Steps),
        Phase::Assignments | Phase::Steps if unknown => Some(Phase::Guesses),
        _ => None,
    }
}

/// A clause and the places that its attach points stand for.
struct Clause<'a> {
    probe: &'a ast::Probe,
    sites: Vec<Site>,
}

impl Clause<'_> {
    /// Whether it stands for nothing on this machine, or in this run.
    fn is_absent(&self) -> bool {
        self.sites.is_empty()
    }
}

fn expand<'a>(script: &'a ast::Program, cx: &mut Cx<'_>) -> Vec<Clause<'a>> {
    let mut clauses = Vec::new();
    for item in &script.items {
        if let Item::Macro(definition) = item {
            infer::macros::define(definition, cx);
        }
    }
    for item in &script.items {
        match item {
            Item::Probe(probe) => clauses.push(Clause {
                probe,
                sites: provider::expand(probe, cx),
            }),
            Item::MapDecl(decl) => infer::declare_map(decl, cx),
            // Whoever read the script has put before it what its imports bring.
            Item::Import(_) | Item::Macro(_) | Item::Config(_) | Item::Definition(_) => {}
        }
    }
    if let Some(filter) = &cx.options.probe_filter
        && !clauses.is_empty()
        && clauses.iter().all(Clause::is_absent)
        && !cx.has_errors()
    {
        let report = error::no_probe_wanted(filter, clauses[0].probe.span);
        cx.report(report);
    }
    if clauses.is_empty() && !cx.has_errors() {
        cx.report(error::no_probes());
    }
    let count: usize = clauses.iter().map(|clause| clause.sites.len()).sum();
    if count > cx.config.max_probes as usize {
        let limit = cx.config.max_probes;
        cx.report(error::too_many_probes(count, limit, clauses[0].probe.span));
        clauses.clear();
    }
    clauses
}

fn check_round(
    clauses: &[Clause<'_>],
    cx: &mut Cx<'_>,
    variables: &mut HashMap<(usize, usize), Variables>,
) -> Vec<ir::Probe> {
    let mut probes = Vec::new();
    for (c, clause) in clauses.iter().enumerate() {
        if clause.is_absent() {
            let own = variables.entry((c, 0)).or_default();
            learn_from_absent(clause, probes.len(), own, cx);
            continue;
        }
        let mut left: Vec<(usize, &Site)> = clause.sites.iter().enumerate().collect();
        while let Some(&(s, site)) = left.first() {
            let mut own = variables.remove(&(c, s)).unwrap_or_default();
            own.restart();
            cx.program = ProgramCx {
                number: probes.len(),
                site: site.clone(),
                variables: own,
                name_room: NameRoom::of(&clause.sites),
                ..ProgramCx::default()
            };
            let mut probe = infer::check_probe(clause.probe, cx);
            let done = std::mem::take(&mut cx.program);
            let shares = |other: &Site| site.shares_program(other, &done);
            let (same, rest) = left
                .into_iter()
                .partition(|&(i, other)| i == s || shares(other));
            left = rest;
            let same: Vec<(usize, &Site)> = same;
            provider::assign_targets(&mut probe, same.iter().map(|(_, site)| *site), &done);
            variables.insert((c, s), done.variables);
            probes.push(probe);
        }
    }
    probes
}

/// Learns from a clause that makes no program what its maps hold, since others may read them. What
/// is wrong there may be so for want of the place: only the attach point is reported.
fn learn_from_absent(
    clause: &Clause<'_>,
    number: usize,
    variables: &mut Variables,
    cx: &mut Cx<'_>,
) {
    let events = cx.events.len();
    let standing = cx.take_reports();
    variables.restart();
    cx.program = ProgramCx {
        number,
        variables: std::mem::take(variables),
        ..ProgramCx::default()
    };
    infer::check_probe(clause.probe, cx);
    *variables = std::mem::take(&mut cx.program).variables;
    cx.forget_reports();
    standing.into_iter().for_each(|report| cx.report(report));
    cx.events.truncate(events);
}

fn finish(
    mut cx: Cx<'_>,
    probes: Vec<ir::Probe>,
    mut standing: Vec<Diagnostic>,
) -> Result<ir::Program, Vec<Diagnostic>> {
    standing.extend(cx.take_reports());
    if let Some(unaided) = &cx.definitions.unaided
        && let Some(first) = standing.iter_mut().find(|r| error::may_want_header(r))
    {
        *first = error::without_compiler(first.clone(), unaided);
    }
    standing.sort_by_key(|r| {
        r.labels
            .first()
            .map_or((0, 0), |l| (l.span.file.0, l.span.start))
    });
    if standing
        .iter()
        .any(|r| r.severity == lexer::Severity::Error)
    {
        return Err(standing);
    }
    if cx.options.helper_errors != ir::HelperErrors::Ignored {
        let fields = vec![
            ir::Type::U32,
            ir::Type::I32,
            ir::Type::U32,
            ir::Type::U32,
            ir::Type::U32,
        ];
        cx.event(ir::EventKind::HelperError, fields, lexer::Span::default());
    }
    Ok(ir::Program {
        maps: cx.maps.lower(cx.config.max_map_keys),
        events: std::mem::take(&mut cx.events),
        task_comm_offset: cx.comm_offset.get().copied().flatten(),
        excluded: cx.take_excluded(),
        lineage: cx.lineage.get().copied().flatten(),
        pid_namespace: cx.kernel.pid_namespace(),
        helper_errors: cx.options.helper_errors,
        config: cx.config,
        probes,
        parameters: cx.parameters,
        warnings: standing,
    })
}
