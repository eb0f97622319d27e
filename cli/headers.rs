//! The headers that a script includes: found, read, and put in the place of their `#include`.
//!
//! A header in quotes is looked for beside the file that names it, then in the directories of `-I`;
//! one in `<>` in those directories alone. What is not found there stays for type checking, which
//! knows whether it counts and whether the system has it.

use lexer::{Diagnostic, FileId, SourceMap, Span};
use parser::ast::{Definition, Item, Program};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Headers of one script at most, each counted as often as it is included.
const MAX_HEADERS: usize = 1000;

/// Bytes of a header at most.
const MAX_BYTES: u64 = 8 << 20;

/// The headers of a script.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// What stands in the place of each `#include`.
    found: Vec<Found>,
    /// What stands before the script: the headers of `--include`.
    before: Vec<Definition>,
}

/// A header that was found.
#[derive(Clone, Debug)]
struct Found {
    /// The file that includes it, and the place of the line there.
    file: FileId,
    start: usize,
    end: usize,
    pieces: Vec<Definition>,
}

impl Headers {
    /// Reads the headers that the texts name, and those of `--include`.
    ///
    /// # Errors
    /// When one of `--include` is not there, or there are far too many.
    pub fn read(
        sources: &mut SourceMap,
        directories: &[PathBuf],
        included: &[PathBuf],
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut search = Search {
            sources,
            directories,
            count: 0,
            active: Vec::new(),
            once: Vec::new(),
            reports: Vec::new(),
        };
        let mut headers = Headers::default();
        let files = search.sources.iter().count() as u32;
        for path in included {
            match search.open(path) {
                Some(file) => headers.before.extend(search.pieces(file, path)),
                None => search.reports.push(missing(path)),
            }
        }
        for file in (0..files).map(FileId) {
            if !search.sources.text(file).contains("include") {
                continue;
            }
            let path = PathBuf::from(search.sources.name(file));
            let text = search.sources.text(file).to_owned();
            for (start, line) in lines(&text) {
                let inner =
                    directive(line).and_then(|(name, quoted)| search.include(name, quoted, &path));
                if let Some(pieces) = inner {
                    headers.found.push(Found {
                        file,
                        start,
                        end: start + line.len(),
                        pieces,
                    });
                }
            }
        }
        match search.reports.is_empty() {
            true => Ok(headers),
            false => Err(search.reports),
        }
    }

    /// Puts the headers into a tree.
    pub fn insert(&self, tree: &mut Program) {
        if self.found.is_empty() && self.before.is_empty() {
            return;
        }
        let items = std::mem::take(&mut tree.items);
        tree.items
            .extend(self.before.iter().cloned().map(Item::Definition));
        for item in items {
            match item {
                Item::Definition(definition) => {
                    let pieces = self.replaced(definition);
                    tree.items.extend(pieces.into_iter().map(Item::Definition));
                }
                item => tree.items.push(item),
            }
        }
    }

    /// A definition with the headers in the place of its lines that include them.
    fn replaced(&self, definition: Definition) -> Vec<Definition> {
        let Definition { text, span } = &definition;
        let (from, to) = (span.start as usize, span.start as usize + text.len());
        let inside = |found: &&Found| found.file == span.file && (from..to).contains(&found.start);
        let mut pieces = Vec::new();
        let mut at = from;
        for found in self.found.iter().filter(inside) {
            pieces.push(piece(span.file, text, from, at..found.start));
            pieces.extend(found.pieces.iter().cloned());
            at = found.end.min(to);
        }
        if at == from {
            return vec![definition];
        }
        pieces.push(piece(span.file, text, from, at..to));
        pieces.retain(|piece| !piece.text.trim().is_empty());
        pieces
    }
}

struct Search<'a> {
    sources: &'a mut SourceMap,
    directories: &'a [PathBuf],
    count: usize,
    /// The headers that are being read: one that includes itself brings nothing.
    active: Vec<PathBuf>,
    /// Those that say `#pragma once`, and were read.
    once: Vec<PathBuf>,
    reports: Vec<Diagnostic>,
}

impl Search<'_> {
    /// The pieces of a header that a file includes, where it is found.
    fn include(&mut self, name: &str, quoted: bool, from: &Path) -> Option<Vec<Definition>> {
        let beside = from.parent().filter(|_| quoted);
        let folders = beside
            .into_iter()
            .chain(self.directories.iter().map(PathBuf::as_path));
        let paths: Vec<PathBuf> = folders.map(|folder| folder.join(name)).collect();
        let path = paths.into_iter().find(|path| path.is_file())?;
        let real = path.canonicalize().ok()?;
        if self.active.contains(&real) || self.once.contains(&real) {
            return Some(Vec::new());
        }
        let file = self.open(&path)?;
        self.active.push(real);
        let pieces = self.pieces(file, &path);
        self.active.pop();
        Some(pieces)
    }

    /// Reads a header into the sources; nothing where it cannot be read.
    fn open(&mut self, path: &Path) -> Option<FileId> {
        if self.count >= MAX_HEADERS {
            if self.count == MAX_HEADERS {
                self.reports.push(too_many(path));
            }
            self.count += 1;
            return None;
        }
        self.count += 1;
        let about = path.metadata().ok()?;
        if about.len() > MAX_BYTES {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.contains("#pragma once") {
            self.once.extend(path.canonicalize());
        }
        Some(self.sources.add(path.display().to_string(), text))
    }

    /// A header as pieces of text, with those that it includes between them.
    fn pieces(&mut self, file: FileId, path: &Path) -> Vec<Definition> {
        let text = self.sources.text(file).to_owned();
        let mut pieces = Vec::new();
        let mut at = 0;
        for (start, line) in lines(&text) {
            let inner = directive(line).and_then(|(name, quoted)| self.include(name, quoted, path));
            if let Some(inner) = inner {
                pieces.push(piece(file, &text, 0, at..start));
                pieces.extend(inner);
                at = start + line.len();
            }
        }
        pieces.push(piece(file, &text, 0, at..text.len()));
        pieces.retain(|piece| !piece.text.trim().is_empty());
        pieces
    }
}

/// Each line that may be a directive, from its `#` on, and where that is.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let indent = line.len() - line.trim_start().len();
        line[indent..]
            .starts_with('#')
            .then(|| (start + indent, &line[indent..]))
    })
}

/// A part of a text that starts at an offset of its file.
fn piece(file: FileId, text: &str, from: usize, part: Range<usize>) -> Definition {
    let inner = text.get(part.start - from..part.end - from);
    Definition {
        text: inner.unwrap_or_default().to_owned(),
        span: Span::new(file, part.start as u32, part.end as u32),
    }
}

/// The name in an `#include`, and whether it stands in quotes.
fn directive(line: &str) -> Option<(&str, bool)> {
    let rest = line.trim_start().strip_prefix('#')?;
    let rest = rest.trim_start().strip_prefix("include")?.trim_start();
    let (close, quoted) = match rest.chars().next()? {
        '"' => ('"', true),
        '<' => ('>', false),
        _ => return None,
    };
    let (name, _) = rest[1..].split_once(close)?;
    Some((name, quoted))
}

fn missing(path: &Path) -> Diagnostic {
    let message = format!("there is no header `{}`", path.display());
    Diagnostic::error("no-header", message).help("correct the path behind `--include`")
}

fn too_many(path: &Path) -> Diagnostic {
    let message = format!("more than {MAX_HEADERS} headers are included");
    Diagnostic::error("too-many-headers", message)
        .note(format!("`{}` is one of them", path.display()))
        .help("write `#pragma once` into headers that are included many times")
}
