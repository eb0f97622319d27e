//! From "the grammar was lost here" to the slip that was probably made.

use crate::error::{ParseError, ParseErrorKind};
use crate::expected;
use crate::recover::Faulty;
use lexer::{Span, Spanned, Token};

/// The place where the grammar was lost, and what is around it.
pub(crate) struct Place<'a, 's> {
    tokens: &'a [Spanned<Token<'s>>],
    at: usize,
    in_statement: bool,
    start: usize,
}

impl<'a, 's> Place<'a, 's> {
    /// The place at index `at`, which may be one past the last token.
    pub(crate) fn new(tokens: &'a [Spanned<Token<'s>>], at: usize, faulty: &Faulty) -> Self {
        let (in_statement, start) = match faulty {
            Faulty::Statement(range) => (true, range.start),
            Faulty::Head(range) => (false, range.start),
        };
        Self {
            tokens,
            at,
            in_statement,
            start,
        }
    }

    fn found(&self) -> Option<Token<'s>> {
        self.token(self.at)
    }

    fn before(&self) -> Option<Token<'s>> {
        self.token(self.at.checked_sub(1)?)
    }

    fn token(&self, at: usize) -> Option<Token<'s>> {
        self.tokens.get(at).map(|t| t.node)
    }

    /// The place of the found token, or of the last one at the end.
    fn span(&self) -> Span {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map(|t| t.span).unwrap_or_default()
    }

    /// The empty place after the token before.
    fn gap(&self) -> Span {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let span = before.map_or(self.span(), |t| t.span);
        Span::new(span.file, span.end, span.end)
    }

    /// The innermost `(` or `[` that is open between the start of the statement and here.
    fn open_bracket(&self) -> Option<&'a Spanned<Token<'s>>> {
        let mut open = Vec::new();
        for token in &self.tokens[self.start..self.at] {
            match token.node {
                Token::OpenParen | Token::OpenBracket => open.push(token),
                Token::CloseParen | Token::CloseBracket => drop(open.pop()),
                _ => {}
            }
        }
        open.pop()
    }

    fn in_predicate(&self) -> bool {
        let head = &self.tokens[..self.at];
        let opened = head.iter().any(|t| t.node == Token::PredicateOpen);
        opened && !head.iter().any(|t| t.node == Token::PredicateClose)
    }
}

/// The mistake at a place, given what the grammar could have gone on with.
pub(crate) fn explain(place: &Place<'_, '_>, expected: &[String]) -> ParseError {
    let slip = word(place)
        .or_else(|| sigil(place))
        .or_else(|| assignment(place))
        .or_else(|| bracket(place, expected))
        .or_else(|| head(place, expected))
        .or_else(|| separator(place, expected));
    slip.unwrap_or_else(|| plain(place, expected))
}

fn at(kind: ParseErrorKind, span: Span) -> Option<ParseError> {
    Some(ParseError { kind, span })
}

fn plain(place: &Place<'_, '_>, expected: &[String]) -> ParseError {
    let expected = expected::in_words(expected);
    let kind = match place.found() {
        None => ParseErrorKind::UnexpectedEnd { expected },
        Some(token) => ParseErrorKind::Unexpected {
            found: token.to_string(),
            expected,
        },
    };
    ParseError {
        kind,
        span: place.span(),
    }
}

/// Words of other languages: `and`, `or`, `not`, `elif`; and `else` out of place.
fn word(place: &Place<'_, '_>) -> Option<ParseError> {
    let start = place.tokens.get(place.start)?;
    if let Token::Ident(word @ ("elif" | "elsif" | "elseif")) = start.node {
        let word = word.to_owned();
        return at(ParseErrorKind::ElseIf { word }, start.span);
    }
    if place.found() == Some(Token::Else) {
        return at(ParseErrorKind::LoneElse, place.span());
    }
    let candidates = [place.at.checked_sub(1), Some(place.at)];
    let (word, operator, index) = candidates.into_iter().flatten().find_map(|index| {
        let operator = match place.token(index)? {
            Token::Ident("and") => ("and", "&&"),
            Token::Ident("or") => ("or", "||"),
            Token::Ident("not") => ("not", "!"),
            _ => return None,
        };
        Some((operator.0, operator.1, index))
    })?;
    let word = word.to_owned();
    let kind = ParseErrorKind::WordOperator { word, operator };
    at(kind, place.tokens[index].span)
}

/// A name where a variable belongs, and keywords used as names.
fn sigil(place: &Place<'_, '_>) -> Option<ParseError> {
    let before = place.before()?;
    let in_for = before == Token::OpenParen
        && place.at >= 2
        && place.token(place.at - 2) == Some(Token::For);
    if let Some(Token::Ident(name)) = place.found()
        && (matches!(before, Token::Let | Token::For) || in_for)
    {
        let name = name.to_owned();
        return at(ParseErrorKind::MissingSigil { name }, place.span());
    }
    let (word, index) = match (before.keyword(), place.found()?) {
        (Some(word), found) if found.is_assignment() => (word, place.at - 1),
        _ if before == Token::Let || in_for => (place.found()?.keyword()?, place.at),
        _ => return None,
    };
    let word = word.to_owned();
    at(
        ParseErrorKind::KeywordAsName { word },
        place.tokens[index].span,
    )
}

/// `=` where nothing can be assigned.
fn assignment(place: &Place<'_, '_>) -> Option<ParseError> {
    let after_value = place.before().is_some_and(Token::ends_value);
    if place.found() != Some(Token::Assign) || !after_value {
        return None;
    }
    let start = place.token(place.start);
    let brackets = place.open_bracket().map(|open| open.node);
    if place.in_predicate() || matches!(start, Some(Token::If | Token::While)) {
        return at(ParseErrorKind::AssignInCondition, place.span());
    }
    let before = &place.tokens[place.start..place.at];
    let assigned = before.iter().any(|token| token.node.is_assignment());
    (place.in_statement && assigned && brackets.is_none())
        .then(|| at(ParseErrorKind::ChainedAssignment, place.span()))?
}

/// Brackets without their other half.
fn bracket(place: &Place<'_, '_>, expected: &[String]) -> Option<ParseError> {
    let found = place.found()?;
    let span = place.span();
    if let Some(open) = place.open_bracket() {
        let closer = match open.node {
            Token::OpenParen => ')',
            _ => ']',
        };
        let ends = matches!(
            found,
            Token::Semicolon | Token::CloseBrace | Token::OpenBrace | Token::PredicateClose
        );
        let mismatched = match open.node {
            Token::OpenParen => found == Token::CloseBracket,
            _ => found == Token::CloseParen || found.is_assignment(),
        };
        let closable = expected::has(expected, &closer.to_string());
        if closable && (ends || mismatched) {
            let kind = ParseErrorKind::UnclosedBracket {
                closer,
                before: span,
            };
            return at(kind, open.span);
        }
        return None;
    }
    let closer = match found {
        Token::CloseParen => ')',
        Token::CloseBracket => ']',
        Token::CloseBrace if place.at == 0 => '}',
        _ => return None,
    };
    at(ParseErrorKind::Unmatched { closer }, span)
}

/// What goes wrong before a block.
fn head(place: &Place<'_, '_>, expected: &[String]) -> Option<ParseError> {
    let span = place.span();
    let Some(found) = place.found() else {
        let acts = matches!(
            place.before()?,
            Token::AttachPoint(_) | Token::PredicateClose
        ) || place.in_predicate() && place.before()? == Token::Slash;
        return acts.then(|| at(ParseErrorKind::MissingAction, place.gap()))?;
    };
    if place.in_statement {
        let needs_block = expected::has(expected, "{") && !expected::has(expected, ";");
        let starts_block = matches!(
            place.token(place.start),
            Some(Token::If | Token::While | Token::For | Token::Unroll | Token::Else)
        );
        let before = found.to_string();
        return (needs_block && starts_block)
            .then(|| at(ParseErrorKind::MissingBrace { before }, place.gap()))?;
    }
    match (place.before()?, found) {
        (Token::PredicateOpen, Token::PredicateClose) => at(ParseErrorKind::EmptyPredicate, span),
        (Token::AttachPoint(_), Token::AttachPoint(text)) => {
            let next = [1, 2].map(|ahead| place.token(place.at + ahead));
            let kind = match next {
                [Some(Token::Assign), Some(Token::Assign)] => ParseErrorKind::BarePredicate,
                [Some(Token::OpenParen | Token::Assign), _] => ParseErrorKind::MissingBrace {
                    before: format!("`{text}`"),
                },
                _ => ParseErrorKind::TwoAttachPoints,
            };
            at(kind, span)
        }
        (Token::AttachPoint(_), Token::OpenParen | Token::Assign | Token::Semicolon) => {
            at(ParseErrorKind::OutsideProbe, place.tokens[place.start].span)
        }
        _ => None,
    }
}

/// A call behind a text or a name, which looks like one more piece of a text up to its parenthesis.
fn call_behind_text(place: &Place<'_, '_>) -> Option<Option<ParseError>> {
    let [text, name] = [2, 1].map(|back| place.at.checked_sub(back));
    let (text, name) = (place.tokens.get(text?)?, place.tokens.get(name?)?);
    let is_one = place.found() == Some(Token::OpenParen)
        && matches!(text.node, Token::Str(_) | Token::Ident(_))
        && matches!(name.node, Token::Ident(_));
    let gap = Span::new(text.span.file, text.span.end, text.span.end);
    let next = name.span;
    is_one.then(|| match place.open_bracket() {
        Some(_) => at(ParseErrorKind::MissingComma { next }, gap),
        None => at(ParseErrorKind::MissingSemicolon { next }, gap),
    })
}

/// Two things side by side that a `;` or `,` belongs between.
fn separator(place: &Place<'_, '_>, expected: &[String]) -> Option<ParseError> {
    let found = place.found()?;
    let next = place.span();
    let ended = place.before()?;
    if let Some(called) = call_behind_text(place) {
        return called;
    }
    if place.open_bracket().is_some() {
        let joins = expected::has(expected, ",") && found.only_begins_value();
        return joins.then(|| at(ParseErrorKind::MissingComma { next }, place.gap()))?;
    }
    let ends = ended.ends_value() || matches!(ended, Token::Break | Token::Continue);
    let begins = found.only_begins_value() || found.keyword().is_some();
    let joins = place.in_statement && ends && begins && expected::has(expected, ";");
    joins.then(|| at(ParseErrorKind::MissingSemicolon { next }, place.gap()))?
}
