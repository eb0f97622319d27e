//! Which cases virtual machines run.
//!
//! The rule: without a pattern, every case of a provider and of a saved tool, and whatever else has
//! a `needs:`, for only another kernel may have it; and the cases of [`SMOKE`]. All others are left
//! to the host, where `make test` runs them: what they need, every kernel has. A case that is
//! chosen but lacks what it needs on every kernel of the matrix, and on the host too, is run
//! nowhere, which is an error. With a pattern, every case whose name holds
//! it, or one of its parts between `|`.

use crate::case::{self, Case};
use std::path::Path;

/// The directories of cases.
pub const DIRECTORIES: [&str; 2] = ["tests/run", TOOLS];

/// Where the cases of saved tools are.
const TOOLS: &str = "tests/tools";

/// How the files of providers and of tools are named.
const THEMES: [&str; 4] = ["probe-", "user_", "usdt", "tool-"];

/// Cases of what every kernel has, to be run on each all the same: where the programs that LLVM
/// makes differ by kernel.
const SMOKE: [&str; 5] = [
    "loops: a hundred thousand rounds",
    "loops: for over aggregations folds them",
    "loops: histograms in a loop",
    "loops: loops of every kind inside each other",
    "loops: while with many rounds",
];

/// The cases of the matrix below a directory, and how many others there are.
pub fn choose(root: &Path, pattern: Option<&str>) -> (Vec<Case>, usize) {
    let cases = DIRECTORIES.iter().flat_map(|d| case::load(&root.join(d)));
    let (chosen, others): (Vec<Case>, Vec<Case>) = cases.partition(|case| match pattern {
        Some(_) => fits(&case.name, pattern),
        None => {
            !case.needs.is_empty()
                || THEMES.iter().any(|theme| case.name.starts_with(theme))
                || SMOKE.contains(&case.name.as_str())
        }
    });
    if pattern.is_none() {
        for name in SMOKE {
            assert!(
                chosen.iter().any(|case| case.name == name),
                "there is no case {name}"
            );
        }
    }
    (chosen, others.len())
}

/// Whether a name holds a pattern, or one of its parts between `|`; without one, any does.
pub fn fits(name: &str, pattern: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| pattern.split('|').any(|part| name.contains(part)))
}

/// The saved tool that a case runs.
pub fn tool(case: &Case) -> Option<&str> {
    let rest = case.flags.strip_prefix(&["run".to_owned()])?;
    let mut words = rest.iter().filter(|word| !word.starts_with('-'));
    words.next().map(String::as_str)
}
