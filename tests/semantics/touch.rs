//! What expressions read and write. Where the language leaves the order open in which the parts of
//! a statement are evaluated, as C does, the generator makes none whose result depends on it.

use crate::program::{Expr, MapId, Place, Stmt, VarId};

/// A variable or map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Var(VarId),
    Map(MapId),
}

/// What a part of a statement reads and writes.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    reads: Vec<What>,
    writes: Vec<What>,
}

impl Touched {
    pub fn by(exprs: &[Expr]) -> Self {
        let mut touched = Self::default();
        exprs.iter().for_each(|e| touched.expr(e));
        touched
    }

    /// Whether the order of two parts matters.
    pub fn clashes(&self, other: &Self) -> bool {
        let meets = |a: &[What], b: &[What]| a.iter().any(|what| b.contains(what));
        meets(&self.writes, &other.writes)
            || meets(&self.writes, &other.reads)
            || meets(&self.reads, &other.writes)
    }

    /// Whether a place is written.
    pub fn writes_to(&self, place: &Place) -> bool {
        self.writes.contains(&match place {
            Place::Var(id) => What::Var(*id),
            Place::Map(map, _) => What::Map(*map),
        })
    }

    fn write(&mut self, place: &Place) {
        match place {
            Place::Var(id) => self.writes.push(What::Var(*id)),
            Place::Map(map, keys) => {
                self.writes.push(What::Map(*map));
                keys.iter().for_each(|key| self.expr(key));
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Int(_) | Expr::Bool(_) | Expr::Opaque(_) | Expr::Str(_) => {}
            Expr::Var(id) => self.reads.push(What::Var(*id)),
            Expr::Map(map, keys) | Expr::Has(map, keys) => {
                self.reads.push(What::Map(*map));
                keys.iter().for_each(|key| self.expr(key));
            }
            Expr::Remove(map, keys) => self.write(&Place::Map(*map, keys.clone())),
            Expr::Step(place, _) => self.write(place),
            Expr::Unary(_, e)
            | Expr::Cast(_, e)
            | Expr::Truth(e)
            | Expr::Cut(_, e)
            | Expr::Element(e, _) => self.expr(e),
            Expr::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Ternary(cond, then, otherwise) => {
                self.expr(cond);
                then.iter().for_each(|then| self.expr(then));
                self.expr(otherwise);
            }
            Expr::Tuple(elems) => elems.iter().for_each(|e| self.expr(e)),
            Expr::Block(stmts, value) => {
                stmts.iter().for_each(|stmt| self.stmt(stmt));
                self.expr(value);
            }
        }
    }

    /// A statement of a block that is an expression: those are assignments.
    fn stmt(&mut self, stmt: &Stmt) {
        if let Stmt::Assign(place, value) = stmt {
            self.expr(value);
            self.write(place);
        }
    }
}
