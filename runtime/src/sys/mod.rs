//! The kernel's interface, thin and typed: one small function a system call.
//!
//! The only module of this crate with `unsafe`. File descriptors are [`std::os::fd::OwnedFd`] or
//! `BorrowedFd`, never numbers; a failure is a [`SyscallError`] that says what was attempted.
#![allow(unsafe_code, reason = "system calls; every block says why it is sound")]

pub(crate) mod bpf;
pub(crate) mod clock;
pub(crate) mod cpu;
mod error;
pub(crate) mod memory;
pub(crate) mod mmap;
pub(crate) mod mount;
pub(crate) mod perf;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod rlimit;
pub(crate) mod signal;
pub(crate) mod terminal;

pub use cpu::possible as possible_cpus;
pub use error::SyscallError;
pub(crate) use error::{describe, describe_io};
