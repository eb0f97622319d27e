//! Provider and saved tool by kernel: what works, what the kernel does not have, what is broken.

use super::choice;
use super::kernel::Kernel;
use super::machine::{Outcome, Verdict};
use crate::case::Case;
use crate::needs;
use std::collections::{BTreeMap, BTreeSet};

/// How wide a column is.
const WIDTH: usize = 26;

/// Prints the table and what failed; whether all that should work did. Of the whole matrix no
/// chosen case may be skipped everywhere.
pub fn print(
    kernels: &[Kernel],
    outcomes: &[Result<Outcome, String>],
    chosen: &[Case],
    is_whole: bool,
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
    let mut providers: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    let mut tools: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in chosen {
        match choice::tool(case) {
            Some(tool) => tools.entry(tool).or_default().push(case),
            None => providers.entry(theme(&case.name)).or_default().push(case),
        }
    }
    for (title, rows) in [("provider", providers), ("tool", tools)] {
        println!();
        let names = kernels
            .iter()
            .map(|kernel| format!("{:WIDTH$}", kernel.name));
        println!("{title:18}{}", names.collect::<String>().trim_end());
        for (name, cases) in rows {
            let cells = outcomes.iter().map(|outcome| {
                let text = outcome
                    .as_ref()
                    .map_or("no answer".to_owned(), |o| cell(o, &cases));
                format!("{text:WIDTH$}")
            });
            let row: String = cells.collect();
            println!("{name:18}{}", row.trim_end());
        }
    }
    if is_whole {
        good &= none_is_skipped_everywhere(chosen, outcomes);
    }
    good
}

/// Tells what failed on a kernel.
fn report(kernel: &Kernel, outcome: &Outcome) -> bool {
    let broken: Vec<&str> = outcome
        .cases
        .iter()
        .filter(|(_, verdict)| **verdict == Verdict::Broken)
        .map(|(name, _)| name.as_str())
        .collect();
    let verdicts = outcome.cases.values();
    let skipped = verdicts
        .filter(|v| matches!(v, Verdict::Skipped(_)))
        .count();
    let (ran, seconds) = (outcome.cases.len() - skipped, outcome.took.as_secs());
    println!(
        "kernel {}: {ran} cases ran in {seconds} s, {skipped} it has not what they need for",
        kernel.name
    );
    for figure in &outcome.figures {
        println!("kernel {}: {figure}", kernel.name);
    }
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

/// What became of cases on a kernel. A tool whose cases all expect that it refuses does not work
/// there, and says why.
fn cell(outcome: &Outcome, wanted: &[&Case]) -> String {
    let mut works = 0;
    let mut broken = 0;
    let mut is_refused = true;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in wanted {
        match outcome.cases.get(&case.name) {
            None => broken += 1,
            Some(Verdict::Broken) => broken += 1,
            Some(Verdict::Works) => {
                works += 1;
                is_refused &= choice::tool(case).is_some() && case.exit != 0;
            }
            Some(Verdict::Skipped(reason)) => *reasons.entry(reason.as_str()).or_default() += 1,
        }
    }
    let most = reasons.into_iter().max_by_key(|(_, count)| *count);
    match (works, broken, most) {
        (_, 1.., _) => format!("broken ({broken} of {})", works + broken),
        (0, _, Some((reason, _))) => reason.to_owned(),
        _ if is_refused => "not here, and says so".to_owned(),
        (_, _, Some((_, skipped))) => format!("works ({works}, {skipped} not here)"),
        (_, _, None) => format!("works ({works})"),
    }
}

/// Reports cases that no kernel of the matrix has run, unless the host runs them.
fn none_is_skipped_everywhere(all: &[Case], outcomes: &[Result<Outcome, String>]) -> bool {
    let ran: BTreeSet<&str> = outcomes
        .iter()
        .flatten()
        .flat_map(|outcome| &outcome.cases)
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Skipped(_)))
        .map(|(name, _)| name.as_str())
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

/// The file that a case is from.
fn theme(name: &str) -> &str {
    let file = name.split(": ").next().unwrap_or(name);
    file.trim_start_matches("probe-")
}
