//! Runs a script in this process: every stage, the kernel's verifier, and the printing.

use codegen::{Isa, Object};
use lexer::{Diagnostic, SourceMap};
use runtime::{Error, Host, Options, Output, OutputFormat, Session};
use sema::kernel::{Feature, Kernel};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Why a script did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A stage before the kernel refused it.
    Refused(String),
    /// The kernel's verifier rejected it.
    Rejected(String),
    /// Formatting changed what it says.
    Reformatted(String),
    /// It printed something else.
    Differs(String),
}

impl Failure {
    /// Whether this is the same sort of failure, so that a smaller program fails alike.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The machine that scripts run on.
pub struct Machine {
    host: Host,
    isas: Vec<Isa>,
    cpus: u32,
}

/// What a run printed: lines that are not empty.
pub type Lines = Vec<String>;

impl Machine {
    pub fn new() -> Self {
        let host = Host::new();
        let isas = match host.has(Feature::IsaV4) {
            true => vec![Isa::V4, Isa::V3],
            false => vec![Isa::V3],
        };
        let cpus = runtime::possible_cpus().map_or(128, |n| n as u32);
        Self { host, isas, cpus }
    }

    /// Runs a script. `turn` chooses the instruction set.
    pub fn run(&self, text: &str, turn: u64) -> Result<Lines, Failure> {
        let object = self.compile(text, turn)?;
        let out = Text::default();
        let message = Text::default();
        let writers = (Box::new(out.clone()), Box::new(message.clone()));
        let mut output = Output::new(OutputFormat::Text, writers.0, writers.1);
        let mut session = Session::start(object, Options::default()).map_err(|e| rejected(&e))?;
        session.run(&mut output).map_err(|e| rejected(&e))?;
        let text = out.read();
        Ok(text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    }

    fn compile(&self, text: &str, turn: u64) -> Result<Object, Failure> {
        let mut sources = SourceMap::new();
        let file = sources.add("generated", text);
        let (tree, reports) = parser::parse(&sources, file);
        refuse(&reports)?;
        let formatted = parser::format(&tree, &sources, file);
        keeps_meaning(&formatted, &shape(&parser::dump(&tree, &sources)))?;
        let options = sema::Options::default();
        let program = sema::analyze(&tree, &self.host, &options);
        let program = program.map_err(|reports| describe(&reports))?;
        let options = codegen::Options {
            isa: self.isas[turn as usize % self.isas.len()],
            cpus: self.cpus,
        };
        codegen::compile(&program, &sources, &options).map_err(|e| describe(&[e.to_diagnostic()]))
    }
}

/// A formatted script must be the same tree.
fn keeps_meaning(formatted: &str, tree: &str) -> Result<(), Failure> {
    let mut sources = SourceMap::new();
    let file = sources.add("generated", formatted);
    let (again, reports) = parser::parse(&sources, file);
    match reports.is_empty() && shape(&parser::dump(&again, &sources)) == tree {
        true => Ok(()),
        false => Err(Failure::Reformatted(formatted.to_owned())),
    }
}

/// A tree without the places of its nodes.
fn shape(tree: &str) -> String {
    let lines = tree.lines().map(|line| match line.rsplit_once("  ") {
        Some((node, place)) if place.contains(':') => node,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn refuse(reports: &[Diagnostic]) -> Result<(), Failure> {
    match reports.is_empty() {
        true => Ok(()),
        false => Err(describe(reports)),
    }
}

fn describe(reports: &[Diagnostic]) -> Failure {
    let reports: Vec<String> = reports.iter().map(|r| format!("{r:?}")).collect();
    Failure::Refused(reports.join("\n"))
}

fn rejected(error: &Error) -> Failure {
    Failure::Rejected(match error {
        Error::Rejected(rejection) => format!("{error}\n{}", rejection.log),
        _ => error.to_string(),
    })
}

/// A writer whose text can be read afterwards.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn read(&self) -> String {
        let bytes = self.0.lock().expect("no writer panicked");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
