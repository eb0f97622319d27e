//! One program from decisions to verdict.

use crate::evaluate::{Expected, evaluate};
use crate::generate::generate;
use crate::program::Program;
use crate::runner::{Failure, Lines, Machine};
use crate::source::Source;
use crate::{shrink, text};

/// What became of a program.
#[derive(Debug)]
pub enum Verdict {
    Passed,
    /// The evaluator gave up on it: it runs too long, or prints too much.
    TooLong,
    Failed(Box<Report>),
}

/// A failure, made as small as can be.
#[derive(Debug)]
pub struct Report {
    pub script: String,
    pub failure: Failure,
}

/// Generates the program of a seed and runs it.
pub fn check_seed(machine: &Machine, seed: u64) -> Verdict {
    let mut source = Source::seeded(seed);
    let program = generate(&mut source);
    let failure = match check(machine, &program, seed) {
        None => return Verdict::TooLong,
        Some(Ok(())) => return Verdict::Passed,
        Some(Err(failure)) => failure,
    };
    let still_fails = |decisions: &[u32]| {
        let mut source = Source::replaying(decisions.to_vec());
        let program = generate(&mut source);
        let result = check(machine, &program, seed);
        matches!(result, Some(Err(other)) if other.is_like(&failure)).then_some(source.taken)
    };
    let decisions = shrink::shrink(source.taken.clone(), still_fails);
    let program = generate(&mut Source::replaying(decisions));
    let failure = match check(machine, &program, seed) {
        Some(Err(failure)) => failure,
        _ => failure,
    };
    let script = text::write(&program);
    Verdict::Failed(Box::new(Report { script, failure }))
}

/// Runs a program; nothing where the evaluator gives up.
fn check(machine: &Machine, program: &Program, turn: u64) -> Option<Result<(), Failure>> {
    let expected = evaluate(program)?;
    let script = text::write(program);
    Some(match machine.run(&script, turn) {
        Ok(printed) => compare(&expected, &printed),
        Err(failure) => Err(failure),
    })
}

fn compare(expected: &Expected, printed: &Lines) -> Result<(), Failure> {
    let mut left = printed.iter().map(|line| without_bar(line));
    for line in &expected.lines {
        // Strings may be empty, and empty lines are left out.
        if line.is_empty() {
            continue;
        }
        differs(line, left.next())?;
    }
    for map in &expected.maps {
        let mut theirs: Vec<String> = left.by_ref().take(map.len()).collect();
        let mut ours = map.clone();
        theirs.sort();
        ours.sort();
        match theirs == ours {
            true => {}
            false => differs(&ours.join("\n"), Some(theirs.join("\n")))?,
        }
    }
    match left.next() {
        None => Ok(()),
        line => differs("the end", line),
    }
}

fn differs(expected: &str, printed: Option<String>) -> Result<(), Failure> {
    let printed = printed.unwrap_or_else(|| "the end".to_owned());
    match expected == printed {
        true => Ok(()),
        false => Err(Failure::Differs(format!(
            "expected: {expected}\nprinted:  {printed}"
        ))),
    }
}

/// A row of a histogram as the evaluator writes it.
fn without_bar(line: &str) -> String {
    let row = line.split_once(" |").filter(|(_, bar)| bar.ends_with('|'));
    match row.and_then(|(row, _)| row.trim_end().rsplit_once(' ')) {
        Some((range, count)) if line.starts_with(['[', '(']) => {
            format!("{} {count}", range.trim_end())
        }
        _ => line.to_owned(),
    }
}
