//! Casts to typedef names: `(my_type_t)x`, `(my_type_t *)x`.
//!
//! To a grammar these look like a value in parentheses until it is too late. What follows decides:
//! where nothing but a value can begin after the `)`, the name in front was a type.

use lexer::{Spanned, Token};

/// Turns the names that can only be types into type names.
pub(crate) fn mark(tokens: &mut [Spanned<Token<'_>>]) {
    for at in 1..tokens.len() {
        if let Token::Ident(name) = tokens[at].node
            && is_type(tokens, at)
        {
            tokens[at].node = Token::TypeName(name);
        }
    }
}

fn is_type(tokens: &[Spanned<Token<'_>>], at: usize) -> bool {
    let token = |at: usize| tokens.get(at).map(|t| t.node);
    if token(at - 1) != Some(Token::OpenParen) {
        return false;
    }
    let mut end = at + 1;
    while matches!(
        token(end),
        Some(Token::Star | Token::OpenBracket | Token::CloseBracket)
    ) || is_array_size(tokens, end)
    {
        end += 1;
    }
    if token(end) != Some(Token::CloseParen) {
        return false;
    }
    if token(end - 1) == Some(Token::Star) || token(end - 2) == Some(Token::OpenBracket) {
        return true;
    }
    token(end + 1).is_some_and(Token::only_begins_value) && !takes_parentheses(tokens, at - 1)
}

/// Whether the token is the `8` of `[8]`.
fn is_array_size(tokens: &[Spanned<Token<'_>>], at: usize) -> bool {
    let [before, size, after] = [at - 1, at, at + 1].map(|at| tokens.get(at).map(|t| t.node));
    before == Some(Token::OpenBracket)
        && matches!(size, Some(Token::Int(_)))
        && after == Some(Token::CloseBracket)
}

/// Whether the parenthesis belongs to the word before it: a call or a statement's condition.
fn takes_parentheses(tokens: &[Spanned<Token<'_>>], paren: usize) -> bool {
    let before = |back: usize| paren.checked_sub(back).map(|at| tokens[at].node);
    match before(1) {
        Some(Token::Not) => matches!(before(2), Some(Token::Ident(_))),
        Some(Token::Ident(_) | Token::If | Token::While | Token::For | Token::Unroll) => true,
        Some(Token::SizeOf | Token::TypeOf | Token::TypeInfo) => true,
        _ => false,
    }
}
