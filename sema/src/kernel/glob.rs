//! Wildcards as in probe patterns: `*`, `?`, `[ab]`, `[a-c]`, `[!a]`.
//!
//! A `[` that nothing closes stands for itself. Time is at most the product of both lengths:
//! the matcher goes back to the last `*` alone.

/// Whether the text has a character that makes it a pattern rather than a name.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether all of the text matches the pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when a match fails: behind the last `*`, which then takes one more byte.
    let mut retry = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            retry = Some((p, t));
        } else if let Some(len) = one(&pattern[p..], text[t]) {
            p += len;
            t += 1;
        } else if let Some((behind, taken)) = retry {
            (p, t) = (behind, taken + 1);
            retry = Some((behind, taken + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Bytes of the pattern that the byte takes up, if it matches what the pattern starts with.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'[' => match class(pattern) {
            Some((members, len)) => contains(members, byte).then_some(len),
            None => (byte == b'[').then_some(1),
        },
        own => (own == byte).then_some(1),
    }
}

/// What stands between the brackets that the pattern starts with, and the bytes of it all.
fn class(pattern: &[u8]) -> Option<(&[u8], usize)> {
    let negated = usize::from(pattern.get(1) == Some(&b'!'));
    // A `]` at the very start is a member.
    let first = 1 + negated;
    let members = pattern.get(first + 1..)?;
    let end = first + 1 + members.iter().position(|byte| *byte == b']')?;
    Some((&pattern[1..end], end + 1))
}

/// Whether a byte is in a class such as `!a-z_`.
fn contains(members: &[u8], byte: u8) -> bool {
    let (members, negated) = match members {
        [b'!', rest @ ..] => (rest, true),
        members => (members, false),
    };
    let mut rest = members;
    let mut found = false;
    while let [first, tail @ ..] = rest {
        (found, rest) = match tail {
            [b'-', last, tail @ ..] => (found || (*first..=*last).contains(&byte), tail),
            _ => (found || *first == byte, tail),
        };
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for text in no {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn plain_names_match_themselves() {
        check(
            "sched_switch",
            &["sched_switch"],
            &["sched_switc", "sched_switch_", ""],
        );
        check("", &[""], &["a"]);
    }

    #[test]
    fn stars_take_any_run() {
        check(
            "sys_enter_open*",
            &["sys_enter_open", "sys_enter_openat2"],
            &["sys_exit_open"],
        );
        check("*sched*", &["sched", "a_sched_b"], &["shed"]);
        check("*a*b*", &["ab", "xaxbx", "aab"], &["ba", "a", "b"]);
        check("a*b", &["ab", "abb", "a_ab"], &["abc"]);
        check("**", &["", "x"], &[]);
    }

    #[test]
    fn question_marks_take_one() {
        check("dup?", &["dup2", "dup3"], &["dup", "dup22"]);
        check("*??", &["ab", "abc"], &["a", ""]);
    }

    #[test]
    fn classes_take_their_members() {
        check("dup[23]", &["dup2", "dup3"], &["dup1", "dup[23]", "dup"]);
        check("x[!ab]", &["xc", "x!"], &["xa", "xb", "x"]);
        check("x[a-c_]y", &["xay", "xcy", "x_y"], &["xdy", "x-y"]);
        check("x[]a]", &["x]", "xa"], &["x", "x[]a]"]);
        check("x[!]]", &["xa"], &["x]"]);
        check("x[a-]", &["xa", "x-"], &["xb"]);
        check("*[0-9]", &["dup2", "a1b2"], &["dup"]);
    }

    #[test]
    fn an_open_bracket_stands_for_itself() {
        check("a[b", &["a[b"], &["ab"]);
        check("a[", &["a["], &["a"]);
        check("a[]", &["a[]"], &["a"]);
        check("a[!]", &["a[!]"], &["a"]);
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(500) + "b";
        assert!(!matches(&pattern, &"a".repeat(5000)));
    }
}
