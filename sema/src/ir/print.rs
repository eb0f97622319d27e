//! Prints a typed program for people (`-d ir`) and for golden tests.
//!
//! Every operation shows its type where it is not plain from the operands.

use super::{
    Aggregation, BinaryOp, CompareOp, Event, EventKind, Expr, ExprKind, Map, MapValue, Place,
    Probe, Program, Space, StackMode, StackSide, Stmt, StmtKind, Type, UnaryOp,
};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (id, map) in self.maps.iter().enumerate() {
            writeln!(f, "map {id} {map}")?;
        }
        for (id, event) in self.events.iter().enumerate() {
            writeln!(f, "event {id} {event}")?;
        }
        for probe in &self.probes {
            print_probe(self, probe, f)?;
        }
        Ok(())
    }
}

impl Display for Map {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(key) = &self.key {
            write!(f, "[{key}]")?;
        }
        match &self.value {
            MapValue::Plain(ty) => write!(f, ": {ty}")?,
            MapValue::Aggregation(aggregation) => write!(f, ": {aggregation}")?,
        }
        write!(f, " ({:?}, {} entries", self.kind, self.max_entries)?;
        f.write_str(if self.shared { ", shared)" } else { ")" })
    }
}

impl Display for Aggregation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Count => f.write_str("()"),
            Self::Hist { bits } => write!(f, "(k={bits})"),
            Self::Tseries {
                interval,
                count,
                fold,
                ..
            } => write!(f, "({interval}ns, {count}, {fold:?})"),
            Self::Lhist { min, max, step } => write!(f, "({min}, {max}, {step})"),
            Self::Sum { signed }
            | Self::Min { signed }
            | Self::Max { signed }
            | Self::Avg { signed }
            | Self::Stats { signed } => write!(f, "({})", if *signed { "int64" } else { "uint64" }),
        }
    }
}

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            EventKind::Printf(_) => f.write_str("printf")?,
            EventKind::SeqFile(_) => f.write_str("printf to the reader")?,
            EventKind::Message { error: true, .. } => f.write_str("errorf")?,
            EventKind::Message { error: false, .. } => f.write_str("warnf")?,
            EventKind::PrintMap(map) => write!(f, "print map {}", map.0)?,
            EventKind::PrintValue => f.write_str("print value")?,
            EventKind::PrintMapEntry(map) => write!(f, "print entry of map {}", map.0)?,
            EventKind::Clear(map) => write!(f, "clear map {}", map.0)?,
            EventKind::Zero(map) => write!(f, "zero map {}", map.0)?,
            EventKind::Time(format) => write!(f, "time {format:?}")?,
            EventKind::Cat(_) => f.write_str("cat")?,
            EventKind::System(_) => f.write_str("system")?,
            EventKind::Join(separator) => write!(f, "join {separator:?}")?,
            EventKind::Packet(file) => write!(f, "packet to {file:?}")?,
            EventKind::Unwatch => f.write_str("unwatch")?,
            EventKind::HelperError => f.write_str("helper error")?,
            EventKind::Exit => f.write_str("exit")?,
        }
        let fields: Vec<String> = self.fields.iter().map(Type::to_string).collect();
        write!(f, " ({}), {} bytes", fields.join(", "), self.layout().1)
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Void => f.write_str("void"),
            Type::Bool => f.write_str("bool"),
            Type::Int { bytes, signed } => {
                write!(
                    f,
                    "{}int{}",
                    if *signed { "" } else { "u" },
                    u32::from(*bytes) * 8
                )
            }
            Type::Pointer => f.write_str("ptr"),
            Type::Enum { bytes, .. } => write!(f, "enum{}", u32::from(*bytes) * 8),
            Type::Str { cap, .. } => write!(f, "str[{cap}]"),
            Type::Buffer { cap } => write!(f, "buf[{cap}]"),
            Type::Array { elem, len } => write!(f, "{elem}[{len}]"),
            Type::Tuple(elems) => {
                let elems: Vec<String> = elems.iter().map(Type::to_string).collect();
                write!(f, "({})", elems.join(", "))
            }
            Type::Record { fields, .. } => {
                let fields = fields
                    .iter()
                    .map(|field| format!("{}={}", field.name, field.ty));
                write!(f, "({})", fields.collect::<Vec<_>>().join(", "))
            }
            Type::Inet => f.write_str("inet"),
            Type::MacAddr => f.write_str("macaddr"),
            Type::Ksym => f.write_str("ksym"),
            Type::Usym => f.write_str("usym"),
            Type::Stack { side, depth, mode } => {
                let side = if *side == StackSide::Kernel { "k" } else { "u" };
                write!(f, "{side}stack[{depth}]")?;
                match mode {
                    StackMode::Bpftrace => Ok(()),
                    StackMode::Perf => f.write_str(" as perf"),
                    StackMode::Raw => f.write_str(" raw"),
                    StackMode::BuildId => f.write_str(" by build id"),
                }
            }
            Type::StackCopy { depth, .. } => write!(f, "copy of ustack[{depth}]"),
            Type::Username => f.write_str("username"),
            Type::ProcessName => f.write_str("process name"),
            Type::Timestamp { format, .. } => write!(f, "timestamp({format:?})"),
            Type::CgroupPath { filter } => write!(f, "cgroup_path({filter:?})"),
        }
    }
}

fn print_probe(program: &Program, probe: &Probe, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\nprogram {} ({:?})", probe.symbol, probe.program)?;
    for target in &probe.targets {
        writeln!(f, "  at {} ({})", target.name, target.attach)?;
    }
    let printer = Printer { program, probe };
    for (id, variable) in probe.variables.iter().enumerate() {
        writeln!(f, "  var {} {}", printer.variable_name(id), variable.ty)?;
    }
    if let Some(predicate) = &probe.predicate {
        writeln!(f, "  if not {}: return", printer.expr(predicate))?;
    }
    printer.block(&probe.body, 1, f)
}

/// What names are printed from.
struct Printer<'a> {
    program: &'a Program,
    probe: &'a Probe,
}

impl Printer<'_> {
    fn block(&self, stmts: &[Stmt], depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt, depth, f))
    }

    fn stmt(&self, stmt: &Stmt, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
        let pad = "  ".repeat(depth);
        match &stmt.kind {
            StmtKind::Expr(e) => writeln!(f, "{pad}{}", self.expr(e)),
            StmtKind::Assign { place, value } => {
                writeln!(f, "{pad}{} = {}", self.place(place), self.expr(value))
            }
            StmtKind::Aggregate {
                map,
                key,
                aggregation,
                value,
            } => {
                let place = self.entry(*map, key.as_ref());
                let value = value.as_ref().map(|v| self.expr(v)).unwrap_or_default();
                writeln!(f, "{pad}{place} <- {}({value})", aggregation.name())
            }
            StmtKind::Emit { event, args } => {
                writeln!(f, "{pad}emit event {}({})", event.0, self.list(args))
            }
            StmtKind::Join {
                event,
                array,
                space,
            } => writeln!(
                f,
                "{pad}join event {}({}[{}])",
                event.0,
                read(*space),
                self.expr(array)
            ),
            StmtKind::Exit(code) => writeln!(f, "{pad}exit {}", self.expr(code)),
            StmtKind::If {
                cond,
                then,
                otherwise,
            } => {
                writeln!(f, "{pad}if {}", self.expr(cond))?;
                self.block(then, depth + 1, f)?;
                if otherwise.is_empty() {
                    return Ok(());
                }
                writeln!(f, "{pad}else")?;
                self.block(otherwise, depth + 1, f)
            }
            StmtKind::While { cond, body } => {
                writeln!(f, "{pad}while {}", self.expr(cond))?;
                self.block(body, depth + 1, f)
            }
            StmtKind::ForRange {
                var,
                start,
                end,
                body,
            } => {
                let var = self.variable_name(var.0 as usize);
                let (start, end) = (self.expr(start), self.expr(end));
                writeln!(f, "{pad}for {var} in {start}..{end}")?;
                self.block(body, depth + 1, f)
            }
            StmtKind::ForMap { map, var, body } => {
                let var = var.map(|var| self.variable_name(var.0 as usize));
                let var = var.as_deref().unwrap_or("_");
                writeln!(f, "{pad}for {var} in {}", self.entry(*map, None))?;
                self.block(body, depth + 1, f)
            }
            StmtKind::Unroll { count, body } => {
                writeln!(f, "{pad}{count} times")?;
                self.block(body, depth + 1, f)
            }
            StmtKind::Break => writeln!(f, "{pad}break"),
            StmtKind::Continue => writeln!(f, "{pad}continue"),
            StmtKind::Return => writeln!(f, "{pad}return"),
        }
    }

    fn expr(&self, e: &Expr) -> String {
        let ty = &e.ty;
        match &e.kind {
            ExprKind::Int(bits) => self.constant(*bits, ty),
            ExprKind::Str(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            ExprKind::Var(id) => self.variable_name(id.0 as usize),
            ExprKind::MapGet { map, key } | ExprKind::AggregateGet { map, key } => {
                self.entry(*map, key.as_deref())
            }
            ExprKind::MapHas { map, key } => format!("has {}", self.entry(*map, Some(key))),
            ExprKind::MapDelete { map, key } => {
                format!("delete {}", self.entry(*map, key.as_deref()))
            }
            ExprKind::Increment {
                place,
                delta,
                before,
            } => {
                let when = if *before { "old" } else { "new" };
                format!("{when}({} += {delta})", self.place(place))
            }
            ExprKind::Unary(op, value) => format!("{}{}", unary(*op), self.expr(value)),
            ExprKind::Binary(op, left, right) => {
                format!(
                    "({} {}.{ty} {})",
                    self.expr(left),
                    binary(*op),
                    self.expr(right)
                )
            }
            ExprKind::Compare(op, left, right) => {
                format!(
                    "({} {}.{} {})",
                    self.expr(left),
                    compare(*op),
                    left.ty,
                    self.expr(right)
                )
            }
            ExprKind::And(left, right) => format!("({} && {})", self.expr(left), self.expr(right)),
            ExprKind::Or(left, right) => format!("({} || {})", self.expr(left), self.expr(right)),
            ExprKind::Ternary {
                cond,
                then,
                otherwise,
            } => {
                format!(
                    "({} ? {} : {})",
                    self.expr(cond),
                    self.expr(then),
                    self.expr(otherwise)
                )
            }
            ExprKind::Convert(value) | ExprKind::Resize(value) => {
                format!("{ty}({})", self.expr(value))
            }
            ExprKind::Aggregate(members) => format!("({})", self.list(members)),
            ExprKind::Member(base, n) => format!("{}.{n}", self.expr(base)),
            ExprKind::Index(base, n) => format!("{}[{}]", self.expr(base), self.expr(n)),
            ExprKind::Context => "ctx".to_owned(),
            ExprKind::Load { .. } | ExprKind::LoadStr { .. } | ExprKind::LoadBuffer { .. } => {
                self.load(e)
            }
            ExprKind::AddressOf(value) => format!("&{}", self.expr(value)),
            ExprKind::Builtin(builtin) => format!("{builtin:?}"),
            ExprKind::Block(stmts, value) => self.block_expr(stmts, value),
            function => super::print_function::text(function, ty, &|e| self.expr(e)),
        }
    }

    fn load(&self, e: &Expr) -> String {
        let ty = &e.ty;
        match &e.kind {
            ExprKind::Load {
                base,
                offset,
                space,
                bits,
            } => {
                let bits = bits
                    .map(|(low, n)| format!(" bits {low}+{n}"))
                    .unwrap_or_default();
                format!(
                    "{}.{ty}[{} + {offset}{bits}]",
                    read(*space),
                    self.expr(base)
                )
            }
            ExprKind::LoadStr {
                address,
                len,
                space,
            }
            | ExprKind::LoadBuffer {
                address,
                len,
                space,
            } => {
                let len = len
                    .as_ref()
                    .map(|len| format!(", {}", self.expr(len)))
                    .unwrap_or_default();
                format!("{}.{ty}[{}{len}]", read(*space), self.expr(address))
            }
            _ => String::new(),
        }
    }

    fn block_expr(&self, stmts: &[Stmt], value: &Expr) -> String {
        struct Stmts<'a>(&'a Printer<'a>, &'a [Stmt]);
        impl Display for Stmts<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                self.0.block(self.1, 0, f)
            }
        }
        let lines = Stmts(self, stmts).to_string();
        let lines = lines.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        match value.ty {
            Type::Void => format!("{{ {lines} }}"),
            _ => format!("{{ {lines}; {} }}", self.expr(value)),
        }
    }

    fn constant(&self, bits: u64, ty: &Type) -> String {
        match ty {
            Type::Bool => (bits != 0).to_string(),
            Type::Void => "nothing".to_owned(),
            ty if ty.is_signed() => (bits as i64).to_string(),
            _ => bits.to_string(),
        }
    }

    fn list(&self, exprs: &[Expr]) -> String {
        let exprs: Vec<String> = exprs.iter().map(|e| self.expr(e)).collect();
        exprs.join(", ")
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Var(id) => self.variable_name(id.0 as usize),
            Place::Map { map, key } => self.entry(*map, key.as_deref()),
        }
    }

    fn entry(&self, map: super::MapId, key: Option<&Expr>) -> String {
        let name = self
            .program
            .maps
            .get(map.0 as usize)
            .map_or("@?", |m| &m.name);
        match key {
            Some(key) => format!("{name}[{}]", self.expr(key)),
            None => name.to_owned(),
        }
    }

    /// Two variables of one name are told apart by their numbers.
    fn variable_name(&self, id: usize) -> String {
        let Some(variable) = self.probe.variables.get(id) else {
            return format!("$?{id}");
        };
        let name = if variable.name.is_empty() {
            "$"
        } else {
            &variable.name
        };
        let same = self
            .probe
            .variables
            .iter()
            .filter(|v| v.name == variable.name)
            .count();
        let mut text = name.to_owned();
        if same > 1 || variable.name.is_empty() {
            let _ = write!(text, ".{id}");
        }
        text
    }
}

fn read(space: Space) -> &'static str {
    match space {
        Space::Context => "context",
        Space::Kernel => "kernel",
        Space::User => "user",
        Space::Btf => "btf",
        Space::Any => "memory",
        Space::Own => "own",
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-",
        UnaryOp::BitNot => "~",
        UnaryOp::Not => "!",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Mod => "%",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
