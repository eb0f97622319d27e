//! Declarators, attributes, basic types, and the syntax of constant expressions.

use super::ast::*;
use super::constant::Value;
use super::declaration::Parser;
use super::error::{Error, ErrorKind};
use super::token::Kind;

/// The words of basic types.
const BASIC: [&str; 17] = [
    "void",
    "char",
    "short",
    "int",
    "long",
    "signed",
    "unsigned",
    "float",
    "double",
    "_Bool",
    "bool",
    "__signed__",
    "__signed",
    "__int128",
    "__int128_t",
    "__uint128_t",
    "_Float128",
];

/// The integers by the words that make them, order and `int` aside.
const INTEGERS: [(&str, u8, bool); 11] = [
    ("char", 1, true),
    ("signed char", 1, true),
    ("unsigned char", 1, false),
    ("short", 2, true),
    ("unsigned short", 2, false),
    ("int", 4, true),
    ("unsigned int", 4, false),
    ("long", 8, true),
    ("unsigned long", 8, false),
    ("long long", 8, true),
    ("unsigned long long", 8, false),
];

/// Whether a word is one of a basic type's.
pub(super) fn is_basic(word: &str) -> bool {
    BASIC.contains(&word)
}

/// The basic type that words make.
pub(super) fn basic(words: &[&str]) -> Option<SpecifierKind> {
    let count = |names: &[&str]| words.iter().filter(|word| names.contains(word)).count();
    let int = |name, bytes, signed| SpecifierKind::Int {
        name,
        bytes,
        signed,
    };
    match words {
        ["void"] => return Some(SpecifierKind::Void),
        ["_Bool" | "bool"] => return Some(SpecifierKind::Bool),
        ["float"] => {
            return Some(SpecifierKind::Float {
                name: "float",
                bytes: 4,
            });
        }
        ["double"] => {
            return Some(SpecifierKind::Float {
                name: "double",
                bytes: 8,
            });
        }
        ["long", "double"] | ["double", "long"] | ["_Float128"] => {
            return Some(SpecifierKind::Float {
                name: "long double",
                bytes: 16,
            });
        }
        ["__int128_t"] => return Some(int("__int128", 16, true)),
        ["__uint128_t"] => return Some(int("unsigned __int128", 16, false)),
        _ => {}
    }
    let unsigned = count(&["unsigned"]);
    let signed = count(&["signed", "__signed__", "__signed"]);
    let (chars, shorts, longs) = (count(&["char"]), count(&["short"]), count(&["long"]));
    let (ints, wide) = (count(&["int"]), count(&["__int128"]));
    let known = unsigned + signed + chars + shorts + longs + ints + wide;
    if known != words.len() || unsigned + signed > 1 || ints > 1 {
        return None;
    }
    let sign = if unsigned == 1 { "unsigned " } else { "" };
    let base = match (chars, shorts, longs, wide) {
        (1, 0, 0, 0) if ints == 0 && signed == 1 => "signed char",
        (1, 0, 0, 0) if ints == 0 => "char",
        (0, 1, 0, 0) => "short",
        (0, 0, 0, 0) => "int",
        (0, 0, 1, 0) => "long",
        (0, 0, 2, 0) => "long long",
        (0, 0, 0, 1) if unsigned == 1 => return Some(int("unsigned __int128", 16, false)),
        (0, 0, 0, 1) => return Some(int("__int128", 16, true)),
        _ => return None,
    };
    let name = format!("{sign}{base}");
    let found = INTEGERS.iter().find(|(known, ..)| *known == name);
    found.map(|&(name, bytes, signed)| int(name, bytes, signed))
}

impl Parser<'_> {
    /// `__attribute__((…))`, `_Alignas(…)` and the like; whether there was one.
    pub(super) fn attribute(&mut self, attributes: &mut Attributes) -> Result<bool, Error> {
        if self.sees_word(&["_Alignas", "alignas"]) {
            self.at += 1;
            self.expect("(")?;
            attributes.aligned.push(Some(self.aligned()?));
            self.expect(")")?;
            return Ok(true);
        }
        if self.sees_word(&["__attribute__", "__attribute"]) {
            self.at += 1;
            self.expect("(")?;
            self.expect("(")?;
            while !self.take(")") {
                self.one_attribute(attributes)?;
                if !self.take(",") && !self.sees(")") {
                    return Err(self.unexpected("`,` or `)`"));
                }
            }
            self.expect(")")?;
            return Ok(true);
        }
        // The kernel's spellings, which are macros there.
        match () {
            () if self.sees_word(&["__packed"]) => attributes.packed = true,
            () if self.sees_word(&["__asm__", "asm", "__asm"]) => {
                self.at += 1;
                self.brackets()?;
                return Ok(true);
            }
            () if self.sees_word(&["__user", "__kernel", "__rcu", "__percpu", "__iomem"]) => {}
            () => return Ok(false),
        }
        self.at += 1;
        Ok(true)
    }

    fn aligned(&mut self) -> Result<Constant, Error> {
        let start = self.here();
        match self.type_name_ahead() {
            true => {
                let ty = self.type_name()?;
                let span = self.since(start);
                Ok(Constant {
                    kind: ConstantKind::AlignOf(ty),
                    span,
                })
            }
            false => self.ternary(),
        }
    }

    fn one_attribute(&mut self, attributes: &mut Attributes) -> Result<(), Error> {
        let Some(name) = self.ident() else {
            return Ok(());
        };
        match name.name.trim_matches('_') {
            "packed" => attributes.packed = true,
            "aligned" if self.take("(") => {
                attributes.aligned.push(Some(self.ternary()?));
                self.expect(")")?;
            }
            "aligned" => attributes.aligned.push(None),
            _ if self.sees("(") => self.brackets()?,
            _ => {}
        }
        Ok(())
    }

    /// Every attribute that follows.
    pub(super) fn attributes(&mut self, attributes: &mut Attributes) -> Result<(), Error> {
        while self.attribute(attributes)? {}
        Ok(())
    }

    /// A declarator; with `named` it must have a name, unless what it declares needs none.
    pub(super) fn declarator(&mut self, named: bool) -> Result<Declarator, Error> {
        let start = self.here();
        let mut attributes = Attributes::default();
        let mut derived = Vec::new();
        let name = self.nested(|p| p.derive(named, &mut derived, &mut attributes))?;
        Ok(Declarator {
            name,
            derived,
            bits: None,
            attributes,
            span: self.since(start),
        })
    }

    fn derive(
        &mut self,
        named: bool,
        derived: &mut Vec<Derived>,
        attributes: &mut Attributes,
    ) -> Result<Option<crate::ast::Ident>, Error> {
        let mut pointers = 0usize;
        loop {
            // What qualifies or aligns a pointer's pointee is not the declared thing's.
            self.qualifiers(&mut Attributes::default())?;
            match self.take("*") {
                true => pointers += 1,
                false => break,
            }
        }
        if pointers > super::MAX_DEPTH {
            return self.error(ErrorKind::TooDeep, self.here());
        }
        let inner = self.sees("(") && self.groups();
        let name = if inner {
            self.at += 1;
            let name = self.nested(|p| p.derive(named, derived, attributes))?;
            self.expect(")")?;
            name
        } else {
            self.ident()
        };
        if name.is_none() && named {
            return Err(self.unexpected("a name"));
        }
        self.attributes(attributes)?;
        self.suffixes(derived)?;
        derived.extend(std::iter::repeat_n(Derived::Pointer, pointers));
        Ok(name)
    }

    /// Whether the parenthesis that comes next groups a declarator rather than parameters.
    fn groups(&self) -> bool {
        let next = self.ahead(1);
        next.is_some_and(|token| {
            token.is("*")
                || token.is("(")
                || token.is("[")
                || token.is_word("__attribute__")
                || token.kind == Kind::Ident
                    && self
                        .ahead(2)
                        .is_some_and(|t| t.is(")") || t.is("[") || t.is("("))
                    && !is_basic(&token.text)
        })
    }

    fn suffixes(&mut self, derived: &mut Vec<Derived>) -> Result<(), Error> {
        loop {
            if derived.len() > super::MAX_DEPTH {
                return self.error(ErrorKind::TooDeep, self.here());
            }
            if self.take("[") {
                self.qualifiers(&mut Attributes::default())?;
                let len = match self.sees("]") {
                    true => None,
                    false => Some(self.ternary()?),
                };
                self.expect("]")?;
                derived.push(Derived::Array(len));
            } else if self.take("(") {
                derived.push(self.params()?);
            } else {
                return Ok(());
            }
        }
    }

    fn params(&mut self) -> Result<Derived, Error> {
        let mut params = Vec::new();
        let mut variadic = false;
        if self.sees_word(&["void"]) && self.ahead(1).is_some_and(|token| token.is(")")) {
            self.at += 1;
        }
        while !self.take(")") {
            if self.take("...") {
                variadic = true;
            } else {
                params.push(self.nested(Self::type_name)?);
            }
            if !self.take(",") && !self.sees(")") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        Ok(Derived::Function { params, variadic })
    }

    /// A type, as in `sizeof` and casts, or a parameter with or without a name.
    pub(super) fn type_name(&mut self) -> Result<TypeName, Error> {
        let base = Box::new(self.specifier()?);
        let mut declarator = self.declarator(false)?;
        self.attributes(&mut declarator.attributes)?;
        let declarator = Box::new(declarator);
        Ok(TypeName { base, declarator })
    }

    /// Whether a type comes next, as far as its words tell: a lone name counts where a `)` or `*`
    /// follows.
    fn type_name_ahead(&self) -> bool {
        let Some(token) = self.peek().filter(|token| token.kind == Kind::Ident) else {
            return false;
        };
        let keyword = ["struct", "union", "enum", "const", "volatile"].contains(&&*token.text);
        let follows = |by| self.ahead(by).is_some_and(|t| t.is(")"));
        let pointer = self.ahead(1).is_some_and(|t| t.is("*"))
            && (follows(2) || self.ahead(2).is_some_and(|t| t.is("*")));
        keyword || is_basic(&token.text) || pointer
    }

    /// A constant expression.
    pub(super) fn constant(&mut self) -> Result<Constant, Error> {
        self.ternary()
    }

    pub(super) fn ternary(&mut self) -> Result<Constant, Error> {
        self.nested(|p| {
            let start = p.here();
            let cond = p.binary(0)?;
            if !p.take("?") {
                return Ok(cond);
            }
            let then = p.ternary()?;
            p.expect(":")?;
            let otherwise = p.ternary()?;
            let kind = ConstantKind::Ternary(Box::new([cond, then, otherwise]));
            let span = p.since(start);
            Ok(Constant { kind, span })
        })
    }

    fn binary(&mut self, tier: usize) -> Result<Constant, Error> {
        /// From the loosest to the tightest.
        const TIERS: [&[&str]; 10] = [
            &["||"],
            &["&&"],
            &["|"],
            &["^"],
            &["&"],
            &["==", "!="],
            &["<", "<=", ">", ">="],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = TIERS.get(tier) else {
            return self.nested(Self::unary);
        };
        let start = self.here();
        let mut left = self.binary(tier + 1)?;
        let mut length = 0;
        while let Some(op) = operators.iter().find(|op| self.sees(op)) {
            // Chains lean to the left: each step nests one level deeper.
            length += 1;
            if length > super::MAX_DEPTH {
                return self.error(ErrorKind::TooDeep, self.here());
            }
            self.at += 1;
            let right = self.binary(tier + 1)?;
            let kind = ConstantKind::Binary(op, Box::new(left), Box::new(right));
            let span = self.since(start);
            left = Constant { kind, span };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Constant, Error> {
        let start = self.here();
        for op in ["-", "+", "~", "!"] {
            if self.take(op) {
                let operand = Box::new(self.nested(Self::unary)?);
                let op = op.chars().next().unwrap_or('+');
                let span = self.since(start);
                return Ok(Constant {
                    kind: ConstantKind::Unary(op, operand),
                    span,
                });
            }
        }
        let kind = if self.sees_word(&["sizeof", "_Alignof", "__alignof__", "alignof"]) {
            self.measured()?
        } else if self.sees("(") && self.casts() {
            self.at += 1;
            let ty = self.type_name()?;
            self.expect(")")?;
            ConstantKind::Cast(ty, Box::new(self.nested(Self::unary)?))
        } else if self.take("(") {
            let inner = self.ternary()?;
            self.expect(")")?;
            inner.kind
        } else {
            self.primary()?
        };
        let span = self.since(start);
        Ok(Constant { kind, span })
    }

    fn measured(&mut self) -> Result<ConstantKind, Error> {
        let size = self.sees_word(&["sizeof"]);
        self.at += 1;
        self.expect("(")?;
        let ty = self.type_name()?;
        self.expect(")")?;
        Ok(match size {
            true => ConstantKind::SizeOf(ty),
            false => ConstantKind::AlignOf(ty),
        })
    }

    /// Whether the parenthesis that comes next holds a type that is cast to. `(name) - 1` is a
    /// difference, `(name) 1` a cast.
    fn casts(&self) -> bool {
        let inner = self.behind();
        if inner.type_name_ahead() {
            return true;
        }
        let named = inner.peek().is_some_and(|token| token.kind == Kind::Ident);
        named
            && inner.ahead(1).is_some_and(|token| token.is(")"))
            && inner.ahead(2).is_some_and(|token| {
                matches!(token.kind, Kind::Number | Kind::Ident | Kind::Char)
                    || token.is("(")
                    || token.is("~")
            })
    }

    fn primary(&mut self) -> Result<ConstantKind, Error> {
        let Some(token) = self.peek() else {
            return Err(self.unexpected("a constant"));
        };
        let value = match token.kind {
            Kind::Number => Value::parse(&token.text),
            Kind::Char => Value::of_char(&token.text),
            Kind::Ident => {
                self.at += 1;
                return Ok(ConstantKind::Name(token.text.to_string()));
            }
            Kind::Str | Kind::Punct | Kind::End | Kind::Unknown => {
                return Err(self.unexpected("a constant"));
            }
        };
        self.at += 1;
        match value {
            Some(value) => Ok(ConstantKind::Int(value)),
            None => {
                let text = token.text.to_string();
                self.error(ErrorKind::BadNumber { text }, token.span)
            }
        }
    }
}
