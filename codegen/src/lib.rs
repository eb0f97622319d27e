//! Typed program to eBPF object.
//!
//! Takes an [`sema::ir::Program`], gives an [`Object`]: ELF bytes and the [`Manifest`] that says
//! what they are. Knows neither the syntax tree nor the machine; all of LLVM is in `llvm`.
#![deny(unsafe_code)]

#[cfg(feature = "llvm")]
mod compile;
mod error;
#[cfg(feature = "llvm")]
mod kernel;
#[cfg(feature = "llvm")]
mod llvm;
#[cfg(feature = "llvm")]
mod lower;
#[cfg(feature = "llvm")]
mod manifest;
pub mod object;
#[cfg(feature = "llvm")]
mod symbols;

#[cfg(feature = "llvm")]
pub use compile::{Dump, Options, compile, dump};
pub use error::Error;
#[cfg(feature = "llvm")]
pub use llvm::Isa;
#[cfg(feature = "llvm")]
pub use lower::ShortKey;
pub use object::{Manifest, Object};
