//! The stages of the compiler that `-d` can show.

use clap::ValueEnum;

/// Help of `-d`.
pub const HELP: &str = "Print what a stage made to standard error; a list, of: tokens, ast, ir, \
    llvm, llvm-opt, asm, verifier, all";

/// A stage, by our name and the one that bpftrace gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The tokens of the script.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The typed program.
    #[value(alias = "types")]
    Ir,
    /// LLVM IR as generated.
    #[value(alias = "codegen")]
    Llvm,
    /// LLVM IR as optimised.
    #[value(alias = "codegen-opt")]
    LlvmOpt,
    /// eBPF instructions.
    #[value(alias = "dis")]
    Asm,
    /// The kernel's log of checking the programs.
    Verifier,
    /// Every one.
    All,
}

/// A set of stages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages(u32);

impl Stages {
    /// The set of those in a list.
    pub fn new(list: &[Stage]) -> Self {
        Self(list.iter().fold(0, |set, stage| set | bits(*stage)))
    }

    /// Whether a stage is to be shown.
    pub fn shows(self, stage: Stage) -> bool {
        self.0 & bits(stage) != 0
    }
}

fn bits(stage: Stage) -> u32 {
    match stage {
        Stage::All => u32::MAX,
        one => 1 << one as u32,
    }
}
