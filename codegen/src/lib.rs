//! Typed program to eBPF object.
//!
//! Takes an [`sema::ir::Program`], gives an [`Object`]: ELF bytes and the [`Manifest`] that says
//! what they are. Knows neither the syntax tree nor the machine; all of LLVM is in `llvm`.
#![deny(unsafe_code)]

#[cfg(feature = "llvm")]
pub mod llvm;
pub mod object;

pub use object::{Manifest, Object};
