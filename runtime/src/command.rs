//! The command of `-c`: started, but held before its first instruction until all is attached.

use crate::Error;
use crate::sys::describe;
use crate::sys::process::{self, HeldChild};
use std::ffi::CString;

/// A command that waits to be let go. Dropping it ends it unrun.
#[derive(Debug)]
pub struct Command {
    name: String,
    child: HeldChild,
}

impl Command {
    /// Starts and holds the process. The text is split at white space; quotes and backslashes work
    /// as in a shell, nothing else of a shell does.
    ///
    /// # Errors
    /// When a quote is not closed, the text is empty, or no process can be had.
    pub fn hold(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Command {
            command: text.to_owned(),
            reason: reason.to_owned(),
        };
        let words = split(text).ok_or_else(|| refuse("a quote is not closed"))?;
        let name = words.first().ok_or_else(|| refuse("it is empty"))?.clone();
        let words: Result<Vec<CString>, _> = words.into_iter().map(CString::new).collect();
        let words = words.map_err(|_| refuse("it holds a NUL character"))?;
        Ok(Self {
            name,
            child: process::hold(&words)?,
        })
    }

    /// Its process id, which it keeps when it runs.
    pub fn pid(&self) -> u32 {
        self.child.pid
    }

    /// Lets it run.
    pub(crate) fn release(self) -> Result<(), Error> {
        let Self { name, child } = self;
        child.release().map_err(|errno| Error::Command {
            reason: describe(errno),
            command: name,
        })
    }
}

/// Splits a command line into words; nothing where a quote is not closed.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_and_quotes() {
        let words = |text| split(text).unwrap_or_default();
        assert_eq!(words("ls -l  /tmp"), ["ls", "-l", "/tmp"]);
        assert_eq!(
            words(r#"sh -c 'echo "a b"'"#),
            ["sh", "-c", r#"echo "a b""#]
        );
        assert_eq!(words(r#"echo "a \" b" c\ d"#), ["echo", "a \" b", "c d"]);
        assert_eq!(words(r#"a'b'"c" ''"#), ["abc", ""]);
        assert_eq!(words("  "), [""; 0]);
        assert_eq!(split("echo 'open"), None);
        assert_eq!(split("echo \\"), None);
    }
}
