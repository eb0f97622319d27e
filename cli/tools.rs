//! The saved tools of `scripts/`, which are kept in the binary.
//!
//! A tool starts with comment lines: `// NAME: what it shows`, and after it sections that say when
//! to use it, what it costs, what it needs and what its output looks like.

/// A saved tool.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The area: the folder that it lies in.
    pub area: &'static str,
    /// The name that it is run by.
    pub name: &'static str,
    /// The script.
    pub text: &'static str,
}

/// Every tool, by area and name.
pub const ALL: &[Tool] = include!(concat!(env!("OUT_DIR"), "/tools.rs"));

impl Tool {
    /// The tool of this name.
    pub fn find(name: &str) -> Option<&'static Tool> {
        ALL.iter().find(|tool| tool.name == name)
    }

    /// What it shows, in a line.
    pub fn summary(&self) -> &'static str {
        let mut lines = self.text.lines().filter_map(|l| l.strip_prefix("// "));
        let line = lines.next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, summary)| summary)
    }

    /// The lines of its opening comment.
    pub fn header(&self) -> impl Iterator<Item = &'static str> {
        self.text
            .lines()
            .skip_while(|line| line.starts_with("#!"))
            .take_while(|line| line.starts_with("//"))
            .map(|line| line.trim_start_matches('/').strip_prefix(' ').unwrap_or(""))
    }
}
