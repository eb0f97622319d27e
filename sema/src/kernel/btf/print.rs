//! Types as C text: names of types, and definitions of structs, unions and enums.

use super::{Array, Btf, BtfType, Composite, Enum, Member, Prototype, TypeId};
use crate::kernel::KernelError;
use std::cell::Cell;
use std::fmt::Write;

/// How deep types may nest in one text.
const DEPTH: usize = 64;

/// How much work one text may take, in bytes written and elements read. The largest definitions
/// of a kernel take some ten thousand.
const WORK: usize = 4 << 20;

impl Btf {
    /// Name of a type as C spells it: `struct task_struct *`, `unsigned long[6]`.
    ///
    /// # Errors
    /// When a type is malformed or refers to itself.
    pub fn type_name(&self, id: TypeId) -> Result<String, KernelError> {
        Printer::new(self, false).declare(id, String::new(), 0)
    }

    /// The C definition of a struct, union or enum, its anonymous members written out; any other
    /// type as [`Btf::type_name`]. Ends with `;`.
    ///
    /// # Errors
    /// When a type is malformed or nests without end.
    pub fn definition(&self, id: TypeId) -> Result<String, KernelError> {
        let printer = Printer::new(self, true);
        let text = match self.get(id)? {
            BtfType::Struct(composite) => printer.composite("struct", &composite, 0)?,
            BtfType::Union(composite) => printer.composite("union", &composite, 0)?,
            BtfType::Enum(it) => enumeration(&it, 0),
            _ => printer.declare(id, String::new(), 0)?,
        };
        Ok(text + ";")
    }
}

struct Printer<'a> {
    btf: &'a Btf,
    /// Whether anonymous structs, unions and enums are written out.
    expand: bool,
    /// How much more work may be done.
    left: Cell<usize>,
}

impl<'a> Printer<'a> {
    fn new(btf: &'a Btf, expand: bool) -> Self {
        Printer {
            btf,
            expand,
            left: Cell::new(WORK),
        }
    }

    /// A declaration of `inner`, which is a name with what already binds to it, as a value of
    /// the type. C writes types inside out, so this walks from the declared thing to its base.
    fn declare(&self, id: TypeId, inner: String, depth: usize) -> Result<String, KernelError> {
        let mut id = id;
        let mut inner = inner;
        let mut qualifiers = String::new();
        loop {
            let ty = self.step(id, depth)?;
            self.spend(inner.len() + qualifiers.len(), id)?;
            if let Some((word, target)) = qualifier(&ty) {
                qualifiers += word;
                id = target;
                continue;
            }
            (inner, id) = match ty {
                BtfType::Pointer(target) => {
                    // What qualifies the pointer stands behind its `*`.
                    let star = format!("*{}", std::mem::take(&mut qualifiers));
                    let text = format!("{star}{inner}");
                    (text.trim_end().to_owned(), target)
                }
                BtfType::Array(Array { elem, len }) => (format!("{}[{len}]", bound(inner)), elem),
                BtfType::Prototype(it) => {
                    let params = self.params(&it, depth)?;
                    (format!("{}({params})", bound(inner)), it.result)
                }
                base => {
                    let base = self.base(&base, depth)?;
                    let space = match inner.chars().next() {
                        None | Some('[') => "",
                        Some(_) => " ",
                    };
                    let text = format!("{qualifiers}{base}{space}{inner}");
                    self.spend(text.len(), id)?;
                    return Ok(text);
                }
            };
        }
    }

    fn params(&self, prototype: &Prototype, depth: usize) -> Result<String, KernelError> {
        let mut params = Vec::with_capacity(prototype.params.len());
        for param in &prototype.params {
            params.push(self.declare(param.ty, param.name.to_owned(), depth + 1)?);
        }
        if prototype.variadic {
            params.push("...".to_owned());
        }
        if params.is_empty() {
            params.push("void".to_owned());
        }
        Ok(params.join(", "))
    }

    /// A type that declarators build upon.
    fn base(&self, ty: &BtfType, depth: usize) -> Result<String, KernelError> {
        Ok(match ty {
            BtfType::Void => "void".to_owned(),
            BtfType::Struct(it) => self.tagged("struct", it, depth)?,
            BtfType::Union(it) => self.tagged("union", it, depth)?,
            BtfType::Enum(it) if it.name.is_empty() && self.expand => enumeration(it, depth),
            BtfType::Enum(it) => tag("enum", it.name),
            BtfType::Forward { name, union } => tag(if *union { "union" } else { "struct" }, name),
            BtfType::Int(it) => it.name.to_owned(),
            BtfType::Typedef { name, .. }
            | BtfType::Float { name, .. }
            | BtfType::Function { name, .. }
            | BtfType::Variable { name, .. }
            | BtfType::Section { name, .. }
            | BtfType::DeclTag { name, .. } => (*name).to_owned(),
            BtfType::Pointer(_)
            | BtfType::Array(_)
            | BtfType::Prototype(_)
            | BtfType::Const(_)
            | BtfType::Volatile(_)
            | BtfType::Restrict(_)
            | BtfType::TypeTag { .. } => String::new(),
        })
    }

    /// A struct or union by its name, or written out where it has none.
    fn tagged(&self, word: &str, it: &Composite, depth: usize) -> Result<String, KernelError> {
        match it.name.is_empty() && self.expand {
            true => self.composite(word, it, depth),
            false => Ok(tag(word, it.name)),
        }
    }

    /// A struct or union with its members, without a semicolon at the end.
    fn composite(&self, word: &str, it: &Composite, depth: usize) -> Result<String, KernelError> {
        let indent = "\t".repeat(depth);
        let mut text = head(word, it.name);
        for member in &it.members {
            let member = self.member(member, depth + 1)?;
            let _ = writeln!(text, "{indent}\t{member};");
        }
        Ok(text + &indent + "}")
    }

    fn member(&self, member: &Member, depth: usize) -> Result<String, KernelError> {
        let mut text = self.declare(member.ty, member.name.to_owned(), depth)?;
        if let Some(bits) = member.bits {
            let _ = write!(text, ": {bits}");
        }
        Ok(text)
    }

    /// Decodes a type on the way to a text.
    fn step(&self, id: TypeId, depth: usize) -> Result<BtfType<'a>, KernelError> {
        if depth > DEPTH {
            return Err(self.btf.endless(id));
        }
        let ty = self.btf.get(id)?;
        let elements = match &ty {
            BtfType::Struct(it) | BtfType::Union(it) => it.members.len(),
            BtfType::Enum(it) => it.constants.len(),
            BtfType::Prototype(it) => it.params.len(),
            _ => 0,
        };
        self.spend(1 + elements, id)?;
        Ok(ty)
    }

    /// Takes work off what is left.
    fn spend(&self, work: usize, id: TypeId) -> Result<(), KernelError> {
        let left = self.left.get().checked_sub(work);
        self.left.set(left.ok_or_else(|| self.btf.endless(id))?);
        Ok(())
    }
}

/// The word and the qualified type, where the type is `const` and the like.
fn qualifier(ty: &BtfType) -> Option<(&'static str, TypeId)> {
    match ty {
        BtfType::Const(target) => Some(("const ", *target)),
        BtfType::Volatile(target) => Some(("volatile ", *target)),
        BtfType::Restrict(target) => Some(("restrict ", *target)),
        BtfType::TypeTag { target, .. } => Some(("", *target)),
        _ => None,
    }
}

/// Parentheses around what begins with `*`, so that `[]` and `()` bind to it.
fn bound(inner: String) -> String {
    match inner.starts_with('*') {
        true => format!("({inner})"),
        false => inner,
    }
}

/// An enum with its constants, without a semicolon at the end.
fn enumeration(it: &Enum, depth: usize) -> String {
    let indent = "\t".repeat(depth);
    let mut text = head("enum", it.name);
    for constant in &it.constants {
        let name = constant.name;
        let _ = match it.signed {
            true => writeln!(text, "{indent}\t{name} = {},", constant.value),
            false => writeln!(
                text,
                "{indent}\t{name} = {},",
                constant.value.cast_unsigned()
            ),
        };
    }
    text + &indent + "}"
}

/// The first line of a definition.
fn head(word: &str, name: &str) -> String {
    match name.is_empty() {
        true => format!("{word} {{\n"),
        false => format!("{word} {name} {{\n"),
    }
}

/// `struct name`, or `struct {...}` for one without a name.
fn tag(word: &str, name: &str) -> String {
    match name.is_empty() {
        true => format!("{word} {{...}}"),
        false => format!("{word} {name}"),
    }
}
