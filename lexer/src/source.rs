//! The texts of one run: the script, what it imports, and what came from `-e`.

use crate::{FileId, Span};
use codespan_reporting::files::{Error, Files, line_starts};
use std::ops::Range;

/// Every source text, by [`FileId`]. Also the file database that reports are rendered from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    /// Bytes are characters, so that a column needs no counting.
    is_ascii: bool,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name that reports show (a path, `-e`, `stdin`).
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source {
            name: name.into(),
            line_starts: line_starts(&text).collect(),
            is_ascii: text.is_ascii(),
            text,
        });
        id
    }

    /// The whole text of a file; empty for an unknown id.
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |s| &s.text)
    }

    /// The name of a file; empty for an unknown id.
    pub fn name(&self, file: FileId) -> &str {
        self.get(file).map_or("", |s| &s.name)
    }

    /// The text under a span; empty where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// Line and column of a span's start, both from 1; columns count characters.
    pub fn line_col(&self, span: Span) -> (u32, u32) {
        let Some(source) = self.get(span.file) else {
            return (0, 0);
        };
        let start = (span.start as usize).min(source.text.len());
        let line = source.line_index(start);
        let line_start = source.line_starts[line];
        let column = match source.is_ascii {
            true => start - line_start,
            false => source
                .text
                .get(line_start..start)
                .map_or(0, |before| before.chars().count()),
        };
        (line as u32 + 1, column as u32 + 1)
    }

    /// Every file as (name, text), in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|s| (s.name.as_str(), s.text.as_str()))
    }

    fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }
}

impl Source {
    fn line_index(&self, byte: usize) -> usize {
        self.line_starts
            .partition_point(|&start| start <= byte)
            .saturating_sub(1)
    }
}

impl<'a> Files<'a> for SourceMap {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.get(id)
            .map(|s| s.name.as_str())
            .ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.get(id)
            .map(|s| s.text.as_str())
            .ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        self.get(id)
            .map(|s| s.line_index(byte))
            .ok_or(Error::FileMissing)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let source = self.get(id).ok_or(Error::FileMissing)?;
        let max = source.line_starts.len().saturating_sub(1);
        let start = *source
            .line_starts
            .get(line)
            .ok_or(Error::LineTooLarge { given: line, max })?;
        let end = source
            .line_starts
            .get(line + 1)
            .copied()
            .unwrap_or(source.text.len());
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let mut sources = SourceMap::new();
        let ascii = sources.add("a", "ab\ncd\n");
        let wide = sources.add("b", "äö\nüx");
        let at = |file, start| sources.line_col(Span::new(file, start, start));
        assert_eq!(
            [at(ascii, 0), at(ascii, 4), at(ascii, 6)],
            [(1, 1), (2, 2), (3, 1)]
        );
        assert_eq!(
            [at(wide, 2), at(wide, 5), at(wide, 7)],
            [(1, 2), (2, 1), (2, 2)]
        );
        assert_eq!(at(ascii, 999), (3, 1), "past the end");
        assert_eq!(at(FileId(9), 0), (0, 0), "no such file");
    }

    #[test]
    fn a_span_that_does_not_fit_is_empty() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "äb");
        assert_eq!(sources.slice(Span::new(file, 0, 2)), "ä");
        assert_eq!(sources.slice(Span::new(file, 1, 2)), "");
        assert_eq!(sources.slice(Span::new(file, 0, 9)), "");
    }
}
