//! Tokens to syntax tree.
//!
//! Knows what is written and where, nothing of what it means: no types, no kernel, no files.
#![forbid(unsafe_code)]

mod actions;
pub mod ast;
mod attach_point;
pub mod c;
mod casts;
mod depth;
mod dump;
mod error;
mod expected;
mod format;
mod parse;
mod recover;
mod slip;

#[allow(clippy::all, reason = "generated")]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

pub use depth::MAX_DEPTH;
pub use dump::dump;
pub use format::format;
pub use parse::{expression, parse};
