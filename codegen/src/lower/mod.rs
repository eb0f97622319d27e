//! Typed program to LLVM IR: one function a probe, by files that each know one theme.
//!
//! Conventions that every file keeps:
//! - A scalar is a [`Value`](crate::llvm::Value) of its own width, Bool an I1; everything else
//!   lives in memory and is known by its [`Address`].
//! - Memory is *clean*: padding, and bytes behind a string's NUL, are zero, so that values
//!   compare and serve as keys byte by byte. Ring-buffer records alone are exempt ([`Tail::Any`]).
//! - Lowering does not fail. What breaks a promise of the typed program, or asks for too much
//!   memory, is noted in the [`Unit`] and reported at the end.

mod address;
mod aggregate;
mod arith;
mod branch;
mod bucket;
mod builtin;
mod callback;
mod compare;
mod convert;
mod cx;
mod event;
mod expr;
mod failure;
mod frame;
mod join;
mod key;
mod load;
mod looping;
mod map;
mod name;
mod own;
mod packet;
mod place;
mod program;
mod reads;
mod seq_file;
mod series;
mod sharing;
mod short_key;
mod stmt;
mod string;
mod table;
mod text;
mod tracked;
mod unit;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use frame::Budget;
pub use short_key::ShortKey;
pub(crate) use unit::{Lowered, Unit};

use address::{Address, Tail};
use cx::Cx;

/// Lowers every probe of the unit's program into its module.
pub(crate) fn lower(unit: &mut Unit<'_>) {
    for probe in &unit.ir.probes {
        program::lower(unit, probe);
    }
}
