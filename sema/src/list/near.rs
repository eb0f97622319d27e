//! What to say of a pattern of `-l` that matches nothing: what is near it.

use super::source::{SOURCES, Source};
use super::user::is_of_files;
use super::{as_type, full_pattern, list, list_user};
use crate::kernel::Kernel;
use crate::kernel::btf::Kind;
use crate::kernel::glob::{is_pattern, matches};
use crate::provider;
use lexer::{Diagnostic, suggest};

/// Most names that are proposed.
const PROPOSED: usize = 3;

/// The report of a pattern for which [`list`] and [`list_user`] found nothing, although the machine
/// answered: what is near it, and what to ask instead.
pub fn unmatched(kernel: &dyn Kernel, pattern: &str, pid: Option<u32>) -> Diagnostic {
    let pattern = pattern.trim();
    let what = format!("nothing on this machine matches `{pattern}`");
    let report = Diagnostic::error("no-match", what);
    if let Some((kind, name)) = as_type(pattern) {
        return near_type(report, kernel, kind, name);
    }
    let first = pattern.split(':').next().unwrap_or(pattern);
    let Some(provider) = provider::find(first) else {
        return match !pattern.contains(':') || is_pattern(first) {
            true => near_name(report, kernel, pattern),
            false => near_provider(report, kernel, pattern, first),
        };
    };
    if let Some(source) = SOURCES.iter().find(|source| source.name == provider.name) {
        return match of_kernel(source, kernel, pattern) {
            Some(search) => {
                search.advise(report, |other| !list(kernel, other, false).lines.is_empty())
            }
            None => report,
        };
    }
    let is_user = is_of_files(provider.name);
    if !is_user || !pattern.contains(':') {
        let report = match is_user {
            true => report.note("its probes are listed file by file"),
            false => report.note(format!("probes of `{}` are not listed", provider.name)),
        };
        return report.help(format!("write {}", provider.forms));
    }
    let found = |other: &str| {
        let listing = list_user(kernel, other, pid, false);
        listing.map(|listing| listing.lines).unwrap_or_default()
    };
    match of_file(provider.name, pattern, found) {
        Some(search) => search.advise(report, |other| !found(other).is_empty()),
        None if provider.name == "usdt" => report
            .note("no file that it names has static probes")
            .help("see what runs and has some with `strobe -l 'usdt:*'`"),
        None => report
            .note("no file that it names has symbols, nor are there debug symbols of one")
            .help("install its debug symbols, or name an address: `uprobe:PATH:0x1234`"),
    }
}

/// A type of the kernel, by its near name.
fn near_type(report: Diagnostic, kernel: &dyn Kernel, kind: Kind, name: &str) -> Diagnostic {
    let word = match kind {
        Kind::Union => "union",
        Kind::Enum => "enum",
        _ => "struct",
    };
    let names = kernel.btf().map(|btf| btf.names(kind)).unwrap_or_default();
    let near = suggest(stem(name), names.iter().map(|(name, _)| *name));
    let report = match near {
        Some(near) => report.help(format!("did you mean `{word} {near}`?")),
        None => report,
    };
    report.help(format!("see what there is with `strobe -l '{word} *'`"))
}

/// A word, or a pattern of whole names, of any provider.
fn near_name(mut report: Diagnostic, kernel: &dyn Kernel, pattern: &str) -> Diagnostic {
    if let Some(near) = suggest(pattern, provider::names()) {
        report = report.help(format!("did you mean `{near}`?"));
    }
    // What one provider cannot tell does not matter for the others.
    let all = SOURCES.iter().map(|source| (source.names)(kernel, "*"));
    let names: Vec<String> = all.filter_map(Result::ok).flatten().collect();
    if !is_pattern(pattern) && names.iter().any(|name| name.contains(pattern)) {
        return report.help(format!(
            "names are matched as a whole: `strobe -l '*{pattern}*'` finds those that have this in them"
        ));
    }
    let last = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let lasts: Vec<String> = names.iter().map(|name| last(name)).collect();
    let wanted = last(pattern);
    let Some(near) = suggest(stem(&wanted), lasts.iter().map(String::as_str)) else {
        return report.help("see everything that there is with `strobe -l`");
    };
    let meant = names.iter().zip(&lasts).filter(|(_, last)| *last == near);
    propose(report, meant.map(|(name, _)| name.as_str()))
}

/// An attach point whose first word is no provider.
fn near_provider(
    report: Diagnostic,
    kernel: &dyn Kernel,
    pattern: &str,
    first: &str,
) -> Diagnostic {
    // `sched:sched_switch`, which has none.
    let without = list(kernel, &format!("*:{pattern}"), false).lines;
    if !without.is_empty() {
        return propose(report, without.iter().map(String::as_str));
    }
    let report = report.note(format!("there is no probe provider `{first}`"));
    match suggest(first, provider::names()) {
        Some(near) => report.help(format!("did you mean `{near}{}`?", &pattern[first.len()..])),
        None => report.help("see everything that there is with `strobe -l`"),
    }
}

fn propose<'a>(report: Diagnostic, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    let names = names.take(PROPOSED);
    names.fold(report, |report, name| {
        report.help(format!("did you mean `{name}`?"))
    })
}

/// The longest piece of a pattern that stands for itself.
fn stem(pattern: &str) -> &str {
    let pieces = pattern.split(['*', '?', '[', ']']);
    pieces.max_by_key(|piece| piece.len()).unwrap_or_default()
}

/// A pattern of one provider, beside everything that the provider has.
struct Search {
    /// The parts of the pattern as they were written.
    written: Vec<String>,
    /// The same with those that were left out.
    parts: Vec<String>,
    /// Full names, each of as many parts.
    names: Vec<String>,
    /// How many parts were left out before those that differ.
    left_out: usize,
}

fn of_kernel(source: &Source, kernel: &dyn Kernel, pattern: &str) -> Option<Search> {
    let written: Vec<String> = pattern.split(':').map(str::to_owned).collect();
    let full = full_pattern(source, pattern)?;
    let parts: Vec<String> = full.split(':').map(str::to_owned).collect();
    // Programs have names of their own only where they are asked for.
    let any = |(at, part): (usize, &String)| match (at, part.as_str()) {
        (0, _) | (1, "bpf") => part.clone(),
        _ => "*".to_owned(),
    };
    let everything: Vec<String> = parts.iter().enumerate().map(any).collect();
    let left_out = match source.leads {
        true => parts.len().saturating_sub(written.len()),
        false => 0,
    };
    Some(Search {
        names: (source.names)(kernel, &everything.join(":")).ok()?,
        written,
        parts,
        left_out,
    })
}

/// The same for probes in a file; nothing where the file has none. `found` lists those of a pattern.
fn of_file(provider: &str, pattern: &str, found: impl Fn(&str) -> Vec<String>) -> Option<Search> {
    let written: Vec<String> = pattern.split(':').map(str::to_owned).collect();
    let file = written.get(1)?;
    // Namespace and name, or the name of a function.
    let behind = if provider == "usdt" { 2 } else { 1 };
    let lines = found(&format!("{provider}:{file}:*"));
    let names = lines.iter().map(|line| {
        let mut last: Vec<&str> = line.rsplitn(behind + 1, ':').take(behind).collect();
        last.reverse();
        format!("{provider}:{file}:{}", last.join(":"))
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return None;
    }
    let left_out = (behind + 2).saturating_sub(written.len());
    let mut parts = written.clone();
    parts[0] = provider.to_owned();
    parts.splice(2..2, std::iter::repeat_n("*".to_owned(), left_out));
    Some(Search {
        written,
        parts,
        names,
        left_out,
    })
}

impl Search {
    /// Adds what is near, if it matches something, and what to ask to see what there is.
    fn advise(&self, report: Diagnostic, is_there: impl Fn(&str) -> bool) -> Diagnostic {
        let count = self.parts.len();
        let split = |name: &'_ String| -> Vec<String> {
            name.splitn(count, ':').map(str::to_owned).collect()
        };
        let all: Vec<Vec<String>> = self.names.iter().map(split).collect();
        let mut left: Vec<&Vec<String>> = all.iter().filter(|name| name.len() == count).collect();
        let mut differs = 0;
        for (at, part) in self.parts.iter().enumerate() {
            differs = at;
            let fits = |name: &&&Vec<String>| matches(part, &name[at]);
            let fitting: Vec<&Vec<String>> = left.iter().filter(fits).copied().collect();
            if fitting.is_empty() {
                break;
            }
            left = fitting;
        }
        let near = suggest(
            stem(&self.parts[differs]),
            left.iter().map(|name| name[differs].as_str()),
        );
        // The provider is right.
        let at = differs.saturating_sub(self.left_out).max(1);
        let report = match self.elsewhere(&all).as_slice() {
            [] => match near.and_then(|near| self.corrected(at, near, is_there)) {
                Some(other) => report.help(format!("did you mean `{other}`?")),
                None => report,
            },
            names => propose(report, names.iter().map(String::as_str)),
        };
        let before = self.written.get(..at).unwrap_or_default().join(":");
        report.help(format!("see what there is with `strobe -l '{before}:*'`"))
    }

    /// Names that end as the pattern does, below another part.
    fn elsewhere(&self, all: &[Vec<String>]) -> Vec<String> {
        let Some(last) = self.parts.last().filter(|last| !is_pattern(last)) else {
            return Vec::new();
        };
        let same = all.iter().filter(|name| name.last() == Some(last));
        same.map(|name| name.join(":")).take(PROPOSED).collect()
    }

    /// The pattern with another part in one place; without what follows if nothing is there with it.
    fn corrected(&self, at: usize, near: &str, is_there: impl Fn(&str) -> bool) -> Option<String> {
        let mut written = self.written.clone();
        *written.get_mut(at)? = near.to_owned();
        let whole = written.join(":");
        if is_there(&whole) {
            return Some(whole);
        }
        written.truncate(at + 1);
        let short = format!("{}:*", written.join(":"));
        is_there(&short).then_some(short)
    }
}

#[cfg(test)]
mod tests {
    use super::unmatched;
    use crate::kernel::fixtures;
    use expect_test::{Expect, expect};

    /// Notes and advice, one a line.
    #[track_caller]
    fn check(pattern: &str, expected: Expect) {
        let report = unmatched(&fixtures::machine().unwrap(), pattern, None);
        assert_eq!(report.code, "no-match");
        let lines = report.notes.iter().chain(&report.help);
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_part_that_is_wrong() {
        check(
            "tracepoint:sched:sched_swich",
            expect![[r#"
            did you mean `tracepoint:sched:sched_switch`?
            see what there is with `strobe -l 'tracepoint:sched:*'`"#]],
        );
        check(
            "t:shced:*",
            expect![[r#"
            did you mean `t:sched:*`?
            see what there is with `strobe -l 't:*'`"#]],
        );
        check(
            "t:shced:sched_swich",
            expect![[r#"
            did you mean `t:sched:*`?
            see what there is with `strobe -l 't:*'`"#]],
        );
        check(
            "tracepoint:sched:sched_swich*",
            expect![[r#"
            did you mean `tracepoint:sched:sched_switch`?
            see what there is with `strobe -l 'tracepoint:sched:*'`"#]],
        );
        check(
            "kprobe:vfs_raed",
            expect![[r#"
            did you mean `kprobe:vfs_read`?
            see what there is with `strobe -l 'kprobe:*'`"#]],
        );
        check(
            "fentry:vfs_raed",
            expect![[r#"
            did you mean `fentry:vfs_read`?
            see what there is with `strobe -l 'fentry:*'`"#]],
        );
        check(
            "rawtracepoint:sched_swich",
            expect![[r#"
            did you mean `rawtracepoint:sched_switch`?
            see what there is with `strobe -l 'rawtracepoint:*'`"#]],
        );
        check(
            "interval:m",
            expect![[r#"
            did you mean `interval:ms`?
            see what there is with `strobe -l 'interval:*'`"#]],
        );
        check(
            "interval:s:1",
            expect![[r#"
            did you mean `interval:s:`?
            see what there is with `strobe -l 'interval:s:*'`"#]],
        );
        check(
            "kprobe:[",
            expect!["see what there is with `strobe -l 'kprobe:*'`"],
        );
    }

    #[test]
    fn a_part_that_is_elsewhere() {
        check(
            "tracepoint:sched:sys_enter_openat",
            expect![[r#"
            did you mean `tracepoint:syscalls:sys_enter_openat`?
            see what there is with `strobe -l 'tracepoint:sched:*'`"#]],
        );
    }

    #[test]
    fn providers() {
        check(
            "tracepont",
            expect![[r#"
            did you mean `tracepoint`?
            see everything that there is with `strobe -l`"#]],
        );
        check(
            "tracepont:sched:*",
            expect![[r#"
            there is no probe provider `tracepont`
            did you mean `tracepoint:sched:*`?"#]],
        );
        check(
            "sched:sched_switch",
            expect!["did you mean `tracepoint:sched:sched_switch`?"],
        );
        check(
            "nothing:here",
            expect![[r#"
            there is no probe provider `nothing`
            see everything that there is with `strobe -l`"#]],
        );
        check(
            "uprobe",
            expect![[r#"
            its probes are listed file by file
            write uprobe:PATH:function, uprobe:PATH:function+4, uprobe:PATH:0x1234, uprobe:PATH@file.c:12, uprobe:libc:malloc, uprobe:PATH:cpp:"ns::f""#]],
        );
        check(
            "watchpoint",
            expect![[r#"
            probes of `watchpoint` are not listed
            write watchpoint:address:length:mode, such as watchpoint:0x7ffd1000:8:rw"#]],
        );
        check(
            "watchpoint:*",
            expect![[r#"
            probes of `watchpoint` are not listed
            write watchpoint:address:length:mode, such as watchpoint:0x7ffd1000:8:rw"#]],
        );
    }

    #[test]
    fn names_without_a_provider() {
        check(
            "sched_switch",
            expect![
                "names are matched as a whole: `strobe -l '*sched_switch*'` finds those that have this in them"
            ],
        );
        check(
            "*:sched_swich",
            expect![[r#"
            did you mean `rawtracepoint:vmlinux:sched_switch`?
            did you mean `tracepoint:sched:sched_switch`?"#]],
        );
        check(
            "*qqqqqq*",
            expect!["see everything that there is with `strobe -l`"],
        );
    }

    #[test]
    fn types() {
        check(
            "struct task_strukt",
            expect![[r#"
            did you mean `struct task_struct`?
            see what there is with `strobe -l 'struct *'`"#]],
        );
        check(
            "enum qqqqqq",
            expect!["see what there is with `strobe -l 'enum *'`"],
        );
    }

    #[test]
    fn probes_of_files() {
        check(
            "uprobe:app:mian",
            expect![[r#"
            did you mean `uprobe:app:main`?
            see what there is with `strobe -l 'uprobe:app:*'`"#]],
        );
        check(
            "usdt:app:web:requets",
            expect![[r#"
            did you mean `usdt:app:web:request`?
            see what there is with `strobe -l 'usdt:app:web:*'`"#]],
        );
        check(
            "usdt:app:requets",
            expect![[r#"
            did you mean `usdt:app:request`?
            see what there is with `strobe -l 'usdt:app:*'`"#]],
        );
        check(
            "usdt:app:cache:request",
            expect![[r#"
            did you mean `usdt:app:web:request`?
            see what there is with `strobe -l 'usdt:app:cache:*'`"#]],
        );
        check(
            "usdt:/opt/bare:*",
            expect![[r#"
            no file that it names has static probes
            see what runs and has some with `strobe -l 'usdt:*'`"#]],
        );
        check(
            "uprobe:/opt/bare:*",
            expect![[r#"
            no file that it names has symbols, nor are there debug symbols of one
            install its debug symbols, or name an address: `uprobe:PATH:0x1234`"#]],
        );
    }
}
