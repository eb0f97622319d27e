//! C definitions at the top of a script: where one ends.

use logos::Logos;

/// Just enough of C to match braces.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
enum C {
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[regex(r"/\*[^*]*\*+([^/*][^*]*\*+)*/")]
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    #[regex(r"'([^'\\\n]|\\[^\n])*'")]
    #[regex(r"[^{};]", priority = 0)]
    Other,
    #[token("{")]
    Open,
    #[token("}")]
    Close,
    #[token(";")]
    Semicolon,
}

/// How a definition ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At a semicolon: the offset after it.
    Closed(usize),
    /// Without one: the offset where it probably should have ended.
    Missing(usize),
}

/// The end of the definition that starts at `start`: its semicolon outside braces. A second pair
/// of braces before any semicolon belongs to something else, so the semicolon was forgotten.
pub(crate) fn end(text: &str, start: usize) -> End {
    let mut depth = 0_u32;
    let mut body_end = None;
    for (token, range) in C::lexer(&text[start..]).spanned() {
        match token {
            Ok(C::Open) => {
                if let (0, Some(end)) = (depth, body_end) {
                    return End::Missing(end);
                }
                depth += 1;
            }
            Ok(C::Close) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    body_end = Some(start + range.end);
                }
            }
            Ok(C::Semicolon) if depth == 0 => return End::Closed(start + range.end),
            Ok(C::Semicolon | C::Other) | Err(()) => {}
        }
    }
    End::Missing(body_end.unwrap_or(text.len()))
}
