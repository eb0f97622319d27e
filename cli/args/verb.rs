//! The words that may stand in place of a script: `strobe explain …`, `strobe run …`.
//!
//! Such a word is one only as the first argument, and only where no file bears its name:
//! `strobe FILE` goes on meaning what people who know bpftrace expect.

use super::Args;
use clap::{CommandFactory, FromArgMatches, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What else strobe can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Explain a code word of a report, or in plain words what a script does
    Explain(Explain),
    /// List the saved tools that come with strobe
    Tools {
        /// Only those whose name, area or description holds this; a name alone: all about it
        pattern: Option<String>,
    },
    /// Run a saved tool: its name, and after `--` what it takes
    #[command(override_usage = "strobe run [OPTIONS] TOOL [-- ARG...]", after_help = RUN_EXAMPLES)]
    Run(Box<Args>),
    /// Learn to trace: a course in the terminal that checks what you write
    Learn {
        /// The lesson to start with
        #[arg(value_name = "LESSON", default_value_t = 1)]
        lesson: usize,
        /// Do the work of a lesson
        #[arg(long, value_name = "KIND", hide = true)]
        work: Option<String>,
    },
    /// Print the manual page, in the form that `man -l -` reads
    Man {
        /// The page of this word rather than that of strobe itself
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// What to explain, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct Explain {
    /// The code word of a report, such as `unknown-field`; a script, its file, or a saved tool.
    /// Without one: every code word there is
    #[arg(value_name = "CODE|SCRIPT|FILE|TOOL")]
    pub subject: Option<String>,

    /// Parameters of the script
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    pub parameters: Vec<String>,

    /// Write a page with source, types, LLVM IR and eBPF side by side
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  strobe explain unknown-field
      what a report means, with an example and its mend
  strobe explain 'tracepoint:syscalls:sys_enter_read { @[comm] = count(); }'
      what a script does, step by step, down to its eBPF
  strobe explain --html runqlat.html runqlat
      the same of a saved tool, as a page for the browser";

const RUN_EXAMPLES: &str = "\
Examples:
  strobe run opensnoop
      print the files that are opened, until Ctrl-C
  strobe run execsnoop -- --help
      what a tool can be told
  strobe run -f json -o runs.json runqlat
      the options of strobe itself stand before the name";

/// Everything that may stand on the command line.
pub fn command() -> clap::Command {
    let alone = Args::command();
    let about = alone.get_about().cloned().unwrap_or_default();
    Verb::augment_subcommands(alone)
        .about(about)
        .disable_help_subcommand(true)
        .subcommand_help_heading("Commands")
}

/// The word that a command line starts with, if it is one of ours.
///
/// # Errors
/// When what follows it is wrong.
pub fn parse(line: &[OsString]) -> Result<Option<Verb>, clap::Error> {
    let first = line.get(1).and_then(|word| word.to_str());
    let Some(word) = first.filter(|word| is_verb(word) && !Path::new(word).is_file()) else {
        return Ok(None);
    };
    let matches = command().try_get_matches_from(line)?;
    debug_assert_eq!(matches.subcommand_name(), Some(word));
    Verb::from_arg_matches(&matches).map(Some)
}

fn is_verb(word: &str) -> bool {
    command().find_subcommand(word).is_some()
}
