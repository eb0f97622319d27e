//! Makes a failing program smaller, by way of the decisions that it was made of.

use std::time::{Duration, Instant};

/// How long to look for a smaller program. One that the verifier rejects may take it seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// The smallest list of decisions found that still fails. `fails` yields the decisions that a list
/// stands for if their program fails.
pub fn shrink(start: Vec<u32>, fails: impl Fn(&[u32]) -> Option<Vec<u32>>) -> Vec<u32> {
    let mut search = Search {
        best: start,
        fails,
        until: Instant::now() + PATIENCE,
    };
    loop {
        let before = search.best.clone();
        search.remove();
        search.lower();
        if search.best == before || search.is_over() {
            return search.best;
        }
    }
}

struct Search<F> {
    best: Vec<u32>,
    fails: F,
    until: Instant,
}

impl<F: Fn(&[u32]) -> Option<Vec<u32>>> Search<F> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Takes a list if it is simpler and fails.
    fn try_out(&mut self, decisions: &[u32]) -> bool {
        if self.is_over() {
            return false;
        }
        match (self.fails)(decisions) {
            Some(taken) if simpler(&taken, &self.best) => {
                self.best = taken;
                true
            }
            _ => false,
        }
    }

    /// Takes out runs of decisions, long ones first.
    fn remove(&mut self) {
        for length in [64, 32, 16, 8, 4, 3, 2, 1] {
            let mut start = 0;
            while start < self.best.len() {
                let end = (start + length).min(self.best.len());
                let mut shorter = self.best.clone();
                shorter.drain(start..end);
                if !self.try_out(&shorter) {
                    start += length;
                }
            }
        }
    }

    /// Makes single decisions simpler.
    fn lower(&mut self) {
        let mut at = 0;
        while at < self.best.len() {
            let now = self.best[at];
            for lower in [0, now / 2, now.saturating_sub(1)] {
                let mut simpler = self.best.clone();
                if lower < now {
                    simpler[at] = lower;
                    if self.try_out(&simpler) {
                        break;
                    }
                }
            }
            at += 1;
        }
    }
}

fn simpler(a: &[u32], b: &[u32]) -> bool {
    (a.len(), a) < (b.len(), b)
}
