//! What tests and benchmarks came to.

use super::{Output, OutputFormat, json};
use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::Duration;

/// The narrowest column of names.
const NAME_WIDTH: usize = 40;
/// The column of times.
const TIME_WIDTH: usize = 15;
/// The head of the last column.
const RUNS: &str = "Iterations";

/// What was written to an output that nobody sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Rc<RefCell<Vec<u8>>>);

impl Captured {
    /// Takes it out.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output {
    /// An output of text, data and messages alike, that is kept.
    pub(crate) fn captured() -> (Self, Captured) {
        let text = Captured::default();
        let output = Self::new(
            OutputFormat::Text,
            Box::new(text.clone()),
            Box::new(text.clone()),
        );
        (output, text)
    }

    /// Says which test runs, and before the first how many there are.
    pub(crate) fn test_begins(&mut self, number: usize, all: usize, name: &str) {
        if self.format == OutputFormat::Json {
            return;
        }
        if number == 0 {
            self.mark(true, "==========", format_args!("Running {all} tests."));
        }
        self.mark(true, " RUN      ", format_args!("{name}"));
    }

    /// Says what came of a test; what it printed is shown if it failed.
    pub(crate) fn test_ended(&mut self, name: &str, took: Duration, passed: bool, text: &[u8]) {
        if self.format == OutputFormat::Json {
            json::write_test(name, took.as_nanos(), passed, text, &mut self.buffer);
            return;
        }
        if !passed {
            for line in text.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
                self.buffer.extend_from_slice(line);
                self.buffer.push(b'\n');
            }
        }
        let word = if passed { "       OK " } else { "  FAILED  " };
        self.mark(passed, word, format_args!("{name} ({})", duration(took)));
    }

    /// Says how many tests passed and which failed.
    pub(crate) fn tests_ended(&mut self, all: usize, failed: &[&str]) {
        if self.format == OutputFormat::Json {
            return;
        }
        let tests = |n: usize| if n == 1 { "test" } else { "tests" };
        self.mark(
            true,
            "==========",
            format_args!("{all} {} ran.", tests(all)),
        );
        let passed = all - failed.len();
        self.mark(
            true,
            "  PASSED  ",
            format_args!("{passed} {}.", tests(passed)),
        );
        if failed.is_empty() {
            return;
        }
        let (count, noun) = (failed.len(), tests(failed.len()));
        self.mark(
            false,
            "  FAILED  ",
            format_args!("{count} {noun}, listed below:"),
        );
        for name in failed {
            self.mark(false, "  FAILED  ", format_args!("{name}"));
        }
    }

    /// Says how long a run of a benchmark takes; before the first what the columns are.
    pub(crate) fn bench_ended(
        &mut self,
        first: bool,
        longest: usize,
        name: &str,
        average: u64,
        runs: u64,
    ) {
        if self.format == OutputFormat::Json {
            json::write_bench(name, average, runs, &mut self.buffer);
            return;
        }
        let width = longest.max(NAME_WIDTH) + 1;
        if first {
            self.row(width, "Benchmark", "Time(ns)", RUNS);
            let line = "-".repeat(width + TIME_WIDTH + RUNS.len());
            self.line(format_args!("{line}"));
        }
        self.row(width, name, average, runs);
    }

    fn row(&mut self, width: usize, name: &str, time: impl Display, runs: impl Display) {
        self.line(format_args!("{name:width$}{time:<TIME_WIDTH$}{runs}"));
    }

    /// A line that starts with a word in brackets, in green or red on a terminal.
    fn mark(&mut self, good: bool, word: &str, text: std::fmt::Arguments<'_>) {
        let on_terminal = self.reader.as_ref().is_some_and(IsTerminal::is_terminal);
        match (on_terminal, good) {
            (false, _) => self.line(format_args!("[{word}] {text}")),
            (true, true) => self.line(format_args!("\x1b[32m[{word}]\x1b[0m {text}")),
            (true, false) => self.line(format_args!("\x1b[31m[{word}]\x1b[0m {text}")),
        }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = writeln!(self.buffer, "{text}");
    }
}

/// A duration in the unit that fits it.
fn duration(time: Duration) -> String {
    let ns = time.as_nanos();
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} us", ns / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", ns / 1_000_000),
        _ => format!("{} s", ns / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(format: OutputFormat, say: impl FnOnce(&mut Output)) -> String {
        let text = Captured::default();
        let mut output = Output::new(format, Box::new(text.clone()), Box::new(io::sink()));
        say(&mut output);
        output.flush().unwrap();
        drop(output);
        String::from_utf8(text.take()).unwrap()
    }

    fn tests(output: &mut Output) {
        let took = Duration::from_micros(12);
        output.test_begins(0, 2, "good");
        output.test_ended("good", took, true, b"hidden\n");
        output.test_begins(1, 2, "bad");
        output.test_ended("bad", took, false, b"shown\n\n");
        output.tests_ended(2, &["bad"]);
    }

    #[test]
    fn tests_as_text() {
        let expected = "[==========] Running 2 tests.\n\
                        [ RUN      ] good\n\
                        [       OK ] good (12 us)\n\
                        [ RUN      ] bad\n\
                        shown\n\
                        [  FAILED  ] bad (12 us)\n\
                        [==========] 2 tests ran.\n\
                        [  PASSED  ] 1 test.\n\
                        [  FAILED  ] 1 test, listed below:\n\
                        [  FAILED  ] bad\n";
        assert_eq!(said(OutputFormat::Text, tests), expected);
    }

    #[test]
    fn tests_as_json() {
        let expected = "{\"type\": \"test_result\", \"data\": {\"good\": \
                        {\"duration\": 12000, \"passed\": true, \"output\": \"hidden\\n\"}}}\n\
                        {\"type\": \"test_result\", \"data\": {\"bad\": \
                        {\"duration\": 12000, \"passed\": false, \"output\": \"shown\\n\\n\"}}}\n";
        assert_eq!(said(OutputFormat::Json, tests), expected);
    }

    #[test]
    fn benchmarks_as_text_and_json() {
        let run = |output: &mut Output| {
            output.bench_ended(true, 5, "first", 40, 1000);
            output.bench_ended(false, 5, "next", 124, 100);
        };
        let text = said(OutputFormat::Text, run);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0].len(), 41 + 15 + 10);
        assert_eq!(lines[1], "-".repeat(66));
        assert_eq!(lines[2], format!("{:41}{:<15}1000", "first", 40));
        assert_eq!(lines[3], format!("{:41}{:<15}100", "next", 124));
        let json = said(OutputFormat::Json, run);
        let first = "{\"type\": \"benchmark_result\", \"data\": {\"first\": \
                     {\"average\": 40, \"iters\": 1000}}}\n";
        assert!(json.starts_with(first), "{json}");
    }
}
