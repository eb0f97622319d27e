//! The types that the language gives to a program's expressions, variables and maps.
//!
//! The rules, as the language has them:
//! - a variable, key or map value is of the smallest type that holds the values of every type that
//!   is assigned to it; a literal that is not negative counts as the smallest unsigned type that
//!   holds it, a negative one as the smallest signed one. Where no type holds all (`uint64` and a
//!   signed type), it is `int64`, and what does not fit is reinterpreted;
//! - `++` and `--` then make a number `int64`, unless it is `uint64` by its assignments alone, and
//!   so does adding a literal to a map's value;
//! - operators on literals alone give literals, as long as 64 bits hold the result;
//! - other arithmetic is done in 64 bits. It is `uint64` if both operands are unsigned and one of
//!   them is `uint64`, or if both are unsigned and multiplied; else `int64`, as is every
//!   subtraction. Only the left operand counts for a shift; to the left, what is unsigned becomes
//!   `uint64`. A literal that is not negative counts as unsigned, and so does an `int64` that such
//!   an operation has just made of unsigned operands;
//! - a comparison compares the values, except of `uint64` with what is signed: those are compared
//!   as `int64`.

use crate::program::{
    Aggregation, BinOp, Expr, Held, IntTy, MapId, Place, Program, Stmt, UnOp, VarId,
};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Nothing has been assigned yet.
    Unknown,
    Int(IntTy),
    Bool,
    Str,
    Tuple(Vec<Ty>),
}

/// The type of an expression, and its value if it is a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub ty: Ty,
    pub literal: Option<i128>,
    /// Whether it is an `int64` that was just made of unsigned operands.
    natural: bool,
}

/// The types of a program's variables and maps.
#[derive(Clone, Debug, PartialEq)]
pub struct Types {
    pub variables: Vec<Ty>,
    /// Key and value; for an aggregation the type of its number.
    pub maps: Vec<(Ty, Ty)>,
}

/// Infers the types of a whole program.
pub fn infer(program: &Program) -> Types {
    let declared = |id: VarId| match program.variables[id].declared {
        Some(ty) => Ty::Int(ty),
        None => Ty::Unknown,
    };
    let mut types = Types {
        variables: (0..program.variables.len()).map(declared).collect(),
        maps: vec![(Ty::Unknown, Ty::Unknown); program.maps.len()],
    };
    let mut steps = false;
    loop {
        let before = types.clone();
        let mut round = Round {
            program,
            types: &mut types,
            steps,
        };
        for probe in &program.probes {
            if let Some(predicate) = &probe.predicate {
                round.expr(predicate);
            }
            round.stmts(&probe.body);
        }
        if types == before && steps {
            return types;
        }
        steps |= types == before;
    }
}

impl IntTy {
    /// The least and greatest value.
    pub fn range(self) -> (i128, i128) {
        let bits = self.bytes * 8;
        match self.signed {
            true => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            false => (0, (1 << bits) - 1),
        }
    }

    pub fn holds(self, value: i128) -> bool {
        let (least, greatest) = self.range();
        (least..=greatest).contains(&value)
    }

    /// The value that is left of an integer of any width.
    pub fn wrap(self, value: i128) -> i128 {
        let bits = self.bytes * 8;
        let low = value & ((1i128 << bits) - 1);
        match self.signed && low >> (bits - 1) & 1 == 1 {
            true => low - (1i128 << bits),
            false => low,
        }
    }

    /// The smallest type of this sign that holds a value.
    fn smallest(value: i128, signed: bool) -> Self {
        let of = |bytes| Self { bytes, signed };
        let fitting = [1, 2, 4, 8].map(of).into_iter().find(|t| t.holds(value));
        fitting.unwrap_or(Self::U64)
    }
}

/// The smallest type that holds the values of both.
pub fn join(a: &Ty, b: &Ty) -> Ty {
    match (a, b) {
        (Ty::Unknown, other) | (other, Ty::Unknown) => other.clone(),
        (Ty::Int(a), Ty::Int(b)) => Ty::Int(join_ints(*a, *b)),
        (Ty::Tuple(a), Ty::Tuple(b)) => {
            Ty::Tuple(a.iter().zip(b).map(|(a, b)| join(a, b)).collect())
        }
        _ => a.clone(),
    }
}

fn join_ints(a: IntTy, b: IntTy) -> IntTy {
    let of = |bytes, signed| IntTy { bytes, signed };
    let all = [1, 2, 4, 8]
        .into_iter()
        .flat_map(|bytes| [of(bytes, false), of(bytes, true)]);
    let holds = |t: &IntTy| {
        let ((least, most), (x, y), (p, q)) = (t.range(), a.range(), b.range());
        least <= x.min(p) && most >= y.max(q)
    };
    let mut fitting = all.filter(holds);
    fitting.next().unwrap_or(IntTy::I64)
}

impl Typed {
    pub fn of(ty: Ty) -> Self {
        Self {
            ty,
            literal: None,
            natural: false,
        }
    }

    fn int(ty: IntTy) -> Self {
        Self::of(Ty::Int(ty))
    }

    fn literal(value: i128) -> Self {
        Self {
            ty: Ty::Int(IntTy::smallest(value, value < 0)),
            literal: Some(value),
            natural: false,
        }
    }

    /// Whether it counts as unsigned.
    pub fn is_unsigned(&self) -> bool {
        self.natural || !self.int_ty().signed
    }

    /// Whether its values need all of 64 bits without a sign. Literals say by their value.
    pub fn is_u64(&self) -> bool {
        let fits = self.literal.is_some_and(|value| IntTy::I64.holds(value));
        self.int_ty() == IntTy::U64 && !fits
    }

    /// The integer type of an operand; truth values are numbers of one byte.
    pub fn int_ty(&self) -> IntTy {
        match self.ty {
            Ty::Int(ty) => ty,
            _ => IntTy {
                bytes: 1,
                signed: false,
            },
        }
    }
}

impl Types {
    /// The type of an expression.
    pub fn of(&self, program: &Program, expr: &Expr) -> Typed {
        let of = |e: &Expr| self.of(program, e);
        match expr {
            Expr::Int(value) => Typed::literal(*value),
            Expr::Bool(_) | Expr::Opaque(_) | Expr::Has(..) | Expr::Remove(..) | Expr::Truth(_) => {
                Typed::of(Ty::Bool)
            }
            Expr::Str(_) | Expr::Cut(..) => Typed::of(Ty::Str),
            Expr::Var(id) => Typed::of(self.variables[*id].clone()),
            Expr::Map(map, _) => Typed::of(self.read(program, *map)),
            Expr::Step(place, _) => Typed::of(self.place(place)),
            Expr::Unary(op, operand) => unary(*op, &of(operand)),
            Expr::Binary(op, left, right) => binary(*op, &of(left), &of(right)),
            Expr::Ternary(cond, then, otherwise) => {
                let then = of(then.as_ref().unwrap_or(cond));
                Typed::of(join(&then.ty, &of(otherwise).ty))
            }
            Expr::Cast(ty, _) => Typed::int(*ty),
            Expr::Tuple(elems) => Typed::of(Ty::Tuple(elems.iter().map(|e| of(e).ty).collect())),
            Expr::Element(base, index) => match of(base).ty {
                Ty::Tuple(elems) => Typed::of(elems[*index].clone()),
                _ => Typed::of(Ty::Unknown),
            },
            Expr::Block(_, value) => Typed::of(of(value).ty),
        }
    }

    /// The type of a place that is no aggregation.
    pub fn place(&self, place: &Place) -> Ty {
        match place {
            Place::Var(id) => self.variables[*id].clone(),
            Place::Map(map, _) => self.maps[*map].1.clone(),
        }
    }

    /// The type of a map's value in an expression.
    fn read(&self, program: &Program, map: MapId) -> Ty {
        match program.maps[map].held {
            Held::Aggregation(Aggregation::Count) => Ty::Int(IntTy::I64),
            _ => self.maps[map].1.clone(),
        }
    }
}

fn unary(op: UnOp, operand: &Typed) -> Typed {
    match (op, operand.literal) {
        (UnOp::Not, _) => Typed::of(Ty::Bool),
        _ if operand.ty == Ty::Unknown => Typed::of(Ty::Unknown),
        (UnOp::Neg, Some(value)) if IntTy::I64.holds(-value) => Typed::literal(-value),
        (UnOp::BitNot, Some(value)) if IntTy::I64.holds(!value) => Typed::literal(!value),
        (UnOp::BitNot, _) if !operand.int_ty().signed => Typed::int(IntTy::U64),
        _ => Typed::int(IntTy::I64),
    }
}

fn binary(op: BinOp, left: &Typed, right: &Typed) -> Typed {
    if is_test(op) {
        return Typed::of(Ty::Bool);
    }
    if let (Some(a), Some(b)) = (left.literal, right.literal)
        && let Some(value) = fold(op, a, b)
    {
        return Typed::literal(value);
    }
    arithmetic_type(op, left, right)
}

/// The type of arithmetic on numbers that are not both literals.
pub fn arithmetic_type(op: BinOp, left: &Typed, right: &Typed) -> Typed {
    if left.ty == Ty::Unknown || right.ty == Ty::Unknown {
        return Typed::of(Ty::Unknown);
    }
    let unsigned = left.is_unsigned() && right.is_unsigned();
    let natural = || Typed {
        natural: true,
        ..Typed::int(IntTy::I64)
    };
    match op {
        BinOp::Sub => Typed::int(IntTy::I64),
        BinOp::Shl if left.is_unsigned() => Typed::int(IntTy::U64),
        BinOp::Shr if left.is_u64() => Typed::int(IntTy::U64),
        BinOp::Shr if left.is_unsigned() => natural(),
        BinOp::Shl | BinOp::Shr => Typed::int(IntTy::I64),
        BinOp::Mul if unsigned => Typed::int(IntTy::U64),
        _ if unsigned && (left.is_u64() || right.is_u64()) => Typed::int(IntTy::U64),
        _ if unsigned => natural(),
        _ => Typed::int(IntTy::I64),
    }
}

/// Whether an operator yields a truth value.
pub fn is_test(op: BinOp) -> bool {
    use BinOp::{And, Eq, Ge, Gt, Le, Lt, Ne, Or};
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge | And | Or)
}

/// The literal that an operator makes of two literals, if 64 bits hold it.
fn fold(op: BinOp, a: i128, b: i128) -> Option<i128> {
    let shift = || u32::try_from(b).ok().filter(|bits| *bits < 64);
    let value = match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a.checked_mul(b)?,
        BinOp::Div => a.checked_div(b)?,
        BinOp::Mod => a.checked_rem(b)?,
        BinOp::Shl => a << shift()?,
        BinOp::Shr => a >> shift()?,
        BinOp::BitAnd => a & b,
        BinOp::BitOr => a | b,
        BinOp::BitXor => a ^ b,
        _ => return None,
    };
    (IntTy::I64.holds(value) || IntTy::U64.holds(value)).then_some(value)
}

/// One walk over a program, in the order of its text, that widens types.
struct Round<'a> {
    program: &'a Program,
    types: &'a mut Types,
    /// Whether `++` and `--` count.
    steps: bool,
}

impl Round<'_> {
    fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let(_, None) | Stmt::Break | Stmt::Continue | Stmt::Return | Stmt::Exit => {}
            Stmt::Let(id, Some(value)) => self.assign(&Place::Var(*id), value),
            Stmt::Assign(place, value) => self.assign(place, value),
            Stmt::Change(place, op, value) => self.change(place, *op, value),
            Stmt::Step(place, _) => self.step(place),
            Stmt::Discard(e) | Stmt::Print(e) => self.expr(e),
            Stmt::Printf(values) => values.iter().for_each(|(_, e)| self.expr(e)),
            Stmt::Aggregate(map, keys, value) => {
                self.keys(*map, keys);
                if let Some(value) = value {
                    self.expr(value);
                    let signed = self.of(value).int_ty().signed;
                    let so_far = &mut self.types.maps[*map].1;
                    let signed = signed || *so_far == Ty::Int(IntTy::I64);
                    *so_far = Ty::Int(IntTy { bytes: 8, signed });
                }
            }
            Stmt::Delete(map, keys) => self.keys(*map, keys),
            Stmt::If(cond, then, otherwise) => {
                self.expr(cond);
                self.stmts(then);
                self.stmts(otherwise);
            }
            Stmt::While(cond, body) => {
                self.expr(cond);
                self.stmts(body);
            }
            Stmt::Unroll(_, body) | Stmt::Block(body) => self.stmts(body),
        }
    }

    fn assign(&mut self, place: &Place, value: &Expr) {
        self.place(place);
        self.expr(value);
        let ty = self.of(value).ty;
        self.learn(place, &ty);
    }

    fn change(&mut self, place: &Place, op: BinOp, value: &Expr) {
        self.place(place);
        self.expr(value);
        let literal = self.of(value).literal;
        let adds = matches!(op, BinOp::Add | BinOp::Sub);
        let fits = literal.is_some_and(|value| IntTy::I64.holds(value));
        if matches!(place, Place::Map(..)) && adds && fits {
            return self.widen(place);
        }
        let current = Typed::of(self.types.place(place));
        let ty = arithmetic_type(op, &current, &self.of(value)).ty;
        self.learn(place, &ty);
    }

    fn step(&mut self, place: &Place) {
        self.place(place);
        self.widen(place);
    }

    fn widen(&mut self, place: &Place) {
        if self.steps && self.types.place(place) != Ty::Int(IntTy::U64) {
            self.learn(place, &Ty::Int(IntTy::I64));
        }
    }

    fn learn(&mut self, place: &Place, ty: &Ty) {
        let known = match place {
            Place::Var(id) if self.program.variables[*id].declared.is_some() => return,
            Place::Var(id) => &mut self.types.variables[*id],
            Place::Map(map, _) => &mut self.types.maps[*map].1,
        };
        *known = join(known, ty);
    }

    fn place(&mut self, place: &Place) {
        if let Place::Map(map, keys) = place {
            self.keys(*map, keys);
        }
    }

    fn keys(&mut self, map: MapId, keys: &[Expr]) {
        keys.iter().for_each(|key| self.expr(key));
        let types: Vec<Ty> = keys.iter().map(|key| self.of(key).ty).collect();
        let ty = match &types[..] {
            [] => return,
            [only] => only.clone(),
            _ => Ty::Tuple(types),
        };
        let known = &mut self.types.maps[map].0;
        *known = join(known, &ty);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Int(_) | Expr::Bool(_) | Expr::Opaque(_) | Expr::Str(_) | Expr::Var(_) => {}
            Expr::Map(map, keys) | Expr::Has(map, keys) | Expr::Remove(map, keys) => {
                self.keys(*map, keys);
            }
            Expr::Step(place, _) => self.step(place),
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
                self.stmts(stmts);
                self.expr(value);
            }
        }
    }

    fn of(&self, expr: &Expr) -> Typed {
        self.types.of(self.program, expr)
    }
}
