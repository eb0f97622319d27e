//! What may stand on the command line.

mod stage;
mod verb;

pub use stage::{Stage, Stages};
pub use verb::{Explain, Verb, command, parse};

use clap::{ArgAction, Parser, ValueEnum};
use runtime::Host;
use sema::Mode;
use std::path::PathBuf;

/// strobe compiles a script to eBPF, attaches it to the running kernel and prints what it finds.
#[derive(Debug, Parser)]
#[command(
    name = "strobe",
    version,
    disable_version_flag = true,
    override_usage = "strobe [OPTIONS] FILE [ARG]...\n       \
                      strobe [OPTIONS] -e PROGRAM [ARG]...\n       \
                      strobe -l [PATTERN]\n       \
                      strobe COMMAND …",
    after_help = EXAMPLES,
    max_term_width = 100
)]
pub struct Args {
    /// Run this program text
    #[arg(short = 'e', value_name = "PROGRAM")]
    pub program: Option<String>,

    /// Script to run, `-` for standard input; what follows it, or follows `-e PROGRAM`, is `$1`,
    /// `$2`, … of the script. With -l: the pattern to list
    #[arg(value_name = "FILE|ARG", allow_negative_numbers = true)]
    pub operands: Vec<String>,

    /// List the probes that match a pattern; with -v also their arguments
    #[arg(short = 'l', long)]
    pub list: bool,

    /// Run a command, held until everything is attached, and end when it ends
    #[arg(
        short = 'c',
        long = "cmd",
        value_name = "COMMAND",
        conflicts_with = "pid"
    )]
    pub command: Option<String>,

    /// Trace alongside this process, and end when it ends
    #[arg(short = 'p', long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: Option<u32>,

    /// Write the output to a file instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Form of the output
    #[arg(short = 'f', long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// When output is written: at once, line by line as it comes, or in big pieces
    #[arg(short = 'B', value_name = "MODE", default_value = "line")]
    pub buffering: WriteMode,

    /// Put the entries of maps in order by `value` or by `key`
    #[arg(long, value_name = "BY")]
    pub sort: Option<Sort>,

    /// Print the greatest entries of maps first
    #[arg(long)]
    pub descending: bool,

    /// Print this many entries of each map, the greatest
    #[arg(long, value_name = "N")]
    pub top: Option<u32>,

    /// Tell between what bounds the percentiles of histograms lie
    #[arg(long)]
    pub percentiles: bool,

    /// End with exit code 1 when anything was lost: events, keys, runs of probes, ends of strings
    #[arg(long)]
    pub strict: bool,

    /// Tell of helpers of the kernel that fail, with the place in the script; twice: also of keys
    /// that are not there
    #[arg(short = 'k', action = ArgAction::Count)]
    pub helper_errors: u8,

    /// Do without features of the kernel: a list, of `kprobe_multi`, `uprobe_multi`,
    /// `kprobe_session`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub no_feature: Vec<KernelFeature>,

    /// Attach just the probes whose names fit a pattern, beside begin and end
    #[arg(long, value_name = "PATTERN")]
    pub probe_filter: Option<String>,

    /// Say what this kernel and this build can do
    #[arg(long)]
    pub info: bool,

    /// Do not say how many probes were attached
    #[arg(short = 'q', long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say what is being done, and how long it took
    #[arg(short = 'v', long)]
    pub verbose: bool,

    /// Print what a stage of the compiler made to standard error; may be a list
    #[arg(short = 'd', long = "debug", value_name = "STAGE", value_delimiter = ',', hide_possible_values = true, help = stage::HELP)]
    pub debug: Vec<Stage>,

    /// Print the script in canonical form, with its comments, instead of running it
    #[arg(long)]
    pub fmt: bool,

    /// Compile, load and attach, then end without running
    #[arg(long)]
    pub dry_run: bool,

    /// Look for headers here too; may be given several times
    #[arg(short = 'I', value_name = "DIRECTORY")]
    pub include_dirs: Vec<PathBuf>,

    /// Put a header before the script; may be given several times
    #[arg(long, value_name = "FILE")]
    pub include: Vec<PathBuf>,

    /// Print at the end what each probe cost: events, nanoseconds, share of a CPU, missed runs
    #[arg(long)]
    pub stats: bool,

    /// Detach and end when the probes take more of a CPU than this, such as `2%`
    #[arg(long, value_name = "SHARE", value_parser = percent)]
    pub max_overhead: Option<f64>,

    /// Compile the script even if it was compiled before, and do not keep the outcome
    #[arg(long)]
    pub no_cache: bool,

    /// Run the tests of the script (`test:NAME`) and report which passed
    #[arg(long, conflicts_with = "bench")]
    pub test: bool,

    /// Run the benchmarks of the script (`bench:NAME`) and report how long each takes
    #[arg(long)]
    pub bench: bool,

    /// Take the functions that can be traced from this file rather than from tracefs'
    /// available_filter_functions
    #[arg(long, value_name = "FILE")]
    pub traceable_functions: Option<PathBuf>,

    /// Do not print warnings about the script
    #[arg(long)]
    pub no_warnings: bool,

    /// Taken for the sake of scripts that people have: semaphores of static probes are always on
    /// while they are looked at
    #[arg(long)]
    pub usdt_file_activation: bool,

    /// Look for debug symbols in this directory first
    #[arg(long, value_name = "DIR")]
    pub debuginfo: Option<PathBuf>,

    /// Allow functions that change the traced system
    #[arg(long)]
    pub r#unsafe: bool,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// Forms of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// When output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WriteMode {
    /// At once.
    None,
    /// As lines come.
    Line,
    /// When much has gathered.
    Full,
}

/// What puts the entries of maps in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Their values.
    Value,
    /// Their keys.
    Key,
}

/// A feature of the kernel that can be done without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KernelFeature {
    /// Links that hold many kprobes.
    #[value(name = "kprobe_multi")]
    KprobeMulti,
    /// Links that hold many uprobes.
    #[value(name = "uprobe_multi")]
    UprobeMulti,
    /// One program for the entry and the return of a function.
    #[value(name = "kprobe_session")]
    KprobeSession,
}

const EXAMPLES: &str = "\
Examples:
  strobe -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
      count system calls by process, until Ctrl-C
  strobe -e 'tracepoint:syscalls:sys_exit_read /args.ret > 0/ { @[comm] = hist(args.ret); }' -c 'ls -R /usr'
      sizes of reads by process, while a command runs
  strobe -l 'tracepoint:syscalls:*open*'
      list the tracepoints that have to do with open";

/// A share in percent, with or without its sign.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse() {
        Ok(share) if f64::is_finite(share) && share > 0.0 => Ok(share),
        _ => Err("it is a percentage above 0, such as 2%".to_owned()),
    }
}

impl Args {
    /// What is run of the script.
    pub fn mode(&self) -> Mode {
        match (self.test, self.bench) {
            (true, _) => Mode::Test,
            (_, true) => Mode::Bench,
            _ => Mode::Run,
        }
    }

    /// The machine that the person speaks of.
    pub fn host(&self) -> Host {
        Host::new()
            .with_function_list(self.traceable_functions.clone())
            .with_debug_directory(self.debuginfo.clone())
    }

    /// What an empty command line says.
    pub fn none() -> Self {
        Self::parse_from(["strobe"])
    }

    /// Settings that options stand for, by name.
    pub fn settings(&self) -> Vec<(String, String)> {
        let sort = self.sort.map(|sort| match sort {
            Sort::Value => ("print_sort", "value".to_owned()),
            Sort::Key => ("print_sort", "key".to_owned()),
        });
        let order = self
            .descending
            .then(|| ("print_order", "descending".to_owned()));
        let top = self.top.map(|top| ("print_top", top.to_string()));
        let percentiles = self
            .percentiles
            .then(|| ("print_percentiles", "true".to_owned()));
        let chosen = [sort, order, top, percentiles].into_iter().flatten();
        chosen
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The stages to print.
    pub fn stages(&self) -> Stages {
        Stages::new(&self.debug)
    }
}
