//! Script to object, by way of every stage, with what `-d` wants to see of each.

use super::shelf::Shelf;
use crate::args::{Args, Stage};
use crate::explain::Study;
use crate::failure::Failure;
use crate::imports;
use crate::report;
use crate::script::Script;
use codegen::{Dump, Isa, Object};
use lexer::{Diagnostic, SourceMap};
use parser::ast;
use runtime::Host;
use runtime::host::{Fact, Witness};
use sema::ir::Parameter;
use sema::kernel::{Feature, Kernel};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Named parameters as given.
type Named = Vec<(String, Option<String>)>;

/// Stack of the compiler in bytes. Scripts nest, and chains like `1 + 1 + …` nest deeply; only
/// what is used is ever made real.
const STACK_BYTES: usize = 256 << 20;

/// Prefixes of environment variables that are settings; the later wins.
const PREFIXES: [&str; 2] = ["BPFTRACE_", "STROBE_"];

/// Compiles a script for this machine, or finds it compiled: then the second is true. Warnings are
/// printed.
///
/// # Errors
/// Everything that is wrong with the script.
pub fn compile(args: &Args, script: Script, child: Option<u32>) -> Result<(Object, bool), Failure> {
    let script = script.with_headers(args)?;
    let sources = script.sources.clone();
    let shelf = Shelf::of(args, &script);
    if let Some(object) = shelf.as_ref().and_then(Shelf::object) {
        return Ok((object, true));
    }
    let made = on_large_stack(sources, || stages(args, script, child))?;
    if let (Some(shelf), Some(facts)) = (shelf, made.facts) {
        shelf.keep(args, facts, &made.object, child.is_some());
    }
    Ok((made.object, false))
}

/// Compiles a script for its explanation. Warnings are printed.
///
/// # Errors
/// Everything that is wrong with the script.
pub fn study(args: &Args, script: Script) -> Result<Study, Failure> {
    let script = script.with_headers(args)?;
    let sources = script.sources.clone();
    on_large_stack(sources, || take_apart(args, script))
}

/// Runs a part of the compiler on a stack that is large enough for it. On this thread: another one
/// would have a heap of its own, which grows by a system call a page.
fn on_large_stack<T>(
    sources: SourceMap,
    work: impl FnOnce() -> Result<T, Vec<Diagnostic>>,
) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(|| stacker::grow(STACK_BYTES, work))) {
        Ok(outcome) => outcome.map_err(|reports| match reports.is_empty() {
            true => Failure::Told,
            false => Failure::Reports(sources, reports),
        }),
        Err(_) => Err(
            Diagnostic::error("internal-error", "the compiler made a mistake")
                .help("please report it, with the script")
                .into(),
        ),
    }
}

/// What compiling yields.
struct Made {
    object: Object,
    /// What it rests on; nothing where it is not to be used again.
    facts: Option<Vec<Fact>>,
}

fn stages(args: &Args, script: Script, child: Option<u32>) -> Result<Made, Vec<Diagnostic>> {
    let shown = args.stages();
    let show = |stage: Stage, text: &dyn Fn() -> String| {
        if shown.shows(stage) {
            eprintln!("{}", text().trim_end());
        }
    };
    let Script {
        sources,
        file,
        imports,
        parameters,
        named,
        headers,
    } = script;
    show(Stage::Tokens, &|| lexer::dump(&sources, file));
    let (mut tree, reports) = imports::parse(&sources, file, &imports);
    if !reports.is_empty() {
        return Err(reports);
    }
    headers.insert(&mut tree);
    show(Stage::Ast, &|| parser::dump(&tree, &sources));
    let host = args.host();
    let witness = Witness::new(&host);
    let wants_help = named.iter().any(|(name, _)| name == "help");
    let program = analyze(args, &tree, &witness, (parameters, named), child)?;
    if wants_help {
        explain_parameters(&program.parameters);
        return Err(Vec::new());
    }
    if !args.no_warnings {
        report::print(&sources, &program.warnings);
    }
    show(Stage::Ir, &|| program.to_string());
    let options = machine(&host);
    for (stage, dump) in [
        (Stage::Llvm, Dump::Llvm),
        (Stage::LlvmOpt, Dump::LlvmOpt),
        (Stage::Asm, Dump::Asm),
    ] {
        show(stage, &|| {
            codegen::dump(&program, &sources, &options, dump).unwrap_or_else(|e| e.to_string())
        });
    }
    let object = codegen::compile(&program, &sources, &options);
    // Who is warned of something wants to be warned of it each time.
    let facts = witness.into_facts().filter(|_| program.warnings.is_empty());
    Ok(Made {
        object: object.map_err(|e| vec![e.to_diagnostic()])?,
        facts,
    })
}

fn take_apart(args: &Args, script: Script) -> Result<Study, Vec<Diagnostic>> {
    let Script {
        sources,
        file,
        imports,
        parameters,
        named,
        headers,
    } = script;
    let (mut tree, reports) = imports::parse(&sources, file, &imports);
    if !reports.is_empty() {
        return Err(reports);
    }
    headers.insert(&mut tree);
    let host = args.host();
    let program = analyze(args, &tree, &host, (parameters, named), None)?;
    report::print(&sources, &program.warnings);
    let options = machine(&host);
    let text = |stage| {
        let text = codegen::dump(&program, &sources, &options, stage);
        text.map_err(|e| vec![e.to_diagnostic()])
    };
    let (llvm, assembly) = (text(Dump::LlvmOpt)?, text(Dump::Asm)?);
    Ok(Study {
        cpus: options.cpus,
        sources,
        file,
        program,
        llvm,
        assembly,
    })
}

/// Prints the named parameters that a script takes.
fn explain_parameters(parameters: &[Parameter]) {
    if parameters.is_empty() {
        println!("The script takes no named parameters.");
        return;
    }
    println!("Parameters of the script, behind `--`:");
    let written = |p: &Parameter| match &p.default {
        Some(default) => format!("--{}={default}", p.name),
        None => format!("--{}", p.name),
    };
    let width = parameters.iter().map(|p| written(p).len()).max();
    for parameter in parameters {
        let about = parameter.description.as_deref().unwrap_or_default();
        let line = format!(
            "  {:width$}  {about}",
            written(parameter),
            width = width.unwrap_or(0)
        );
        println!("{}", line.trim_end());
    }
}

/// What codegen wants to know of the machine.
fn machine(host: &Host) -> codegen::Options {
    let isa = match host.has(Feature::IsaV4) {
        true => Isa::V4,
        false => Isa::V3,
    };
    let any = codegen::Options::default();
    let cpus = runtime::possible_cpus()
        .ok()
        .and_then(|n| u32::try_from(n).ok());
    codegen::Options {
        isa,
        cpus: cpus.unwrap_or(any.cpus),
    }
}

fn analyze(
    args: &Args,
    tree: &ast::Program,
    host: &dyn Kernel,
    (positional, named): (Vec<String>, Named),
    child: Option<u32>,
) -> Result<sema::ir::Program, Vec<Diagnostic>> {
    let options = sema::Options {
        positional,
        named,
        environment: settings().into_iter().chain(args.settings()).collect(),
        child,
        pid: args.pid,
        mode: args.mode(),
        allow_unsafe: args.r#unsafe,
        helper_errors: match args.helper_errors {
            0 => sema::ir::HelperErrors::Ignored,
            1 => sema::ir::HelperErrors::Told,
            _ => sema::ir::HelperErrors::All,
        },
        probe_filter: args.probe_filter.clone(),
    };
    sema::analyze(tree, host, &options)
}

/// The settings in the environment, without their prefixes.
pub fn settings() -> Vec<(String, String)> {
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let with = |prefix: &'static str| {
        variables.iter().filter_map(move |(name, value)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
        })
    };
    PREFIXES.into_iter().flat_map(with).collect()
}

/// The texts that an object's reports point into.
pub fn sources(object: &Object) -> SourceMap {
    let mut sources = SourceMap::new();
    for source in &object.manifest.sources {
        sources.add(source.name.as_str(), source.text.as_str());
    }
    sources
}
