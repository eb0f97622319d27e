//! Expressions.

use super::{Block, Ident, TypeExpr};
use lexer::Span;

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// An integer literal, durations and `1e6` already worked out.
    Int(u64),
    /// A string literal with its escapes resolved.
    Str(Vec<u8>),
    /// String literals side by side, of which some are written by their names: `"%" PRIu64 "\n"`.
    Text(Vec<Expr>),
    /// `true`, `false`.
    Bool(bool),
    /// A bare name: built-in value, enum constant, `#define`, macro or macro parameter.
    Ident(String),
    /// `$x`, with its `$`.
    Var(String),
    /// `@m` or `@`, with its `@`.
    Map(String),
    /// `@m[k1, k2]`: one expression a key as written.
    MapIndex {
        /// The map.
        map: Ident,
        /// The keys, at least one.
        keys: Vec<Expr>,
    },
    /// `$1`.
    Positional(u32),
    /// `$#`.
    PositionalCount,
    /// `-e`, `!e`, `~e`, `*e`, `&e`.
    Unary(UnaryOp, Box<Expr>),
    /// `++x`, `x++`, `--x`, `x--`.
    IncDec {
        /// Which of the four.
        op: IncDec,
        /// A variable, a map or an indexed map.
        target: Box<Expr>,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `c ? a : b`, `c ?: b`.
    Ternary {
        /// The condition.
        cond: Box<Expr>,
        /// The value when it holds; the condition's own value where absent.
        then: Option<Box<Expr>>,
        /// The value when it does not hold.
        otherwise: Box<Expr>,
    },
    /// `f(a, b)`, `f!(a)`.
    Call {
        /// The function or macro.
        name: Ident,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// `(T)e`.
    Cast {
        /// The type.
        ty: TypeExpr,
        /// The value.
        value: Box<Expr>,
    },
    /// `e.name`, `e->name`.
    Field {
        /// The value.
        base: Box<Expr>,
        /// The field.
        name: Ident,
    },
    /// `e.0`.
    TupleField {
        /// The tuple.
        base: Box<Expr>,
        /// Which element.
        index: u32,
        /// The place of the number.
        index_span: Span,
    },
    /// `e[i]` on anything but a map.
    Index {
        /// The array, pointer or tuple.
        base: Box<Expr>,
        /// Which element.
        index: Box<Expr>,
    },
    /// `(a, b)`, `(a,)`.
    Tuple(Vec<Expr>),
    /// `(name=e, size=2)`.
    Record(Vec<(Ident, Expr)>),
    /// `sizeof(T)`, `sizeof(e)`.
    SizeOf(Box<TypeOrExpr>),
    /// `offsetof(T, a.b.c)`.
    OffsetOf {
        /// The type.
        of: Box<TypeOrExpr>,
        /// The path of fields.
        path: Vec<Ident>,
    },
    /// `typeinfo(e)`.
    TypeInfo(Box<TypeOrExpr>),
    /// `container_of(ptr, T, field)`.
    ContainerOf {
        /// The pointer to the member.
        pointer: Box<Expr>,
        /// The containing type.
        ty: TypeExpr,
        /// The member, as a path.
        path: Vec<Ident>,
    },
    /// `{ …; e }` as a value.
    Block(Block),
}

/// What `sizeof` and its like take.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeOrExpr {
    /// A type.
    Type(TypeExpr),
    /// An expression that is not evaluated. A bare name may still turn out to be a type.
    Expr(Expr),
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`
    Not,
    /// `~`
    BitNot,
    /// `*`
    Deref,
    /// `&`
    AddrOf,
    /// `comptime`: the operand is to be known when compiling.
    Comptime,
}

impl UnaryOp {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Not => "!",
            Self::BitNot => "~",
            Self::Deref => "*",
            Self::AddrOf => "&",
            Self::Comptime => "comptime ",
        }
    }
}

/// `++` and `--` before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncDec {
    /// `++x`
    PreInc,
    /// `--x`
    PreDec,
    /// `x++`
    PostInc,
    /// `x--`
    PostDec,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `&`
    BitAnd,
    /// `^`
    BitXor,
    /// `|`
    BitOr,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::BitAnd => "&",
            Self::BitXor => "^",
            Self::BitOr => "|",
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}
