//! Short ways to write typed programs by hand.
#![allow(dead_code, reason = "each test binary uses its own part of these")]

use codegen::{Isa, Object, Options};
use lexer::{FileId, SourceMap, Span};
use sema::ir::{
    Aggregation, AttachTarget, BinaryOp, Builtin, CompareOp, Event, EventId, EventKind, Expr,
    ExprKind, Format, Map, MapId, MapKind, MapValue, Place, Probe, Program, ProgramType, Space,
    Stmt, StmtKind, Target, Type, VarId, Variable,
};

/// What every test program claims to be written as: a line a statement.
pub const SOURCE: &str = "begin {\n  first();\n  second();\n}\n";

/// A script under construction, of one probe unless more are added.
pub struct Script {
    pub program: Program,
    pub sources: SourceMap,
}

impl Script {
    /// A probe of a type, with an empty body.
    pub fn new(program_type: ProgramType) -> Self {
        let mut sources = SourceMap::new();
        sources.add("test.bt", SOURCE);
        let program = Program {
            probes: vec![probe("probe_1", program_type)],
            ..Program::default()
        };
        Self { program, sources }
    }

    /// A probe that the kernel can run on request.
    pub fn raw() -> Self {
        Self::new(ProgramType::RawTracepoint)
    }

    /// Adds statements to the first probe.
    pub fn body(mut self, stmts: impl IntoIterator<Item = Stmt>) -> Self {
        self.program.probes[0].body.extend(stmts);
        self
    }

    /// Adds a variable to the first probe.
    pub fn variable(&mut self, ty: Type) -> VarId {
        let variables = &mut self.program.probes[0].variables;
        let id = variables.len() as u32;
        variables.push(Variable {
            name: format!("$v{id}"),
            ty,
        });
        VarId(id)
    }

    /// Adds a map.
    pub fn map(&mut self, name: &str, key: Option<Type>, value: MapValue, kind: MapKind) -> MapId {
        self.program.maps.push(Map {
            name: name.to_owned(),
            key,
            value,
            kind,
            max_entries: 64,
            shared: false,
            span: span(0, 5),
        });
        MapId(self.program.maps.len() as u32 - 1)
    }

    /// Adds a scalar map that all CPUs share.
    pub fn scalar_map(&mut self, name: &str, ty: Type) -> MapId {
        self.map(name, None, MapValue::Plain(ty), MapKind::Scalar)
    }

    /// Adds a hash map.
    pub fn hash(&mut self, name: &str, key: Type, value: Type) -> MapId {
        self.map(name, Some(key), MapValue::Plain(value), MapKind::Hash)
    }

    /// Adds an aggregation, keyed if there is a key.
    pub fn aggregation(&mut self, name: &str, key: Option<Type>, how: Aggregation) -> MapId {
        let kind = match key {
            Some(_) => MapKind::PerCpuHash,
            None => MapKind::PerCpuScalar,
        };
        self.map(name, key, MapValue::Aggregation(how), kind)
    }

    /// Adds a `printf` event with an empty format.
    pub fn event(&mut self, fields: impl IntoIterator<Item = Type>) -> EventId {
        self.program.events.push(Event {
            kind: EventKind::Printf(Format { pieces: Vec::new() }),
            fields: fields.into_iter().collect(),
            span: span(9, 17),
        });
        EventId(self.program.events.len() as u32 - 1)
    }

    pub fn compile(&self) -> Object {
        self.compile_for(Isa::V3)
    }

    pub fn compile_for(&self, isa: Isa) -> Object {
        self.try_compile(isa).expect("the script compiles")
    }

    pub fn try_compile(&self, isa: Isa) -> Result<Object, codegen::Error> {
        let options = Options {
            isa,
            ..Options::default()
        };
        codegen::compile(&self.program, &self.sources, &options)
    }

    pub fn dump(&self, stage: codegen::Dump) -> String {
        codegen::dump(&self.program, &self.sources, &Options::default(), stage)
            .expect("the script compiles")
    }
}

pub fn probe(symbol: &str, program: ProgramType) -> Probe {
    Probe {
        symbol: symbol.to_owned(),
        program,
        targets: vec![Target {
            name: "begin".to_owned(),
            attach: AttachTarget::Begin,
        }],
        variables: Vec::new(),
        predicate: None,
        body: Vec::new(),
        span: span(0, 5),
    }
}

/// A span of [`SOURCE`].
pub fn span(start: u32, end: u32) -> Span {
    Span::new(FileId(0), start, end)
}

pub fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr {
        kind,
        ty,
        span: span(10, 17),
    }
}

/// A statement on the second line of [`SOURCE`].
pub fn stmt(kind: StmtKind) -> Stmt {
    Stmt {
        kind,
        span: span(10, 17),
    }
}

pub fn int(value: i64) -> Expr {
    expr(ExprKind::Int(value.cast_unsigned()), Type::I64)
}

pub fn uint(value: u64) -> Expr {
    expr(ExprKind::Int(value), Type::U64)
}

pub fn typed(value: i64, ty: Type) -> Expr {
    expr(ExprKind::Int(value.cast_unsigned()), ty)
}

pub fn string(cap: u32) -> Type {
    Type::Str { cap, cut: false }
}

pub fn literal(text: &str) -> Expr {
    let cap = text.len() as u32 + 1;
    expr(ExprKind::Str(text.as_bytes().to_vec()), string(cap))
}

pub fn builtin(which: Builtin, ty: Type) -> Expr {
    expr(ExprKind::Builtin(which), ty)
}

pub fn comm() -> Expr {
    builtin(Builtin::Comm, string(16))
}

pub fn var(id: VarId, ty: Type) -> Expr {
    expr(ExprKind::Var(id), ty)
}

pub fn get(map: MapId, key: Option<Expr>, ty: Type) -> Expr {
    let key = key.map(Box::new);
    expr(ExprKind::MapGet { map, key }, ty)
}

pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let ty = left.ty.clone();
    expr(ExprKind::Binary(op, Box::new(left), Box::new(right)), ty)
}

pub fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    let kind = ExprKind::Compare(op, Box::new(left), Box::new(right));
    expr(kind, Type::Bool)
}

pub fn convert(operand: Expr, ty: Type) -> Expr {
    expr(ExprKind::Convert(Box::new(operand)), ty)
}

pub fn tuple(values: impl IntoIterator<Item = Expr>) -> Expr {
    let values: Vec<_> = values.into_iter().collect();
    let ty = Type::Tuple(values.iter().map(|value| value.ty.clone()).collect());
    expr(ExprKind::Aggregate(values), ty)
}

/// Argument `number` of a raw tracepoint, as the test run gives them.
pub fn arg(number: u32) -> Expr {
    load(Space::Context, context(), i64::from(8 * number), Type::U64)
}

pub fn signed_arg(number: u32) -> Expr {
    load(Space::Context, context(), i64::from(8 * number), Type::I64)
}

pub fn context() -> Expr {
    expr(ExprKind::Context, Type::Pointer)
}

pub fn load(space: Space, base: Expr, offset: i64, ty: Type) -> Expr {
    let kind = ExprKind::Load {
        base: Box::new(base),
        offset,
        space,
        bits: None,
    };
    expr(kind, ty)
}

pub fn load_str(space: Space, address: Expr, cap: u32) -> Expr {
    let kind = ExprKind::LoadStr {
        address: Box::new(address),
        len: None,
        space,
    };
    expr(kind, Type::Str { cap, cut: true })
}

pub fn place(map: MapId, key: Option<Expr>) -> Place {
    let key = key.map(Box::new);
    Place::Map { map, key }
}

pub fn set(map: MapId, key: Option<Expr>, value: Expr) -> Stmt {
    stmt(StmtKind::Assign {
        place: place(map, key),
        value,
    })
}

pub fn set_var(id: VarId, value: Expr) -> Stmt {
    stmt(StmtKind::Assign {
        place: Place::Var(id),
        value,
    })
}

pub fn increment(place: Place, delta: i64, before: bool, ty: Type) -> Expr {
    let kind = ExprKind::Increment {
        place,
        delta,
        before,
    };
    expr(kind, ty)
}

pub fn aggregate(
    map: MapId,
    key: Option<Expr>,
    aggregation: Aggregation,
    value: Option<Expr>,
) -> Stmt {
    stmt(StmtKind::Aggregate {
        map,
        key,
        aggregation,
        value,
    })
}

pub fn emit(event: EventId, args: impl IntoIterator<Item = Expr>) -> Stmt {
    stmt(StmtKind::Emit {
        event,
        args: args.into_iter().collect(),
    })
}

pub fn exit(code: i64) -> Stmt {
    stmt(StmtKind::Exit(int(code)))
}

pub fn when(cond: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt>) -> Stmt {
    stmt(StmtKind::If {
        cond,
        then,
        otherwise,
    })
}

/// An event that prints one value on a line of its own.
pub fn print_event(script: &mut Script, ty: Type) -> EventId {
    let id = script.event([ty]);
    script.program.events[id.0 as usize].kind = EventKind::PrintValue;
    id
}

/// A statement that prints a value.
pub fn print(script: &mut Script, value: Expr) -> Stmt {
    let id = print_event(script, value.ty.clone());
    emit(id, [value])
}
