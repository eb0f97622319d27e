//! Statements.

use super::{BinOp, Expr, Generator, Held, IntTy, Kind, Place, Stmt, VarId};
use crate::program::{Conversion, Step};

/// Levels of an expression at most.
const DEPTH: usize = 4;

/// Blocks in one another at most.
const NESTING: usize = 4;

impl Generator<'_> {
    /// Up to so many statements, as the budget allows.
    pub(super) fn statements(&mut self, out: &mut Vec<Stmt>, most: usize) {
        for _ in 0..=self.source.below(most) {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            self.statement(out);
        }
    }

    fn statement(&mut self, out: &mut Vec<Stmt>) {
        match self.source.below(20) {
            0..4 => {
                let print = self.print();
                out.push(print);
            }
            4..8 => self.assignment(out),
            8 | 9 => {
                let change = self.change();
                out.extend(change);
            }
            10 => {
                let place = self.number(true, 1);
                let step = self.a_step();
                out.extend(place.map(|place| Stmt::Step(place, step)));
            }
            11..14 => {
                let maps = self.program.maps.len();
                if maps > 0 {
                    let map = self.source.below(maps);
                    let fill = self.fill(map, 3);
                    out.push(fill);
                }
            }
            14 => {
                let removal = self.removal();
                out.extend(removal);
            }
            15 => {
                let kind = self.kind(1);
                let value = self.expr(&kind, DEPTH);
                out.push(Stmt::Discard(value));
            }
            16 if self.loops > 0 || self.nesting > 1 => {
                let jump = self.jump();
                out.push(jump);
            }
            _ if self.nesting < NESTING => self.compound(out),
            _ => {}
        }
    }

    fn print(&mut self) -> Stmt {
        if self.source.one_in(3) {
            let count = 1 + self.source.below(4);
            let values = (0..count).map(|_| self.converted()).collect();
            return Stmt::Printf(values);
        }
        let kind = self.kind(2);
        let value = self.expr(&kind, DEPTH);
        match value {
            // Alone, it would be the map as a whole, read when the line is printed.
            Expr::Map(map, keys) if keys.is_empty() => {
                Stmt::Printf(vec![(conversion(&kind), Expr::Map(map, keys))])
            }
            value => Stmt::Print(value),
        }
    }

    fn converted(&mut self) -> (Conversion, Expr) {
        let kind = match self.source.below(3) {
            0 | 1 => Kind::Int,
            _ => self.kind(1),
        };
        let value = self.expr(&kind, DEPTH);
        let conversion = match kind {
            Kind::Int => {
                let all = [Conversion::Signed, Conversion::Unsigned, Conversion::Hex];
                *self.source.pick(&all)
            }
            _ => conversion(&kind),
        };
        (conversion, value)
    }

    /// Assigns a variable, a new one or one in sight.
    fn assignment(&mut self, out: &mut Vec<Stmt>) {
        let kind = self.kind(2);
        let free = |id: &VarId| !self.frozen.contains(id);
        let visible: Vec<VarId> = self.visible(&kind).into_iter().filter(free).collect();
        if !visible.is_empty() && self.source.below(2) == 0 {
            let id = *self.source.pick(&visible);
            let value = match self.program.variables[id].declared {
                Some(ty) => self.fitting(ty),
                None => self.expr(&kind, DEPTH),
            };
            return out.push(Stmt::Assign(Place::Var(id), value));
        }
        match self.source.below(5) {
            0 if kind == Kind::Int => {
                let bytes = *self.source.pick(&[1, 2, 4, 8]);
                let signed = self.source.below(2) == 0;
                let ty = IntTy { bytes, signed };
                let value = self.fitting(ty);
                let id = self.declare(kind, Some(ty));
                out.push(Stmt::Let(id, Some(value)));
            }
            1 => {
                let value = self.expr(&kind, DEPTH);
                let id = self.declare(kind, None);
                out.push(Stmt::Let(id, Some(value)));
            }
            2 => {
                let id = self.declare(kind.clone(), None);
                let scope = self.scopes.len() - 1;
                self.scopes[scope].pop();
                self.reserved.push(id);
                let cond = Expr::Opaque(self.source.below(2) == 0);
                let value = self.expr(&kind, DEPTH);
                self.reserved.pop();
                self.scopes[scope].push(id);
                out.push(Stmt::Let(id, None));
                let assign = Stmt::Assign(Place::Var(id), value);
                out.push(Stmt::If(cond, vec![assign], Vec::new()));
            }
            _ => {
                let value = self.expr(&kind, DEPTH);
                let id = self.declare(kind, None);
                out.push(Stmt::Assign(Place::Var(id), value));
            }
        }
    }

    /// A value that a declared type holds.
    fn fitting(&mut self, ty: IntTy) -> Expr {
        let value = self.expr(&Kind::Int, DEPTH - 1);
        match self.literal(&value) {
            Some(literal) if ty.holds(literal) => value,
            _ => Expr::Cast(ty, Box::new(value)),
        }
    }

    fn change(&mut self) -> Option<Stmt> {
        const OPS: [BinOp; 10] = [
            BinOp::Add,
            BinOp::Sub,
            BinOp::Mul,
            BinOp::Div,
            BinOp::Mod,
            BinOp::Shl,
            BinOp::Shr,
            BinOp::BitAnd,
            BinOp::BitOr,
            BinOp::BitXor,
        ];
        let place = self.number(false, 1)?;
        let op = *self.source.pick(&OPS);
        let value = self.right_operand(op, DEPTH - 1);
        let value = self.apart(value, &place, true);
        Some(Stmt::Change(place, op, value))
    }

    fn removal(&mut self) -> Option<Stmt> {
        let maps = self.maps_where(|held, keys| !keys.is_empty() || matches!(held, Held::Plain(_)));
        if maps.is_empty() {
            return None;
        }
        let map = *self.source.pick(&maps);
        Some(Stmt::Delete(map, self.keys(map, 1)))
    }

    fn jump(&mut self) -> Stmt {
        match self.source.below(6) {
            0..2 if self.loops > 0 => Stmt::Break,
            2..4 if self.loops > 0 => Stmt::Continue,
            _ if self.source.one_in(4) => Stmt::Return,
            _ => self.print(),
        }
    }

    /// What holds other statements.
    fn compound(&mut self, out: &mut Vec<Stmt>) {
        match self.source.below(6) {
            0 => {
                let body = self.body();
                out.push(Stmt::Block(body));
            }
            1 => {
                let times = 1 + self.source.below(3) as u32;
                self.loops += 1;
                let body = self.body();
                self.loops -= 1;
                out.push(Stmt::Unroll(times, body));
            }
            2 | 3 => self.counted_loop(out),
            _ => {
                let cond = undecided(self.condition(DEPTH));
                let then = self.body();
                let otherwise = match self.source.below(2) {
                    0 => Vec::new(),
                    _ => self.body(),
                };
                out.push(Stmt::If(cond, then, otherwise));
            }
        }
    }

    fn body(&mut self) -> Vec<Stmt> {
        self.scopes.push(Vec::new());
        self.nesting += 1;
        let mut body = Vec::new();
        self.statements(&mut body, 4);
        self.nesting -= 1;
        self.scopes.pop();
        body
    }

    /// A `while` with a counter that nothing else changes.
    fn counted_loop(&mut self, out: &mut Vec<Stmt>) {
        let counter = self.declare(Kind::Int, None);
        let start = Expr::Int(0);
        out.push(Stmt::Assign(Place::Var(counter), start));
        let rounds = Expr::Int(1 + self.source.below(4) as i128);
        let step = Step {
            up: true,
            prefix: false,
        };
        let place = Place::Var(counter);
        let in_condition = self.source.below(2) == 1;
        self.frozen.push(counter);
        self.loops += 1;
        let mut body = self.body();
        self.loops -= 1;
        self.frozen.pop();
        let left = if in_condition {
            Expr::Step(Box::new(place), step)
        } else {
            body.insert(0, Stmt::Step(place, step));
            Expr::Var(counter)
        };
        let cond = Expr::Binary(BinOp::Lt, Box::new(left), Box::new(rounds));
        out.push(Stmt::While(cond, body));
    }
}

/// The same condition, unknown when compiling: where an `if` is decided by then, the branch that is
/// not taken is no part of the program, and gives no types.
fn undecided(cond: Expr) -> Expr {
    use Expr::{Element, Has, Map, Opaque, Remove, Step, Var};
    match cond {
        Var(_) | Map(..) | Has(..) | Remove(..) | Step(..) | Element(..) | Opaque(_) => cond,
        _ => Expr::Binary(BinOp::Ne, Box::new(cond), Box::new(Opaque(false))),
    }
}

/// The conversion that shows a kind of value.
fn conversion(kind: &Kind) -> Conversion {
    match kind {
        Kind::Int => Conversion::Signed,
        _ => Conversion::Str,
    }
}
