//! Programs that codegen makes, on the running kernel: loaded through its verifier, run, and what
//! they leave in maps and records read back.

#[path = "../../codegen/tests/support/mod.rs"]
mod support;

mod aggregations;
mod arithmetic;
mod harness;
mod maps;
mod programs;
mod strings;
