//! Attach points: from one lexeme to segments and their parts.

use crate::ast::{AttachPoint, Segment, SegmentPart};
use lexer::Span;

/// An attach point and the places of positional parameters whose number does not fit.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) attach_point: AttachPoint,
    pub(crate) bad_positionals: Vec<Span>,
}

/// Splits `text`, which stands at `span`, at the colons outside quotes.
pub(crate) fn split(text: &str, span: Span) -> Split {
    let mut bad_positionals = Vec::new();
    let mut segments = Vec::new();
    let mut start = 0;
    for end in segment_ends(text) {
        let place = Span::new(
            span.file,
            span.start + start as u32,
            span.start + end as u32,
        );
        let parts = parts(&text[start..end], place, &mut bad_positionals);
        segments.push(Segment { parts, span: place });
        start = end + 1;
    }
    Split {
        attach_point: AttachPoint { segments, span },
        bad_positionals,
    }
}

/// The offset of every colon outside quotes, and the end of the text.
fn segment_ends(text: &str) -> Vec<usize> {
    let mut quoted = false;
    let mut ends = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => ends.push(at),
            _ => {}
        }
    }
    ends.push(text.len());
    ends
}

fn parts(text: &str, span: Span, bad: &mut Vec<Span>) -> Vec<SegmentPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, length) = part(rest);
        let at = span.start + (text.len() - rest.len()) as u32;
        match part {
            Some(part) => parts.push(part),
            None => bad.push(Span::new(span.file, at, at + length as u32)),
        }
        rest = &rest[length..];
    }
    parts
}

/// The part at the start of `text` and its length; no part where a parameter's number does not
/// fit.
fn part(text: &str) -> (Option<SegmentPart>, usize) {
    if let Some(inside) = text.strip_prefix('"') {
        let length = inside.find('"').unwrap_or(inside.len());
        let quoted = SegmentPart::Quoted(inside[..length].to_owned());
        return (Some(quoted), (length + 2).min(text.len()));
    }
    if let Some(digits) = positional(text) {
        let number = digits.parse().ok().filter(|&number: &u32| number > 0);
        return (number.map(SegmentPart::Positional), 1 + digits.len());
    }
    let length = text
        .char_indices()
        .find(|&(at, c)| c == '"' || positional(&text[at..]).is_some())
        .map_or(text.len(), |(at, _)| at);
    (Some(SegmentPart::Text(text[..length].to_owned())), length)
}

/// The digits of the `$1` at the start of `text`.
fn positional(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('$')?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    (end > 0).then(|| &digits[..end])
}
