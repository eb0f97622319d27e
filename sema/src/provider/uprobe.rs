//! `uprobe` and `uretprobe`: functions and instructions of executables and libraries.

use super::{Args, Moment, Part, Point, Site, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{AttachTarget, ProgramType, Uprobe, UserPlace};
use crate::kernel::glob::{is_pattern, matches};
use crate::kernel::{Binary, BinaryQuery, Boundary, UserFunction, demangled};
use lexer::Span;
use std::collections::HashSet;
use std::rc::Rc;

/// Code of a process: what its arguments are found by.
#[derive(Clone, Debug)]
pub(crate) struct UserCode {
    /// The file.
    pub(crate) binary: Rc<dyn Binary>,
    /// The function's name, as linkers know it; empty for a bare address.
    pub(crate) function: String,
    /// The function's address, as the file's own tables count.
    pub(crate) address: u64,
    /// The instruction's address, likewise.
    pub(crate) instruction: u64,
    pub(crate) moment: Moment,
}

/// What is asked of a file.
enum Wanted<'a> {
    /// A function, or all that match a pattern; with an offset into it.
    Function {
        name: &'a str,
        offset: Option<u64>,
        language: Option<&'a str>,
    },
    Address(u64),
    Line(&'a str, u32),
}

pub(super) fn entry(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(Moment::Entry, point, cx)
}

pub(super) fn exit(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    expand(Moment::Return, point, cx)
}

fn expand(moment: Moment, point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let Some((file, path, wanted, span)) = read(point) else {
        cx.report(error::attach_point_form(point.provider, point.span));
        return Vec::new();
    };
    if moment == Moment::Return && !matches!(wanted, Wanted::Function { offset: None, .. }) {
        cx.report(error::return_from_instruction(span));
        return Vec::new();
    }
    let Some(binaries) = files(file, path, cx) else {
        return Vec::new();
    };
    let finder = Finder {
        provider: point.provider.name,
        moment,
        span,
    };
    let mut sites = Vec::new();
    for binary in &binaries {
        sites.extend(finder.sites(binary, &wanted, cx));
    }
    if sites.is_empty() && !cx.has_errors() {
        let report = finder.nothing(&binaries, &wanted, cx);
        nothing_matches(report, cx);
    }
    sites
}

/// The executables and libraries that an attach point names by a path; nothing where there are
/// none, which has been reported.
pub(super) fn files(file: &Part, path: &str, cx: &mut Cx<'_>) -> Option<Vec<Rc<dyn Binary>>> {
    let query = BinaryQuery {
        name: path,
        pid: cx.options.pid,
    };
    let answer = cx.kernel.binaries(query);
    let mut binaries = cx.ask(answer, file.span)?;
    // Of what a pattern finds, or processes have mapped, some is no executable.
    if is_pattern(path) {
        binaries.retain(|binary| binary.file_offset(0).is_ok());
    }
    if binaries.is_empty() {
        nothing_matches(error::no_binary(query.name, query.pid, file.span), cx);
        return None;
    }
    for binary in &binaries {
        let answer = binary.file_offset(0);
        cx.ask(answer, file.span)?;
    }
    Some(binaries)
}

/// Takes an attach point apart: the file and its path, what of it is wanted, and where that is
/// written. An `@` is in the path unless the number of a line follows.
fn read(point: &Point) -> Option<(&Part, &str, Wanted<'_>, Span)> {
    let (file, wanted) = point.parts.split_first()?;
    if let [line] = wanted
        && let Some((path, source)) = file.text.rsplit_once('@')
        && let Ok(number) = line.text.parse()
    {
        return Some((file, path, Wanted::Line(source, number), line.span));
    }
    let (language, function) = match wanted {
        [function] => (None, function),
        [language, function] if matches!(language.text.as_str(), "cpp" | "rust") => {
            (Some(language.text.as_str()), function)
        }
        _ => return None,
    };
    if function.text.is_empty() || file.text.is_empty() {
        return None;
    }
    let wanted = match number(&function.text) {
        Some(address) if language.is_none() => Wanted::Address(address),
        _ => {
            let (name, offset) = with_offset(&function.text);
            Wanted::Function {
                name,
                offset,
                language,
            }
        }
    };
    Some((file, &file.text, wanted, function.span))
}

/// Splits `name+4`. What follows the sign must be a number, for C++ has names such as
/// `operator+`.
fn with_offset(text: &str) -> (&str, Option<u64>) {
    let split = text.rsplit_once('+');
    match split.and_then(|(name, offset)| Some((name.trim_end(), number(offset.trim())?))) {
        Some((name, offset)) if !name.is_empty() => (name, Some(offset)),
        _ => (text, None),
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Makes sites of what is found in files.
struct Finder {
    provider: &'static str,
    moment: Moment,
    span: Span,
}

impl Finder {
    fn sites(&self, binary: &Rc<dyn Binary>, wanted: &Wanted<'_>, cx: &mut Cx<'_>) -> Vec<Site> {
        match *wanted {
            Wanted::Function {
                name,
                offset,
                language,
            } => self.functions(binary, name, offset, language, cx),
            Wanted::Address(address) => self.address(binary, address, cx).into_iter().collect(),
            Wanted::Line(file, line) => self.line(binary, file, line, cx),
        }
    }

    fn functions(
        &self,
        binary: &Rc<dyn Binary>,
        name: &str,
        offset: Option<u64>,
        language: Option<&str>,
        cx: &mut Cx<'_>,
    ) -> Vec<Site> {
        let answer = binary.functions();
        let Some(all) = cx.ask(answer, self.span) else {
            return Vec::new();
        };
        let found = find(all, name, language.is_some());
        let by_pattern = is_pattern(name) && found.iter().all(|f| f.name != name);
        let mut sites = Vec::new();
        // One place may have several names; it is to be looked at once.
        let mut seen = HashSet::new();
        for function in found.into_iter().filter(|f| seen.insert(f.offset)) {
            if let Some(offset) = offset.filter(|offset| *offset > 0)
                && let Some(report) = self.wrong_offset(binary, function, offset, cx)
            {
                cx.report(report);
                continue;
            }
            let offset = offset.unwrap_or(0);
            let suffix = if offset > 0 {
                format!("+{offset}")
            } else {
                String::new()
            };
            let shown = format!("{}{suffix}", function.name);
            let at = function.offset + offset;
            sites.push(self.site(binary, &shown, function, at, by_pattern, cx));
        }
        sites
    }

    /// What is wrong with an offset into a function, if anything is.
    fn wrong_offset(
        &self,
        binary: &Rc<dyn Binary>,
        function: &UserFunction,
        offset: u64,
        cx: &mut Cx<'_>,
    ) -> Option<lexer::Diagnostic> {
        if cx.options.allow_unsafe {
            return None;
        }
        if function.size > 0 && offset >= function.size {
            let size = function.size;
            return Some(error::offset_outside(
                &function.name,
                offset,
                size,
                self.span,
            ));
        }
        let answer = binary.boundary(function, offset);
        match cx.ask(answer, self.span)? {
            Boundary::Inside(before, next) => {
                let near = (before, next);
                Some(error::offset_inside_instruction(
                    &function.name,
                    offset,
                    near,
                    self.span,
                ))
            }
            Boundary::Starts | Boundary::Unknown => None,
        }
    }

    fn address(&self, binary: &Rc<dyn Binary>, address: u64, cx: &mut Cx<'_>) -> Option<Site> {
        let answer = binary.functions();
        let all = cx.ask(answer, self.span)?;
        let answer = binary.file_offset(address);
        let Some(at) = cx.ask(answer, self.span)? else {
            cx.report(error::address_not_code(address, binary.path(), self.span));
            return None;
        };
        let within = |f: &&UserFunction| f.contains(address);
        let holder = all.iter().find(within).cloned();
        if holder.is_none() && !all.is_empty() && !cx.options.allow_unsafe {
            cx.report(error::address_outside(address, binary.path(), self.span));
            return None;
        }
        let holder = holder.unwrap_or(UserFunction {
            address,
            offset: at,
            ..UserFunction::default()
        });
        let offset = address - holder.address;
        if let Some(report) = self.wrong_offset(binary, &holder, offset, cx) {
            cx.report(report);
            return None;
        }
        let shown = format!("{address:#x}");
        Some(self.site(binary, &shown, &holder, at, false, cx))
    }

    fn line(&self, binary: &Rc<dyn Binary>, file: &str, line: u32, cx: &mut Cx<'_>) -> Vec<Site> {
        let answer = binary.line(file, line);
        let Some(addresses) = cx.ask(answer, self.span) else {
            return Vec::new();
        };
        let Some(addresses) = addresses else {
            cx.report(error::no_debug_information(binary.path(), self.span));
            return Vec::new();
        };
        let answer = binary.functions();
        let all = cx.ask(answer, self.span).unwrap_or_default();
        let mut sites = Vec::new();
        for address in addresses {
            let answer = binary.file_offset(address);
            let Some(Some(at)) = cx.ask(answer, self.span) else {
                continue;
            };
            let within = |f: &&UserFunction| f.contains(address);
            let holder = all.iter().find(within).cloned().unwrap_or(UserFunction {
                address,
                offset: at,
                ..UserFunction::default()
            });
            let mut site = self.site(binary, "", &holder, at, false, cx);
            site.name = format!("{}:{}@{file}:{line}", self.provider, binary.path());
            sites.push(site);
        }
        sites
    }

    fn site(
        &self,
        binary: &Rc<dyn Binary>,
        shown: &str,
        function: &UserFunction,
        at: u64,
        by_pattern: bool,
        cx: &Cx<'_>,
    ) -> Site {
        let place = UserPlace {
            offset: at,
            ..UserPlace::default()
        };
        Site {
            name: format!("{}:{}:{shown}", self.provider, binary.path()),
            program: ProgramType::Kprobe,
            attach: AttachTarget::Uprobe(Uprobe {
                path: binary.path().to_owned(),
                function: shown_name(&function.name),
                places: vec![place],
                is_return: self.moment == Moment::Return,
                pid: cx.options.pid,
                by_pattern,
            }),
            args: Args::User(Rc::new(UserCode {
                binary: Rc::clone(binary),
                function: function.name.clone(),
                address: function.address,
                instruction: function.address + (at - function.offset),
                moment: self.moment,
            })),
            raw: None,
        }
    }

    /// The report of an attach point that stands for nothing, with what is near.
    fn nothing(
        &self,
        binaries: &[Rc<dyn Binary>],
        wanted: &Wanted<'_>,
        cx: &mut Cx<'_>,
    ) -> lexer::Diagnostic {
        let path = binaries.first().map_or("", |binary| binary.path());
        match *wanted {
            Wanted::Line(file, line) => error::no_code_at_line(path, file, line, self.span),
            Wanted::Address(address) => error::address_not_code(address, path, self.span),
            Wanted::Function { name, .. } => {
                let answers = binaries.iter().map(|binary| binary.functions());
                let all = answers.filter_map(|answer| cx.ask(answer, self.span));
                let all: Vec<&str> = all.flatten().map(|f| f.name.as_str()).collect();
                error::unknown_user_function(name, path, &all, self.span)
            }
        }
    }
}

/// The functions of a name, exact if there is one; else those that match it as a pattern, by
/// their own names or by what people write for them.
pub(crate) fn find<'a>(
    all: &'a [UserFunction],
    name: &str,
    written: bool,
) -> Vec<&'a UserFunction> {
    let exact = all.binary_search_by(|f| f.name.as_str().cmp(name));
    if let Ok(at) = exact
        && !written
    {
        return vec![&all[at]];
    }
    let plain = all.iter().filter(|f| !written && matches(name, &f.name));
    let plain: Vec<&UserFunction> = plain.collect();
    if !plain.is_empty() && !is_pattern(name) {
        return plain;
    }
    let by_written = all.iter().filter(|f| {
        !plain.iter().any(|p| p.name == f.name)
            && demangled(&f.name).is_some_and(|text| is_named(&text, name))
    });
    let mut found: Vec<&UserFunction> = by_written.collect();
    found.splice(0..0, plain.iter().copied());
    found
}

/// Whether a demangled name is what is asked for: with the types of the parameters and of the
/// result only where those were written.
fn is_named(text: &str, wanted: &str) -> bool {
    let short = without_parameters(text);
    let names = [text, short, without_result(short)];
    names.contains(&wanted) || is_pattern(wanted) && names.iter().any(|name| matches(wanted, name))
}

/// `ns::f<int>` of `int ns::f<int>`, which is how instances of templates are written.
fn without_result(text: &str) -> &str {
    if text.contains("operator") {
        return text;
    }
    let mut depth = 0u32;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    &text[start..]
}

/// The name of a function as people write it.
fn shown_name(name: &str) -> String {
    match demangled(name) {
        Some(text) => without_result(without_parameters(&text)).to_owned(),
        None => name.to_owned(),
    }
}

/// `ns::f` of `ns::f(int, char)`.
fn without_parameters(text: &str) -> &str {
    let mut depth = 0u32;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            '(' if depth == 0 && at > 0 && !text[..at].ends_with("operator") => return &text[..at],
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_left_out() {
        let cases = [
            ("f(int)", "f"),
            ("ns::f<void (int)>(char)", "ns::f<void (int)>"),
            ("operator()(int)", "operator()"),
            ("(anonymous namespace)::f", "(anonymous namespace)::f"),
            ("plain", "plain"),
        ];
        for (text, short) in cases {
            assert_eq!(without_parameters(text), short, "{text}");
        }
    }

    #[test]
    fn results_are_left_out() {
        let cases = [
            ("int ns::f<int>", "ns::f<int>"),
            ("ns::f<unsigned int>", "ns::f<unsigned int>"),
            ("std::vector<int, a<int> > ns::g<b>", "ns::g<b>"),
            ("operator new", "operator new"),
        ];
        for (text, short) in cases {
            assert_eq!(without_result(text), short, "{text}");
        }
    }

    #[test]
    fn offsets_are_numbers() {
        assert_eq!(with_offset("f+4"), ("f", Some(4)));
        assert_eq!(with_offset("f + 0x10"), ("f", Some(16)));
        assert_eq!(with_offset("operator+"), ("operator+", None));
        assert_eq!(with_offset("a+b"), ("a+b", None));
        assert_eq!(with_offset("+4"), ("+4", None));
    }
}
