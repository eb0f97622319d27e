//! Compiles a script, loads it, and prints what it finds until it ends.

use super::compile::{compile, sources};
use crate::args::{Args, Format, KernelFeature, Stage, WriteMode};
use crate::failure::Failure;
use crate::script::Script;
use crate::{progress, report};
use lexer::SourceMap;
use runtime::host::MachineSymbols;
use runtime::{
    Buffering, Command, Disabled, Error, Options, Output, OutputFormat, Session, Statistics,
};
use std::time::Instant;

/// Runs a script; yields its exit code.
///
/// # Errors
/// When the script is wrong, or the kernel refuses it.
pub fn run(args: Args, script: Script) -> Result<u8, Failure> {
    let mut clock = Clock::start(args.verbose);
    let nowhere = SourceMap::new();
    let command = args.command.as_deref().map(Command::hold).transpose();
    let command = command.map_err(|e| failure(nowhere.clone(), &e))?;
    let (object, was_kept) = compile(&args, script, command.as_ref().map(Command::pid))?;
    clock.lap(if was_kept {
        "found compiled"
    } else {
        "compiled"
    });
    let texts = sources(&object);
    let mut output = open(&args).map_err(|e| failure(nowhere, &e))?;
    let keep_verifier_logs = args.stages().shows(Stage::Verifier);
    let options = Options {
        command,
        pid: args.pid,
        symbols: Some(Box::new(MachineSymbols::new(
            &object.manifest.config,
            args.debuginfo.clone(),
        ))),
        keep_verifier_logs,
        disabled: Disabled {
            kprobe_multi: args.no_feature.contains(&KernelFeature::KprobeMulti),
            // What is measured of each probe is that of its program.
            kprobe_session: args.stats || args.no_feature.contains(&KernelFeature::KprobeSession),
            uprobe_multi: args.no_feature.contains(&KernelFeature::UprobeMulti),
        },
        statistics: Statistics {
            print: args.stats,
            most_percent: args.max_overhead,
        },
        progress: progress::progress(),
    };
    let started = Session::start(object, options);
    let mut session = match started {
        Ok(session) => session,
        Err(error) => {
            if let (Error::Rejected(rejection), true) = (&error, keep_verifier_logs) {
                eprintln!("{}", rejection.log.trim_end());
            }
            return Err(failure(texts, &error));
        }
    };
    clock.lap("loaded and attached");
    for (probe, log) in session.verifier_logs() {
        eprintln!("verifier log of {probe}:\n{}", log.trim_end());
    }
    if args.verbose {
        for refused in session.refused() {
            eprintln!("strobe: not attached: {refused}");
        }
    }
    let missing: Vec<_> = session.missing().iter().map(Error::diagnostic).collect();
    report::print(&texts, &missing);
    if args.dry_run {
        return Ok(0);
    }
    let outcome = session.run(&mut output).map_err(|e| failure(texts, &e))?;
    clock.lap("ran, detached and printed");
    match outcome.exit_code as u8 {
        0 if args.strict && !outcome.lossless => Ok(1),
        code => Ok(code),
    }
}

/// Tells, for `-v`, how long each step took.
struct Clock {
    verbose: bool,
    last: Instant,
}

impl Clock {
    fn start(verbose: bool) -> Self {
        Self {
            verbose,
            last: Instant::now(),
        }
    }

    fn lap(&mut self, step: &str) {
        let now = Instant::now();
        if self.verbose {
            let took = (now - self.last).as_secs_f64() * 1e3;
            eprintln!("strobe: {step} in {took:.2} ms");
        }
        self.last = now;
    }
}

fn open(args: &Args) -> Result<Output, Error> {
    let format = match args.format {
        Format::Text => OutputFormat::Text,
        Format::Json => OutputFormat::Json,
    };
    let output = match &args.output {
        Some(path) => Output::file(format, path)?,
        None => Output::stdout(format),
    };
    let buffering = match args.buffering {
        WriteMode::None => Buffering::None,
        WriteMode::Line => Buffering::Line,
        WriteMode::Full => Buffering::Full,
    };
    Ok(output
        .quiet(args.quiet)
        .without_warnings(args.no_warnings)
        .buffered(buffering))
}

fn failure(sources: SourceMap, error: &Error) -> Failure {
    Failure::Reports(sources, vec![error.diagnostic()])
}
