//! Expressions of a given kind.

use super::{Aggregation, BinOp, Expr, Generator, Held, IntTy, Kind, Place, Stmt};
use crate::program::UnOp;

const INTS: [IntTy; 8] = {
    const fn of(bytes: u32, signed: bool) -> IntTy {
        IntTy { bytes, signed }
    }
    [
        of(8, true),
        of(8, false),
        of(4, true),
        of(4, false),
        of(2, true),
        of(2, false),
        of(1, true),
        of(1, false),
    ]
};

const ARITHMETIC: [BinOp; 10] = [
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

const COMPARISONS: [BinOp; 6] = [
    BinOp::Eq,
    BinOp::Ne,
    BinOp::Lt,
    BinOp::Le,
    BinOp::Gt,
    BinOp::Ge,
];

impl Generator<'_> {
    /// An expression of at most so many levels.
    pub(super) fn expr(&mut self, kind: &Kind, depth: usize) -> Expr {
        if depth == 0 || self.budget == 0 {
            return self.leaf(kind);
        }
        self.budget -= 1;
        match self.source.below(12) {
            0..3 => self.leaf(kind),
            3 => self.ternary(kind, depth - 1),
            4 => self.element(kind).unwrap_or_else(|| self.leaf(kind)),
            5 if self.source.one_in(3) => self.block_expr(kind, depth - 1),
            _ => match kind {
                Kind::Int => self.int(depth - 1),
                Kind::Bool => self.truth(depth - 1),
                Kind::Str => self.text(depth - 1),
                Kind::Tuple(elems) => self.tuple(elems, depth - 1),
            },
        }
    }

    fn tuple(&mut self, elems: &[Kind], depth: usize) -> Expr {
        Expr::Tuple(elems.iter().map(|e| self.expr(e, depth)).collect())
    }

    /// A constant, a variable or an entry of a map.
    fn leaf(&mut self, kind: &Kind) -> Expr {
        match self.source.below(4) {
            1 | 2 => self.variable(kind),
            3 => self.entry(kind),
            _ => None,
        }
        .unwrap_or_else(|| self.constant(kind))
    }

    fn variable(&mut self, kind: &Kind) -> Option<Expr> {
        let visible = self.visible(kind);
        match visible.is_empty() {
            true => None,
            false => Some(Expr::Var(*self.source.pick(&visible))),
        }
    }

    fn entry(&mut self, kind: &Kind) -> Option<Expr> {
        let maps = self.maps_where(|held, _| *held == Held::Plain(kind.clone()));
        if maps.is_empty() {
            return None;
        }
        let map = *self.source.pick(&maps);
        Some(Expr::Map(map, self.keys(map, 1)))
    }

    pub(super) fn constant(&mut self, kind: &Kind) -> Expr {
        match kind {
            Kind::Int => Expr::Int(self.number_constant()),
            Kind::Bool => match self.source.below(4) {
                0 => Expr::Bool(true),
                1 => Expr::Bool(false),
                2 => Expr::Opaque(true),
                _ => Expr::Opaque(false),
            },
            Kind::Str => {
                const TEXTS: [&str; 8] = [
                    "a",
                    "",
                    "abc",
                    "abd",
                    "abcdefg",
                    "abcdefgh",
                    "x y%z",
                    "a text of 27 characters, so",
                ];
                Expr::Str((*self.source.pick(&TEXTS)).to_owned())
            }
            Kind::Tuple(elems) => Expr::Tuple(elems.iter().map(|e| self.constant(e)).collect()),
        }
    }

    /// Small numbers, the ends of every type, and any others.
    fn number_constant(&mut self) -> i128 {
        match self.source.below(6) {
            0..3 => *self.source.pick(&[1, 0, 2, 3, 7, -1, -2, 10, 63, 64]),
            3 | 4 => {
                let (least, greatest) = self.source.pick(&INTS).range();
                match self.source.below(4) {
                    0 => greatest,
                    1 => least,
                    2 if greatest < i128::from(u64::MAX) => greatest + 1,
                    _ => greatest - 1,
                }
            }
            _ => {
                let bits = self.source.below(64);
                let word = i128::from(self.source.word() >> bits);
                match self.source.below(2) == 1 && word <= 1 << 63 {
                    true => -word,
                    false => word,
                }
            }
        }
    }

    fn ternary(&mut self, kind: &Kind, depth: usize) -> Expr {
        let takes_itself = matches!(kind, Kind::Int | Kind::Bool);
        if takes_itself && self.source.one_in(4) {
            let cond = self.expr(kind, depth);
            let otherwise = self.expr(kind, depth);
            return Expr::Ternary(Box::new(cond), None, Box::new(otherwise));
        }
        let cond = self.condition(depth);
        let (then, otherwise) = (self.expr(kind, depth), self.expr(kind, depth));
        Expr::Ternary(Box::new(cond), Some(Box::new(then)), Box::new(otherwise))
    }

    /// What may stand where a truth value is due.
    pub(super) fn condition(&mut self, depth: usize) -> Expr {
        let kind = match self.source.one_in(4) {
            true => Kind::Int,
            false => Kind::Bool,
        };
        self.expr(&kind, depth)
    }

    /// An element of a tuple in sight.
    fn element(&mut self, kind: &Kind) -> Option<Expr> {
        let mut found = Vec::new();
        for id in self.scopes.iter().flatten() {
            if let Kind::Tuple(elems) = &self.program.variables[*id].kind {
                let fitting = elems.iter().enumerate().filter(|(_, e)| *e == kind);
                found.extend(fitting.map(|(i, _)| (*id, i)));
            }
        }
        if found.is_empty() {
            return None;
        }
        let (id, index) = *self.source.pick(&found);
        Some(Expr::Element(Box::new(Expr::Var(id)), index))
    }

    /// `{ …; e }`
    fn block_expr(&mut self, kind: &Kind, depth: usize) -> Expr {
        self.scopes.push(Vec::new());
        let mut stmts = Vec::new();
        for _ in 0..self.source.below(3) {
            stmts.push(self.plain_statement(depth));
        }
        let value = self.expr(kind, depth);
        self.scopes.pop();
        Expr::Block(stmts, Box::new(value))
    }

    fn int(&mut self, depth: usize) -> Expr {
        match self.source.below(12) {
            0..5 => {
                let op = *self.source.pick(&ARITHMETIC);
                let left = self.expr(&Kind::Int, depth);
                let right = self.right_operand(op, depth);
                Expr::Binary(op, Box::new(left), Box::new(right))
            }
            5 | 6 => {
                let ty = *self.source.pick(&INTS);
                let kind = if self.source.one_in(8) {
                    Kind::Bool
                } else {
                    Kind::Int
                };
                Expr::Cast(ty, Box::new(self.expr(&kind, depth)))
            }
            7 => {
                let op = *self.source.pick(&[UnOp::Neg, UnOp::BitNot]);
                Expr::Unary(op, Box::new(self.expr(&Kind::Int, depth)))
            }
            8 | 9 => match self.number(true, 1) {
                Some(place) => Expr::Step(Box::new(place), self.a_step()),
                None => self.leaf(&Kind::Int),
            },
            _ => self.folded().unwrap_or_else(|| self.leaf(&Kind::Int)),
        }
    }

    /// An aggregation as a number.
    fn folded(&mut self) -> Option<Expr> {
        let maps = self.maps_where(|held, _| match held {
            Held::Aggregation(a) => !matches!(a, Aggregation::Hist(_) | Aggregation::Lhist { .. }),
            Held::Plain(_) => false,
        });
        if maps.is_empty() {
            return None;
        }
        let map = *self.source.pick(&maps);
        let value = Expr::Map(map, self.keys(map, 1));
        Some(match self.source.below(2) {
            0 => Expr::Cast(*self.source.pick(&INTS), Box::new(value)),
            _ => Expr::Binary(BinOp::Add, Box::new(value), Box::new(Expr::Int(1))),
        })
    }

    fn truth(&mut self, depth: usize) -> Expr {
        match self.source.below(10) {
            0..4 => {
                let op = *self.source.pick(&COMPARISONS);
                let left = self.expr(&Kind::Int, depth);
                let right = self.expr(&Kind::Int, depth);
                Expr::Binary(op, Box::new(left), Box::new(right))
            }
            4 | 5 => {
                let op = *self.source.pick(&[BinOp::And, BinOp::Or]);
                let (left, right) = (self.condition(depth), self.condition(depth));
                Expr::Binary(op, Box::new(left), Box::new(right))
            }
            6 => Expr::Unary(UnOp::Not, Box::new(self.condition(depth))),
            7 => {
                let op = *self.source.pick(&[BinOp::Eq, BinOp::Ne]);
                let kind = match self.source.below(3) {
                    0 => Kind::Str,
                    1 => Kind::Tuple(vec![Kind::Int, Kind::Str]),
                    _ => self.kind(2),
                };
                let (left, right) = (self.expr(&kind, depth), self.expr(&kind, depth));
                Expr::Binary(op, Box::new(left), Box::new(right))
            }
            8 => Expr::Truth(Box::new(self.condition(depth))),
            _ => {
                let maps = self.maps_where(|_, keys| !keys.is_empty());
                if maps.is_empty() {
                    return self.leaf(&Kind::Bool);
                }
                let map = *self.source.pick(&maps);
                let keys = self.keys(map, depth);
                match self.source.below(3) {
                    0 | 1 => Expr::Has(map, keys),
                    _ => Expr::Remove(map, keys),
                }
            }
        }
    }

    fn text(&mut self, depth: usize) -> Expr {
        match self.source.below(3) {
            0 => {
                let size = *self.source.pick(&[4, 1, 2, 8, 9, 64]);
                Expr::Cut(size, Box::new(self.expr(&Kind::Str, depth)))
            }
            _ => self.leaf(&Kind::Str),
        }
    }

    /// A statement that may stand in a block that is an expression.
    fn plain_statement(&mut self, depth: usize) -> Stmt {
        match self.number(false, depth) {
            Some(place) if self.source.below(2) == 1 => {
                let value = self.expr(&Kind::Int, depth);
                let value = self.apart(value, &place, false);
                Stmt::Assign(place, value)
            }
            _ => {
                let kind = self.kind(1);
                let value = self.expr(&kind, depth);
                let id = self.declare(kind, None);
                Stmt::Assign(Place::Var(id), value)
            }
        }
    }
}
