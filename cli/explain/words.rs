//! Statements and expressions in plain words.

use super::walk::{of_place, operands};
use lexer::{SourceMap, Span};
use sema::ir::{
    Aggregation, Builtin, Expr, ExprKind, MapId, MapValue, Place, Probe, Program, Space, Stmt,
    StmtKind, Type,
};

/// What descriptions are made from.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The script.
    pub program: &'a Program,
    /// The probe that is described.
    pub probe: &'a Probe,
    /// The texts.
    pub sources: &'a SourceMap,
}

/// Bytes, with the word.
pub fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} KiB", count.div_ceil(1024)),
        _ => format!("{} MiB", count.div_ceil(1 << 20)),
    }
}

/// A type and its size.
pub fn sized(ty: &Type) -> String {
    format!("{ty}, {}", bytes(u64::from(ty.size())))
}

impl Words<'_> {
    /// The text of a place, on one line.
    pub fn text(&self, span: Span) -> String {
        let text = self.sources.text(span.file);
        let part = text.get(span.start as usize..span.end as usize);
        let words: Vec<&str> = part.unwrap_or_default().split_whitespace().collect();
        words.join(" ")
    }

    /// What a statement does, step by step.
    pub fn statement(&self, stmt: &Stmt) -> Vec<String> {
        let mut says = Vec::new();
        match &stmt.kind {
            StmtKind::Expr(expr) => self.reads(expr, &mut says),
            StmtKind::Assign { place, value } => {
                of_place(place)
                    .into_iter()
                    .for_each(|key| self.reads(key, &mut says));
                self.reads(value, &mut says);
                says.push(self.stores(place, value));
            }
            StmtKind::Aggregate {
                map,
                key,
                aggregation,
                value,
            } => {
                key.iter().for_each(|key| self.reads(key, &mut says));
                value.iter().for_each(|value| self.reads(value, &mut says));
                says.push(self.aggregates(*map, key.as_ref(), aggregation));
            }
            StmtKind::Emit { event, args } => {
                args.iter().for_each(|arg| self.reads(arg, &mut says));
                says.push(self.emits(event.0 as usize));
            }
            StmtKind::Exit(code) => {
                self.reads(code, &mut says);
                says.push("sets the flag that ends the run; user space sees it at once and detaches every probe".into());
            }
            StmtKind::If { cond, .. } => {
                self.reads(cond, &mut says);
                says.push("goes one way or the other".into());
            }
            StmtKind::While { cond, .. } => {
                self.reads(cond, &mut says);
                says.push("repeats while it holds; the verifier must see that it ends".into());
            }
            StmtKind::Break => says.push("leaves the loop".into()),
            StmtKind::Continue => says.push("goes to the next round of the loop".into()),
            StmtKind::Return => says.push("ends the program for this event".into()),
            #[allow(
                unreachable_patterns,
                reason = "what has no words yet is shown by its code"
            )]
            _ => says.push("is carried out in the kernel".into()),
        }
        says
    }

    /// The condition of a probe.
    pub fn predicate(&self, condition: &Expr) -> Vec<String> {
        let mut says = Vec::new();
        self.reads(condition, &mut says);
        says.push("where it does not hold, the program ends here and nothing else is done".into());
        says
    }

    /// What is read and worked out, operands first.
    fn reads(&self, expr: &Expr, says: &mut Vec<String>) {
        for operand in operands(expr) {
            self.reads(operand, says);
        }
        let line = self.reads_itself(expr).map(|what| {
            let text = self.text(expr.span);
            format!("`{text}` ({}): {what}", sized(&expr.ty))
        });
        if let Some(line) = line.filter(|line| !says.contains(line)) {
            says.push(line);
        }
    }

    fn reads_itself(&self, expr: &Expr) -> Option<String> {
        Some(match &expr.kind {
            ExprKind::MapGet { map, .. } => {
                format!(
                    "looked up in `{}`; 0 or empty where there is no such entry",
                    self.map(*map)
                )
            }
            ExprKind::MapHas { map, .. } => {
                format!("asks whether `{}` has the key", self.map(*map))
            }
            ExprKind::MapDelete { map, .. } => {
                format!("the entry is removed from `{}`", self.map(*map))
            }
            ExprKind::AggregateGet { map, .. } => {
                format!(
                    "`{}` is added up over the CPUs here, in the kernel",
                    self.map(*map)
                )
            }
            ExprKind::Increment { delta, place, .. } => match place {
                Place::Map { map, .. } => format!(
                    "adds {delta} to the entry of `{}`, atomically",
                    self.map(*map)
                ),
                _ => format!("adds {delta}"),
            },
            ExprKind::Load { space, offset, .. } => loads(*space, *offset),
            ExprKind::LoadStr { space, .. } => {
                format!(
                    "text is copied from {} until its NUL, or until it is full",
                    memory(*space)
                )
            }
            ExprKind::LoadBuffer { space, .. } => {
                format!("bytes are copied from {}", memory(*space))
            }
            ExprKind::Builtin(builtin) => provides(*builtin).to_owned(),
            ExprKind::Compare(..) if !matches!(operands(expr).first().map(|e| &e.ty), Some(ty) if ty.is_scalar()) => {
                "compared byte by byte, eight at a time".to_owned()
            }
            _ => return None,
        })
    }

    fn stores(&self, place: &Place, value: &Expr) -> String {
        let ty = sized(&value.ty);
        match place {
            Place::Map { map, key: Some(_) } => {
                let name = self.map(*map);
                format!(
                    "the value ({ty}) is stored in `{name}` under the key, which is made if need be"
                )
            }
            Place::Map { map, .. } => format!("the value ({ty}) is stored in `{}`", self.map(*map)),
            Place::Var(id) => {
                let variable = self.probe.variables.get(id.0 as usize);
                let name = variable.map_or("a variable", |v| v.name.as_str());
                format!(
                    "the value ({ty}) is kept in `{name}`, in a register or on the stack of the program"
                )
            }
            #[allow(
                unreachable_patterns,
                reason = "other places are told by their type alone"
            )]
            _ => format!("the value ({ty}) is stored"),
        }
    }

    fn aggregates(&self, map: MapId, key: Option<&Expr>, aggregation: &Aggregation) -> String {
        let what = match aggregation {
            Aggregation::Count => "1 is added to the count",
            Aggregation::Sum { .. } => "the number is added to the sum",
            Aggregation::Min { .. } => "the number replaces the minimum if it is smaller",
            Aggregation::Max { .. } => "the number replaces the maximum if it is larger",
            Aggregation::Avg { .. } => {
                "the number is added to the total and 1 to the count, from which user space makes the average"
            }
            Aggregation::Stats { .. } => "the number is added to the total and 1 to the count",
            Aggregation::Hist { .. } => {
                "the bucket is found from the number's highest bit, and 1 added to it"
            }
            Aggregation::Tseries { .. } => {
                "the interval is found by a division, and the number put into it"
            }
            Aggregation::Lhist { .. } => "the bucket is found by a division, and 1 added to it",
            #[allow(unreachable_patterns, reason = "the name says what the rest do")]
            _ => "the number is taken into the aggregation",
        };
        let under = if key.is_some() { " under the key" } else { "" };
        let name = self.map(map);
        format!("{what} that this CPU keeps in `{name}`{under}: in place, without a lock, exactly")
    }

    fn emits(&self, event: usize) -> String {
        match self.program.events.get(event) {
            Some(event) => format!(
                "a record of {} is put into the ring buffer; user space takes it from there and does the rest: {}",
                bytes(u64::from(event.layout().1)),
                self.later(event)
            ),
            None => "a record is put into the ring buffer for user space".to_owned(),
        }
    }

    /// What user space does with a record.
    fn later(&self, event: &sema::ir::Event) -> String {
        let text = self.text(event.span);
        let name: String = text
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        match name.as_str() {
            "printf" | "errorf" | "warnf" => "it formats the fields and prints them".to_owned(),
            "print" => "it reads the map or takes the value, and prints it".to_owned(),
            "clear" | "zero" => "it empties the map".to_owned(),
            "time" => "it prints the time of day".to_owned(),
            "exit" => "it ends the run".to_owned(),
            "" => "it carries the call out".to_owned(),
            other => format!("it carries `{other}` out"),
        }
    }

    fn map(&self, id: MapId) -> &str {
        let map = self.program.maps.get(id.0 as usize);
        map.map_or("@", |map| map.name.as_str())
    }
}

fn loads(space: Space, offset: i64) -> String {
    match space {
        Space::Context => {
            format!("read from the event's own record, at byte {offset}: no call, no copy")
        }
        Space::Btf => format!(
            "read directly at byte {offset} of a kernel object whose type the verifier knows"
        ),
        _ => format!(
            "copied from {}, at byte {offset}; 0 where that is not readable",
            memory(space)
        ),
    }
}

fn memory(space: Space) -> &'static str {
    match space {
        Space::User => "the memory of the process",
        Space::Context => "the event's record",
        Space::Kernel | Space::Btf => "kernel memory",
        Space::Any => "kernel or user memory, whichever the address is in",
        #[allow(
            unreachable_patterns,
            reason = "there may be more kinds of memory than words"
        )]
        _ => "memory",
    }
}

fn provides(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Pid => "the process id, from the current task",
        Builtin::Tid => "the thread id, from the current task",
        Builtin::Uid | Builtin::Gid => "from the credentials of the current task",
        Builtin::Comm => "the name of the thread, from its own task_struct",
        Builtin::Cpu => "the number of this CPU",
        Builtin::NsecsMonotonic => "the monotonic clock, in nanoseconds",
        Builtin::NsecsBoot => "the clock since boot, sleep counted, in nanoseconds",
        Builtin::Elapsed => "nanoseconds since the run began",
        Builtin::Rand => "a random number",
        Builtin::CurrentTask => "the address of the current task_struct",
        Builtin::Cgroup => "the number of the current control group",
        Builtin::Stack => {
            "the addresses of the stack, walked frame by frame; names are looked up when it is printed"
        }
        _ => "provided by the kernel",
    }
}

/// Which kernel map holds a map, and why.
pub fn why(map: &sema::ir::Map) -> &'static str {
    match (&map.value, &map.key) {
        (MapValue::Aggregation(_), Some(_)) => {
            "a hash with a value for each CPU: each adds to its own, so that nothing is locked and nothing lost; user space adds them up"
        }
        (MapValue::Aggregation(_), None) => {
            "an array of one value for each CPU: found without a search; each CPU adds to its own, and user space adds them up"
        }
        (_, Some(_)) => {
            "a hash that all CPUs share: what one probe stores another finds, on whatever CPU it runs"
        }
        (_, None) => "an array of one element, which is found without a search",
    }
}
