//! What must be in the output of a learner's one-liner, and what to say when it is not.

/// Something that must be in the output.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// This text.
    Says(&'static str),
    /// A map entry whose key holds this text, with a value within these bounds.
    Value(&'static str, u64, u64),
    /// A histogram's bucket that starts at this number, with this count.
    Bucket(u64, u64),
    /// Histograms whose buckets add up to a number within these bounds.
    Total(u64, u64),
    /// No histogram's bucket starts below this number, unless it is empty.
    NoBucketBelow(u64),
    /// At least this many lines that start with this text.
    Lines(&'static str, usize),
}

impl Check {
    /// What is missing; nothing where it holds.
    pub fn complaint(self, output: &str) -> Option<String> {
        let (holds, wanted) = match self {
            Self::Says(text) => (
                output.contains(text),
                format!("`{text}` should be in the output"),
            ),
            Self::Value(key, least, most) => (
                values(output).any(|(k, v)| k.contains(key) && (least..=most).contains(&v)),
                value_wanted(key, least, most),
            ),
            Self::Bucket(low, count) => (
                buckets(output).any(|bucket| bucket == (low, count)),
                format!("the bucket that starts at {low} should count {count}"),
            ),
            Self::Total(least, most) => {
                let total: u64 = buckets(output).map(|(_, count)| count).sum();
                let wanted = format!("the buckets should add up to {least}, not {total}");
                ((least..=most).contains(&total), wanted)
            }
            Self::NoBucketBelow(low) => (
                buckets(output).all(|(start, count)| start >= low || count == 0),
                format!("nothing should be below {low}: is the unit right?"),
            ),
            Self::Lines(start, least) => (
                output.lines().filter(|l| l.starts_with(start)).count() >= least,
                format!("at least {least} lines should start with `{start}`"),
            ),
        };
        (!holds).then_some(wanted)
    }
}

fn value_wanted(key: &str, least: u64, most: u64) -> String {
    let whose = match key {
        "" => "a map".to_owned(),
        key => format!(
            "an entry of a map for `{}`",
            key.trim_end_matches([',', ' '])
        ),
    };
    match least == most {
        true => format!("{whose} should hold {least}"),
        false => format!("{whose} should hold {least} or somewhat more"),
    }
}

/// The entries of maps, `@name[key]: value`.
fn values(output: &str) -> impl Iterator<Item = (&str, u64)> {
    let maps = output.lines().filter(|line| line.starts_with('@'));
    maps.filter_map(|line| {
        let (key, value) = line.rsplit_once(": ")?;
        Some((key, value.parse().ok()?))
    })
}

/// The buckets of histograms: where each starts, and its count.
fn buckets(output: &str) -> impl Iterator<Item = (u64, u64)> {
    output.lines().filter_map(|line| {
        let inside = line.strip_prefix('[')?;
        let start = inside.split([',', ']']).next()?;
        let rest = inside.split_once([']', ')'])?.1;
        let count = rest.split_whitespace().next()?.parse().ok()?;
        Some((number(start)?, count))
    })
}

/// A number with a suffix of powers of 1024.
fn number(text: &str) -> Option<u64> {
    let shift = match text.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        _ => 0,
    };
    let digits: u64 = text.trim_end_matches(char::is_alphabetic).parse().ok()?;
    Some(digits << shift)
}

#[cfg(test)]
mod tests {
    use super::Check;

    #[test]
    fn entries_and_buckets_are_found() {
        let output = "@a[worker, 3]: 12\n\n@h:\n[2K, 4K)   5 |@@ |\n[1]   2 |@ |\n";
        let holds = [
            Check::Value("worker", 12, 12),
            Check::Value("", 10, 20),
            Check::Bucket(2048, 5),
            Check::Bucket(1, 2),
            Check::Total(7, 7),
            Check::NoBucketBelow(1),
            Check::Lines("@", 2),
        ];
        for check in holds {
            assert_eq!(check.complaint(output), None);
        }
        for check in [
            Check::Value("worker", 13, 20),
            Check::Bucket(2048, 6),
            Check::Total(8, 9),
            Check::NoBucketBelow(2),
            Check::Lines("@", 3),
            Check::Says("x"),
        ] {
            assert!(check.complaint(output).is_some(), "{check:?}");
        }
    }
}
