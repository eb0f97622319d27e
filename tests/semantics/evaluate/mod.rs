//! The reference evaluator: what a program prints.
//!
//! It walks the model with values that know no machine, and wraps them where [`crate::types`] says
//! that a type of so many bits is at work. Operands, elements and arguments are evaluated from left
//! to right; of an assignment the value before the key; a compound assignment works out its value,
//! then changes what is there. What was never assigned, and what no map has, is zero.

mod expr;
mod histogram;
mod show;
mod stmt;
mod store;

use crate::program::{Probe, Program};
use crate::types::{Ty, Types, infer};
use std::collections::BTreeMap;
use stmt::Flow;
use store::Entry;

/// What a run must print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What the probes print, in order.
    pub lines: Vec<String>,
    /// What each map prints at the end. Entries of equal value may come in any order.
    pub maps: Vec<Vec<String>>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Int(i128),
    Bool(bool),
    Str(String),
    Tuple(Vec<Value>),
}

/// Evaluates a program; nothing if it takes too long or prints too much.
pub fn evaluate(program: &Program) -> Option<Expected> {
    let mut machine = Machine {
        program,
        types: infer(program),
        variables: vec![None; program.variables.len()],
        maps: vec![BTreeMap::new(); program.maps.len()],
        lines: Vec::new(),
        steps: 0,
    };
    let at_begin = program.probes.iter().filter(|p| !p.at_end);
    for probe in at_begin {
        if machine.probe(probe)? == Flow::Exit {
            break;
        }
    }
    for probe in program.probes.iter().filter(|p| p.at_end) {
        machine.probe(probe)?;
    }
    Some(Expected {
        maps: machine.shown_maps(),
        lines: machine.lines,
    })
}

/// Steps of a program at most; a kernel's verifier follows each of them.
const STEPS_MAX: usize = 4000;

/// Lines at most: all of them fit the ring buffer.
const LINES_MAX: usize = 400;

struct Machine<'a> {
    program: &'a Program,
    types: Types,
    variables: Vec<Option<Value>>,
    maps: Vec<BTreeMap<Value, Entry>>,
    lines: Vec<String>,
    steps: usize,
}

impl Machine<'_> {
    fn probe(&mut self, probe: &Probe) -> Option<Flow> {
        self.variables.fill(None);
        self.steps = 0;
        if let Some(predicate) = &probe.predicate
            && !self.truth(predicate)?
        {
            return Some(Flow::Next);
        }
        self.stmts(&probe.body)
    }

    /// Counts a step; nothing when there were too many.
    fn step(&mut self) -> Option<()> {
        self.steps += 1;
        (self.steps <= STEPS_MAX && self.lines.len() <= LINES_MAX).then_some(())
    }
}

/// What a type's value is before anything was assigned.
fn zero(ty: &Ty) -> Value {
    match ty {
        Ty::Unknown | Ty::Int(_) => Value::Int(0),
        Ty::Bool => Value::Bool(false),
        Ty::Str => Value::Str(String::new()),
        Ty::Tuple(elems) => Value::Tuple(elems.iter().map(zero).collect()),
    }
}

/// A value as a type holds it.
fn convert(value: Value, ty: &Ty) -> Value {
    match (value, ty) {
        (Value::Int(value), Ty::Int(ty)) => Value::Int(ty.wrap(value)),
        (Value::Bool(value), Ty::Int(_)) => Value::Int(i128::from(value)),
        (Value::Tuple(elems), Ty::Tuple(types)) => {
            let pairs = elems.into_iter().zip(types);
            Value::Tuple(pairs.map(|(e, ty)| convert(e, ty)).collect())
        }
        (value, _) => value,
    }
}
