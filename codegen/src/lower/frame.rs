//! Memory of one program: which values live on the stack and which in scratch.
//!
//! BPF has 512 bytes of stack, shared with what LLVM spills. Small values go there until a budget
//! is used up; the others go to the program's scratch element. Room is used again once the
//! statement that needed it is over.

use crate::llvm::Value;
use sema::ir::align_up;

/// How much of the stack lowering may use for itself. Only LLVM knows what it will spill, so the
/// budget is tightened until both find room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Bytes of stack for values in memory.
    stack: u32,
    /// Bytes of the largest value in memory that goes on the stack.
    largest: u32,
    /// Scalar variables that may live in registers, or be spilled; the others go to scratch.
    pub(super) registers: u32,
    /// Bytes of the largest value that lasts as long as the program and goes on the stack.
    lasting: u32,
    /// Whether scratch is one array for all programs and CPUs, which has room for much, rather than
    /// a per-CPU array with an element a program, which is quicker to reach.
    pub(super) wide: bool,
}

impl Budget {
    /// What is enough for most programs.
    pub(crate) const GENEROUS: Self = Self {
        stack: 320,
        largest: 64,
        registers: 24,
        lasting: u32::MAX,
        wide: false,
    };

    /// Statements from which on a program is large.
    const LARGE: u32 = 256;

    /// Bytes of the largest value on the stack that lasts as long as a large program.
    const LASTING_OF_LARGE: u32 = 8;

    /// The same with another limit to single values on the stack.
    pub(crate) fn with_largest(self, largest: u32) -> Self {
        Self { largest, ..self }
    }

    /// The same for a program of so many statements. What lasts as long as a large program stays in
    /// memory that LLVM does not take apart: words that live from end to end and are copied by every
    /// statement cost its register coalescer the square of their number.
    pub(super) fn for_statements(self, count: u32) -> Self {
        let lasting = match count < Self::LARGE {
            true => self.lasting,
            false => Self::LASTING_OF_LARGE,
        };
        Self { lasting, ..self }
    }

    /// Whether it is that of a large program.
    pub(super) fn is_large(self) -> bool {
        self.lasting == Self::LASTING_OF_LARGE
    }

    /// The same with more scratch, if there is more.
    pub(crate) fn wider(self) -> Option<Self> {
        (!self.wide).then_some(Self { wide: true, ..self })
    }

    /// The part of each of so many functions that are under way at once: they share the stack.
    pub(super) fn among(self, functions: u32) -> Self {
        Self {
            stack: (self.stack / functions) & !7,
            registers: self.registers / functions,
            ..self
        }
    }

    /// The next smaller budget.
    pub(crate) fn tighter(self) -> Option<Self> {
        (self.registers > 0).then_some(Self {
            stack: self.stack / 2,
            registers: self.registers / 3,
            ..self
        })
    }
}

/// Where a value lives.
#[derive(Clone, Copy)]
pub(super) enum Home<'m> {
    Stack(Value<'m>),
    /// Bytes from the start of the scratch element.
    Scratch(u32),
}

struct Slot<'m> {
    home: Home<'m>,
    size: u32,
    free: bool,
}

/// The room that a program has and uses.
pub(super) struct Frame<'m> {
    slots: Vec<Slot<'m>>,
    /// Slots of the values that are alive, in the order in which they were asked for.
    temps: Vec<usize>,
    stack_left: u32,
    /// Bytes of the largest value that goes on the stack.
    largest: u32,
    /// The same of values that last as long as the program.
    lasting: u32,
    scratch_top: u32,
    /// The most of scratch that was in use, by this function or one that it calls.
    scratch_high: u32,
}

/// A point in time: room that was asked for later can be given back together.
pub(super) struct Mark(usize);

impl<'m> Frame<'m> {
    /// An empty frame, whose scratch begins so many bytes into the element.
    pub(super) fn new(budget: Budget, scratch: u32) -> Self {
        Self {
            slots: Vec::new(),
            temps: Vec::new(),
            stack_left: budget.stack,
            largest: budget.largest,
            lasting: budget.lasting,
            scratch_top: scratch,
            scratch_high: scratch,
        }
    }

    /// The frame of a function that this one calls now: of scratch it has what is not in use.
    pub(super) fn callee(&self, budget: Budget) -> Self {
        Self::new(budget, self.scratch_top)
    }

    /// Takes note of what a function needed that this one calls.
    pub(super) fn absorb(&mut self, callee: &Self) {
        self.scratch_high = self.scratch_high.max(callee.scratch_high);
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.temps.len())
    }

    pub(super) fn release(&mut self, mark: &Mark) {
        for index in self.temps.drain(mark.0..) {
            self.slots[index].free = true;
        }
    }

    /// Room until the mark is released that is set now. `alloca` makes room on the stack.
    pub(super) fn temp(&mut self, size: u32, alloca: impl FnOnce(u32) -> Value<'m>) -> Home<'m> {
        let index = self.slot(size, Some(alloca));
        self.temps.push(index);
        self.slots[index].home
    }

    /// Room in scratch until the mark is released that is set now.
    pub(super) fn temp_scratch(&mut self, size: u32) -> Home<'m> {
        let index = self.slot(size, None::<fn(u32) -> Value<'m>>);
        self.temps.push(index);
        self.slots[index].home
    }

    /// Room for as long as the program runs.
    pub(super) fn lasting(&mut self, size: u32, alloca: impl FnOnce(u32) -> Value<'m>) -> Home<'m> {
        if size > self.lasting {
            return self.lasting_scratch(size);
        }
        let index = self.slot(size, Some(alloca));
        self.slots[index].home
    }

    /// Room in scratch for as long as the program runs.
    pub(super) fn lasting_scratch(&mut self, size: u32) -> Home<'m> {
        self.grow_scratch(align_up(size, 8))
    }

    /// Bytes of the scratch element in use at most, from its start.
    pub(super) fn scratch_size(&self) -> u32 {
        self.scratch_high
    }

    /// Room; on the stack only where it is said how to make it there.
    fn slot(&mut self, size: u32, alloca: Option<impl FnOnce(u32) -> Value<'m>>) -> usize {
        let size = align_up(size.max(1), 8);
        let on_stack = alloca.is_some();
        let fits = |slot: &Slot| {
            slot.free
                && (slot.size >= size && slot.size <= size * 2)
                && (on_stack || matches!(slot.home, Home::Scratch(_)))
        };
        if let Some(index) = self.slots.iter().position(fits) {
            self.slots[index].free = false;
            return index;
        }
        let home = match alloca {
            Some(alloca) if size <= self.largest && size <= self.stack_left => {
                self.stack_left -= size;
                Home::Stack(alloca(size))
            }
            _ => self.grow_scratch(size),
        };
        self.slots.push(Slot {
            home,
            size,
            free: false,
        });
        self.slots.len() - 1
    }

    fn grow_scratch(&mut self, size: u32) -> Home<'m> {
        let offset = self.scratch_top;
        self.scratch_top = self.scratch_top.saturating_add(size);
        self.scratch_high = self.scratch_high.max(self.scratch_top);
        Home::Scratch(offset)
    }
}
