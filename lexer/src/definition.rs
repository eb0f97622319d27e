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

/// The end of the definition that starts at `start`: its semicolon outside braces. Behind the body
/// of a struct, union or enum it may be left out; what follows a `typedef` is its name. A second
/// pair of braces before any semicolon belongs to something else, so the semicolon was forgotten.
pub(crate) fn end(text: &str, start: usize) -> End {
    let named_behind = text[start..].starts_with("typedef");
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
                    let end = start + range.end;
                    body_end = Some(end);
                    if !named_behind && !goes_on(&text[end..]) {
                        return End::Closed(end);
                    }
                }
            }
            Ok(C::Semicolon) if depth == 0 => return End::Closed(start + range.end),
            Ok(C::Semicolon | C::Other) | Err(()) => {}
        }
    }
    End::Missing(body_end.unwrap_or(text.len()))
}

/// Whether what stands behind a body still belongs to it: the semicolon, an attribute, the name of a
/// C variable.
fn goes_on(behind: &str) -> bool {
    let mut rest = behind.trim_start();
    while let Some(comment) = rest.strip_prefix("/*") {
        let Some(end) = comment.find("*/") else {
            return false;
        };
        rest = comment[end + 2..].trim_start();
    }
    let behind_name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    rest.starts_with("__attribute")
        || rest.starts_with("__packed")
        || behind_name.trim_start().starts_with(';')
}
