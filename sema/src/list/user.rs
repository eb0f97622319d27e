//! Listing what there is to attach to in programs and libraries, which only a pattern that names
//! some of them asks for.

use super::Listing;
use crate::kernel::glob::{is_pattern, matches};
use crate::kernel::{Binary, BinaryQuery, Kernel, KernelError, UserFunction};
use crate::provider::uprobe::find;
use crate::provider::{self, usdt};

/// Whether the probes of a provider are in files.
pub(super) fn is_of_files(provider: &str) -> bool {
    matches!(provider, "uprobe" | "uretprobe" | "usdt")
}

/// Lists the functions or static probes that a pattern such as `uprobe:/bin/bash:read*` or
/// `usdt:*:*` matches, those of one process if `pid` says so. Nothing for other patterns.
pub fn list_user(
    kernel: &dyn Kernel,
    pattern: &str,
    pid: Option<u32>,
    verbose: bool,
) -> Option<Listing> {
    let (provider, rest) = pattern.trim().split_once(':')?;
    let provider = provider::find(provider)?.name;
    if !is_of_files(provider) {
        return None;
    }
    let (name, wanted) = behind_quotes(rest);
    let (name, wanted) = (name.replace('"', ""), wanted.replace('"', ""));
    let (name, wanted) = (name.as_str(), wanted.as_str());
    let mut listing = Listing::default();
    let answer = kernel.binaries(BinaryQuery { name, pid });
    let binaries = listing.taken(answer).unwrap_or_default();
    if binaries.is_empty() && listing.unanswered.is_empty() {
        listing.unanswered.push(KernelError::Missing {
            what: format!("an executable or library `{name}`"),
            help: "write a path, a library such as `libc`, or a program in $PATH".to_owned(),
        });
    }
    for binary in &binaries {
        let answer = match provider {
            "usdt" => static_probes(binary.as_ref(), wanted),
            _ => functions(
                provider,
                binary.as_ref(),
                wanted,
                verbose,
                &mut listing.unanswered,
            ),
        };
        match answer {
            Ok(lines) => listing.lines.extend(lines),
            // Of everything that is mapped, some is no executable any more.
            Err(_) if is_pattern(name) => {}
            Err(error) => listing.unanswered.push(error),
        }
    }
    Some(listing)
}

/// A file, and what of it is wanted: all where nothing is said. A colon in quotes is a part of the
/// path.
fn behind_quotes(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let colon = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    colon.map_or((text, "*"), |(at, _)| (&text[..at], &text[at + 1..]))
}

impl Listing {
    /// The answer, or nothing and a note.
    fn taken<T>(&mut self, answer: Result<T, KernelError>) -> Option<T> {
        answer.map_err(|error| self.unanswered.push(error)).ok()
    }
}

fn functions(
    provider: &str,
    binary: &dyn Binary,
    wanted: &str,
    verbose: bool,
    unanswered: &mut Vec<KernelError>,
) -> Result<Vec<String>, KernelError> {
    let language = ["cpp:", "rust:"];
    let written = language.iter().find_map(|word| wanted.strip_prefix(word));
    let all = binary.functions()?;
    let wanted = match written.unwrap_or(wanted) {
        "" => "*",
        wanted => wanted,
    };
    let mut found: Vec<&UserFunction> = find(all, wanted, written.is_some());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let addresses: Vec<u64> = found.iter().map(|function| function.address).collect();
    let signatures = match verbose {
        true => binary.signatures(&addresses).unwrap_or_else(|error| {
            unanswered.push(error);
            Vec::new()
        }),
        false => Vec::new(),
    };
    let mut signatures = signatures.into_iter();
    let mut lines = Vec::new();
    for function in found {
        lines.push(format!("{provider}:{}:{}", binary.path(), function.name));
        // None without debug information.
        let signature = signatures.next().flatten().unwrap_or_default();
        let parameters = signature.parameters.into_iter();
        lines.extend(parameters.map(|p| format!("    {} {}", p.declaration, p.name)));
    }
    Ok(lines)
}

fn static_probes(binary: &dyn Binary, wanted: &str) -> Result<Vec<String>, KernelError> {
    let (namespace, name) = wanted.split_once(':').unwrap_or(("*", wanted));
    let any = |text: &str| {
        if text.is_empty() {
            "*".to_owned()
        } else {
            text.to_owned()
        }
    };
    let (namespace, name) = (any(namespace), any(name));
    let all = binary.usdt()?.iter();
    let found = all.filter(|p| matches(&namespace, &p.provider) && matches(&name, &p.name));
    Ok(found.map(|p| usdt::full_name(binary.path(), p)).collect())
}
