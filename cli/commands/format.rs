//! `--fmt`: a script in canonical form.

use crate::args::Args;
use crate::failure::Failure;
use crate::script;
use std::io::{Write, stdout};

/// Prints the script that the command line names as it should be written.
///
/// # Errors
/// When it cannot be read, or what it says is not clear.
pub fn format(args: &Args) -> Result<u8, Failure> {
    let (sources, file) = script::alone(args.program.clone(), args.operands.clone())?;
    let (tree, reports) = parser::parse(&sources, file);
    if !reports.is_empty() {
        return Err(Failure::Reports(sources, reports));
    }
    let text = parser::format(&tree, &sources, file);
    let mut out = stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map(|()| 0).map_err(|e| Failure::output(&e))
}
