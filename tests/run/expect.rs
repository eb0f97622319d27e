//! Lines that were printed beside lines that were expected.
//!
//! An expected line that starts with `~` is a regular expression for the whole line; `...` alone
//! stands for any number of lines; everything else stands for itself. Empty lines at the start and
//! the end do not count: how many there are is for the runtime's own tests.

use regex_lite::Regex;

/// What does not fit, told for people.
pub fn compare(what: &str, expected: &[String], actual: &str) -> Result<(), String> {
    let lines: Vec<&str> = actual.lines().collect();
    let printed = trim(&lines, |line| line.is_empty());
    let wanted = trim(expected, String::is_empty);
    if fits(wanted, printed) {
        return Ok(());
    }
    Err(format!(
        "{what} is not as expected\n--- expected\n{}\n--- printed\n{}\n---",
        wanted.join("\n"),
        printed.join("\n")
    ))
}

fn trim<T>(lines: &[T], is_empty: impl Fn(&T) -> bool) -> &[T] {
    let first = lines
        .iter()
        .position(|l| !is_empty(l))
        .unwrap_or(lines.len());
    let last = lines
        .iter()
        .rposition(|l| !is_empty(l))
        .map_or(first, |l| l + 1);
    &lines[first..last]
}

fn fits(expected: &[String], printed: &[&str]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [gap, rest @ ..] if gap == "..." => (0..=printed.len()).any(|n| fits(rest, &printed[n..])),
        [line, rest @ ..] => match printed {
            [first, others @ ..] => is_line(line, first) && fits(rest, others),
            [] => false,
        },
    }
}

fn is_line(expected: &str, printed: &str) -> bool {
    match expected.strip_prefix('~') {
        Some(pattern) => Regex::new(&format!("^(?:{pattern})$"))
            .expect("the pattern is a regular expression")
            .is_match(printed),
        None => expected.trim_end() == printed.trim_end(),
    }
}
