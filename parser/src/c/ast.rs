//! The tree of C declarations.

use crate::ast::Ident;
use lexer::Span;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// The declarations that define or name types, in order.
    pub declarations: Vec<Declaration>,
    /// The macros that are defined at the end, in order of their names; none that takes any number
    /// of arguments.
    pub macros: Vec<Macro>,
}

/// `#define name text`, `#define name(a, b) text`.
#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    /// The name.
    pub name: Ident,
    /// The names of its parameters, where it is called.
    pub params: Option<Vec<String>>,
    /// What it stands for, as written.
    pub text: String,
    /// The place of that text.
    pub span: Span,
    /// The number that it is, for a macro of the system's headers.
    pub constant: Option<Constant>,
}

/// A declaration: what is declared of it follows the specifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Whether it declares other names of types.
    pub typedef: bool,
    /// The type that the declarators build upon.
    pub base: Specifier,
    /// The declared names; none in `struct S { … };`.
    pub declarators: Vec<Declarator>,
    /// Its place.
    pub span: Span,
}

/// The type at the beginning of a declaration, and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Specifier {
    /// The type.
    pub kind: SpecifierKind,
    /// Its place.
    pub span: Span,
}

/// The type at the beginning of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum SpecifierKind {
    /// `void`
    Void,
    /// `_Bool`, `bool`
    Bool,
    /// An integer.
    Int {
        /// As C spells it in full: `unsigned long`.
        name: &'static str,
        /// Size in bytes, which is also its alignment.
        bytes: u8,
        /// Whether it is signed.
        signed: bool,
    },
    /// `float`, `double`, `long double`.
    Float {
        /// As C spells it.
        name: &'static str,
        /// Size in bytes, which is also its alignment.
        bytes: u8,
    },
    /// A typedef's name.
    Named(String),
    /// A struct or union.
    Composite(Composite),
    /// An enum.
    Enum(Enum),
}

/// `struct S`, `struct S { … }`, `union { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// Whether it is a union.
    pub union: bool,
    /// Its name, where it has one.
    pub name: Option<Ident>,
    /// Its members, where it is defined here.
    pub members: Option<Vec<Member>>,
    /// `packed`, `aligned`.
    pub attributes: Attributes,
}

/// Members of one type: `int a, *b, c : 3;`; an anonymous struct or union has no declarators.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The type that the declarators build upon.
    pub base: Specifier,
    /// The members.
    pub declarators: Vec<Declarator>,
}

/// `enum E`, `enum E { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// Its name, where it has one.
    pub name: Option<Ident>,
    /// Its constants and the values that are written, where it is defined here.
    pub constants: Option<Vec<(Ident, Option<Constant>)>>,
    /// `packed`.
    pub attributes: Attributes,
}

/// A declared name and how its type is built from the specifier's.
#[derive(Clone, Debug, PartialEq)]
pub struct Declarator {
    /// The name; nothing for a nameless bit-field or parameter.
    pub name: Option<Ident>,
    /// From the name outwards: `int *a[3]` is an array of pointers.
    pub derived: Vec<Derived>,
    /// The width of a bit-field.
    pub bits: Option<Constant>,
    /// `packed`, `aligned`.
    pub attributes: Attributes,
    /// Its place.
    pub span: Span,
}

/// A step from a declared name to its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Derived {
    /// A pointer to what follows.
    Pointer,
    /// An array of what follows; without a length, `[]`.
    Array(Option<Constant>),
    /// A function that yields what follows.
    Function {
        /// Its parameters.
        params: Vec<TypeName>,
        /// Whether `...` follows.
        variadic: bool,
    },
}

/// A type without or with the name of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// What it builds upon.
    pub base: Box<Specifier>,
    /// How it is built.
    pub declarator: Box<Declarator>,
}

/// `__attribute__((…))`, as far as layout depends on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// `packed`
    pub packed: bool,
    /// `aligned(n)`, and `aligned` alone, which is the largest alignment of the machine.
    pub aligned: Vec<Option<Constant>>,
}

/// A constant expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What it is.
    pub kind: ConstantKind,
    /// Its place.
    pub span: Span,
}

/// What a constant expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstantKind {
    /// A number or character.
    Int(super::Value),
    /// The constant of an enum.
    Name(String),
    /// `sizeof(T)`
    SizeOf(TypeName),
    /// `_Alignof(T)`
    AlignOf(TypeName),
    /// `-e`, `+e`, `~e`, `!e`.
    Unary(char, Box<Constant>),
    /// `a op b`, with the operator as it is written.
    Binary(&'static str, Box<Constant>, Box<Constant>),
    /// `c ? a : b`.
    Ternary(Box<[Constant; 3]>),
    /// `(T)e`.
    Cast(TypeName, Box<Constant>),
}
