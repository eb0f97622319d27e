//! Values of expressions.

use super::stmt::Flow;
use super::{Machine, Value, convert, zero};
use crate::program::{BinOp, Expr, IntTy, Place, Step, UnOp};
use crate::types::{Ty, is_test, join};

impl Machine<'_> {
    /// The value of an expression, in its own type.
    pub(super) fn expr(&mut self, expr: &Expr) -> Option<Value> {
        self.step()?;
        Some(match expr {
            Expr::Int(value) => Value::Int(*value),
            Expr::Bool(value) | Expr::Opaque(value) => Value::Bool(*value),
            Expr::Str(text) => Value::Str(text.clone()),
            Expr::Var(id) => match &self.variables[*id] {
                Some(value) => value.clone(),
                None => zero(&self.types.variables[*id]),
            },
            Expr::Map(map, keys) => {
                let key = self.key(*map, keys)?;
                self.read(*map, &key)
            }
            Expr::Has(map, keys) => {
                let key = self.key(*map, keys)?;
                Value::Bool(self.maps[*map].contains_key(&key))
            }
            Expr::Remove(map, keys) => {
                let key = self.key(*map, keys)?;
                Value::Bool(self.maps[*map].remove(&key).is_some())
            }
            Expr::Step(place, step) => self.increment(place, *step)?,
            Expr::Unary(op, operand) => self.unary(*op, operand, expr)?,
            Expr::Binary(op, left, right) => self.binary(*op, left, right, expr)?,
            Expr::Ternary(cond, then, otherwise) => {
                let ty = self.types.of(self.program, expr).ty;
                let value = self.choose(cond, then.as_deref(), otherwise)?;
                convert(value, &ty)
            }
            Expr::Cast(ty, value) => {
                let value = self.expr(value)?;
                convert(value, &Ty::Int(*ty))
            }
            Expr::Truth(value) => Value::Bool(self.truth(value)?),
            Expr::Cut(size, value) => match self.expr(value)? {
                Value::Str(text) => Value::Str(text.chars().take(*size as usize - 1).collect()),
                other => other,
            },
            Expr::Tuple(elems) => Value::Tuple(
                elems
                    .iter()
                    .map(|e| self.expr(e))
                    .collect::<Option<Vec<_>>>()?,
            ),
            Expr::Element(base, index) => match self.expr(base)? {
                Value::Tuple(mut elems) => elems.swap_remove(*index),
                other => other,
            },
            Expr::Block(stmts, value) => {
                // The generator puts nothing in there that leaves the block.
                if self.stmts(stmts)? != Flow::Next {
                    return None;
                }
                self.expr(value)?
            }
        })
    }

    /// A number.
    pub(super) fn int(&mut self, expr: &Expr) -> Option<i128> {
        Some(match self.expr(expr)? {
            Value::Int(value) => value,
            other => i128::from(other == Value::Bool(true)),
        })
    }

    /// A condition.
    pub(super) fn truth(&mut self, expr: &Expr) -> Option<bool> {
        Some(match self.expr(expr)? {
            Value::Bool(truth) => truth,
            other => other != Value::Int(0),
        })
    }

    fn choose(&mut self, cond: &Expr, then: Option<&Expr>, otherwise: &Expr) -> Option<Value> {
        let Some(then) = then else {
            let value = self.expr(cond)?;
            return match value == Value::Int(0) || value == Value::Bool(false) {
                true => self.expr(otherwise),
                false => Some(value),
            };
        };
        match self.truth(cond)? {
            true => self.expr(then),
            false => self.expr(otherwise),
        }
    }

    fn unary(&mut self, op: UnOp, operand: &Expr, whole: &Expr) -> Option<Value> {
        if op == UnOp::Not {
            return Some(Value::Bool(!self.truth(operand)?));
        }
        let value = self.int(operand)?;
        let typed = self.types.of(self.program, whole);
        let result = match op {
            UnOp::Neg => -value,
            _ => !value,
        };
        Some(Value::Int(typed.int_ty().wrap(result)))
    }

    fn binary(&mut self, op: BinOp, left: &Expr, right: &Expr, whole: &Expr) -> Option<Value> {
        match op {
            BinOp::And => {
                return Some(Value::Bool(self.truth(left)? && self.truth(right)?));
            }
            BinOp::Or => {
                return Some(Value::Bool(self.truth(left)? || self.truth(right)?));
            }
            _ => {}
        }
        if is_test(op) {
            return self.compare(op, left, right);
        }
        let typed = self.types.of(self.program, whole);
        let (left, right) = (self.int(left)?, self.int(right)?);
        if let Some(value) = typed.literal {
            return Some(Value::Int(value));
        }
        Some(Value::Int(arithmetic(op, left, right, typed.int_ty())))
    }

    fn compare(&mut self, op: BinOp, left: &Expr, right: &Expr) -> Option<Value> {
        let types = [left, right].map(|side| self.types.of(self.program, side));
        let ty = match &types {
            [a, b] if matches!(a.ty, Ty::Str | Ty::Tuple(_)) => join(&a.ty, &b.ty),
            [a, b] => {
                let mixed = a.is_u64() && !b.is_unsigned() || b.is_u64() && !a.is_unsigned();
                match mixed {
                    true => Ty::Int(IntTy::I64),
                    // Whatever holds both: the values themselves are compared.
                    false => Ty::Unknown,
                }
            }
        };
        let plain = |value: Value| match value {
            Value::Bool(truth) => Value::Int(i128::from(truth)),
            other => other,
        };
        let left = convert(plain(self.expr(left)?), &ty);
        let right = convert(plain(self.expr(right)?), &ty);
        Some(Value::Bool(match op {
            BinOp::Eq => left == right,
            BinOp::Ne => left != right,
            BinOp::Lt => left < right,
            BinOp::Le => left <= right,
            BinOp::Gt => left > right,
            _ => left >= right,
        }))
    }

    /// Changes a number by one; the value before or after.
    pub(super) fn increment(&mut self, place: &Place, step: Step) -> Option<Value> {
        let delta = if step.up { 1 } else { -1 };
        let (before, after) = self.add(place, delta)?;
        Some(Value::Int(if step.prefix { after } else { before }))
    }

    /// Adds to a number; its value before and after.
    pub(super) fn add(&mut self, place: &Place, delta: i128) -> Option<(i128, i128)> {
        let key = self.place_key(place)?;
        let before = match self.load(place, &key) {
            Value::Int(value) => value,
            _ => 0,
        };
        let ty = self.types.place(place);
        let after = convert(Value::Int(before + delta), &ty);
        self.store(place, key, after.clone());
        match after {
            Value::Int(after) => Some((before, after)),
            _ => None,
        }
    }
}

/// Arithmetic in a 64-bit type.
pub(super) fn arithmetic(op: BinOp, left: i128, right: i128, ty: IntTy) -> i128 {
    let (a, b) = (ty.wrap(left), ty.wrap(right));
    let result = match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        // Two 64-bit numbers multiply to at most 127 bits and a sign.
        BinOp::Mul => a.wrapping_mul(b),
        BinOp::Div if b == 0 => 0,
        BinOp::Div => a / b,
        BinOp::Mod if b == 0 => a,
        BinOp::Mod => a % b,
        BinOp::Shl => a << (b & 63),
        BinOp::Shr => a >> (b & 63),
        BinOp::BitAnd => a & b,
        BinOp::BitOr => a | b,
        _ => a ^ b,
    };
    ty.wrap(result)
}
