//! The model of a program: what the generator makes, the evaluator runs and [`crate::text`] writes.

/// A script.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub probes: Vec<Probe>,
    pub maps: Vec<Map>,
    pub variables: Vec<Variable>,
}

/// A `begin` or `end` probe.
#[derive(Clone, Debug)]
pub struct Probe {
    pub at_end: bool,
    pub predicate: Option<Expr>,
    pub body: Vec<Stmt>,
}

/// What a value is, sizes and signs apart: those follow from the whole script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Bool,
    Str,
    Tuple(Vec<Kind>),
}

/// The number of a variable. Two variables of one name in separate blocks are two of these.
pub type VarId = usize;

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    /// The integer type that the script states.
    pub declared: Option<IntTy>,
}

/// The number of a map.
pub type MapId = usize;

/// A map.
#[derive(Clone, Debug)]
pub struct Map {
    pub name: String,
    /// Kinds of its keys; none for a scalar map.
    pub keys: Vec<Kind>,
    pub held: Held,
}

/// What a map holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    Plain(Kind),
    Aggregation(Aggregation),
}

/// An aggregation, with its constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Stats,
    Hist(u32),
    Lhist { min: i64, max: i64, step: i64 },
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntTy {
    pub bytes: u32,
    pub signed: bool,
}

impl IntTy {
    pub const I64: Self = Self {
        bytes: 8,
        signed: true,
    };
    pub const U64: Self = Self {
        bytes: 8,
        signed: false,
    };
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// `let $x;`, `let $x = e;`, `let $x: T = e;`
    Let(VarId, Option<Expr>),
    /// `p = e;`
    Assign(Place, Expr),
    /// `p op= e;`
    Change(Place, BinOp, Expr),
    /// `p++;` and the like.
    Step(Place, Step),
    /// `_ = e;`
    Discard(Expr),
    /// `@m = sum(e);`
    Aggregate(MapId, Vec<Expr>, Option<Expr>),
    /// `delete(@m, k);`
    Delete(MapId, Vec<Expr>),
    /// `print(e);`
    Print(Expr),
    /// `printf("…\n", …);`
    Printf(Vec<(Conversion, Expr)>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    While(Expr, Vec<Stmt>),
    Unroll(u32, Vec<Stmt>),
    Block(Vec<Stmt>),
    Break,
    Continue,
    Return,
    Exit,
}

/// How `printf` shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Signed,
    Unsigned,
    Hex,
    Str,
}

/// What can be assigned.
#[derive(Clone, Debug)]
pub enum Place {
    Var(VarId),
    Map(MapId, Vec<Expr>),
}

/// `++` or `--`, before or behind.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub up: bool,
    pub prefix: bool,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A literal; a negative one is `-` before a positive one.
    Int(i128),
    Bool(bool),
    /// A truth value that no compiler can know: a question about the process's number.
    Opaque(bool),
    Str(String),
    Var(VarId),
    Map(MapId, Vec<Expr>),
    Has(MapId, Vec<Expr>),
    Remove(MapId, Vec<Expr>),
    Step(Box<Place>, Step),
    Unary(UnOp, Box<Expr>),
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// `a ? b : c`; without the middle, `a ?: c`.
    Ternary(Box<Expr>, Option<Box<Expr>>, Box<Expr>),
    /// `(int16)e`
    Cast(IntTy, Box<Expr>),
    /// `(bool)e`
    Truth(Box<Expr>),
    /// `(string[n])e`
    Cut(u32, Box<Expr>),
    Tuple(Vec<Expr>),
    /// `e.0`
    Element(Box<Expr>, usize),
    /// `{ …; e }`
    Block(Vec<Stmt>, Box<Expr>),
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnOp {
    Neg,
    BitNot,
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Shl,
    Shr,
    BitAnd,
    BitOr,
    BitXor,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

impl BinOp {
    /// How it is written, and how tightly it binds.
    pub fn spelt(self) -> (&'static str, u32) {
        match self {
            Self::Mul => ("*", 10),
            Self::Div => ("/", 10),
            Self::Mod => ("%", 10),
            Self::Add => ("+", 9),
            Self::Sub => ("-", 9),
            Self::Shl => ("<<", 8),
            Self::Shr => (">>", 8),
            Self::Lt => ("<", 7),
            Self::Le => ("<=", 7),
            Self::Gt => (">", 7),
            Self::Ge => (">=", 7),
            Self::Eq => ("==", 6),
            Self::Ne => ("!=", 6),
            Self::BitAnd => ("&", 5),
            Self::BitXor => ("^", 4),
            Self::BitOr => ("|", 3),
            Self::And => ("&&", 2),
            Self::Or => ("||", 1),
        }
    }
}
