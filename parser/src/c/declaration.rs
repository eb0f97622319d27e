//! Declarations: specifiers, members, constants of enums.

use super::MAX_DEPTH;
use super::ast::*;
use super::error::{Error, ErrorKind};
use super::token::{Kind, Token};
use crate::ast::Ident;
use lexer::Span;

/// Words that say nothing of a type's layout.
const QUALIFIERS: [&str; 21] = [
    "const",
    "volatile",
    "restrict",
    "__const",
    "__const__",
    "__volatile__",
    "__restrict",
    "__restrict__",
    "_Atomic",
    "extern",
    "static",
    "register",
    "inline",
    "__inline",
    "__inline__",
    "auto",
    "_Noreturn",
    "__extension__",
    "_Thread_local",
    "__volatile",
    "thread_local",
];

/// The declarations in a run of tokens, and what is wrong with others.
pub(super) fn declarations(tokens: &[Token]) -> (Vec<Declaration>, Vec<Error>) {
    let mut parser = Parser::new(tokens);
    let mut found = Vec::new();
    let mut errors = Vec::new();
    while parser.peek().is_some() {
        let before = parser.at;
        match parser.external() {
            Ok(declaration) => found.extend(declaration),
            Err(error) => {
                let counts = !super::is_foreign(error.span);
                if counts && errors.len() < super::MAX_REPORTS {
                    errors.push(error);
                }
                parser.recover(before);
            }
        }
    }
    (found, errors)
}

/// A constant expression that is all of a run of tokens.
pub(super) fn constant(tokens: &[Token]) -> Result<Constant, Error> {
    let mut parser = Parser::new(tokens);
    let constant = parser.constant()?;
    match parser.peek() {
        None => Ok(constant),
        Some(_) => Err(parser.unexpected("an operator")),
    }
}

/// A place in a run of tokens.
pub(super) struct Parser<'t> {
    tokens: &'t [Token],
    pub(super) at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(tokens: &'t [Token]) -> Self {
        Parser {
            tokens,
            at: 0,
            depth: 0,
        }
    }

    /// The place behind the next token, to look ahead from.
    pub(super) fn behind(&self) -> Self {
        Parser {
            at: self.at + 1,
            ..*self
        }
    }

    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn ahead(&self, by: usize) -> Option<&'t Token> {
        self.tokens.get(self.at + by)
    }

    /// Whether this operator or bracket comes next.
    pub(super) fn sees(&self, punct: &str) -> bool {
        self.peek().is_some_and(|token| token.is(punct))
    }

    /// Whether this word comes next.
    pub(super) fn sees_word(&self, words: &[&str]) -> bool {
        self.peek()
            .is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    /// Takes an operator or bracket, where it comes next.
    pub(super) fn take(&mut self, punct: &str) -> bool {
        let taken = self.sees(punct);
        self.at += usize::from(taken);
        taken
    }

    pub(super) fn expect(&mut self, punct: &str) -> Result<(), Error> {
        match self.take(punct) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{punct}`"))),
        }
    }

    /// Takes a name, where one comes next.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let token = self.peek().filter(|token| token.kind == Kind::Ident)?;
        self.at += 1;
        Some(Ident {
            name: token.text.to_string(),
            span: token.span,
        })
    }

    /// The place of the next token, or behind the last.
    pub(super) fn here(&self) -> Span {
        match (self.peek(), self.tokens.last()) {
            (Some(token), _) => token.span,
            (None, Some(last)) => Span::new(last.span.file, last.span.end, last.span.end),
            (None, None) => Span::default(),
        }
    }

    /// From a place to the last token that was taken.
    pub(super) fn since(&self, start: Span) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(start, |last| start.to(last.span))
    }

    pub(super) fn error<T>(&self, kind: ErrorKind, span: Span) -> Result<T, Error> {
        Err(Error { kind, span })
    }

    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let found = match self.peek() {
            Some(token) if token.kind != Kind::End => format!("`{}`", token.text),
            _ => "its end".to_owned(),
        };
        let expected = expected.to_owned();
        Error {
            kind: ErrorKind::Unexpected { found, expected },
            span: self.here(),
        }
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth >= MAX_DEPTH {
            return self.error(ErrorKind::TooDeep, self.here());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Goes on behind the next semicolon outside braces from a place on, or the end of the piece.
    fn recover(&mut self, before: usize) {
        self.at = before;
        let mut depth = 0u32;
        while let Some(token) = self.peek() {
            self.at += 1;
            match &*token.text {
                _ if token.kind == Kind::End => return,
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// Whether a declaration ends here.
    pub(super) fn ends(&self) -> bool {
        self.peek()
            .is_none_or(|token| token.kind == Kind::End || token.is(";"))
    }

    /// A declaration outside of everything; nothing for what declares no type.
    fn external(&mut self) -> Result<Option<Declaration>, Error> {
        if self.ends() {
            self.at += 1;
            return Ok(None);
        }
        let start = self.here();
        if self.sees_word(&["_Static_assert", "static_assert", "__asm__", "asm"]) {
            self.recover(self.at);
            return Ok(None);
        }
        let mut typedef = self.word("typedef");
        let base = self.specifier()?;
        typedef |= self.word("typedef");
        let mut declarators = Vec::new();
        while !self.ends() {
            let mut declarator = self.declarator(true)?;
            self.attributes(&mut declarator.attributes)?;
            declarators.push(declarator);
            if self.take("=") {
                self.skip_until(&[",", ";"]);
            }
            if self.sees("{") {
                self.brackets()?;
                return Ok(defines(&base).then(|| self.declared(false, base, Vec::new(), start)));
            }
            if !self.take(",") {
                break;
            }
        }
        let span = self.since(start);
        if !self.ends() {
            return Err(self.unexpected("`;`"));
        }
        self.at += 1;
        let counts = typedef || defines(&base);
        Ok(counts.then(|| Declaration {
            typedef,
            base,
            declarators: if typedef { declarators } else { Vec::new() },
            span,
        }))
    }

    fn declared(
        &self,
        typedef: bool,
        base: Specifier,
        declarators: Vec<Declarator>,
        start: Span,
    ) -> Declaration {
        let span = self.since(start);
        Declaration {
            typedef,
            base,
            declarators,
            span,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let taken = self.sees_word(&[word]);
        self.at += usize::from(taken);
        taken
    }

    fn skip_until(&mut self, ends: &[&str]) {
        while let Some(token) = self.peek() {
            let stop = token.kind == Kind::End || ends.iter().any(|end| token.is(end));
            if stop || self.opens() && self.brackets().is_err() {
                return;
            }
            if !self.opens() {
                self.at += 1;
            }
        }
    }

    fn opens(&self) -> bool {
        self.sees("(") || self.sees("[") || self.sees("{")
    }

    /// Passes over a bracket and what it holds.
    pub(super) fn brackets(&mut self) -> Result<(), Error> {
        let start = self.here();
        let mut depth = 0u32;
        while let Some(token) = self.peek().filter(|token| token.kind != Kind::End) {
            self.at += 1;
            match &*token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        let expected = "a closing bracket".to_owned();
        let found = "its end".to_owned();
        self.error(ErrorKind::Unexpected { found, expected }, start)
    }

    /// Passes over qualifiers and attributes, and notes what the attributes say.
    pub(super) fn qualifiers(&mut self, attributes: &mut Attributes) -> Result<(), Error> {
        loop {
            if self.sees_word(&QUALIFIERS) {
                self.at += 1;
            } else if !self.attribute(attributes)? {
                return Ok(());
            }
        }
    }

    /// The type that a declaration begins with.
    pub(super) fn specifier(&mut self) -> Result<Specifier, Error> {
        let start = self.here();
        let mut attributes = Attributes::default();
        let mut words: Vec<&str> = Vec::new();
        let kind = loop {
            self.qualifiers(&mut attributes)?;
            if words.is_empty() && self.sees_word(&["struct", "union"]) {
                break self.nested(Self::composite)?;
            }
            if words.is_empty() && self.sees_word(&["enum"]) {
                break self.enumeration()?;
            }
            match self.peek().filter(|token| token.kind == Kind::Ident) {
                Some(token) if super::declarator::is_basic(&token.text) => {
                    words.push(&token.text);
                    self.at += 1;
                }
                Some(token) if words.is_empty() => {
                    self.at += 1;
                    break SpecifierKind::Named(token.text.to_string());
                }
                _ if words.is_empty() => return Err(self.unexpected("a type")),
                _ => {
                    let span = self.since(start);
                    break super::declarator::basic(&words).ok_or_else(|| Error {
                        kind: ErrorKind::BadSpecifiers {
                            words: words.join(" "),
                        },
                        span,
                    })?;
                }
            }
        };
        let span = self.since(start);
        self.qualifiers(&mut attributes)?;
        Ok(Specifier { kind, span })
    }

    fn composite(&mut self) -> Result<SpecifierKind, Error> {
        let start = self.here();
        let union = self.sees_word(&["union"]);
        self.at += 1;
        let mut attributes = Attributes::default();
        self.attributes(&mut attributes)?;
        let name = self.ident();
        let members = match self.take("{") {
            true => Some(self.members()?),
            false => None,
        };
        if name.is_none() && members.is_none() {
            let word = if union { "union" } else { "struct" };
            return self.error(ErrorKind::NoTag { word }, start);
        }
        self.attributes(&mut attributes)?;
        Ok(SpecifierKind::Composite(Composite {
            union,
            name,
            members,
            attributes,
        }))
    }

    fn members(&mut self) -> Result<Vec<Member>, Error> {
        let mut members = Vec::new();
        while !self.take("}") {
            if self.take(";") {
                continue;
            }
            if self.sees_word(&["_Static_assert", "static_assert"]) {
                self.skip_until(&[";"]);
                continue;
            }
            let base = self.specifier()?;
            let mut declarators = Vec::new();
            while !self.sees(";") && !self.sees("}") {
                declarators.push(self.member()?);
                if !self.take(",") {
                    break;
                }
            }
            if declarators.is_empty() && !defines(&base) {
                return Err(self.unexpected("the name of a member"));
            }
            members.push(Member { base, declarators });
            if !self.take(";") && !self.sees("}") {
                return Err(self.unexpected("`;`"));
            }
        }
        Ok(members)
    }

    fn member(&mut self) -> Result<Declarator, Error> {
        let mut declarator = match self.sees(":") {
            true => Declarator {
                name: None,
                derived: Vec::new(),
                bits: None,
                attributes: Attributes::default(),
                span: self.here(),
            },
            false => self.declarator(true)?,
        };
        if self.take(":") {
            declarator.bits = Some(self.ternary()?);
        }
        self.attributes(&mut declarator.attributes)?;
        Ok(declarator)
    }

    fn enumeration(&mut self) -> Result<SpecifierKind, Error> {
        let start = self.here();
        self.at += 1;
        let mut attributes = Attributes::default();
        self.attributes(&mut attributes)?;
        let name = self.ident();
        let constants = match self.take("{") {
            true => Some(self.constants()?),
            false => None,
        };
        if name.is_none() && constants.is_none() {
            return self.error(ErrorKind::NoTag { word: "enum" }, start);
        }
        self.attributes(&mut attributes)?;
        Ok(SpecifierKind::Enum(Enum {
            name,
            constants,
            attributes,
        }))
    }

    fn constants(&mut self) -> Result<Vec<(Ident, Option<Constant>)>, Error> {
        let mut constants = Vec::new();
        while !self.take("}") {
            let Some(name) = self.ident() else {
                return Err(self.unexpected("the name of a constant"));
            };
            self.attributes(&mut Attributes::default())?;
            let value = match self.take("=") {
                true => Some(self.ternary()?),
                false => None,
            };
            constants.push((name, value));
            if !self.take(",") && !self.sees("}") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
        Ok(constants)
    }
}

/// Whether a specifier defines a type by itself, or declares a tag.
fn defines(base: &Specifier) -> bool {
    matches!(
        base.kind,
        SpecifierKind::Composite(_) | SpecifierKind::Enum(_)
    )
}
