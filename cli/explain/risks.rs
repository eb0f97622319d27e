//! What may go wrong with a script: what is lost, cut or raced for.

use super::walk::operands;
use sema::ir::{Expr, ExprKind, MapValue, Place, Program, Stmt, StmtKind, Type};

/// What may go wrong, most probable first.
pub fn risks(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    let config = &program.config;
    for map in program.maps.iter().filter(|map| map.key.is_some()) {
        found.push(format!(
            "`{}` takes {} keys. What is put into it beyond that is refused, counted and reported at the end; `config = {{ max_map_keys = … }}` makes it larger.",
            map.name, map.max_entries
        ));
    }
    if !program.events.is_empty() {
        let pages = config.perf_rb_pages;
        found.push(format!(
            "Records wait in a ring buffer ({pages} pages for each CPU). When events come faster than they can be printed it fills up; what finds no room is counted and reported. Counting in a map never loses anything."
        ));
    }
    let mut facts = Facts::default();
    for probe in &program.probes {
        probe.predicate.iter().for_each(|p| facts.expr(p));
        facts.block(&probe.body);
    }
    if facts.strings {
        found.push(format!(
            "Texts are cut after {} bytes and then end with `{}`; `config = {{ max_strlen = … }}` changes it.",
            config.max_strlen, config.str_trunc_trailer
        ));
    }
    if facts.user_memory {
        found.push("Memory of a process that is not in RAM at that moment reads as empty: a probe may not wait for the disk. At the return of the call that used it, it is there.".to_owned());
    }
    if facts.read_modify_write {
        found.push("An assignment that reads the map it writes (`@x = @x + 1`) can lose updates of other CPUs between the two. `@x++`, `count()` and `sum()` cannot.".to_owned());
    }
    if program.maps.iter().any(is_plain_keyed) && !facts.deletes {
        found.push("No entry is ever deleted, so that a map with keys such as thread ids only grows; the number of a thread is used again after it has ended.".to_owned());
    }
    found
}

fn is_plain_keyed(map: &sema::ir::Map) -> bool {
    map.key.is_some() && matches!(map.value, MapValue::Plain(_))
}

/// What a script does, as far as it may go wrong.
#[derive(Default)]
struct Facts {
    strings: bool,
    user_memory: bool,
    read_modify_write: bool,
    deletes: bool,
}

impl Facts {
    fn block(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) | StmtKind::Exit(expr) => self.expr(expr),
            StmtKind::Assign { place, value } => {
                if let Place::Map { map, .. } = place {
                    self.read_modify_write |= reads_map(value, *map);
                }
                self.expr(value);
            }
            StmtKind::Aggregate { key, value, .. } => {
                key.iter().chain(value).for_each(|e| self.expr(e));
            }
            StmtKind::Emit { args, .. } => args.iter().for_each(|arg| self.expr(arg)),
            StmtKind::If {
                cond,
                then,
                otherwise,
            } => {
                self.expr(cond);
                self.block(then);
                self.block(otherwise);
            }
            StmtKind::While { cond, body } => {
                self.expr(cond);
                self.block(body);
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.deletes |= matches!(expr.kind, ExprKind::MapDelete { .. });
        self.strings |= matches!(expr.ty, Type::Str { cut: true, .. });
        self.user_memory |= matches!(
            expr.kind,
            ExprKind::LoadStr { .. } | ExprKind::LoadBuffer { .. }
        );
        if let ExprKind::Block(stmts, _) = &expr.kind {
            self.block(stmts);
        }
        operands(expr).into_iter().for_each(|e| self.expr(e));
    }
}

/// Whether an expression reads a map.
fn reads_map(expr: &Expr, map: sema::ir::MapId) -> bool {
    let itself = matches!(&expr.kind, ExprKind::MapGet { map: read, .. } if *read == map);
    itself || operands(expr).into_iter().any(|e| reads_map(e, map))
}
