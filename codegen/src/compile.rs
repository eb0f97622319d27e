//! The way from a typed program to an object, and texts of its stages.

use crate::error::Error;
use crate::llvm::{Artifact, Context, Isa, Machine, Module};
use crate::lower::{self, Budget, Lowered, Unit};
use crate::manifest::manifest;
use crate::object::Object;
use lexer::SourceMap;
use sema::ir;

/// What the machine that will run the programs is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The instruction set to use.
    pub isa: Isa,
    /// How many CPUs to look through where a program adds up what each of them counted: at least
    /// as many as the machine may have (`/sys/devices/system/cpu/possible`).
    pub cpus: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            isa: Isa::default(),
            cpus: 128,
        }
    }
}

/// A stage whose text can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// LLVM IR as lowered.
    Llvm,
    /// LLVM IR after optimisation.
    LlvmOpt,
    /// BPF assembly.
    Asm,
}

/// Compiles a script.
///
/// # Errors
/// When its values take more memory than the kernel gives a program.
pub fn compile(ir: &ir::Program, sources: &SourceMap, options: &Options) -> Result<Object, Error> {
    with_budgets(ir, |budget| {
        let context = Context::new();
        context.discard_names();
        let machine = Machine::new(options.isa)?;
        let mut module = Module::new(&context, &machine);
        let lowered = fill(&module, ir, sources, options, budget)?;
        module.optimize();
        let elf = machine.emit(module, Artifact::Object)?;
        let manifest = manifest(ir, sources, lowered.maps, lowered.exits);
        Ok(Object { elf, manifest })
    })
}

/// The text of a stage of compiling a script.
///
/// # Errors
/// As [`compile`].
pub fn dump(
    ir: &ir::Program,
    sources: &SourceMap,
    options: &Options,
    stage: Dump,
) -> Result<String, Error> {
    with_budgets(ir, |budget| {
        let context = Context::new();
        let machine = Machine::new(options.isa)?;
        let mut module = Module::new(&context, &machine);
        fill(&module, ir, sources, options, budget)?;
        if stage == Dump::Llvm {
            return Ok(module.to_string());
        }
        module.optimize();
        if stage == Dump::LlvmOpt {
            return Ok(module.to_string());
        }
        let text = machine.emit(module, Artifact::Assembly)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    })
}

/// Compiles with less and less on the stack, until LLVM finds room for what it spills; and with
/// more scratch, where the values need it.
fn with_budgets<T>(
    ir: &ir::Program,
    mut compile: impl FnMut(Budget) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut budget = Budget::GENEROUS.with_largest(ir.config.on_stack_limit);
    loop {
        let result = compile(budget);
        let next = match &result {
            Err(Error::Llvm(message)) if message.contains("stack limit") => budget.tighter(),
            Err(Error::TooBig { .. }) => budget.wider(),
            _ => None,
        };
        match next {
            Some(next) => budget = next,
            None => return result,
        }
    }
}

fn fill(
    module: &Module<'_>,
    ir: &ir::Program,
    sources: &SourceMap,
    options: &Options,
    budget: Budget,
) -> Result<Lowered, Error> {
    let mut unit = Unit::new(module, ir, sources, options, budget);
    lower::lower(&mut unit);
    let lowered = unit.finish()?;
    module.verify()?;
    Ok(lowered)
}
