//! The state of lowering one program, and the few things that every theme needs.

use super::frame::{Frame, Home, Mark};
use super::key::Keys;
use super::looping::Loop;
use super::reads::Reads;
use super::sharing::Sharing;
use super::unit::{Internal, Shared};
use super::{Address, Budget, Unit, walk};
use crate::kernel::{COMM_SIZE, helper};
use crate::llvm::{Block, Builder, Function, Location, Scope, Ty, Value};
use crate::object::Health;
use lexer::Span;
use sema::ir::{self, Builtin, VarId};
use std::ffi::CStr;
use std::rc::Rc;

/// Where in the environment of rounds the pointer to scratch is.
const SCRATCH_POINTER: u32 = 8;

/// One program on its way to LLVM.
pub(super) struct Cx<'u, 'm> {
    pub(super) unit: &'u mut Unit<'m>,
    pub(super) probe: &'m ir::Probe,
    /// Writes the body.
    pub(super) b: Builder<'m>,
    /// Writes the first block, which the body is behind: stack slots, and what is fetched once.
    pub(super) entry: Builder<'m>,
    pub(super) function: Function<'m>,
    /// The program's context.
    pub(super) context: Value<'m>,
    /// Where the program ends.
    pub(super) end: Block<'m>,
    /// Where the variables live, as far as this function can reach them.
    pub(super) variables: Vec<Option<Home<'m>>>,
    /// Which function uses which variable.
    pub(super) sharing: Rc<Sharing>,
    /// Loops around the statement, the innermost last.
    pub(super) loops: Vec<Loop<'m>>,
    /// Built-ins whose value is at hand wherever control can be now.
    known: Vec<(Builtin, Value<'m>)>,
    /// What each of its functions has of the stack.
    budget: Budget,
    /// Entries of maps whose value is at hand there.
    pub(super) reads: Reads<'m>,
    /// Keys of maps that are in memory.
    pub(super) keys: Keys<'m>,
    frame: Frame<'m>,
    scope: Scope<'m>,
    /// What is being lowered, for reports of helpers that fail.
    pub(super) place: Span,
    scratch: Option<Value<'m>>,
    zero_key: Option<Value<'m>>,
    comm: Option<Home<'m>>,
    /// What rounds of loops are handed; made by the program when it has its first.
    environment: Option<Value<'m>>,
    /// A word in scratch that is 1 once a round has ended the program.
    leaving: Option<Home<'m>>,
}

impl<'u, 'm> Cx<'u, 'm> {
    /// Starts a function for a probe, with the body's first block ready to be filled.
    pub(super) fn new(unit: &'u mut Unit<'m>, probe: &'m ir::Probe) -> Self {
        let section = match probe.program {
            ir::ProgramType::Tracepoint => "tracepoint",
            ir::ProgramType::RawTracepoint => "raw_tracepoint",
            ir::ProgramType::PerfEvent => "perf_event",
            // Names of sections that aya-obj knows; the manifest tells what a program is.
            ir::ProgramType::Kprobe => "kprobe",
            ir::ProgramType::Tracing => "fentry",
        };
        let section = format!("{section}/{}", probe.symbol);
        let module = unit.module;
        let function = module.add_function(&probe.symbol, &section, &[Ty::Ptr]);
        let (line, _) = unit.sources.line_col(probe.span);
        let file = probe.span.file.0;
        let scope = unit.debug.function(function, &probe.symbol, file, line);
        let entry = Builder::new(module, function.append_block(c"entry"));
        let b = Builder::new(module, function.append_block(c"body"));
        let sharing = Rc::new(Sharing::new(probe));
        let budget = unit.budget.for_statements(walk::count(&probe.body));
        let budget = budget.among(1 + sharing.depth());
        let mut frame = Frame::new(budget, unit.scratch_start());
        let leaving = (sharing.depth() > 0).then(|| frame.lasting_scratch(8));
        let mut cx = Self {
            unit,
            probe,
            b,
            entry,
            function,
            context: function.param(0),
            end: function.append_block(c"end"),
            variables: Vec::new(),
            sharing,
            loops: Vec::new(),
            known: Vec::new(),
            budget,
            reads: Reads::default(),
            keys: Keys::default(),
            frame,
            scope,
            place: probe.span,
            scratch: None,
            zero_key: None,
            comm: None,
            environment: None,
            leaving,
        };
        cx.entry.set_location(cx.location(probe.span));
        cx.at(probe.span);
        cx
    }

    /// Starts a function for the rounds of a loop, which comes next here, with the body's first
    /// block ready to be filled. It takes the environment as the parameter of this number.
    pub(super) fn round<'s>(
        &'s mut self,
        stmt: &'m ir::Stmt,
        params: &[Ty],
        environment: u32,
    ) -> Cx<'s, 'm> {
        // The rounds may change any map.
        self.reads.forget_all();
        let module = self.unit.module;
        let name = format!("{}_round_{}", self.probe.symbol, self.unit.next_round());
        let function = module.add_callback(&name, params);
        let (line, _) = self.unit.sources.line_col(stmt.span);
        let file = stmt.span.file.0;
        let scope = self.unit.debug.function(function, &name, file, line);
        let entry = Builder::new(module, function.append_block(c"entry"));
        let b = Builder::new(module, function.append_block(c"round"));
        let environment = function.param(environment);
        entry.set_location(self.unit.debug.location(scope, line, 1));
        let scratch = entry.offset(environment, i64::from(SCRATCH_POINTER));
        let reachable = |home: &Option<Home<'m>>| home.filter(|h| matches!(h, Home::Scratch(_)));
        let mut cx = Cx {
            probe: self.probe,
            context: entry.load(Ty::Ptr, environment, 8),
            scratch: Some(entry.load(Ty::Ptr, scratch, 8)),
            end: function.append_block(c"end"),
            variables: self.variables.iter().map(reachable).collect(),
            sharing: Rc::clone(&self.sharing),
            loops: Vec::new(),
            known: Vec::new(),
            budget: self.budget,
            reads: Reads::default(),
            keys: Keys::default(),
            frame: self.frame.callee(self.budget()),
            zero_key: None,
            comm: None,
            environment: Some(environment),
            leaving: self.leaving,
            unit: &mut *self.unit,
            b,
            entry,
            function,
            place: self.place,
            scope,
        };
        cx.at(stmt.span);
        cx
    }

    /// Ends the function of a round: its first block goes on to the body. Yields what it used.
    pub(super) fn finish_round(self, body: Block<'m>) -> Frame<'m> {
        self.entry.jump(body);
        self.frame
    }

    /// Takes note of what the function of a round used.
    pub(super) fn absorb(&mut self, round: &Frame<'m>) {
        self.frame.absorb(round);
    }

    /// What each of the program's functions may have of the stack.
    pub(super) fn budget(&self) -> Budget {
        self.budget
    }

    /// Two pointers on the program's stack, by which rounds of loops reach what it has: its
    /// context, and its scratch.
    pub(super) fn environment(&mut self) -> Value<'m> {
        if let Some(environment) = self.environment {
            return environment;
        }
        let environment = self.entry.alloca(16);
        let scratch = self.scratch();
        let to_scratch = self.entry.offset(environment, i64::from(SCRATCH_POINTER));
        self.entry.store(self.context, environment, 8);
        self.entry.store(scratch, to_scratch, 8);
        self.environment = Some(environment);
        environment
    }

    /// The word that says that a round has ended the program.
    pub(super) fn leaving(&mut self) -> Address<'m> {
        match self.leaving {
            Some(home) => self.resolve(home),
            None => self.temp(8),
        }
    }

    /// Where a variable lives.
    pub(super) fn variable(&mut self, id: VarId) -> Address<'m> {
        match self.variables.get(id.0 as usize).copied().flatten() {
            Some(home) => self.resolve(home),
            None => {
                self.malformed(self.probe.span, "a variable out of reach");
                self.temp(8)
            }
        }
    }

    /// Ends the function: the first block goes on to the body, and the last returns 0.
    pub(super) fn finish(self, body: Block<'m>) {
        match self.scratch {
            Some(scratch) => {
                let size = self.frame.scratch_size();
                self.unit.reserve_scratch(size, self.probe.span);
                let missing = self.entry.is_zero(scratch);
                let none = self.block(c"none");
                self.entry.branch(missing, none, body);
                // Not `end`, which may be too far away for a conditional jump.
                self.enter(none);
                self.b.ret(self.u64(0));
            }
            None => self.entry.jump(body),
        }
        self.b.position_at_end(self.end);
        self.b.ret(self.u64(0));
        self.unit.finish_program(self.probe.span);
    }

    /// The place in the script of the instructions that follow.
    pub(super) fn at(&mut self, span: Span) {
        self.place = span;
        self.b.set_location(self.location(span));
    }

    fn location(&self, span: Span) -> Location<'m> {
        let debug = &self.unit.debug;
        let (line, column) = self.unit.sources.line_col(span);
        let scope = if span.file == self.probe.span.file {
            self.scope
        } else {
            debug.in_file(self.scope, span.file.0)
        };
        debug.location(scope, line, column)
    }

    /// Notes that the typed program is not as promised, and yields a zero to go on with.
    pub(super) fn malformed(&mut self, span: Span, what: &'static str) -> Value<'m> {
        self.unit.report(crate::Error::Malformed { span, what });
        self.u64(0)
    }

    /// An I64 constant.
    pub(super) fn u64(&self, value: u64) -> Value<'m> {
        self.b.constant(Ty::I64, value)
    }

    /// A new block, not yet entered.
    pub(super) fn block(&self, name: &'static CStr) -> Block<'m> {
        self.function.append_block(name)
    }

    /// Goes on writing in a block.
    pub(super) fn enter(&self, block: Block<'m>) {
        self.b.position_at_end(block);
    }

    /// Leaves the current block for another, and goes on writing in a block that nothing reaches.
    pub(super) fn leave(&self, to: Block<'m>) {
        self.b.jump(to);
        self.enter(self.block(c"dead"));
    }

    /// Runs `then` where the value is not zero or null, and joins again.
    pub(super) fn if_set(&mut self, value: Value<'m>, then: impl FnOnce(&mut Self)) {
        let (set, join) = (self.block(c"set"), self.block(c"join"));
        self.b.branch(self.b.is_zero(value), join, set);
        self.enter(set);
        then(self);
        self.b.jump(join);
        self.enter(join);
    }

    /// Room for a value until the current statement is over.
    pub(super) fn temp(&mut self, size: u32) -> Address<'m> {
        let entry = &self.entry;
        let home = self.frame.temp(size, |size| entry.alloca(size));
        self.resolve(home)
    }

    /// Room for a number of which nobody takes the address, so that LLVM keeps it in a register:
    /// what counts the rounds of a loop must not be in scratch, where the verifier loses sight of
    /// it.
    pub(super) fn number(&self) -> Address<'m> {
        Address::aligned(self.entry.alloca(8))
    }

    /// Room for a value as long as the program runs.
    pub(super) fn lasting(&mut self, size: u32) -> Home<'m> {
        let entry = &self.entry;
        self.frame.lasting(size, |size| entry.alloca(size))
    }

    /// Room for the name of the current thread, the same wherever it is read.
    pub(super) fn comm_room(&mut self) -> Address<'m> {
        let (entry, frame) = (&self.entry, &mut self.frame);
        let home = *self
            .comm
            .get_or_insert_with(|| frame.lasting(COMM_SIZE, |size| entry.alloca(size)));
        self.resolve(home)
    }

    /// Room in scratch, where alone the verifier allows writes at offsets that it does not know.
    pub(super) fn scratch_room(&mut self, size: u32) -> Address<'m> {
        let home = self.lasting_scratch(size);
        self.resolve(home)
    }

    /// Room in scratch for a value as long as the program runs.
    pub(super) fn lasting_scratch(&mut self, size: u32) -> Home<'m> {
        self.frame.lasting_scratch(size)
    }

    /// Room in scratch, which every function of the program can reach, until the current statement
    /// is over.
    pub(super) fn shared_temp(&mut self, size: u32) -> Home<'m> {
        self.frame.temp_scratch(size)
    }

    /// As many zeros as the largest histogram has bytes; may be null for the verifier. They are the
    /// first element of scratch, which no program writes.
    pub(super) fn zeros(&mut self) -> Value<'m> {
        if !self.unit.budget.wide {
            return self.internal_element(Internal::Scratch);
        }
        // Behind the elements of the CPUs.
        let key = self.array_key(self.unit.options.cpus);
        let map = self.unit.internal(Internal::Scratch);
        let args = [map, key];
        self.b.call_helper(helper::MAP_LOOKUP_ELEM, &args, Ty::Ptr)
    }

    /// Runs `lower`, and gives back the room that it asked for.
    pub(super) fn with_temps<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let mark: Mark = self.frame.mark();
        let result = lower(self);
        self.frame.release(&mark);
        result
    }

    /// Runs `lower` for a part of the program that may be passed by: what it fetched is not known
    /// behind it.
    pub(super) fn conditionally<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let (known, reads, keys) = (self.known.len(), self.reads.len(), self.keys.len());
        let result = lower(self);
        self.known.truncate(known);
        self.reads.truncate(reads);
        self.keys.truncate(keys);
        result
    }

    /// The value of a built-in that does not change while a program runs: fetched when first
    /// needed.
    pub(super) fn once(
        &mut self,
        builtin: Builtin,
        fetch: impl FnOnce(&mut Self) -> Value<'m>,
    ) -> Value<'m> {
        if let Some(&(_, value)) = self.known.iter().find(|(known, _)| *known == builtin) {
            return value;
        }
        let value = fetch(self);
        self.known.push((builtin, value));
        value
    }

    /// The key of the only element of an array.
    pub(super) fn zero_key(&mut self) -> Value<'m> {
        if let Some(key) = self.zero_key {
            return key;
        }
        let key = self.array_key(0);
        self.zero_key = Some(key);
        key
    }

    /// Looks an element up in a map of strobe's own; may be null for the verifier.
    pub(super) fn internal_element(&mut self, map: Internal) -> Value<'m> {
        let (key, map) = (self.zero_key(), self.unit.internal(map));
        self.b
            .call_helper(helper::MAP_LOOKUP_ELEM, &[map, key], Ty::Ptr)
    }

    /// Adds one to a counter of what was lost. Programs may interrupt each other here.
    pub(super) fn count_loss(&mut self, counter: u32) {
        let counter = self.loss(counter);
        self.b.atomic_add(counter, self.u64(1));
    }

    /// The address of a counter of what was lost.
    pub(super) fn loss(&mut self, counter: u32) -> Value<'m> {
        debug_assert_eq!(Health::size(0) % 8, 0, "counters are words");
        let health = self.unit.shared(Shared::Health);
        health.at(self, 8 * counter).ptr
    }

    /// The address of a home, in this function.
    pub(super) fn resolve(&mut self, home: Home<'m>) -> Address<'m> {
        match home {
            Home::Stack(slot) => Address::aligned(slot),
            Home::Scratch(offset) => {
                let scratch = self.scratch();
                Address::aligned(self.b.offset(scratch, i64::from(offset)))
            }
        }
    }

    /// The program's scratch element, which the first block looks up and checks.
    fn scratch(&mut self) -> Value<'m> {
        if let Some(scratch) = self.scratch {
            return scratch;
        }
        let key = match self.unit.budget.wide {
            true => self.cpu_key(),
            false => {
                let index = self.unit.next_scratch();
                self.array_key(index)
            }
        };
        let map = self.unit.internal(Internal::Scratch);
        let args = [map, key];
        let scratch = self
            .entry
            .call_helper(helper::MAP_LOOKUP_ELEM, &args, Ty::Ptr);
        self.scratch = Some(scratch);
        scratch
    }

    /// The key of the current CPU's element. A program stays on its CPU.
    fn cpu_key(&self) -> Value<'m> {
        let key = self.entry.alloca(8);
        let entry = &self.entry;
        let cpu = entry.call_helper(helper::GET_SMP_PROCESSOR_ID, &[], Ty::I64);
        entry.store(entry.resize(cpu, Ty::I32, false), key, 4);
        key
    }

    fn array_key(&self, index: u32) -> Value<'m> {
        let key = self.entry.alloca(8);
        let index = self.entry.constant(Ty::I32, u64::from(index));
        self.entry.store(index, key, 4);
        key
    }
}
