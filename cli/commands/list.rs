//! `-l`: what there is to attach to.

use super::compile::study;
use crate::args::Args;
use crate::failure::Failure;
use crate::report;
use crate::script::{self, Script};
use lexer::{Diagnostic, Severity, SourceMap};
use runtime::Host;
use sema::kernel::KernelError;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

/// Lists the probes that the patterns match, all without one.
///
/// # Errors
/// When nothing matches a pattern, which is told of each, and what others match is listed all the
/// same.
pub fn list(args: &Args) -> Result<u8, Failure> {
    let host = args.host();
    if let Some(script) = script_of(args) {
        return of_script(args, script?, &host);
    }
    let every = [String::new()];
    let patterns = if args.operands.is_empty() {
        every.as_slice()
    } else {
        &args.operands
    };
    let mut found = false;
    let mut unmatched: Vec<Diagnostic> = Vec::new();
    let mut unanswered: Vec<KernelError> = Vec::new();
    let mut out = BufWriter::new(stdout().lock());
    for pattern in patterns.iter().flat_map(|patterns| split(patterns)) {
        let listing = sema::list_user(&host, pattern, args.pid, args.verbose)
            .unwrap_or_else(|| sema::list(&host, pattern, args.verbose));
        found |= !listing.lines.is_empty();
        // Where the machine did not answer there is no telling.
        if listing.lines.is_empty() && listing.unanswered.is_empty() {
            unmatched.push(sema::list::unmatched(&host, pattern, args.pid));
        }
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
    let severity = match found {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let incomplete = unanswered.iter().map(|error| incomplete(error, severity));
    let mut reports: Vec<Diagnostic> = incomplete.collect();
    let is_missing = !unmatched.is_empty() || !found && !reports.is_empty();
    reports.extend(unmatched);
    if is_missing {
        return Err(Failure::Reports(SourceMap::new(), reports));
    }
    report::print(&SourceMap::new(), &reports);
    Ok(0)
}

/// The patterns of a list. Names in quotes may hold commas, so what has some is one pattern.
fn split(patterns: &str) -> Vec<&str> {
    match patterns.contains('"') {
        true => vec![patterns],
        false => patterns.split(',').collect(),
    }
}

/// The script whose probes are asked for: a program on the command line, or a file.
fn script_of(args: &Args) -> Option<Result<Script, Failure>> {
    let is_file = |word: &String| Path::new(word).is_file();
    let is_script = args.program.is_some() || args.operands.first().is_some_and(is_file);
    is_script.then(|| script::read(args.program.clone(), args.operands.clone()))
}

/// Lists the probes of a script, each where it would be attached.
fn of_script(args: &Args, script: Script, host: &Host) -> Result<u8, Failure> {
    let study = study(args, script)?;
    let mut out = BufWriter::new(stdout().lock());
    let targets = study.program.probes.iter().flat_map(|probe| &probe.targets);
    for target in targets {
        writeln!(out, "{}", target.name).map_err(|e| Failure::output(&e))?;
        if !args.verbose {
            continue;
        }
        // What cannot be told of one is left out.
        for line in sema::list::arguments(host, &target.name).unwrap_or_default() {
            writeln!(out, "{line}").map_err(|e| Failure::output(&e))?;
        }
    }
    out.flush().map_err(|e| Failure::output(&e))?;
    Ok(0)
}

/// What could not be asked: the list may lack lines, or there is none.
fn incomplete(error: &KernelError, severity: Severity) -> Diagnostic {
    let report = Diagnostic {
        severity,
        ..Diagnostic::warning("incomplete-list", error.to_string())
    };
    match error {
        KernelError::Denied { .. } => report.help("run strobe as root (sudo strobe -l …)"),
        KernelError::Missing { help, .. } => report.help(help.as_str()),
        KernelError::NotExecutable { .. } => report.help(KernelError::EXECUTABLE_HELP),
        KernelError::Damaged { .. } => report.help(KernelError::DAMAGED_HELP),
        KernelError::Malformed { .. } => report,
    }
}
