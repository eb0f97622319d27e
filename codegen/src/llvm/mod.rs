//! LLVM behind a safe face: the one place in the compiler with `unsafe` in it.
//!
//! What is kept here: owners free what they own when dropped and live no longer than the context
//! they were made in; a [`Value`] borrows its [`Module`], and whatever deletes values takes the
//! module mutably; operands are checked for type and context before LLVM sees them, since LLVM's
//! release builds do not check; and a module that does not pass LLVM's verifier never reaches
//! code generation.
#![allow(unsafe_code)]

mod builder;
mod context;
mod debug;
mod ffi;
mod memory;
mod module;
mod target;
mod value;

#[cfg(test)]
mod tests;

pub use builder::{Builder, Predicate};
pub use context::Context;
pub use debug::{DebugInfo, Location, Scope};
pub use module::Module;
pub use target::{Artifact, Isa, Machine};
pub use value::{Block, Function, Ty, Value};

/// What LLVM said was wrong, in its words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LlvmError(pub String);
