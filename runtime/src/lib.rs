//! Object to running session.
//!
//! The only crate that touches the machine: creates maps, loads and attaches programs, drains the
//! ring buffer, reads and prints maps. Works from an [`codegen::Object`] alone.
#![deny(unsafe_code)]

mod aggregate;
mod attach;
pub mod cache;
mod cgroup;
mod command;
mod error;
mod event;
#[cfg(test)]
mod fixture;
mod helper;
mod histogram;
pub mod host;
pub mod info;
mod load;
mod notify;
mod print;
mod proc;
mod ring_buffer;
mod script_map;
mod series;
mod session;
mod shell;
mod symbol;
mod sys;
mod table;
mod track;
mod verifier;

pub use command::Command;
pub use error::Error;
pub use host::Host;
pub use info::info;
pub use load::Disabled;
pub use print::{Buffering, Output, OutputFormat};
pub use session::{Doing, Options, Outcome, Progress, Session, Statistics};
pub use symbol::{Frame, NoSymbols, Symbol, Symbols};
pub use sys::{SyscallError, possible_cpus};
pub use verifier::Rejection;
