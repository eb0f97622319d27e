//! Programs as text, with no more parentheses than C's precedence asks for: so the parser is
//! tested along with the rest.

use crate::program::{
    Aggregation, Conversion, Expr, Held, IntTy, MapId, Place, Probe, Program, Step, Stmt, UnOp,
};
use std::fmt::Write;

/// Binds tighter than any operator with two operands.
const UNARY: u32 = 11;

/// Binds tightest: names, calls, what is in parentheses.
const PRIMARY: u32 = 12;

/// The script.
pub fn write(program: &Program) -> String {
    let mut writer = Writer {
        program,
        out: String::new(),
        depth: 0,
    };
    for probe in &program.probes {
        writer.probe(probe);
    }
    writer.out
}

struct Writer<'a> {
    program: &'a Program,
    out: String,
    depth: usize,
}

impl Writer<'_> {
    fn probe(&mut self, probe: &Probe) {
        self.out
            .push_str(if probe.at_end { "end" } else { "begin" });
        if let Some(predicate) = &probe.predicate {
            let text = self.expr(predicate, 0);
            let _ = write!(self.out, " / {text} /");
        }
        self.out.push_str(" {\n");
        self.stmts(&probe.body);
        self.out.push_str("}\n");
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        self.depth += 1;
        for stmt in stmts {
            let pad = "  ".repeat(self.depth);
            self.out.push_str(&pad);
            self.stmt(stmt);
            self.out.push('\n');
        }
        self.depth -= 1;
    }

    fn block(&mut self, stmts: &[Stmt]) {
        self.out.push_str("{\n");
        self.stmts(stmts);
        let pad = "  ".repeat(self.depth);
        let _ = write!(self.out, "{pad}}}");
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::If(cond, then, otherwise) => {
                let cond = self.expr(cond, 0);
                let _ = write!(self.out, "if ({cond}) ");
                self.block(then);
                if !otherwise.is_empty() {
                    self.out.push_str(" else ");
                    self.block(otherwise);
                }
            }
            Stmt::While(cond, body) => {
                let cond = self.expr(cond, 0);
                let _ = write!(self.out, "while ({cond}) ");
                self.block(body);
            }
            Stmt::Unroll(times, body) => {
                let _ = write!(self.out, "unroll({times}) ");
                self.block(body);
            }
            Stmt::Block(body) => self.block(body),
            _ => {
                let text = self.simple(stmt);
                let _ = write!(self.out, "{text};");
            }
        }
    }

    /// A statement of one line, without its semicolon.
    fn simple(&self, stmt: &Stmt) -> String {
        match stmt {
            Stmt::Let(id, value) => self.declaration(*id, value.as_ref()),
            Stmt::Assign(place, value) => {
                format!("{} = {}", self.place(place), self.expr(value, 0))
            }
            Stmt::Change(place, op, value) => {
                let (op, _) = op.spelt();
                format!("{} {op}= {}", self.place(place), self.expr(value, 0))
            }
            Stmt::Step(place, step) => self.step(place, *step),
            Stmt::Discard(value) => format!("_ = {}", self.expr(value, 0)),
            Stmt::Aggregate(map, keys, value) => {
                let call = self.aggregation(*map, value.as_ref());
                format!("{} = {call}", self.entry(*map, keys))
            }
            Stmt::Delete(map, keys) => self.call("delete", *map, keys),
            Stmt::Print(value) => format!("print({})", self.expr(value, 0)),
            Stmt::Printf(values) => self.printf(values),
            Stmt::Break => "break".to_owned(),
            Stmt::Continue => "continue".to_owned(),
            Stmt::Return => "return".to_owned(),
            Stmt::Exit => "exit()".to_owned(),
            Stmt::If(..) | Stmt::While(..) | Stmt::Unroll(..) | Stmt::Block(_) => {
                let mut inner = Writer {
                    program: self.program,
                    out: String::new(),
                    depth: self.depth,
                };
                inner.stmt(stmt);
                inner.out
            }
        }
    }

    fn declaration(&self, id: usize, value: Option<&Expr>) -> String {
        let variable = &self.program.variables[id];
        let mut text = format!("let {}", variable.name);
        if let Some(ty) = variable.declared {
            let _ = write!(text, ": {}", int_ty(ty));
        }
        if let Some(value) = value {
            let _ = write!(text, " = {}", self.expr(value, 0));
        }
        text
    }

    fn printf(&self, values: &[(Conversion, Expr)]) -> String {
        let format: Vec<&str> = values
            .iter()
            .map(|(conversion, _)| match conversion {
                Conversion::Signed => "%d",
                Conversion::Unsigned => "%u",
                Conversion::Hex => "%x",
                Conversion::Str => "%s",
            })
            .collect();
        let args: Vec<String> = values
            .iter()
            .map(|(_, value)| format!(", {}", self.expr(value, 0)))
            .collect();
        format!("printf(\"<{}>\\n\"{})", format.join("|"), args.concat())
    }

    fn aggregation(&self, map: MapId, value: Option<&Expr>) -> String {
        let value = value.map(|v| self.expr(v, 0)).unwrap_or_default();
        let Held::Aggregation(aggregation) = self.program.maps[map].held else {
            return String::new();
        };
        match aggregation {
            Aggregation::Count => "count()".to_owned(),
            Aggregation::Sum => format!("sum({value})"),
            Aggregation::Avg => format!("avg({value})"),
            Aggregation::Min => format!("min({value})"),
            Aggregation::Max => format!("max({value})"),
            Aggregation::Stats => format!("stats({value})"),
            Aggregation::Hist(0) => format!("hist({value})"),
            Aggregation::Hist(bits) => format!("hist({value}, {bits})"),
            Aggregation::Lhist { min, max, step } => {
                format!("lhist({value}, {min}, {max}, {step})")
            }
        }
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Var(id) => self.program.variables[*id].name.clone(),
            Place::Map(map, keys) => self.entry(*map, keys),
        }
    }

    fn entry(&self, map: MapId, keys: &[Expr]) -> String {
        let name = &self.program.maps[map].name;
        if keys.is_empty() {
            return name.clone();
        }
        format!("{name}[{}]", self.list(keys))
    }

    /// `delete(@m, k)`, `has_key(@m, k)`: several keys are written as the tuple that they are.
    fn call(&self, name: &str, map: MapId, keys: &[Expr]) -> String {
        let map = &self.program.maps[map].name;
        match keys {
            [] => format!("{name}({map})"),
            [key] => format!("{name}({map}, {})", self.expr(key, 0)),
            _ => format!("{name}({map}, ({}))", self.list(keys)),
        }
    }

    fn list(&self, exprs: &[Expr]) -> String {
        let exprs: Vec<String> = exprs.iter().map(|e| self.expr(e, 0)).collect();
        exprs.join(", ")
    }

    fn step(&self, place: &Place, step: Step) -> String {
        let place = self.place(place);
        let op = if step.up { "++" } else { "--" };
        match step.prefix {
            true => format!("{op}{place}"),
            false => format!("{place}{op}"),
        }
    }

    /// An expression where what binds less tightly than `least` needs parentheses.
    fn expr(&self, expr: &Expr, least: u32) -> String {
        let (text, binds) = self.bare(expr);
        match binds < least {
            true => format!("({text})"),
            false => text,
        }
    }

    /// An expression, and how tightly it binds.
    fn bare(&self, expr: &Expr) -> (String, u32) {
        match expr {
            Expr::Int(value) if *value < 0 => (value.to_string(), UNARY),
            Expr::Int(value) => (value.to_string(), PRIMARY),
            Expr::Opaque(true) => ("pid != 0".to_owned(), 6),
            Expr::Opaque(false) => ("pid == 0".to_owned(), 6),
            Expr::Bool(value) => (value.to_string(), PRIMARY),
            Expr::Str(text) => (format!("{text:?}"), PRIMARY),
            Expr::Var(id) => (self.program.variables[*id].name.clone(), PRIMARY),
            Expr::Map(map, keys) => (self.entry(*map, keys), PRIMARY),
            Expr::Has(map, keys) => (self.call("has_key", *map, keys), PRIMARY),
            Expr::Remove(map, keys) => (self.call("delete", *map, keys), PRIMARY),
            Expr::Step(place, step) => (self.step(place, *step), UNARY),
            Expr::Unary(op, operand) => {
                let op = match op {
                    UnOp::Neg => "-",
                    UnOp::BitNot => "~",
                    UnOp::Not => "!",
                };
                (format!("{op}{}", self.expr(operand, PRIMARY)), UNARY)
            }
            Expr::Binary(op, left, right) => {
                let (spelt, binds) = op.spelt();
                let (left, right) = (self.expr(left, binds), self.expr(right, binds + 1));
                (format!("{left} {spelt} {right}"), binds)
            }
            Expr::Ternary(cond, then, otherwise) => {
                let cond = self.expr(cond, 1);
                let otherwise = self.expr(otherwise, 1);
                let text = match then {
                    Some(then) => format!("{cond} ? {} : {otherwise}", self.expr(then, 1)),
                    None => format!("{cond} ?: {otherwise}"),
                };
                (text, 0)
            }
            Expr::Cast(ty, value) => {
                let value = self.expr(value, PRIMARY);
                (format!("({}){value}", int_ty(*ty)), UNARY)
            }
            Expr::Truth(value) => (format!("(bool){}", self.expr(value, PRIMARY)), UNARY),
            Expr::Cut(size, value) => {
                let value = self.expr(value, PRIMARY);
                (format!("(string[{size}]){value}"), UNARY)
            }
            Expr::Tuple(elems) => (format!("({})", self.list(elems)), PRIMARY),
            Expr::Element(base, index) => {
                (format!("{}.{index}", self.expr(base, PRIMARY)), PRIMARY)
            }
            Expr::Block(stmts, value) => {
                let stmts: Vec<String> = stmts
                    .iter()
                    .map(|stmt| match stmt {
                        Stmt::If(..) | Stmt::While(..) | Stmt::Unroll(..) | Stmt::Block(_) => {
                            format!("{} ", self.simple(stmt))
                        }
                        _ => format!("{}; ", self.simple(stmt)),
                    })
                    .collect();
                let text = format!("{{ {}{} }}", stmts.concat(), self.expr(value, 1));
                (text, 0)
            }
        }
    }
}

fn int_ty(ty: IntTy) -> String {
    let sign = if ty.signed { "" } else { "u" };
    format!("{sign}int{}", ty.bytes * 8)
}
