//! The preprocessor: from pieces of text to the tokens of what is left of them.

use super::ast::Macro;
use super::directive;
use super::error::{Error, ErrorKind};
use super::expand::{Defined, Definition, Macros};
use super::token::{Kind, Token, tokens};
use super::{MAX_DEPTH, MAX_REPORTS};
use crate::ast::Ident;
use lexer::{Diagnostic, FileId, Span};
use std::rc::Rc;

/// A piece of C text and its place.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Where it starts, and in which file.
    pub span: Span,
}

/// What an `#include` brings.
#[derive(Clone, Debug)]
pub enum Include {
    /// A text, under the id that its places are to have.
    Text(FileId, String),
    /// The same, whose macros are expanded, apart from the lines that define them.
    Expanded(FileId, String),
    /// Nothing, and nothing is missing.
    Nothing,
    /// A report.
    Failed(Box<Diagnostic>),
}

/// The header that a directive names.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it stands in `<>`.
    pub system: bool,
    /// Whether the directive is `#include_next`: another file of this name is meant.
    pub next: bool,
    /// The place of the directive.
    pub at: Span,
    /// The macros that are defined there.
    pub defined: Defined<'a>,
}

/// Where headers come from.
pub trait Includes {
    /// The text of a header.
    fn include(&mut self, wanted: &Wanted<'_>) -> Include;
}

/// No header is there, and none is missing.
#[derive(Debug)]
pub struct NoIncludes;

impl Includes for NoIncludes {
    fn include(&mut self, _wanted: &Wanted<'_>) -> Include {
        Include::Nothing
    }
}

/// What is left of the text.
pub(super) struct Preprocessed {
    pub(super) tokens: Vec<Token>,
    pub(super) macros: Vec<Macro>,
    pub(super) reports: Vec<Diagnostic>,
}

/// Whether the macros in a text are to be expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expansion {
    Wanted,
    Done,
}

/// A condition that is open.
pub(super) struct Branch {
    /// The directive that opened it.
    pub(super) word: String,
    pub(super) span: Span,
    /// Whether what is around it counts.
    pub(super) outer: bool,
    /// Whether this branch counts.
    pub(super) active: bool,
    /// Whether a branch has counted, so that no other does.
    pub(super) taken: bool,
    /// Whether `#else` was seen.
    pub(super) last: bool,
}

/// The state of the preprocessor.
pub(super) struct State<'i> {
    pub(super) macros: Macros,
    pub(super) branches: Vec<Branch>,
    pub(super) reports: Vec<Diagnostic>,
    pub(super) includes: &'i mut dyn Includes,
    pub(super) depth: usize,
    out: Vec<Token>,
}

/// Preprocesses pieces in order.
pub(super) fn preprocess(
    pieces: &[Piece<'_>],
    predefined: &[(&str, &str)],
    includes: &mut dyn Includes,
) -> Preprocessed {
    let mut state = State {
        macros: Macros::default(),
        branches: Vec::new(),
        reports: Vec::new(),
        includes,
        depth: 0,
        out: Vec::new(),
    };
    for (name, text) in predefined {
        let text = format!("{name} {text}");
        directive::define(
            &tokens(&text, Span::default()),
            &text,
            Span::default(),
            &mut state,
        );
    }
    for definition in state.macros.defined.values_mut() {
        definition.predefined = true;
    }
    for piece in pieces {
        state.text(piece.text, piece.span, Expansion::Wanted);
    }
    for branch in std::mem::take(&mut state.branches) {
        let kind = ErrorKind::UnclosedIf { word: branch.word };
        state.error(kind, branch.span);
    }
    Preprocessed {
        macros: written(&mut state.macros, predefined),
        tokens: state.out,
        reports: state.reports,
    }
}

/// The macros with a body, those that were there from the start and those that take any number of
/// arguments left out.
fn written(macros: &mut Macros, predefined: &[(&str, &str)]) -> Vec<Macro> {
    macros.forget_effort();
    let own = |name: &str| predefined.iter().all(|(other, _)| *other != name);
    let fixed = |d: &Definition| d.params.as_ref().is_none_or(|(_, variadic)| !variadic);
    let defined = macros.defined.iter();
    let written = defined.filter(|(name, d)| fixed(d) && own(name));
    let written: Vec<(Rc<str>, Definition)> = written
        .map(|(name, d)| (Rc::clone(name), d.clone()))
        .collect();
    let mut to_macro = |(name, d): (Rc<str>, Definition)| {
        let (first, last) = (d.body.first()?, d.body.last()?);
        let expanded = match super::is_foreign(d.span) && d.params.is_none() {
            true => macros.expand(&d.body).ok(),
            false => None,
        };
        let expanded = expanded.as_deref();
        let constant = expanded.and_then(|tokens| super::declaration::constant(tokens).ok());
        let text = expanded.and_then(literals);
        let params = d.params.as_ref();
        let params = params.map(|(names, _)| names.iter().map(ToString::to_string).collect());
        Some(Macro {
            name: Ident {
                name: name.to_string(),
                span: d.span,
            },
            params,
            text: text.unwrap_or_else(|| d.text.clone()),
            span: first.span.to(last.span),
            constant,
        })
    };
    written.into_iter().filter_map(&mut to_macro).collect()
}

/// The string literals that tokens are, where they are nothing but those.
fn literals(tokens: &[Token]) -> Option<String> {
    let all = tokens.iter().all(|token| token.kind == Kind::Str);
    let literals: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    (all && !literals.is_empty()).then(|| literals.join(" "))
}

impl State<'_> {
    pub(super) fn error(&mut self, kind: ErrorKind, span: Span) {
        self.report(Error { kind, span }.diagnostic());
    }

    pub(super) fn report(&mut self, report: Diagnostic) {
        let is_foreign = report
            .labels
            .iter()
            .any(|label| super::is_foreign(label.span));
        if self.reports.len() < MAX_REPORTS && !is_foreign {
            self.reports.push(report);
        }
    }

    /// Whether text counts here.
    pub(super) fn is_active(&self) -> bool {
        self.branches.last().is_none_or(|branch| branch.active)
    }

    /// Takes in a text: its lines of directives are carried out, the rest is expanded.
    pub(super) fn text(&mut self, text: &str, start: Span, expansion: Expansion) {
        if self.depth >= MAX_DEPTH {
            return self.error(ErrorKind::TooDeep, start);
        }
        self.depth += 1;
        let read = tokens(text, start);
        let mut rest = read.as_slice();
        while let Some(first) = rest.first() {
            if self.reports.len() >= MAX_REPORTS {
                break;
            }
            let directive = first.starts_line && first.is("#");
            let ends = |token: &Token| token.starts_line && (directive || token.is("#"));
            let end = rest.iter().skip(1).position(ends);
            let (run, behind) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            rest = behind;
            if directive {
                directive::carry_out(&run[1..], first, (text, start), self);
            } else if self.is_active() {
                match expansion {
                    Expansion::Wanted => self.keep(run),
                    Expansion::Done => self.out.extend_from_slice(run),
                }
            }
        }
        if self.is_active() && !self.out.last().is_none_or(|token| token.kind == Kind::End) {
            let end = read.last().map_or(start, |token| token.span);
            self.out
                .push(Token::end(Span::new(end.file, end.end, end.end)));
        }
        self.depth -= 1;
    }

    fn keep(&mut self, run: &[Token]) {
        match self.macros.expand(run) {
            Ok(tokens) => self.out.extend(tokens),
            Err(error) => self.report(error.diagnostic()),
        }
    }
}
