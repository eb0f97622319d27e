//! The limit on nesting, which keeps every later walk over the tree from overflowing the stack.
//!
//! The parser itself keeps its own stack, but walking, printing and dropping a tree recurse. So the
//! depth of the tree is bounded here, before there is one, from the tokens alone: brackets nest, and
//! so does each operator of a chain such as `1 + 1 + 1` or `a.b.c`, each branch of an `else if`.

use lexer::{Spanned, Token};

/// The deepest tree that a script may have.
pub const MAX_DEPTH: usize = 500;

/// What one open bracket contributes to the depth.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Operators since the last `,` or `;`.
    operators: usize,
    /// Branches of the `if` that is being read.
    branches: usize,
}

/// The index of the first token that would be nested deeper than [`MAX_DEPTH`].
pub(crate) fn exceeded(tokens: &[Spanned<Token<'_>>]) -> Option<usize> {
    let mut levels = vec![Level::default()];
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map(|t| t.node);
        step(&mut levels, &mut depth, token.node, next);
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

/// Takes one token into account; `depth` is the sum over all levels and the brackets themselves.
fn step(levels: &mut Vec<Level>, depth: &mut usize, token: Token<'_>, next: Option<Token<'_>>) {
    match token {
        Token::OpenParen | Token::OpenBracket | Token::OpenBrace | Token::ValueBrace => {
            add(levels, depth, |level| level.operators += 1);
            levels.push(Level::default());
            *depth += 1;
        }
        Token::CloseParen | Token::CloseBracket | Token::CloseBrace if levels.len() > 1 => {
            let closed = levels.pop().unwrap_or_default();
            *depth -= 1 + closed.operators + closed.branches;
            if token == Token::CloseBrace && next == Some(Token::Else) {
                reset(levels, depth, false);
            } else if token == Token::CloseBrace && !next.is_some_and(continues) {
                reset(levels, depth, true);
            }
        }
        Token::Comma | Token::Semicolon => reset(levels, depth, true),
        Token::Else => add(levels, depth, |level| level.branches += 1),
        token if is_operator(token) => add(levels, depth, |level| level.operators += 1),
        _ => {}
    }
}

fn add(levels: &mut [Level], depth: &mut usize, count: impl FnOnce(&mut Level)) {
    if let Some(level) = levels.last_mut() {
        count(level);
        *depth += 1;
    }
}

fn reset(levels: &mut [Level], depth: &mut usize, branches: bool) {
    if let Some(level) = levels.last_mut() {
        *depth -= std::mem::take(&mut level.operators);
        if branches {
            *depth -= std::mem::take(&mut level.branches);
        }
    }
}

/// Whether a value that ends with a block goes on after it.
fn continues(token: Token<'_>) -> bool {
    is_operator(token) || token == Token::OpenBracket
}

/// Whether the token may put one more node above or below the values beside it.
fn is_operator(token: Token<'_>) -> bool {
    token.joins_values()
        || matches!(
            token,
            Token::Not
                | Token::Tilde
                | Token::PlusPlus
                | Token::MinusMinus
                | Token::Dot
                | Token::Arrow
                | Token::Question
        )
}
