//! `-l`: what there is to attach to.

use crate::args::Args;
use crate::failure::Failure;
use crate::report;
use lexer::{Diagnostic, SourceMap};
use sema::kernel::KernelError;
use std::io::{BufWriter, Write, stdout};

/// Lists the probes that the patterns match, all without one.
///
/// # Errors
/// When nothing matches a pattern and the machine was not asked in full.
pub fn list(args: &Args) -> Result<u8, Failure> {
    let host = args.host();
    let every = [String::new()];
    let patterns = if args.operands.is_empty() {
        every.as_slice()
    } else {
        &args.operands
    };
    let mut found = false;
    let mut unanswered: Vec<KernelError> = Vec::new();
    let mut out = BufWriter::new(stdout().lock());
    for pattern in patterns {
        let listing = sema::list_user(&host, pattern, args.pid, args.verbose)
            .unwrap_or_else(|| sema::list(&host, pattern, args.verbose));
        found |= !listing.lines.is_empty();
        for line in &listing.lines {
            writeln!(out, "{line}").map_err(|e| Failure::output(&e))?;
        }
        for error in listing.unanswered {
            if !unanswered.contains(&error) {
                unanswered.push(error);
            }
        }
    }
    out.flush().map_err(|e| Failure::output(&e))?;
    let reports: Vec<Diagnostic> = unanswered.iter().map(incomplete).collect();
    if !found && !reports.is_empty() {
        return Err(Failure::Reports(SourceMap::new(), reports));
    }
    report::print(&SourceMap::new(), &reports);
    Ok(0)
}

/// What could not be asked, as a warning: the list may lack lines.
fn incomplete(error: &KernelError) -> Diagnostic {
    let report = Diagnostic::warning("incomplete-list", error.to_string());
    match error {
        KernelError::Denied { .. } => report.help("run strobe as root (sudo strobe -l …)"),
        KernelError::Missing { help, .. } => report.help(help.as_str()),
        KernelError::Malformed { .. } => report,
    }
}
