//! The generator of random programs: well-typed, ending, and printing much of what they compute.

mod expr;
mod place;
mod stmt;

use crate::program::{
    Aggregation, BinOp, Expr, Held, IntTy, Kind, Map, Place, Probe, Program, Stmt, VarId, Variable,
};
use crate::source::Source;
use crate::touch::Touched;
use crate::types::{Ty, Types};

/// Makes a program of a stream of decisions.
pub fn generate(source: &mut Source) -> Program {
    let mut generator = Generator {
        source,
        program: Program::default(),
        scopes: Vec::new(),
        frozen: Vec::new(),
        reserved: Vec::new(),
        loops: 0,
        nesting: 0,
        budget: 0,
    };
    generator.maps();
    let probes = 1 + generator.source.below(3);
    for number in 0..probes {
        let probe = generator.probe(number);
        generator.program.probes.push(probe);
    }
    generator.program
}

struct Generator<'s> {
    source: &'s mut Source,
    program: Program,
    /// Variables that can be seen, the innermost block last.
    scopes: Vec<Vec<VarId>>,
    /// Variables that count rounds, which nothing else may change.
    frozen: Vec<VarId>,
    /// Variables that are declared, but not to be read yet.
    reserved: Vec<VarId>,
    /// Loops around the statement.
    loops: usize,
    /// Blocks around the statement.
    nesting: usize,
    /// Statements and expressions that the probe may still have.
    budget: usize,
}

/// Parts of a probe at most.
const BUDGET: usize = 120;

impl Generator<'_> {
    fn maps(&mut self) {
        for number in 0..self.source.below(5) {
            let keys = (0..*self.source.pick(&[1, 0, 1, 2, 3]))
                .map(|_| self.key_kind())
                .collect();
            let held = match self.source.below(2) {
                0 => Held::Plain(self.kind(1)),
                _ => Held::Aggregation(self.aggregation()),
            };
            let name = format!("@{}", ["a", "b", "long_name", "d4"][number]);
            self.program.maps.push(Map { name, keys, held });
        }
    }

    fn aggregation(&mut self) -> Aggregation {
        match self.source.below(9) {
            0 => Aggregation::Count,
            1 => Aggregation::Sum,
            2 => Aggregation::Avg,
            3 => Aggregation::Min,
            4 => Aggregation::Max,
            5 => Aggregation::Stats,
            6 => Aggregation::Hist(0),
            7 => Aggregation::Hist(1 + self.source.below(5) as u32),
            _ => {
                let min = *self.source.pick(&[0, -10, 1, 5]);
                let step = *self.source.pick(&[1, 3, 10]);
                let span = 1 + self.source.below(70) as i64;
                Aggregation::Lhist {
                    min,
                    max: min + span,
                    step,
                }
            }
        }
    }

    fn probe(&mut self, number: usize) -> Probe {
        self.budget = BUDGET;
        self.scopes = vec![Vec::new()];
        self.frozen.clear();
        let at_end = number > 0 && self.source.one_in(4);
        let predicate = match number > 0 && self.source.one_in(4) {
            true => Some(self.expr(&Kind::Bool, 2)),
            false => None,
        };
        let mut body = Vec::new();
        // Every map is assigned a constant somewhere, so that all of them have types: first, or
        // behind what reads them.
        let fills_first = number == 0 && self.source.below(2) == 0;
        if fills_first {
            self.fill_all(&mut body);
        }
        self.statements(&mut body, 12);
        if number == 0 && !fills_first {
            self.fill_all(&mut body);
        }
        if !at_end && self.source.one_in(6) {
            body.push(Stmt::Exit);
        }
        Probe {
            at_end,
            predicate,
            body,
        }
    }

    fn fill_all(&mut self, body: &mut Vec<Stmt>) {
        for map in 0..self.program.maps.len() {
            let fill = self.fill(map, 0);
            body.push(fill);
        }
    }

    /// A kind of value, of nested tuples at most so deep.
    fn kind(&mut self, depth: usize) -> Kind {
        match self.source.below(if depth > 0 { 8 } else { 6 }) {
            0..3 => Kind::Int,
            3 => Kind::Bool,
            4..6 => Kind::Str,
            _ => {
                let elems = 1 + self.source.below(3);
                Kind::Tuple((0..=elems).map(|_| self.kind(depth - 1)).collect())
            }
        }
    }

    fn key_kind(&mut self) -> Kind {
        match self.source.below(6) {
            0..3 => Kind::Int,
            3 => Kind::Str,
            4 => Kind::Bool,
            _ => self.kind(1),
        }
    }

    /// A new variable in the innermost block, of a name that is not in sight.
    fn declare(&mut self, kind: Kind, declared: Option<IntTy>) -> VarId {
        const NAMES: [&str; 6] = ["$a", "$b", "$c", "$x", "$count", "$y_2"];
        let seen: Vec<&str> = self
            .scopes
            .iter()
            .flatten()
            .chain(&self.reserved)
            .map(|id| self.program.variables[*id].name.as_str())
            .collect();
        let free: Vec<&str> = NAMES.into_iter().filter(|n| !seen.contains(n)).collect();
        let name = match free.is_empty() {
            false => (*self.source.pick(&free)).to_owned(),
            true => format!("$v{}", self.program.variables.len()),
        };
        let id = self.program.variables.len();
        self.program.variables.push(Variable {
            name,
            kind,
            declared,
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(id);
        }
        id
    }

    /// The variables of a kind that can be seen.
    fn visible(&self, kind: &Kind) -> Vec<VarId> {
        let all = self.scopes.iter().flatten().copied();
        all.filter(|id| self.program.variables[*id].kind == *kind)
            .collect()
    }

    /// A value for a place: a constant where the order of evaluation would matter.
    fn apart(&mut self, value: Expr, place: &Place, changes: bool) -> Expr {
        let touched = Touched::by(std::slice::from_ref(&value));
        let clashes = match place {
            Place::Var(_) => false,
            Place::Map(_, keys) => touched.clashes(&Touched::by(keys)),
        };
        match clashes || changes && touched.writes_to(place) {
            true => Expr::Int(3),
            false => value,
        }
    }

    /// Keys for a value: constants where the order of evaluation would matter.
    fn keys_apart(&mut self, map: usize, value: &Expr, depth: usize) -> Vec<Expr> {
        let keys = self.keys(map, depth);
        match Touched::by(&keys).clashes(&Touched::by(std::slice::from_ref(value))) {
            true => self.keys(map, 0),
            false => keys,
        }
    }

    /// Whether an expression is a literal, and which.
    fn literal(&self, expr: &Expr) -> Option<i128> {
        let types = Types {
            variables: vec![Ty::Unknown; self.program.variables.len()],
            maps: vec![(Ty::Unknown, Ty::Unknown); self.program.maps.len()],
        };
        types.of(&self.program, expr).literal
    }

    /// An operand that the operator takes: no division by a literal zero.
    fn right_operand(&mut self, op: BinOp, depth: usize) -> Expr {
        let right = self.expr(&Kind::Int, depth);
        let divides = matches!(op, BinOp::Div | BinOp::Mod);
        match divides && self.literal(&right) == Some(0) {
            true => Expr::Int(3),
            false => right,
        }
    }
}
