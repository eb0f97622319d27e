//! Running a script and catching what it prints.

use crate::support::Script;
use codegen::{Isa, Object};
use runtime::{Error, Options, Output, OutputFormat, Session};
use sema::ir::ProgramType;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What a run printed.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// Lines that are not empty.
    pub lines: Vec<String>,
    pub messages: String,
    pub exit_code: i32,
}

impl Ran {
    /// The line that starts like this, without that.
    pub fn after(&self, start: &str) -> &str {
        let mut found = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix(start));
        found
            .next()
            .unwrap_or_else(|| panic!("no line starts with {start:?} in {:#?}", self.lines))
    }
}

/// Runs a script on the newest instruction set that the kernel takes, and on v3; both must do the
/// same. Nothing where programs cannot be loaded.
pub fn run(script: &Script) -> Option<Ran> {
    if !kernel_is_ours() {
        return None;
    }
    let ran = run_object(script.compile_for(Isa::V3));
    if kernel_takes(Isa::V4) {
        let newer = run_object(script.compile_for(Isa::V4));
        assert_eq!(ran.exit_code, newer.exit_code, "exit code on v3 and v4");
        assert_eq!(ran.lines, newer.lines, "lines on v3 and v4");
    }
    Some(ran)
}

/// Runs an object to its end.
pub fn run_object(object: Object) -> Ran {
    start(object).unwrap_or_else(|error| panic!("{}", explain(&error)))
}

fn start(object: Object) -> Result<Ran, Error> {
    let (data, messages) = (Text::default(), Text::default());
    let (out, err) = (Box::new(data.clone()), Box::new(messages.clone()));
    let mut output = Output::new(OutputFormat::Text, out, err);
    let outcome = Session::start(object, Options::default())?.run(&mut output)?;
    let data = data.read();
    let lines = data.lines().filter(|line| !line.is_empty());
    Ok(Ran {
        lines: lines.map(str::to_owned).collect(),
        messages: messages.read(),
        exit_code: outcome.exit_code,
    })
}

fn explain(error: &Error) -> String {
    match error {
        Error::Rejected(rejection) => format!("{error}\n{}", rejection.log),
        _ => error.to_string(),
    }
}

/// Whether programs can be loaded here; says aloud if not.
pub fn kernel_is_ours() -> bool {
    match start(Script::new(ProgramType::RawTracepoint).compile()) {
        Ok(_) => true,
        Err(error) => {
            eprintln!("SKIPPED: cannot load a BPF program here: {error}");
            false
        }
    }
}

fn kernel_takes(isa: Isa) -> bool {
    let host = runtime::Host::new();
    match isa {
        Isa::V3 => true,
        Isa::V4 => sema::Kernel::has(&host, sema::kernel::Feature::IsaV4),
    }
}

/// A writer whose text can be read afterwards.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn read(&self) -> String {
        let bytes = self.0.lock().expect("no writer panicked");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
