//! A text to its syntax tree: item by item, each read again after a mistake without what held it.

use crate::actions::Context;
use crate::ast::{Expr, Item, Program};
use crate::error::{ParseError, ParseErrorKind};
use crate::grammar::{ExprParser, ItemParser};
use crate::recover::{self, Faulty};
use crate::slip::{self, Place};
use crate::{casts, depth};
use lalrpop_util::ParseError as Unread;
use lexer::{
    Diagnostic, FileId, LexErrorKind, Lexer, MAX_SOURCE_BYTES, SourceMap, Span, Spanned, Token,
};
use std::cell::Cell;
use std::convert::Infallible;

/// After so many reports the rest of the script is left unread.
const MAX_REPORTS: usize = 20;

/// The tree of a script, as far as it can be read, and a report about every mistake in it. Without
/// a report the tree is whole.
pub fn parse(sources: &SourceMap, file: FileId) -> (Program, Vec<Diagnostic>) {
    let text = sources.text(file);
    if text.len() > MAX_SOURCE_BYTES {
        let report = lexer::too_large(sources.name(file), text.len());
        return (Program::default(), vec![report]);
    }
    let mut reader = Reader {
        lexer: Lexer::new(file, text),
        cx: Context::new(file),
        items: Vec::new(),
        errors: Vec::new(),
        headless: false,
    };
    while reader.found() < MAX_REPORTS && reader.read_item() {}
    reader.finish(sources)
}

/// The expression that a text is, such as the text of a `#define`; nothing where it is none. The
/// text starts at the start of `at`.
pub fn expression(text: &str, at: Span) -> Option<Expr> {
    let mut lexer = Lexer::code_only(at.file, text);
    let mut tokens: Vec<_> = lexer.by_ref().collect();
    if !lexer.errors().is_empty() || depth::exceeded(&tokens).is_some() {
        return None;
    }
    casts::mark(&mut tokens);
    let stream = tokens.iter().map(|token| {
        let [start, end] = [token.span.start, token.span.end];
        (at.start + start, token.node, at.start + end)
    });
    let cx = Context::new(at.file);
    let expr = ExprParser::new().parse(&cx, stream).ok()?;
    cx.take_errors().is_empty().then_some(expr)
}

/// The state of reading one text.
struct Reader<'s> {
    lexer: Lexer<'s>,
    cx: Context,
    items: Vec<Item>,
    errors: Vec<ParseError>,
    /// A probe before has no block that opens: what follows may be its statements.
    headless: bool,
}

/// One item could not be read.
struct Stuck {
    /// The index of the token at which it stopped; one past the last at the end of the text.
    at: usize,
    /// What could have stood there, as the grammar calls it.
    expected: Vec<String>,
}

impl<'s> Reader<'s> {
    fn found(&self) -> usize {
        self.errors.len() + self.lexer.errors().len()
    }

    /// Reads the next item; whether there was one.
    fn read_item(&mut self) -> bool {
        let lexed = self.lexer.errors().len();
        let mut tokens: Vec<Spanned<Token<'s>>> = Vec::new();
        while let Some(token) = self.lexer.next() {
            tokens.push(token);
            if self.lexer.at_item_end() {
                break;
            }
        }
        if tokens.is_empty() {
            return false;
        }
        if let Some(at) = depth::exceeded(&tokens) {
            self.error(ParseErrorKind::TooDeep, tokens[at].span);
        } else if !self.is_unclosed(lexed) {
            casts::mark(&mut tokens);
            self.parse_item(&mut tokens, lexed);
        }
        true
    }

    fn error(&mut self, kind: ParseErrorKind, span: Span) {
        self.errors.push(ParseError { kind, span });
    }

    /// Whether a brace of this item is not closed, so that nothing in it is in its place. That has
    /// been reported; `lexed` errors came before the item.
    fn is_unclosed(&self, lexed: usize) -> bool {
        let errors = &self.lexer.errors()[lexed..];
        errors.iter().any(|e| e.kind == LexErrorKind::UnclosedBrace)
    }

    fn parse_item(&mut self, tokens: &mut Vec<Spanned<Token<'s>>>, lexed: usize) {
        loop {
            let stuck = match self.attempt(tokens) {
                Ok(item) => {
                    let passed = self.cx.take_errors();
                    self.errors.extend(passed);
                    self.headless = false;
                    self.items.extend(item);
                    return;
                }
                Err(stuck) => stuck,
            };
            let faulty = recover::faulty(tokens, stuck.at);
            if !self.has_lex_error(tokens, &faulty, stuck.at, lexed) {
                let error = slip::explain(&Place::new(tokens, stuck.at, &faulty), &stuck.expected);
                if !(self.headless && error.kind.belongs_in_block()) {
                    self.errors.push(error);
                }
            }
            self.cx.take_errors();
            if self.found() >= MAX_REPORTS {
                return;
            }
            if !recover::cut(tokens, &faulty) {
                self.headless = tokens.last().map(|t| t.node) != Some(Token::CloseBrace);
                return;
            }
        }
    }

    fn attempt(&self, tokens: &[Spanned<Token<'s>>]) -> Result<Option<Item>, Stuck> {
        let taken = Cell::new(0);
        let stream = tokens.iter().map(|token| {
            taken.set(taken.get() + 1);
            (token.span.start, token.node, token.span.end)
        });
        let result: Result<_, Unread<u32, Token<'s>, Infallible>> =
            ItemParser::new().parse(&self.cx, stream);
        result.map_err(|error| match error {
            Unread::UnrecognizedEof { expected, .. } => Stuck {
                at: tokens.len(),
                expected,
            },
            Unread::UnrecognizedToken { expected, .. } => Stuck {
                at: taken.get() - 1,
                expected,
            },
            Unread::ExtraToken { .. } | Unread::InvalidToken { .. } => Stuck {
                at: taken.get() - 1,
                expected: Vec::new(),
            },
            Unread::User { error } => match error {},
        })
    }

    /// Whether the characters themselves were wrong between the start of what is faulty and the
    /// token at which the grammar was lost: then that was the mistake, and it has been reported.
    fn has_lex_error(
        &self,
        tokens: &[Spanned<Token<'s>>],
        faulty: &Faulty,
        at: usize,
        lexed: usize,
    ) -> bool {
        let (Faulty::Statement(range) | Faulty::Head(range)) = faulty;
        let before = range.start.checked_sub(1).and_then(|at| tokens.get(at));
        let start = before.map_or(0, |token| token.span.end);
        let end = tokens.get(at).map_or(u32::MAX, |token| token.span.end);
        self.lexer.errors()[lexed..]
            .iter()
            .any(|error| error.kind.garbles() && error.span.start < end && start <= error.span.end)
    }

    fn finish(self, sources: &SourceMap) -> (Program, Vec<Diagnostic>) {
        let stopped = self.found() >= MAX_REPORTS;
        let (comments, lex_errors) = self.lexer.finish();
        let lexed = lex_errors
            .iter()
            .map(|e| (e.span, e.diagnostic(sources.slice(e.span))));
        let parsed = self.errors.iter().map(|e| (e.span, e.diagnostic()));
        let mut reports: Vec<(Span, Diagnostic)> = lexed.chain(parsed).collect();
        reports.sort_by_key(|(span, _)| span.start);
        reports.truncate(MAX_REPORTS);
        let mut reports: Vec<Diagnostic> = reports.into_iter().map(|(_, report)| report).collect();
        if stopped && let Some(last) = reports.pop() {
            reports.push(last.note("too many mistakes: the rest of the script was not read"));
        }
        let items = self.items;
        (Program { items, comments }, reports)
    }
}
