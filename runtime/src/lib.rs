//! Object to running session.
//!
//! The only crate that touches the machine: creates maps, loads and attaches programs, drains the
//! ring buffer, reads and prints maps. Works from an [`codegen::Object`] alone.
#![deny(unsafe_code)]
