//! Lines that were printed beside lines that were expected.
//!
//! An expected line that starts with `~` is a regular expression for the whole line; `...` alone
//! stands for any number of lines; `rows 20`, or `rows 20-30`, for the rows of a histogram whose
//! counts add up to that; everything else stands for itself. Empty lines at the start and
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
        [line, rest @ ..] if line.starts_with("rows ") => {
            let counts: Vec<u64> = printed.iter().map_while(|row| count(row)).collect();
            let sum = counts.iter().sum();
            is_between(&line["rows ".len()..], sum) && fits(rest, &printed[counts.len()..])
        }
        [line, rest @ ..] => match printed {
            [first, others @ ..] => is_line(line, first) && fits(rest, others),
            [] => false,
        },
    }
}

/// The count of a row of a histogram: `[4, 8)   2 |@@@   |`.
fn count(row: &str) -> Option<u64> {
    let (_, rest) = row.strip_prefix('[')?.split_once([')', ']'])?;
    let (count, _) = rest.split_once('|')?;
    count.trim().parse().ok()
}

/// Whether a number is the one that was expected, or between the two.
fn is_between(expected: &str, number: u64) -> bool {
    let (least, most) = expected.split_once('-').unwrap_or((expected, expected));
    let limit = |text: &str| text.parse::<u64>().expect("rows need a number");
    (limit(least)..=limit(most)).contains(&number)
}

fn is_line(expected: &str, printed: &str) -> bool {
    match expected.strip_prefix('~') {
        Some(pattern) => Regex::new(&format!("^(?:{pattern})$"))
            .expect("the pattern is a regular expression")
            .is_match(printed),
        None => expected.trim_end() == printed.trim_end(),
    }
}
