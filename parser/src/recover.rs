//! Going on after a mistake: what is cut out of an item so that the rest of it can be read.
//!
//! The tokens know where statements end better than the grammar does at the place where it is
//! lost: braces match. So the statement with the mistake is replaced by an empty one (or the head of
//! the probe by a harmless one), and the item is read again. One mistake stays one report.

use lexer::{Spanned, Token};
use std::ops::Range;

/// What holds the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Faulty {
    /// A statement: the indices of its tokens.
    Statement(Range<usize>),
    /// What stands before the block.
    Head(Range<usize>),
}

/// An open brace: where the statement begins that is being read in it.
struct Group {
    statement: usize,
    is_value: bool,
}

/// What holds the token at index `at`, which may be one past the last token.
pub(crate) fn faulty(tokens: &[Spanned<Token<'_>>], at: usize) -> Faulty {
    let mut groups: Vec<Group> = Vec::new();
    for (index, token) in tokens.iter().enumerate().take(at) {
        let next = tokens.get(index + 1).map(|t| t.node);
        match token.node {
            Token::OpenBrace | Token::ValueBrace => groups.push(Group {
                statement: index + 1,
                is_value: token.node == Token::ValueBrace,
            }),
            Token::CloseBrace => {
                let closed = groups.pop();
                if closed.is_some_and(|group| !group.is_value) && next != Some(Token::Else) {
                    begin_statement(&mut groups, index + 1);
                }
            }
            Token::Semicolon => begin_statement(&mut groups, index + 1),
            _ => {}
        }
    }
    match groups.last() {
        Some(group) => Faulty::Statement(group.statement..statement_end(tokens, at)),
        None => Faulty::Head(0..head_end(tokens, at)),
    }
}

fn begin_statement(groups: &mut [Group], at: usize) {
    if let Some(group) = groups.last_mut() {
        group.statement = at;
    }
}

/// One past the last token of the statement that holds the token at `at`.
fn statement_end(tokens: &[Spanned<Token<'_>>], at: usize) -> usize {
    let mut open: Vec<bool> = Vec::new();
    for (index, token) in tokens.iter().enumerate().skip(at) {
        let next = tokens.get(index + 1).map(|t| t.node);
        match token.node {
            Token::OpenBrace => open.push(true),
            Token::ValueBrace => open.push(false),
            Token::CloseBrace => match open.pop() {
                None => return index,
                Some(true) if open.is_empty() && next != Some(Token::Else) => return index + 1,
                Some(_) => {}
            },
            Token::Semicolon if open.is_empty() => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The first brace at or after `at`.
fn head_end(tokens: &[Spanned<Token<'_>>], at: usize) -> usize {
    tokens
        .iter()
        .skip(at)
        .position(|t| t.node == Token::OpenBrace)
        .map_or(tokens.len(), |index| at + index)
}

/// Replaces what is faulty by something that can stand there (nothing in `config`, which has no
/// empty entry). Whether anything is left to read.
pub(crate) fn cut(tokens: &mut Vec<Spanned<Token<'_>>>, faulty: &Faulty) -> bool {
    let (range, harmless) = match faulty {
        Faulty::Statement(range) => (range, Token::Semicolon),
        Faulty::Head(range) if range.end < tokens.len() && starts_probe(tokens) => {
            (range, Token::AttachPoint("begin"))
        }
        Faulty::Head(_) => return false,
    };
    let span = match &tokens[range.clone()] {
        [] => return false,
        [only] if only.node == harmless => return false,
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
    };
    let is_config = tokens[0].node == Token::Config;
    let harmless = Spanned::new(harmless, span);
    tokens.splice(range.clone(), (!is_config).then_some(harmless));
    true
}

fn starts_probe(tokens: &[Spanned<Token<'_>>]) -> bool {
    let first = tokens.first().map(|t| t.node);
    matches!(
        first,
        Some(Token::AttachPoint(_) | Token::ProbeName(_) | Token::PredicateOpen)
    )
}
