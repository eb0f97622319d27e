//! The conditions of `#if` and `#elif`.

use super::ast::TypeName;
use super::constant::{Environment, Value, evaluate};
use super::declaration;
use super::error::{Error, ErrorKind};
use super::expand::Macros;
use super::token::{Kind, Token};
use lexer::Span;

/// Whether the condition holds.
pub(super) fn holds(line: &[Token], span: Span, macros: &mut Macros) -> Result<bool, Error> {
    let wrong = |why: String, span| {
        let kind = ErrorKind::Condition { why };
        Error { kind, span }
    };
    let line = answer_defined(line, macros);
    let expanded = macros.expand(&line)?;
    if expanded.is_empty() {
        return Err(wrong("nothing is there".to_owned(), span));
    }
    let condition = declaration::constant(&expanded)?;
    let value = evaluate(&condition, &mut Undefined).map_err(|e| wrong(e.why, span))?;
    Ok(value.get() != 0)
}

/// Replaces `defined NAME`, `defined(NAME)` and `__has_…(…)` by 1 or 0.
fn answer_defined(line: &[Token], macros: &Macros) -> Vec<Token> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((token, behind)) = rest.split_first() {
        rest = behind;
        let (answer, taken) = match behind {
            [open, name, close, ..] if open.is("(") && close.is(")") => (Some(name), 3),
            [name, ..] if name.kind == Kind::Ident => (Some(name), 1),
            _ => (None, 0),
        };
        let answer = match (answer, &*token.text) {
            (Some(name), "defined") => macros.has(&name.text),
            // A compiler's features: this is none.
            (Some(_), text) if text.starts_with("__has_") && taken == 3 => false,
            _ => {
                out.push(token.clone());
                continue;
            }
        };
        out.push(Token {
            kind: Kind::Number,
            text: if answer { "1" } else { "0" }.into(),
            ..token.clone()
        });
        rest = &rest[taken..];
    }
    out
}

/// The preprocessor's world: every name is 0, and there are no types. Numbers have 64 bits.
struct Undefined;

impl Environment for Undefined {
    fn name(&mut self, _name: &str) -> Option<Value> {
        Some(Value::new(0, 8, true))
    }

    fn measure(&mut self, _ty: &TypeName) -> Option<(u64, u64)> {
        None
    }

    fn integer(&mut self, _ty: &TypeName) -> Option<(u8, bool)> {
        None
    }

    fn least_bytes(&self) -> u8 {
        8
    }
}
