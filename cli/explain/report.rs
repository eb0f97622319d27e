//! A script's explanation: what the terminal and the page in HTML both show.

use super::Study;
use super::code::{Code, Position, read};
use super::tree::{self, Node};
use super::words::{Words, bytes, sized, why};
use super::{helpers, probes, risks};
use codegen::ShortKey;
use lexer::{SourceMap, Span};
use sema::ir::{MapId, MapValue, Probe, Program, Stmt, StmtKind};

/// The explanation of a script.
#[derive(Debug)]
pub struct Report {
    /// Its probes, in the order in which they attach.
    pub probes: Vec<Clause>,
    /// Its maps: what each holds and why it is of its kind.
    pub maps: Vec<(String, Vec<String>)>,
    /// Its records to user space: fields and sizes.
    pub records: Vec<(String, Vec<String>)>,
    /// What user space does in the end.
    pub end: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
}

/// A probe.
#[derive(Debug)]
pub struct Clause {
    /// Symbol of its program.
    pub symbol: String,
    /// Where it attaches: the full name, when that fires, and how it is attached.
    pub places: Vec<[String; 3]>,
    /// Its variables, with type and size.
    pub variables: Vec<String>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What it costs.
    pub cost: String,
}

/// A condition or a statement.
#[derive(Debug)]
pub struct Step {
    /// Line and column in the script.
    pub position: Position,
    /// Its place.
    pub span: Span,
    /// How deep it is nested.
    pub depth: usize,
    /// Its text.
    pub text: String,
    /// What it does, step by step.
    pub says: Vec<String>,
    /// Its values, with types.
    pub tree: Vec<Node>,
    /// Its eBPF.
    pub code: Vec<String>,
}

/// Most places of one probe that are listed.
const MOST_PLACES: usize = 8;

/// What it costs to enter a program and leave it, in nanoseconds.
const ENTRY_NS: u32 = 40;

/// Instructions in a nanosecond, about: they are compiled to machine code.
const INSTRUCTIONS_PER_NS: usize = 2;

impl Report {
    /// Explains a script.
    pub fn new(study: &Study) -> Self {
        let programs = read(&study.assembly);
        let program = &study.program;
        let probes = program.probes.iter().map(|probe| {
            let code = programs.iter().find(|code| code.symbol == probe.symbol);
            clause(study, probe, code)
        });
        Self {
            probes: probes.collect(),
            maps: maps(program, study.cpus),
            records: records(program, &study.sources),
            end: end(program),
            risks: risks::risks(program),
        }
    }
}

fn clause(study: &Study, probe: &Probe, code: Option<&Code>) -> Clause {
    let words = Words {
        program: &study.program,
        probe,
        sources: &study.sources,
    };
    let mut steps = vec![step(&words, probe.span, 0, Vec::new())];
    steps[0].text = "at the start".to_owned();
    if let Some(condition) = &probe.predicate {
        let mut own = step(&words, condition.span, 0, words.predicate(condition));
        own.text = format!("/{}/", own.text);
        own.tree = tree::of_condition(&words, condition);
        steps.push(own);
    }
    collect(&words, &probe.body, 0, &mut steps);
    code.iter().for_each(|code| share_out(code, &mut steps));
    steps.retain(|step| !step.says.is_empty() || !step.code.is_empty());
    if let Some(first) = steps.first_mut().filter(|step| step.says.is_empty()) {
        first
            .says
            .push("what all of the program needs is made ready".to_owned());
    }
    let all = probe.targets.iter().take(MOST_PLACES);
    let mut places: Vec<[String; 3]> = all
        .map(|t| [t.name.clone(), probes::fires(&t.name), t.attach.to_string()])
        .collect();
    if probe.targets.len() > MOST_PLACES {
        let more = format!("… and {} more", probe.targets.len() - MOST_PLACES);
        places.push([more, String::new(), String::new()]);
    }
    let variables = probe.variables.iter();
    Clause {
        symbol: probe.symbol.clone(),
        places,
        variables: variables
            .map(|v| format!("{}: {}", v.name, sized(&v.ty)))
            .collect(),
        steps,
        cost: code.map(cost).unwrap_or_default(),
    }
}

fn step(words: &Words<'_>, span: Span, depth: usize, says: Vec<String>) -> Step {
    Step {
        position: position(words.sources, span),
        span,
        depth,
        text: words.text(span),
        says,
        tree: Vec::new(),
        code: Vec::new(),
    }
}

fn collect(words: &Words<'_>, stmts: &[Stmt], depth: usize, steps: &mut Vec<Step>) {
    for stmt in stmts {
        let says = words.statement(stmt);
        let mut own = step(words, stmt.span, depth, says);
        own.tree = tree::of(words, stmt);
        let (inner, otherwise): (&[Stmt], &[Stmt]) = match &stmt.kind {
            StmtKind::If {
                then, otherwise, ..
            } => (then, otherwise),
            StmtKind::While { body, .. } => (body, &[]),
            _ => (&[], &[]),
        };
        if !inner.is_empty() {
            own.text = own.text.split('{').next().unwrap_or_default().to_owned() + "{ … }";
        }
        steps.push(own);
        collect(words, inner, depth + 1, steps);
        collect(words, otherwise, depth + 1, steps);
    }
}

/// Line and column of a place, from 1.
fn position(sources: &SourceMap, span: Span) -> Position {
    let text = sources.text(span.file);
    let before = text.get(..span.start as usize).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    (line as u32, column as u32)
}

/// The step that a place belongs to: the one that starts there, or the last before.
pub fn nearest(steps: &[Step], place: Position) -> Option<usize> {
    let exact = steps.iter().position(|step| step.position == place);
    exact.or_else(|| steps.iter().rposition(|step| step.position <= place))
}

/// Gives each step its instructions.
fn share_out(code: &Code, steps: &mut [Step]) {
    for chunk in &code.chunks {
        let at = nearest(steps, chunk.position).unwrap_or(0);
        if let Some(step) = steps.get_mut(at) {
            step.code.extend(chunk.lines.iter().cloned());
        }
    }
}

fn cost(code: &Code) -> String {
    let calls: Vec<u32> = code.calls().collect();
    let helpers: u32 = calls.iter().map(|&n| helpers::cost(n)).sum();
    let count = code.instructions();
    let most = ENTRY_NS + helpers + (count / INSTRUCTIONS_PER_NS) as u32;
    format!(
        "{count} instructions and {} helper calls are compiled to machine code; an event that goes through all of them costs some {most} ns, by rule of thumb. `--stats` measures it.",
        calls.len()
    )
}

fn maps(program: &Program, cpus: u32) -> Vec<(String, Vec<String>)> {
    let describe = |(map, id): (&sema::ir::Map, u32)| {
        let short = ShortKey::of(program, MapId(id));
        let key = u64::from(map.key.as_ref().map_or(4, sema::ir::Type::size));
        let copies = if map.kind.is_per_cpu() {
            u64::from(cpus)
        } else {
            1
        };
        let value = u64::from(map.value_size()) * copies;
        let entries = if map.key.is_some() {
            u64::from(map.max_entries)
        } else {
            1
        };
        let each = match copies {
            1 => bytes(value),
            _ => format!("{} on each of {copies} CPUs", bytes(value / copies)),
        };
        let mut says = vec![match &map.key {
            Some(ty) => format!("key: {}", sized(ty)),
            None => "one value, without a key".to_owned(),
        }];
        says.push(match &map.value {
            MapValue::Plain(ty) => format!("value: {ty}, {each}"),
            MapValue::Aggregation(aggregation) => format!("value: {aggregation}, {each}"),
        });
        says.push(format!("kind: {:?}: {}", map.kind, why(map)));
        says.push(format!(
            "memory: at most {} for {entries} {}, and what the kernel needs to keep them",
            bytes((key + value + short.map_or(0, |s| u64::from(s.size) + value)) * entries),
            if entries == 1 { "entry" } else { "entries" }
        ));
        if let Some(short) = short {
            says.push(format!(
                "keys whose stack has at most {} frames are kept apart, as keys of {}, which are faster to find",
                ShortKey::FRAMES,
                bytes(short.size.into())
            ));
        }
        if map.shared {
            says.push("probes that interrupt each other use it: updates are atomic".to_owned());
        }
        (map.name.clone(), says)
    };
    program.maps.iter().zip(0..).map(describe).collect()
}

fn records(program: &Program, sources: &SourceMap) -> Vec<(String, Vec<String>)> {
    let describe = |event: &sema::ir::Event| {
        let (offsets, size) = event.layout();
        let mut says = vec![format!(
            "{} in all, of which 8 say what it is",
            bytes(u64::from(size))
        )];
        let fields = offsets.iter().zip(&event.fields);
        says.extend(fields.map(|(at, ty)| format!("at byte {at}: {}", sized(ty))));
        let text = sources.text(event.span.file);
        let part = text.get(event.span.start as usize..event.span.end as usize);
        let words: Vec<&str> = part.unwrap_or("exit()").split_whitespace().collect();
        (words.join(" "), says)
    };
    program.events.iter().map(describe).collect()
}

fn end(program: &Program) -> Vec<String> {
    let mut says = vec![
        "The run ends by Ctrl-C, by `exit()`, or with the command or process that was given. All probes are detached first, so that what is printed does not change any more.".to_owned(),
    ];
    let maps: Vec<&str> = program.maps.iter().map(|map| map.name.as_str()).collect();
    if !maps.is_empty() && program.config.print_maps_on_exit {
        says.push(format!(
            "Then every map that is not empty is printed: {}. What each CPU counted is added up.",
            maps.join(", ")
        ));
    }
    says.push("What was lost on the way is counted and reported.".to_owned());
    says
}
