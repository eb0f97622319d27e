//! `explain SCRIPT`: what a script does, in plain words, down to the eBPF of each line.

mod code;
mod helpers;
mod html;
mod probes;
mod report;
mod risks;
mod text;
mod tree;
mod walk;
mod words;

pub use html::html;
pub use report::Report;
pub use text::text;

use lexer::{FileId, SourceMap};
use sema::ir::Program;

/// A compiled script with everything that was made on the way.
#[derive(Debug)]
pub struct Study {
    /// The texts.
    pub sources: SourceMap,
    /// The script among them.
    pub file: FileId,
    /// The typed program.
    pub program: Program,
    /// LLVM IR, optimised.
    pub llvm: String,
    /// eBPF assembly.
    pub assembly: String,
    /// CPUs that per-CPU maps have values for.
    pub cpus: u32,
}
