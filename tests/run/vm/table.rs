//! Provider by kernel: what works, what the kernel does not have, what is broken.

use super::kernel::Kernel;
use super::machine::{Outcome, Verdict};
use crate::case::Case;
use crate::needs;
use std::collections::{BTreeMap, BTreeSet};

/// Prints the table and what failed; whether all that should work did. `all` is given for the
/// whole matrix, of which no case may be skipped everywhere.
pub fn print(
    kernels: &[Kernel],
    outcomes: &[Result<Outcome, String>],
    all: Option<&Vec<Case>>,
) -> bool {
    let mut good = true;
    for (kernel, outcome) in kernels.iter().zip(outcomes) {
        match outcome {
            Err(reason) => {
                println!("kernel {}: {reason}", kernel.name);
                good = false;
            }
            Ok(outcome) => good &= report(kernel, outcome),
        }
    }
    println!();
    let themes: BTreeSet<&str> = cases(outcomes).map(|(name, _)| theme(name)).collect();
    let width = 26;
    let names = kernels
        .iter()
        .map(|kernel| format!("{:width$}", kernel.name));
    println!("{:18}{}", "provider", names.collect::<String>());
    for theme in themes {
        let cells = outcomes.iter().map(|outcome| {
            let text = outcome
                .as_ref()
                .map_or("no answer".to_owned(), |o| cell(o, theme));
            format!("{text:width$}")
        });
        let row: String = cells.collect();
        let name = theme.trim_start_matches("probe-");
        println!("{name:18}{}", row.trim_end());
    }
    if let Some(all) = all {
        good &= none_is_skipped_everywhere(all, outcomes);
    }
    good
}

/// Tells what failed on a kernel.
fn report(kernel: &Kernel, outcome: &Outcome) -> bool {
    let broken: Vec<&str> = outcome
        .cases
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Broken)
        .map(|(name, _)| name.as_str())
        .collect();
    let skipped = |case: &&(String, Verdict)| matches!(case.1, Verdict::Skipped(_));
    let skipped = outcome.cases.iter().filter(skipped).count();
    let (ran, seconds) = (outcome.cases.len() - skipped, outcome.took.as_secs());
    println!(
        "kernel {}: {ran} cases ran in {seconds} s, {skipped} it has not what they need for",
        kernel.name
    );
    if let Some(console) = &outcome.stuck {
        println!(
            "kernel {} did not come to its end: see {}",
            kernel.name,
            console.display()
        );
    }
    if broken.is_empty() {
        return outcome.stuck.is_none();
    }
    for line in &outcome.failures {
        println!("    {line}");
    }
    for name in broken {
        println!("broken on {}: {name}", kernel.name);
    }
    false
}

fn cell(outcome: &Outcome, wanted: &str) -> String {
    let mut works = 0;
    let mut broken = 0;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, verdict) in &outcome.cases {
        if theme(name) != wanted {
            continue;
        }
        match verdict {
            Verdict::Works => works += 1,
            Verdict::Broken => broken += 1,
            Verdict::Skipped(reason) => *reasons.entry(reason.as_str()).or_default() += 1,
        }
    }
    let most = reasons.into_iter().max_by_key(|(_, count)| *count);
    match (works, broken, most) {
        (_, 1.., _) => format!("broken ({broken} of {})", works + broken),
        (0, _, Some((reason, _))) => reason.to_owned(),
        (_, _, Some((_, skipped))) => format!("works ({works}, {skipped} not here)"),
        (_, _, None) => format!("works ({works})"),
    }
}

/// Reports cases that no kernel of the matrix has run, unless the host runs them.
fn none_is_skipped_everywhere(all: &[Case], outcomes: &[Result<Outcome, String>]) -> bool {
    let ran: BTreeSet<&str> = cases(outcomes)
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Skipped(_)))
        .map(|(name, _)| name)
        .collect();
    let mut nowhere = all
        .iter()
        .filter(|case| !ran.contains(case.name.as_str()) && needs::missing(&case.needs).is_some())
        .peekable();
    let good = nowhere.peek().is_none();
    for case in nowhere {
        println!("skipped everywhere: {}", case.name);
    }
    good
}

fn cases(outcomes: &[Result<Outcome, String>]) -> impl Iterator<Item = (&str, &Verdict)> {
    let outcomes = outcomes.iter().flatten();
    outcomes.flat_map(|o| {
        o.cases
            .iter()
            .map(|(name, verdict)| (name.as_str(), verdict))
    })
}

/// The file that a case is from.
fn theme(name: &str) -> &str {
    name.split(": ").next().unwrap_or(name)
}
