//! Statements.

use super::expr::arithmetic;
use super::{Machine, Value};
use crate::program::{BinOp, Conversion, Expr, IntTy, Place, Stmt};
use crate::types::{Typed, arithmetic_type};

/// Where control goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return,
    Exit,
}

impl Machine<'_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) -> Option<Flow> {
        for stmt in stmts {
            let flow = self.stmt(stmt)?;
            if flow != Flow::Next {
                return Some(flow);
            }
        }
        Some(Flow::Next)
    }

    fn stmt(&mut self, stmt: &Stmt) -> Option<Flow> {
        self.step()?;
        match stmt {
            Stmt::Let(id, None) => self.variables[*id] = None,
            Stmt::Let(id, Some(value)) => self.assign(&Place::Var(*id), value)?,
            Stmt::Assign(place, value) => self.assign(place, value)?,
            Stmt::Change(place, op, value) => self.change(place, *op, value)?,
            Stmt::Step(place, step) => drop(self.increment(place, *step)?),
            Stmt::Discard(value) => drop(self.expr(value)?),
            Stmt::Aggregate(map, keys, value) => {
                let number = value.as_ref().map_or(Some(1), |value| self.int(value))?;
                let key = self.key(*map, keys)?;
                self.aggregate(*map, key, number);
            }
            Stmt::Delete(map, keys) => {
                let key = self.key(*map, keys)?;
                self.maps[*map].remove(&key);
            }
            Stmt::Print(value) => {
                let line = self.expr(value)?.to_string();
                self.lines.push(line);
            }
            Stmt::Printf(values) => self.printf(values)?,
            Stmt::If(cond, then, otherwise) => {
                let body = if self.truth(cond)? { then } else { otherwise };
                return self.stmts(body);
            }
            Stmt::While(cond, body) => return self.repeat(cond, body),
            Stmt::Unroll(times, body) => {
                for _ in 0..*times {
                    match self.stmts(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        flow @ (Flow::Return | Flow::Exit) => return Some(flow),
                    }
                }
            }
            Stmt::Block(body) => return self.stmts(body),
            Stmt::Break => return Some(Flow::Break),
            Stmt::Continue => return Some(Flow::Continue),
            Stmt::Return => return Some(Flow::Return),
            Stmt::Exit => return Some(Flow::Exit),
        }
        Some(Flow::Next)
    }

    fn repeat(&mut self, cond: &Expr, body: &[Stmt]) -> Option<Flow> {
        while self.truth(cond)? {
            self.step()?;
            match self.stmts(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                flow @ (Flow::Return | Flow::Exit) => return Some(flow),
            }
        }
        Some(Flow::Next)
    }

    fn assign(&mut self, place: &Place, value: &Expr) -> Option<()> {
        let value = self.expr(value)?;
        let key = self.place_key(place)?;
        self.store(place, key, value);
        Some(())
    }

    fn change(&mut self, place: &Place, op: BinOp, value: &Expr) -> Option<()> {
        let current = Typed::of(self.types.place(place));
        let right = self.types.of(self.program, value);
        let ty = arithmetic_type(op, &current, &right).int_ty();
        let value = self.int(value)?;
        let key = self.place_key(place)?;
        let Value::Int(current) = self.load(place, &key) else {
            return None;
        };
        let changed = arithmetic(op, current, value, ty);
        self.store(place, key, Value::Int(changed));
        Some(())
    }

    fn printf(&mut self, values: &[(Conversion, Expr)]) -> Option<()> {
        let mut parts = Vec::new();
        for (conversion, value) in values {
            let value = self.expr(value)?;
            parts.push(match (conversion, value) {
                (Conversion::Signed, Value::Int(value)) => IntTy::I64.wrap(value).to_string(),
                (Conversion::Unsigned, Value::Int(value)) => IntTy::U64.wrap(value).to_string(),
                (Conversion::Hex, Value::Int(value)) => format!("{:x}", IntTy::U64.wrap(value)),
                (_, value) => value.to_string(),
            });
        }
        self.lines.push(format!("<{}>", parts.join("|")));
        Some(())
    }
}
