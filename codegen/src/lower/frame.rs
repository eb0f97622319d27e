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
    /// Scalar variables that may live in registers, or be spilled; the others go to scratch.
    pub(super) registers: u32,
}

impl Budget {
    /// What is enough for most programs.
    pub(crate) const GENEROUS: Self = Self {
        stack: 320,
        registers: 24,
    };

    /// The next smaller budget.
    pub(crate) fn tighter(self) -> Option<Self> {
        (self.registers > 0).then_some(Self {
            stack: self.stack / 2,
            registers: self.registers / 3,
        })
    }
}

/// The largest value that goes on the stack.
const STACK_VALUE_MAX: u32 = 64;

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
    scratch_top: u32,
}

/// A point in time: room that was asked for later can be given back together.
pub(super) struct Mark(usize);

impl<'m> Frame<'m> {
    /// An empty frame.
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            slots: Vec::new(),
            temps: Vec::new(),
            stack_left: budget.stack,
            scratch_top: 0,
        }
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
        let index = self.slot(size, alloca);
        self.temps.push(index);
        self.slots[index].home
    }

    /// Room for as long as the program runs.
    pub(super) fn lasting(&mut self, size: u32, alloca: impl FnOnce(u32) -> Value<'m>) -> Home<'m> {
        let index = self.slot(size, alloca);
        self.slots[index].home
    }

    /// Room in scratch for as long as the program runs.
    pub(super) fn lasting_scratch(&mut self, size: u32) -> Home<'m> {
        self.grow_scratch(align_up(size, 8))
    }

    /// Bytes of scratch in use at most.
    pub(super) fn scratch_size(&self) -> u32 {
        self.scratch_top
    }

    fn slot(&mut self, size: u32, alloca: impl FnOnce(u32) -> Value<'m>) -> usize {
        let size = align_up(size.max(1), 8);
        let fits = |slot: &Slot| slot.free && slot.size >= size && slot.size <= size * 2;
        if let Some(index) = self.slots.iter().position(fits) {
            self.slots[index].free = false;
            return index;
        }
        let home = if size <= STACK_VALUE_MAX && size <= self.stack_left {
            self.stack_left -= size;
            Home::Stack(alloca(size))
        } else {
            self.grow_scratch(size)
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
        Home::Scratch(offset)
    }
}
