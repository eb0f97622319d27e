//! `man` and `completions`: what is made of the definitions that `--help` shows.

use crate::args;
use crate::failure::Failure;
use clap_complete::Shell;
use lexer::Diagnostic;
use std::io::{Write, stdout};

/// Prints the manual page of strobe, or of one of its commands.
///
/// # Errors
/// When there is no such command.
pub fn man(of: Option<&str>) -> Result<u8, Failure> {
    let whole = args::command();
    let version = concat!("strobe ", env!("CARGO_PKG_VERSION"));
    let (title, page) = match of {
        None => ("strobe".to_owned(), whole),
        Some(word) => match whole.find_subcommand(word) {
            Some(command) => {
                let called = format!("strobe {word}");
                (format!("strobe-{word}"), command.clone().bin_name(called))
            }
            None => return Err(unknown(word).into()),
        },
    };
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(page).title(title).source(version);
    let rendered = page.render(&mut text);
    rendered.map_err(|e| Failure::output(&e))?;
    print(&text)
}

/// Prints the completions of a shell.
///
/// # Errors
/// When they cannot be written.
pub fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "strobe", &mut text);
    print(&text)
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    let written = stdout().lock().write_all(text);
    written.map_err(|e| Failure::output(&e)).map(|()| 0)
}

fn unknown(word: &str) -> Diagnostic {
    let whole = args::command();
    let words: Vec<&str> = whole.get_subcommands().map(|c| c.get_name()).collect();
    let message = format!("strobe has no command `{word}`");
    Diagnostic::error("unknown-command", message)
        .help(format!("the commands are {}", words.join(", ")))
}
