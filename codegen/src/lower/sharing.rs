//! Which function a variable belongs to. The rounds of a loop are a function of their own (see
//! [`callback`](super::callback)): a variable that two functions use lives in scratch, which both
//! can reach; one that a single function uses is that function's own.

use super::walk::{Node, in_expr, in_stmt};
use sema::ir::{Probe, Stmt, VarId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr;

/// A function of a program: the program itself, or the rounds of a loop, by their statement.
type Owner = Option<*const Stmt>;

/// What is known of a variable.
#[derive(Clone, Copy)]
struct Use {
    /// The function that uses it; nothing once there are two.
    owner: Option<Owner>,
    /// The statement of the body that uses it first; nothing for the predicate.
    first: Option<usize>,
}

/// The functions of one program and what they use.
pub(super) struct Sharing {
    uses: Vec<Option<Use>>,
    own: HashMap<*const Stmt, Vec<VarId>>,
    depth: u32,
}

/// Where a variable is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Nobody uses it, or a loop has it for itself.
    Elsewhere,
    /// The program has it for itself.
    Program,
    /// In scratch.
    Shared,
}

impl Sharing {
    /// Looks a program through, once.
    pub(super) fn new(probe: &Probe) -> Self {
        let mut search = Search {
            uses: vec![None; probe.variables.len()],
            around: Vec::new(),
            depth: 0,
            first: None,
        };
        if let Some(predicate) = &probe.predicate {
            search.run(|found| in_expr(predicate, found));
        }
        for (index, stmt) in probe.body.iter().enumerate() {
            search.first = Some(index);
            search.run(|found| in_stmt(stmt, found));
        }
        let mut own: HashMap<*const Stmt, Vec<VarId>> = HashMap::new();
        for (used, id) in search.uses.iter().zip(0..) {
            if let Some(Some(Some(stmt))) = used.map(|used| used.owner) {
                own.entry(stmt).or_default().push(VarId(id));
            }
        }
        Self {
            uses: search.uses,
            own,
            depth: search.depth,
        }
    }

    /// Where a variable is to live.
    pub(super) fn home(&self, variable: VarId) -> Home {
        match self.uses[variable.0 as usize].map(|used| used.owner) {
            None | Some(Some(Some(_))) => Home::Elsewhere,
            Some(Some(None)) => Home::Program,
            Some(None) => Home::Shared,
        }
    }

    /// The statement of the body that uses a variable first.
    pub(super) fn first_use(&self, variable: VarId) -> Option<usize> {
        self.uses[variable.0 as usize]?.first
    }

    /// The variables that the rounds of a loop have for themselves.
    pub(super) fn own(&self, stmt: &Stmt) -> Vec<VarId> {
        let own = self.own.get(&ptr::from_ref(stmt));
        own.cloned().unwrap_or_default()
    }

    /// How deep loops are nested.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }
}

struct Search {
    uses: Vec<Option<Use>>,
    /// The loops around, the innermost last.
    around: Vec<*const Stmt>,
    depth: u32,
    first: Option<usize>,
}

impl Search {
    fn run(&mut self, walk: impl FnOnce(&dyn Fn(Node<'_>) -> bool) -> bool) {
        let this = RefCell::new(self);
        let all = walk(&|node| {
            this.borrow_mut().meet(node);
            false
        });
        debug_assert!(!all, "the search is for everything");
    }

    fn meet(&mut self, node: Node<'_>) {
        match node {
            Node::Enter(stmt) => {
                self.around.push(ptr::from_ref(stmt));
                self.depth = self.depth.max(self.around.len() as u32);
            }
            Node::Leave => drop(self.around.pop()),
            _ => {}
        }
        let used = node
            .variable()
            .and_then(|id| self.uses.get_mut(id.0 as usize));
        let here = Some(self.around.last().copied());
        let (Some(used), first) = (used, self.first) else {
            return;
        };
        let known = used.get_or_insert(Use { owner: here, first });
        if known.owner != here {
            known.owner = None;
        }
    }
}
