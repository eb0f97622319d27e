//! `-l` and `-lv`: what there is to attach to on this machine, and what a probe finds there.

mod detail;
mod function;
mod near;
mod source;
#[cfg(test)]
mod tests;
mod user;

pub use detail::arguments;
pub use near::unmatched;
pub use user::list_user;

use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::kernel::glob::matches;
use crate::kernel::{Kernel, KernelError};
use source::{SOURCES, Source};

/// What a pattern matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The lines to print: probes by their full names, sorted, each with its arguments behind it
    /// if those were asked for; or types.
    pub lines: Vec<String>,
    /// What could not be asked, so that lines may be missing.
    pub unanswered: Vec<KernelError>,
}

/// Lists the probes or types that a pattern matches.
///
/// A pattern is a probe with wildcards (`tracepoint:syscalls:sys_enter_open*`, `t:sched:*`), a
/// provider, a bare wildcard that is matched with whole names (`*sched*`), nothing for all probes,
/// or a type (`struct pid*`). `verbose` adds fields, parameters and definitions.
pub fn list(kernel: &dyn Kernel, pattern: &str, verbose: bool) -> Listing {
    let pattern = pattern.trim();
    let mut listing = Listing::default();
    let answer = match as_type(pattern) {
        Some((kind, name)) => types(kernel, kind, name, verbose),
        None => {
            probes(kernel, pattern, verbose, &mut listing);
            return listing;
        }
    };
    match answer {
        Ok(lines) => listing.lines = lines,
        Err(error) => listing.unanswered.push(error),
    }
    listing
}

/// Adds the probes that a pattern matches.
fn probes(kernel: &dyn Kernel, pattern: &str, verbose: bool, listing: &mut Listing) {
    for source in SOURCES {
        let Some(full) = full_pattern(source, pattern) else {
            continue;
        };
        let mut names = match (source.names)(kernel, &full) {
            Ok(names) => names,
            Err(error) => {
                listing.unanswered.push(error);
                continue;
            }
        };
        names.retain(|name| matches(&full, name));
        names.sort_unstable();
        for name in names {
            let arguments = match verbose {
                true => arguments(kernel, &name),
                false => Ok(Vec::new()),
            };
            listing.lines.push(name);
            match arguments {
                Ok(lines) => listing.lines.extend(lines),
                Err(error) => listing.unanswered.push(error),
            }
        }
    }
}

/// The pattern that whole names of a source must match; nothing where none can.
fn full_pattern(source: &Source, pattern: &str) -> Option<String> {
    let (provider, rest) = match pattern.split_once(':') {
        Some((provider, rest)) => (provider, Some(rest)),
        None => (pattern, None),
    };
    if provider.is_empty() || provider == "*" && rest.is_none() {
        return Some("*".to_owned());
    }
    // Also by an older name.
    let known = crate::provider::find(provider).is_some_and(|p| p.name == source.name);
    let named = known
        || source.name.eq_ignore_ascii_case(provider)
        || source
            .short
            .is_some_and(|short| short.eq_ignore_ascii_case(provider));
    let Some(rest) = rest else {
        // A provider alone stands for all of its probes, another word for whole names.
        return Some(match named {
            true => format!("{}*", source.name),
            false => pattern.to_owned(),
        });
    };
    if !named && !matches(provider, source.name) {
        return None;
    }
    // Parts may be left out: the first of them (a module) or the last (an event, a count).
    let rest = match rest.split(':').count() < source.parts {
        true if source.leads => format!("*:{rest}"),
        true => format!("{rest}:*"),
        false if rest.ends_with(':') => format!("{rest}*"),
        false => rest.to_owned(),
    };
    Some(format!("{}:{rest}", source.name))
}

/// The kind and name pattern of `struct NAME`, `union NAME`, `enum NAME`.
fn as_type(pattern: &str) -> Option<(Kind, &str)> {
    let (word, name) = pattern.split_once(' ')?;
    let kind = match word {
        "struct" => Kind::Struct,
        "union" => Kind::Union,
        "enum" => Kind::Enum,
        _ => return None,
    };
    Some((kind, name.trim()))
}

/// The kernel's types of a kind whose names match; their definitions if they are asked for.
fn types(
    kernel: &dyn Kernel,
    kind: Kind,
    pattern: &str,
    verbose: bool,
) -> Result<Vec<String>, KernelError> {
    let btf = kernel.btf()?;
    let mut found = btf.names(kind);
    found.retain(|(name, _)| matches(pattern, name));
    found.sort_unstable();
    found.dedup_by_key(|(name, _)| *name);
    let lines = found.into_iter().map(|(_, id)| match verbose {
        true => definition(btf, id),
        false => btf.type_name(id),
    });
    lines.collect()
}

/// A definition, where it is from, and an empty line behind it.
fn definition(btf: &Btf, id: TypeId) -> Result<String, KernelError> {
    Ok(format!("{}: {}\n", btf.name(), btf.definition(id)?))
}
