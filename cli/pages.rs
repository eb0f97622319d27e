//! The pages about reports: one for each code word, written in `docs/errors/` and kept in the binary.
//!
//! A page is a `## CODE` section. In it stand blocks that fail with that code (`bt fails`,
//! `console fails`) and blocks that mend it (`bt works`, `console works`); or a line that starts with
//! `Not shown here:` and tells why there are none.

/// The texts, by theme.
const THEMES: &[&str] = &[
    include_str!("../docs/errors/writing.md"),
    include_str!("../docs/errors/names.md"),
    include_str!("../docs/errors/types.md"),
    include_str!("../docs/errors/definitions.md"),
    include_str!("../docs/errors/structure.md"),
    include_str!("../docs/errors/probes.md"),
    include_str!("../docs/errors/running.md"),
    include_str!("../docs/errors/functions.md"),
    include_str!("../docs/errors/user.md"),
    include_str!("../docs/errors/kernel.md"),
];

/// What starts the page of a code word.
const HEADING: &str = "\n## ";

/// What starts and ends an example.
const FENCE: &str = "```";

/// The page of a code word.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The code word.
    pub code: &'static str,
    /// What it says, in Markdown.
    pub text: &'static str,
}

/// Every page, in the order of the texts.
pub fn all() -> impl Iterator<Item = Page> {
    THEMES.iter().flat_map(|theme| {
        theme.split(HEADING).skip(1).filter_map(|section| {
            let (code, text) = section.split_once('\n')?;
            let (code, text) = (code.trim(), text.trim());
            Some(Page { code, text })
        })
    })
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A line of prose; may be empty.
    Prose(&'static str),
    /// An example: what its fence says, and its lines.
    Example(&'static str, Vec<&'static str>),
}

impl Page {
    /// The page, part by part.
    pub fn parts(self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut open: Option<(&str, Vec<&str>)> = None;
        for line in self.text.lines() {
            match (line.strip_prefix(FENCE), open.take()) {
                (Some(_), Some((kind, lines))) => parts.push(Part::Example(kind, lines)),
                (Some(kind), None) => open = Some((kind.trim(), Vec::new())),
                (None, Some((kind, mut lines))) => {
                    lines.push(line);
                    open = Some((kind, lines));
                }
                (None, None) => parts.push(Part::Prose(line)),
            }
        }
        parts
    }
}
