//! Syntax tree to typed program.
//!
//! Pure: everything it wants to know of a machine it asks through [`Kernel`]; no files, no system
//! calls, no LLVM.
#![forbid(unsafe_code)]

pub mod ir;
pub mod kernel;

pub use kernel::Kernel;
