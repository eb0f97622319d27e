//! The command of `-c`: started, but held before its first instruction until all is attached.

use crate::Error;
use crate::sys::describe;
use crate::sys::process::{self, HeldChild};
use std::ffi::CString;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
    /// When a quote is not closed, the text is empty, there is no such program, or no process can
    /// be had.
    pub fn hold(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Command {
            command: text.to_owned(),
            reason: reason.to_owned(),
        };
        let words = split(text).ok_or_else(|| refuse("a quote is not closed"))?;
        let name = words.first().ok_or_else(|| refuse("it is empty"))?.clone();
        look_for(&name).map_err(|errno| cannot_run(&name, errno))?;
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
        child.release().map_err(|errno| cannot_run(&name, errno))
    }
}

fn cannot_run(name: &str, errno: i32) -> Error {
    Error::Command {
        command: name.to_owned(),
        reason: describe(errno),
    }
}

/// Whether a program can be run, before anything is attached for it: by its path, or by its name in
/// `$PATH`. The error is what `exec` would say, but for a directory, which it calls forbidden.
fn look_for(name: &str) -> Result<(), i32> {
    let directories = std::env::var_os("PATH").unwrap_or_default();
    let candidates: Vec<_> = match name.contains('/') {
        true => vec![Path::new(name).to_owned()],
        false => std::env::split_paths(&directories)
            .map(|directory| directory.join(name))
            .collect(),
    };
    let files = candidates.iter().filter_map(|path| path.metadata().ok());
    let files: Vec<_> = files.filter(|file| file.is_file()).collect();
    let can_run = |file: &Metadata| file.permissions().mode() & 0o111 != 0;
    match files.iter().any(can_run) {
        true => Ok(()),
        false if name.contains('/') && Path::new(name).is_dir() => Err(libc::EISDIR),
        false if files.is_empty() => Err(libc::ENOENT),
        false => Err(libc::EACCES),
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
