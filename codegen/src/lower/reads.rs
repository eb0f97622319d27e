//! What a program has read of maps, so that it looks an entry up once where a script names it
//! twice: `/@start[tid]/ { @ = hist(nsecs - @start[tid]); }`.
//!
//! Only entries whose key cannot change while the program runs are remembered, as far as control is
//! sure to have passed the reading, and until the program itself changes the map. What another CPU
//! changes meanwhile is not seen, as it is not between a look-up and the use of its result.

use super::builtin;
use crate::llvm::Value;
use sema::ir::{Expr, ExprKind, MapId};

/// What is remembered.
#[derive(Default)]
pub(super) struct Reads<'m>(Vec<Read<'m>>);

struct Read<'m> {
    map: MapId,
    key: &'m Expr,
    /// Zero where there was no such entry.
    value: Value<'m>,
    /// Whether the map is as it was. What is not is kept, so that the length stays.
    holds: bool,
}

impl<'m> Reads<'m> {
    /// The value that was read under a key.
    pub(super) fn find(&self, map: MapId, key: &Expr) -> Option<Value<'m>> {
        let mut reads = self.0.iter().filter(|read| read.holds);
        let found = reads.find(|read| read.map == map && is_same(read.key, key));
        found.map(|read| read.value)
    }

    /// Remembers a value, if its key stays what it is.
    pub(super) fn note(&mut self, map: MapId, key: &'m Expr, value: Value<'m>) {
        if is_fixed(key) {
            self.0.push(Read {
                map,
                key,
                value,
                holds: true,
            });
        }
    }

    /// Forgets what was read of a map.
    pub(super) fn forget(&mut self, map: MapId) {
        for read in self.0.iter_mut().filter(|read| read.map == map) {
            read.holds = false;
        }
    }

    /// Forgets everything.
    pub(super) fn forget_all(&mut self) {
        for read in &mut self.0 {
            read.holds = false;
        }
    }

    /// How many readings there were.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets all but the first so many readings.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

/// Whether an expression has one value while a program runs.
pub(super) fn is_fixed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Int(_) | ExprKind::Str(_) => true,
        ExprKind::Builtin(which) => builtin::is_fixed(*which),
        ExprKind::Convert(operand) | ExprKind::Resize(operand) => is_fixed(operand),
        ExprKind::Aggregate(parts) => parts.iter().all(is_fixed),
        _ => false,
    }
}

/// Whether two expressions that are fixed have the same value, wherever they stand.
pub(super) fn is_same(a: &Expr, b: &Expr) -> bool {
    let is_same_kind = match (&a.kind, &b.kind) {
        (ExprKind::Int(a), ExprKind::Int(b)) => a == b,
        (ExprKind::Str(a), ExprKind::Str(b)) => a == b,
        (ExprKind::Builtin(a), ExprKind::Builtin(b)) => a == b,
        (ExprKind::Convert(a), ExprKind::Convert(b))
        | (ExprKind::Resize(a), ExprKind::Resize(b)) => is_same(a, b),
        (ExprKind::Aggregate(a), ExprKind::Aggregate(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        _ => false,
    };
    is_same_kind && a.ty == b.ty
}
