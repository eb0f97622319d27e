//! Tokens to syntax tree.
//!
//! Knows what is written and where, nothing of what it means: no types, no kernel, no files.
#![forbid(unsafe_code)]

pub mod ast;
