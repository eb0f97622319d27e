//! Macros of `#define` in the script: the name, or the call, becomes the expression that its text is.

use crate::cx::Cx;
use crate::error;
use crate::infer::{check_expr, macros, text};
use crate::typed::Typed;
use lexer::Span;
use parser::ast;
use parser::c::ast::Macro;

/// How deep macros may refer to macros.
const MAX_DEPTH: usize = 64;

/// The value of a name, where the script defines it as a macro. A macro that refers to itself
/// means, as in C, what the name means without it.
pub(crate) fn expand(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let definition = cx.definitions.r#macro(name)?;
    if let Some(params) = &definition.params {
        let signature = format!("{name}({})", params.join(", "));
        let report = error::call_without_parentheses(name, &signature, span);
        return Some(cx.fail(report, span));
    }
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

/// The value of a call, where the script, or a header, defines such a macro. An argument is an
/// expression of its own, whatever stands around the parameter.
pub(crate) fn call(name: &str, args: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let definition = cx.definitions.r#macro(name)?;
    let params = definition.params.as_ref()?;
    if macros::is_expanding(name, cx) {
        return None;
    }
    if params.len() != args.len() {
        let signature = format!("{name}({})", params.join(", "));
        let defined = (!parser::c::is_foreign(definition.span)).then_some(definition.name.span);
        let report = error::macro_argument_count(name, args.len(), &[signature], span, defined);
        return Some(cx.fail(report, span));
    }
    let Some(expr) = body(definition) else {
        let report = error::macro_without_value(name, span, definition.span);
        return Some(cx.fail(report, span));
    };
    Some(macros::expand_definition(
        name, params, args, &expr, span, cx,
    ))
}

/// Whether the script's own `#define` makes a name one that is called.
pub(crate) fn is_own_call(name: &str, cx: &Cx<'_>) -> bool {
    let definition = cx.definitions.r#macro(name);
    definition.is_some_and(|d| d.params.is_some() && !parser::c::is_foreign(d.span))
}

fn body(definition: &Macro) -> Option<ast::Expr> {
    parser::expression(&definition.text, definition.span)
}

/// The value of a macro of the system's headers: a number or a text. Any other means nothing here.
fn foreign(name: &str, written: &str, span: Span, cx: &Cx<'_>) -> Option<Typed> {
    if let Some(number) = cx.definitions.constant(name) {
        return Some(Typed::literal(number, span));
    }
    let literal = parser::expression(written, span)?;
    match literal.kind {
        ast::ExprKind::Str(bytes) => Some(text(bytes, span)),
        _ => None,
    }
}
