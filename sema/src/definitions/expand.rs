//! Macros of `#define` in the script: the name becomes the expression that its text is.

use crate::cx::Cx;
use crate::error;
use crate::infer::{check_expr, text};
use crate::typed::Typed;
use lexer::Span;

/// How deep macros may refer to macros.
const MAX_DEPTH: usize = 64;

/// The value of a name, where the script defines it as a macro. A macro that refers to itself
/// means, as in C, what the name means without it.
pub(crate) fn expand(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let definition = cx.definitions.r#macro(name)?;
    if parser::c::is_foreign(definition.span) {
        return foreign(name, &definition.text, span, cx);
    }
    if cx.expanding.iter().any(|(active, _)| active == name) {
        return None;
    }
    if cx.expanding.len() >= MAX_DEPTH {
        return Some(cx.fail(error::macro_too_deep(name, span), span));
    }
    let Some(expr) = parser::expression(&definition.text, definition.span) else {
        let report = error::macro_without_value(name, span, definition.span);
        return Some(cx.fail(report, span));
    };
    cx.expanding.push((name.to_owned(), span));
    let value = check_expr(&expr, cx);
    cx.expanding.pop();
    Some(Typed { span, ..value })
}

/// The value of a macro of the system's headers: a number or a text. Any other means nothing here.
fn foreign(name: &str, written: &str, span: Span, cx: &Cx<'_>) -> Option<Typed> {
    if let Some(number) = cx.definitions.constant(name) {
        return Some(Typed::literal(number, span));
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    Some(text(lexer::unescape(inner), span))
}
