//! The lines that begin with `#`.

use super::condition;
use super::error::ErrorKind;
use super::expand::{Defined, Definition};
use super::preprocess::{Branch, Expansion, Include, State, Wanted};
use super::token::{Kind, Token};
use lexer::{FileId, Span};
use std::rc::Rc;

/// Carries out a directive: the tokens behind its `#`, in a text that starts at a place.
pub(super) fn carry_out(
    line: &[Token],
    hash: &Token,
    (text, start): (&str, Span),
    state: &mut State<'_>,
) {
    let Some((word, rest)) = line.split_first() else {
        return; // A lone `#` means nothing.
    };
    let span = line
        .last()
        .map_or(hash.span, |last| hash.span.to(last.span));
    match &*word.text {
        "if" | "ifdef" | "ifndef" => open(word, rest, span, state),
        "elif" | "elifdef" | "elifndef" | "else" => branch(word, rest, span, state),
        "endif" => {
            if state.branches.pop().is_none() {
                lone(word, span, state);
            }
        }
        _ if !state.is_active() => {}
        "define" => define(rest, text, start, state),
        "undef" => match rest.first() {
            Some(name) if name.kind == Kind::Ident => {
                state.macros.defined.remove(&name.text);
            }
            _ => form("#undef NAME", span, state),
        },
        "include" | "include_next" | "import" => {
            let next = *word.text == *"include_next";
            include(rest, next, span, state);
        }
        "error" => {
            let words: Vec<&str> = rest.iter().map(|token| &*token.text).collect();
            let text = words.join(" ");
            state.error(ErrorKind::Declared { text }, span);
        }
        "pragma" | "warning" | "line" | "ident" => {}
        other => {
            let word = other.to_owned();
            state.error(ErrorKind::UnknownDirective { word }, span);
        }
    }
}

fn form(form: &'static str, span: Span, state: &mut State<'_>) {
    state.error(ErrorKind::DirectiveForm { form }, span);
}

fn lone(word: &Token, span: Span, state: &mut State<'_>) {
    let word = word.text.to_string();
    state.error(ErrorKind::LoneDirective { word }, span);
}

/// Whether a condition holds. One that is wrong does not.
fn holds(word: &str, rest: &[Token], span: Span, state: &mut State<'_>) -> bool {
    if !word.ends_with("def") {
        return match condition::holds(rest, span, &mut state.macros) {
            Ok(holds) => holds,
            Err(error) => {
                state.report(error.diagnostic());
                false
            }
        };
    }
    match rest.first() {
        Some(name) if name.kind == Kind::Ident => {
            state.macros.has(&name.text) != word.ends_with("ndef")
        }
        _ => {
            form("#ifdef NAME", span, state);
            false
        }
    }
}

fn open(word: &Token, rest: &[Token], span: Span, state: &mut State<'_>) {
    let outer = state.is_active();
    let active = outer && holds(&word.text, rest, span, state);
    state.branches.push(Branch {
        word: word.text.to_string(),
        span,
        outer,
        active,
        taken: active,
        last: false,
    });
}

fn branch(word: &Token, rest: &[Token], span: Span, state: &mut State<'_>) {
    let Some(open) = state.branches.last_mut() else {
        return lone(word, span, state);
    };
    if open.last {
        let word = word.text.to_string();
        return state.error(ErrorKind::SecondElse { word }, span);
    }
    open.last = *word.text == *"else";
    let possible = open.outer && !open.taken;
    let active = possible && (*word.text == *"else" || holds(&word.text, rest, span, state));
    if let Some(open) = state.branches.last_mut() {
        open.active = active;
        open.taken |= active;
    }
}

/// `#define NAME text`, `#define NAME(a, b, ...) text`; the line from the name on, in a text that
/// starts at a place.
pub(super) fn define(line: &[Token], text: &str, start: Span, state: &mut State<'_>) {
    let Some((name, rest)) = line.split_first() else {
        let span = Span::default();
        return form("#define NAME text", span, state);
    };
    if name.kind != Kind::Ident {
        return form("#define NAME text", name.span, state);
    }
    let called = rest
        .first()
        .is_some_and(|paren| paren.is("(") && paren.span.start == name.span.end);
    let (params, body) = if called {
        let Some(end) = rest.iter().position(|token| token.is(")")) else {
            return form("#define NAME(a, b) text", name.span, state);
        };
        (Some(params(&rest[1..end])), &rest[end + 1..])
    } else {
        (None, rest)
    };
    let definition = Definition {
        span: name.span,
        params,
        body: body.to_vec(),
        text: written(body, text, start),
        predefined: false,
    };
    state
        .macros
        .defined
        .insert(Rc::clone(&name.text), definition);
}

/// The text of a run of tokens, byte by byte where it was.
fn written(run: &[Token], text: &str, start: Span) -> String {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return String::new();
    };
    let at = |offset: u32| offset.saturating_sub(start.start) as usize;
    let text = text.get(at(first.span.start)..at(last.span.end));
    let text = text.unwrap_or_default();
    text.replace("\\\r\n", "   ").replace("\\\n", "  ")
}

fn params(tokens: &[Token]) -> (Vec<Rc<str>>, bool) {
    let variadic = tokens.last().is_some_and(|token| token.is("..."));
    let words = tokens.iter().filter(|token| token.kind == Kind::Ident);
    let mut names: Vec<Rc<str>> = words.map(|token| Rc::clone(&token.text)).collect();
    let named = tokens.len() > 1 && tokens[tokens.len() - 2].kind == Kind::Ident;
    if variadic && !named {
        names.push(Rc::from("__VA_ARGS__"));
    }
    (names, variadic)
}

fn include(rest: &[Token], next: bool, span: Span, state: &mut State<'_>) {
    let Some((name, system)) = header(rest, state) else {
        return form("#include \"name.h\"` or `#include <name.h>", span, state);
    };
    let wanted = Wanted {
        name: &name,
        system,
        next,
        at: span,
        defined: Defined(&state.macros),
    };
    match state.includes.include(&wanted) {
        Include::Nothing => {}
        Include::Failed(report) => state.report(*report),
        Include::Text(file, text) => bring(file, &text, Expansion::Wanted, state),
        Include::Expanded(file, text) => bring(file, &text, Expansion::Done, state),
    }
}

/// Takes in the text of a header. What it leaves open ends with it.
fn bring(file: FileId, text: &str, expansion: Expansion, state: &mut State<'_>) {
    let open = state.branches.len();
    state.text(text, Span::new(file, 0, 0), expansion);
    while state.branches.len() > open {
        if let Some(branch) = state.branches.pop() {
            let kind = ErrorKind::UnclosedIf { word: branch.word };
            state.error(kind, branch.span);
        }
    }
}

/// The name behind `#include`, which may be a macro, and whether it stands in `<>`.
fn header(rest: &[Token], state: &mut State<'_>) -> Option<(String, bool)> {
    let written = |tokens: &[Token]| match tokens {
        [name] if name.kind == Kind::Str => {
            let name = name.text.strip_prefix('"')?.strip_suffix('"')?;
            Some((name.to_owned(), false))
        }
        [open, name @ .., close] if open.is("<") && close.is(">") && !name.is_empty() => {
            Some((name.iter().map(|token| &*token.text).collect(), true))
        }
        _ => None,
    };
    written(rest).or_else(|| written(&state.macros.expand(rest).ok()?))
}
