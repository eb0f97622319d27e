//! Where the script comes from: `-e`, a file, or standard input.

use crate::args::Args;
use crate::failure::Failure;
use crate::headers::Headers;
use crate::imports::{self, Import};
use lexer::{Diagnostic, FileId, SourceMap};
use std::fs::File;
use std::io::{ErrorKind, Read, stdin};

/// Bytes of a script. Longer ones are data that was given by mistake: a kernel takes at most a
/// million instructions of a program, and the saved tools that people have are below 20 KB.
pub const MAX_BYTES: u64 = 1 << 20;

/// The name that reports show for a program given by `-e`.
const FROM_COMMAND_LINE: &str = "-e";

/// The name that reports show for standard input.
const FROM_STDIN: &str = "stdin";

/// A script and its positional parameters.
#[derive(Debug)]
pub struct Script {
    /// The texts, for reports.
    pub sources: SourceMap,
    /// The script among them.
    pub file: FileId,
    /// What it imports, which is among the texts too.
    pub imports: Vec<Import>,
    /// `$1`, `$2`, …
    pub parameters: Vec<String>,
    /// Those with a name, `--name=value`, which stand behind `--`.
    pub named: Vec<(String, Option<String>)>,
    /// What it includes.
    pub headers: Headers,
}

impl Script {
    /// The script with the headers that it and the command line name.
    ///
    /// # Errors
    /// When a header of the command line is not there.
    pub fn with_headers(mut self, args: &Args) -> Result<Self, Failure> {
        let read = Headers::read(&mut self.sources, &args.include_dirs, &args.include);
        match read {
            Ok(headers) => Ok(Self { headers, ..self }),
            Err(reports) => Err(Failure::Reports(self.sources, reports)),
        }
    }
}

/// Reads the script that the command line names, and what it imports.
///
/// # Errors
/// When there is none, it cannot be read, or it is not a text that could be a script.
pub fn read(program: Option<String>, operands: Vec<String>) -> Result<Script, Failure> {
    let given = operands.clone().into_iter();
    let given = given.skip(usize::from(program.is_none()));
    let (parameters, named) = parameters(given);
    let (mut sources, file) = alone(program, operands)?;
    let imports = match imports::read(&mut sources, file) {
        Ok(imports) => imports,
        Err(reports) => return Err(Failure::Reports(sources, reports)),
    };
    Ok(Script {
        sources,
        file,
        imports,
        parameters,
        named,
        headers: Headers::default(),
    })
}

/// Reads the script that the command line names, and nothing else.
///
/// # Errors
/// As [`read`].
pub fn alone(
    program: Option<String>,
    operands: Vec<String>,
) -> Result<(SourceMap, FileId), Failure> {
    let (name, bytes) = match program {
        Some(text) => (FROM_COMMAND_LINE.to_owned(), text.into_bytes()),
        None => {
            let name = operands.into_iter().next().ok_or_else(nothing_to_run)?;
            from_file(name)?
        }
    };
    let text = check(&name, bytes)?;
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    Ok((sources, file))
}

/// A script that is kept in the binary.
pub fn embedded(name: &str, text: &str, parameters: Vec<String>) -> Script {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let (parameters, named) = self::parameters(parameters);
    Script {
        sources,
        file,
        imports: Vec::new(),
        parameters,
        named,
        headers: Headers::default(),
    }
}

/// Parts the parameters by place from those by name.
fn parameters(
    given: impl IntoIterator<Item = String>,
) -> (Vec<String>, Vec<(String, Option<String>)>) {
    let (named, placed): (Vec<String>, Vec<String>) = given
        .into_iter()
        .partition(|word| word.len() > 2 && word.starts_with("--"));
    let named = named.iter().map(|word| {
        let word = word.trim_start_matches('-');
        match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.to_owned(), None),
        }
    });
    (placed, named.collect())
}

fn from_file(name: String) -> Result<(String, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    if name == "-" {
        let read = stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(FROM_STDIN, &error))?;
        return Ok((FROM_STDIN.to_owned(), bytes));
    }
    let file = File::open(&name).map_err(|error| unreadable(&name, &error))?;
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&name, &error))?;
    Ok((name, bytes))
}

/// The text, if it could be a script.
fn check(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("`{name}` is too long to be a script");
        return Err(Diagnostic::error("script-too-long", message)
            .note(format!("a script has at most {} KiB", MAX_BYTES >> 10))
            .help("name the script, or leave out what is data")
            .into());
    }
    let text = lexer::decode(name, bytes)?;
    if text.trim().is_empty() {
        let report = Diagnostic::error("empty-script", format!("the script `{name}` is empty"));
        return Err(report.help(EXAMPLE).into());
    }
    Ok(text)
}

const EXAMPLE: &str = "the smallest script: `begin { printf(\"hello\\n\"); exit(); }`";

fn nothing_to_run() -> Failure {
    Diagnostic::error("no-script", "there is no script to run")
        .help("name a file, or give a program with `-e`; `strobe --help` has examples")
        .into()
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    let reason = reason(error);
    let report = Diagnostic::error(
        "unreadable-script",
        format!("cannot read `{name}`: {reason}"),
    );
    if error.kind() == ErrorKind::NotFound && name.contains(['{', ':', ' ']) {
        return report
            .help("a program on the command line takes `-e` before it")
            .into();
    }
    let report = match error.kind() {
        ErrorKind::NotFound => {
            report.help("correct the path; `strobe run NAME` runs a tool that comes with strobe")
        }
        _ => report.help("name a file that can be read"),
    };
    report.into()
}

/// Why a file cannot be read, in a few words.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        ErrorKind::PermissionDenied => "no permission".to_owned(),
        _ => error.to_string(),
    }
}
