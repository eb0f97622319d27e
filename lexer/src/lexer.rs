//! The modal lexer: which tokens the next characters can be depends on where they stand.
//!
//! ```text
//! struct S { int a; };           top level: C text, or a word that begins an item
//! config = { max_strlen = 64 }   header: code up to the block
//! import "lib.bt";               directive: code up to the semicolon
//! uprobe:/bin/sh:main,           attach points: one lexeme each, `/bin/sh` a path …
//! kprobe:vfs_*  / pid / 2 == 7 / … while here `/` opens the predicate (code), and only the
//! { printf("%d\n", pid / 2); }   one before the `{` closes it; then the body (code)
//! ```
//!
//! At the top level everything that is not a comment, a C definition, `config`, `import`, `macro`
//! or `let` begins a probe. The lexer never fails: it records what is wrong and goes on with what
//! was probably meant, and at the end of the text it closes the braces that are still open.

use crate::definition::{self, End};
use crate::error::{LexError, LexErrorKind};
use crate::literal;
use crate::top::Top;
use crate::{FileId, Span, Spanned, Token};
use logos::{Lexer as Scanner, Logos};
use std::ops::Range;

/// Where in a script the lexer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Between two items.
    Top,
    /// After the first token of a probe, outside predicate and body.
    AttachPoints,
    /// Between the slashes; how many brackets of any kind are open.
    Predicate(u32),
    /// After `config` or `macro`, before the block.
    Header,
    /// After a top-level `import` or `let`; how many brackets are open.
    Directive(u32),
    /// Inside braces.
    Body,
}

/// An iterator over the tokens of one text, with the comments and errors met so far.
#[derive(Clone, Debug)]
pub struct Lexer<'s> {
    file: FileId,
    text: &'s str,
    at: usize,
    mode: Mode,
    /// The braces that are open, predicate's and body's.
    open: Vec<Span>,
    predicate: Span,
    /// The first brace whose `}` is indented less than its own line: its `}` is probably missing.
    suspect: Option<Span>,
    previous: Option<Token<'s>>,
    previous_end: usize,
    comments: Vec<Span>,
    errors: Vec<LexError>,
}

impl<'s> Lexer<'s> {
    /// A lexer at the start of a text, which is no longer than
    /// [`MAX_SOURCE_BYTES`](crate::MAX_SOURCE_BYTES).
    pub fn new(file: FileId, text: &'s str) -> Self {
        Self {
            file,
            text,
            at: 0,
            mode: Mode::Top,
            open: Vec::new(),
            predicate: Span::default(),
            suspect: None,
            previous: None,
            previous_end: 0,
            comments: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// A lexer for a text that is code from its start, such as one expression.
    pub fn code_only(file: FileId, text: &'s str) -> Self {
        Self {
            mode: Mode::Body,
            ..Self::new(file, text)
        }
    }

    /// Whether the last token ended an item, so that the next one begins another.
    pub fn at_item_end(&self) -> bool {
        self.mode == Mode::Top
    }

    /// The places of the comments so far, the shebang line included.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// What was wrong so far.
    pub fn errors(&self) -> &[LexError] {
        &self.errors
    }

    /// The comments and errors, once the tokens are read.
    pub fn finish(self) -> (Vec<Span>, Vec<LexError>) {
        (self.comments, self.errors)
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, offset(range.start), offset(range.end))
    }

    fn error(&mut self, kind: LexErrorKind, range: Range<usize>) {
        let span = self.span(&range);
        if let (LexErrorKind::UnknownCharacter, Some(last)) = (kind, self.errors.last_mut())
            && last.kind == kind
            && last.span.end == span.start
        {
            last.span.end = span.end;
            return;
        }
        self.errors.push(LexError { kind, span });
    }

    fn comment(&mut self, range: Range<usize>) {
        self.comments.push(self.span(&range));
        self.at = range.end;
    }

    fn unterminated_comment(&mut self, range: Range<usize>) {
        self.error(LexErrorKind::UnterminatedComment, range);
        self.at = self.text.len();
    }

    fn yields(&mut self, token: Token<'s>, range: Range<usize>) -> Option<Spanned<Token<'s>>> {
        self.at = range.end;
        self.previous = Some(token);
        self.previous_end = range.end;
        Some(Spanned::new(token, self.span(&range)))
    }

    /// One step at the top level or among attach points; nothing where it only skipped something.
    fn top_level(&mut self) -> Option<Spanned<Token<'s>>> {
        let (found, range) = scan::<Top>(self.text, self.at)?;
        self.at = range.end;
        let starts_item = self.mode == Mode::Top;
        let slice = &self.text[range.clone()];
        let (token, mode) = match found.unwrap_or_default() {
            Top::Unknown => {
                self.error(LexErrorKind::UnknownCharacter, range);
                return None;
            }
            Top::OpenQuote => {
                self.error(LexErrorKind::UnterminatedString, range);
                return None;
            }
            Top::Comment => {
                self.comment(range);
                return None;
            }
            Top::OpenComment => {
                self.unterminated_comment(range);
                return None;
            }
            Top::Preprocessor if slice.starts_with("#!") => {
                let length = slice.find('\n').unwrap_or(slice.len());
                self.comment(range.start..range.start + length);
                return None;
            }
            Top::Preprocessor => {
                // A backslash at the very end continues the line with nothing.
                let text = slice.trim_end_matches(|c: char| c.is_whitespace() || c == '\\');
                (Token::Definition(text), Mode::Top)
            }
            Top::Definition if starts_item => return self.definition(range.start),
            Top::Config if starts_item => (Token::Config, Mode::Header),
            Top::Macro if starts_item => (Token::Macro, Mode::Header),
            Top::Import if starts_item => (Token::Import, Mode::Directive(0)),
            Top::Let if starts_item => (Token::Let, Mode::Directive(0)),
            Top::Name if starts_item && slice[..slice.len() - 1].trim_end() == "config" => {
                self.mode = Mode::Header;
                return self.yields(Token::Config, range.start..range.start + "config".len());
            }
            Top::Name if self.text[range.end..].starts_with('=') => {
                let name = slice[..slice.len() - 1].trim_end();
                self.mode = Mode::AttachPoints;
                let end = range.start + name.len();
                return self.yields(Token::AttachPoint(name), range.start..end);
            }
            Top::Name => {
                let name = slice[..slice.len() - 1].trim_end();
                (Token::ProbeName(name), Mode::AttachPoints)
            }
            Top::AttachPoint
            | Top::Definition
            | Top::Config
            | Top::Macro
            | Top::Import
            | Top::Let => (Token::AttachPoint(slice), Mode::AttachPoints),
            Top::Slash => {
                self.predicate = self.span(&range);
                (Token::PredicateOpen, Mode::Predicate(0))
            }
            Top::OpenBrace => {
                self.open.push(self.span(&range));
                (Token::OpenBrace, Mode::Body)
            }
            Top::CloseBrace => (Token::CloseBrace, Mode::Top),
            Top::Semicolon => (Token::Semicolon, Mode::Top),
            Top::Comma => (Token::Comma, Mode::AttachPoints),
            Top::OpenParen => (Token::OpenParen, Mode::AttachPoints),
            Top::CloseParen => (Token::CloseParen, Mode::AttachPoints),
            Top::Assign => (Token::Assign, Mode::AttachPoints),
        };
        self.mode = mode;
        self.yields(token, range)
    }

    /// A C definition, without the semicolon that ends it.
    fn definition(&mut self, start: usize) -> Option<Spanned<Token<'s>>> {
        let (text_end, end) = match definition::end(self.text, start) {
            End::Closed(end) => (end - usize::from(self.text[..end].ends_with(';')), end),
            End::Missing(end) => {
                self.error(LexErrorKind::UnterminatedDefinition, end..end);
                (end, end)
            }
        };
        let text = self.text[start..text_end].trim_end();
        let token = self.yields(Token::Definition(text), start..start + text.len());
        self.at = end;
        token
    }

    /// One step in a predicate, header, directive or body.
    fn code(&mut self) -> Option<Spanned<Token<'s>>> {
        let (found, range) = scan::<Token>(self.text, self.at)?;
        if self.lacks_semicolon(&range) {
            self.mode = Mode::Top;
            let end = self.previous_end;
            self.error(LexErrorKind::MissingSemicolon, end..end);
            return self.yields(Token::Semicolon, end..end);
        }
        self.at = range.end;
        match found {
            Ok(Token::Comment) => {
                self.comment(range);
                None
            }
            Ok(Token::OpenComment) => {
                self.unterminated_comment(range);
                None
            }
            Ok(token) => self.code_token(token, range),
            Err(kind) => {
                self.error(kind, range.clone());
                let token = kind.substitute()?;
                self.yields(token, range)
            }
        }
    }

    fn code_token(&mut self, token: Token<'s>, range: Range<usize>) -> Option<Spanned<Token<'s>>> {
        if self.previous.is_some_and(Token::wants_name)
            && let Some(name) = word(&self.text[range.clone()])
        {
            return self.yields(Token::Ident(name), range.start..range.start + name.len());
        }
        let token = match token {
            Token::OpenStr(text) => {
                self.error(LexErrorKind::UnterminatedString, range.clone());
                Token::Str(text)
            }
            Token::WrongQuotes(text) => {
                self.error(LexErrorKind::WrongQuotes, range.clone());
                Token::Str(text)
            }
            Token::Str(text) => {
                for bad in literal::bad_escapes(text) {
                    let start = range.start + 1;
                    self.error(LexErrorKind::BadEscape, start + bad.start..start + bad.end);
                }
                token
            }
            Token::OpenBrace => return self.open_brace(range),
            Token::CloseBrace => self.close_brace(range.start),
            Token::Semicolon if matches!(self.mode, Mode::Directive(_)) => {
                self.mode = Mode::Top;
                token
            }
            Token::Slash if self.mode == Mode::Predicate(0) && self.brace_follows(range.end) => {
                self.mode = Mode::AttachPoints;
                Token::PredicateClose
            }
            Token::OpenParen | Token::OpenBracket => self.nest(token, 1),
            Token::CloseParen | Token::CloseBracket => self.nest(token, -1),
            _ => token,
        };
        self.yields(token, range)
    }

    fn nest(&mut self, token: Token<'s>, by: i32) -> Token<'s> {
        if let Mode::Predicate(depth) | Mode::Directive(depth) = &mut self.mode {
            *depth = depth.saturating_add_signed(by);
        }
        token
    }

    fn open_brace(&mut self, range: Range<usize>) -> Option<Spanned<Token<'s>>> {
        let value = self.previous.is_some_and(Token::wants_value);
        if self.mode == Mode::Predicate(0) && !value {
            self.mode = Mode::AttachPoints;
            self.errors.push(LexError {
                kind: LexErrorKind::UnclosedPredicate {
                    before: offset(range.start),
                },
                span: self.predicate,
            });
            return self.yields(Token::PredicateClose, range.start..range.start);
        }
        if matches!(self.mode, Mode::Header | Mode::Directive(_)) {
            self.mode = Mode::Body;
        }
        self.open.push(self.span(&range));
        let token = match value {
            true => Token::ValueBrace,
            false => Token::OpenBrace,
        };
        let token = self.nest(token, 1);
        self.yields(token, range)
    }

    fn close_brace(&mut self, at: usize) -> Token<'s> {
        if let Some(open) = self.open.pop()
            && self.suspect.is_none()
            && self.closes_outer(open, at)
        {
            self.suspect = Some(open);
        }
        let ends_item = match self.mode {
            Mode::Predicate(depth) => depth == 0,
            _ => self.open.is_empty(),
        };
        if ends_item {
            self.mode = Mode::Top;
            self.suspect = None;
        }
        self.nest(Token::CloseBrace, -1)
    }

    /// Whether the `}` at `at` begins its line and stands further left than the line of `open`: by
    /// its looks it closes an outer brace.
    fn closes_outer(&self, open: Span, at: usize) -> bool {
        match (
            indent(self.text, open.start as usize),
            indent(self.text, at),
        ) {
            (Some((outer, _)), Some((column, true))) => column < outer,
            _ => false,
        }
    }

    /// Whether a directive is complete but for its semicolon and the next token is on a new line.
    fn lacks_semicolon(&self, next: &Range<usize>) -> bool {
        self.mode == Mode::Directive(0)
            && matches!(self.previous, Some(Token::Str(_) | Token::CloseParen))
            && !self.text[next.clone()].starts_with(';')
            && self.text[self.previous_end..next.start].contains('\n')
    }

    /// Whether the next token after `at` is a `{`, white space and comments aside.
    fn brace_follows(&self, at: usize) -> bool {
        let mut scanner = Token::lexer(self.text);
        scanner.bump(at);
        scanner.find(|token| *token != Ok(Token::Comment)) == Some(Ok(Token::OpenBrace))
    }

    /// The end of the text: closes what is open, reporting it once.
    fn end(&mut self) -> Option<Spanned<Token<'s>>> {
        let end = self.text.len();
        let open = self.open.pop()?;
        if self.open.is_empty() {
            self.mode = Mode::Top;
            if !self.swallowed_brace(open) {
                self.errors.push(LexError {
                    kind: LexErrorKind::UnclosedBrace,
                    span: self.suspect.unwrap_or(open),
                });
            }
        }
        self.yields(Token::CloseBrace, end..end)
    }

    /// Whether a string or comment without end, already reported, holds a `}` that should have
    /// closed `open` or a brace inside it.
    fn swallowed_brace(&self, open: Span) -> bool {
        let inside = self.errors.iter().rev();
        let mut inside = inside.take_while(|error| error.span.start > open.start);
        inside.any(|error| match error.kind {
            LexErrorKind::UnterminatedString => self.text[error.span.range()].contains('}'),
            LexErrorKind::UnterminatedComment => true,
            _ => false,
        })
    }
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Spanned<Token<'s>>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let before = self.at;
            let step = match self.mode {
                Mode::Top | Mode::AttachPoints => self.top_level(),
                _ => self.code(),
            };
            if step.is_some() {
                return step;
            }
            if self.at == before {
                self.at = self.text.len();
            }
        }
        self.end()
    }
}

/// What a scan finds: a token, or why there is none, and its place.
type Found<T, E> = (Result<T, E>, Range<usize>);

/// The first token at or after `at`; nothing at the end of the text.
fn scan<'s, T>(text: &'s str, at: usize) -> Option<Found<T, T::Error>>
where
    T: Logos<'s, Source = str>,
    T::Extras: Default,
{
    let mut scanner: Scanner<'s, T> = T::lexer(text);
    scanner.bump(at);
    let token = scanner.next()?;
    Some((token, scanner.span()))
}

/// The name that `slice` begins with, if it does.
fn word(slice: &str) -> Option<&str> {
    let end = slice
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(slice.len());
    let starts_well = slice.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts_well && end > 0).then(|| &slice[..end])
}

/// How far the line that holds `at` is indented, in bytes, and whether nothing but white space
/// stands before `at`. Nothing for lines too long to be indented by hand.
fn indent(text: &str, at: usize) -> Option<(usize, bool)> {
    const LONGEST: usize = 256;
    let before = &text.as_bytes()[at.saturating_sub(LONGEST)..at];
    let line = match before.iter().rposition(|&byte| byte == b'\n') {
        Some(newline) => &before[newline + 1..],
        None if at <= LONGEST => before,
        None => return None,
    };
    let blank = line.iter().take_while(|b| b.is_ascii_whitespace()).count();
    Some((blank, blank == line.len()))
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
