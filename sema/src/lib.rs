//! Syntax tree to typed program.
//!
//! Pure: everything it wants to know of a machine it asks through [`Kernel`]; no files, no system
//! calls, no LLVM.
//!
//! Types are inferred over the whole script. [`analyze`] checks every probe, round after round,
//! until no round learns anything new about a map or a variable; what the last round made is the
//! typed program, and what it reported are the errors.
#![forbid(unsafe_code)]

mod analyze;
pub mod arch;
mod builtin;
mod config;
mod cx;
mod definitions;
mod error;
mod format;
mod infer;
pub mod ir;
pub mod kernel;
pub mod list;
mod modules;
mod provider;
pub mod reference;
mod tables;
mod ty;
mod typed;

pub use analyze::{Mode, Options, analyze};
pub use builtin::{Builtin, all as builtins};
pub use kernel::Kernel;
pub use list::{Listing, list, list_user};
