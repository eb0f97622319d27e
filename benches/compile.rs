//! How long compiling takes, by the size of the script: it must grow no faster than the script.
//!
//! Times are CPU time of this thread, the least of several runs: other work on the machine makes a
//! run longer, never shorter.

use codegen::Options;
use lexer::SourceMap;
use nix::time::{ClockId, clock_gettime};
use runtime::Host;
use std::process::ExitCode;

/// Runs of each measurement.
const RUNS: usize = 5;

/// How much more a line of the longest script may cost in parsing and checking than one of the
/// shortest.
const CHECK_GROWTH_MAX: f64 = 1.6;

/// The same for generating code. LLVM's work on one function of tens of thousands of blocks grows
/// somewhat faster than the function.
const GENERATE_GROWTH_MAX: f64 = 2.5;

/// Milliseconds in which a script of 5,000 lines must be parsed and checked.
const CHECK_MAX: f64 = 100.0;

/// Stack of the thread that measures, as `strobe` gives the compiler.
const STACK_BYTES: usize = 256 << 20;

/// A kind of script, made in three sizes.
struct Series {
    what: &'static str,
    sizes: [u32; 3],
    make: fn(u32) -> String,
}

const SERIES: [Series; 3] = [
    Series {
        what: "statements",
        sizes: [500, 1500, 5000],
        make: statements,
    },
    Series {
        what: "probes",
        sizes: [100, 300, 1000],
        make: probes,
    },
    Series {
        what: "maps",
        sizes: [25, 75, 200],
        make: maps,
    },
];

/// Milliseconds of the two halves of compiling.
#[derive(Clone, Copy)]
struct Times {
    check: f64,
    generate: f64,
}

fn main() -> ExitCode {
    let measured = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(measure_all)
        .map(std::thread::JoinHandle::join);
    match measured {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn measure_all() -> bool {
    let mut held = true;
    for series in &SERIES {
        held &= measure(series);
    }
    let lines = (SERIES[0].make)(5000);
    let check = least(&lines).check;
    println!("parse and check 5000 lines: {check:.1} ms (bar: {CHECK_MAX} ms)");
    held && check <= CHECK_MAX
}

fn measure(series: &Series) -> bool {
    let mut costs = Vec::new();
    for size in series.sizes {
        let script = (series.make)(size);
        let times = least(&script);
        let each = |ms: f64| ms * 1e3 / f64::from(size);
        println!(
            "{size:5} {:10}  parse and check {:8.2} ms, {:6.2} us each; generate {:8.2} ms, {:6.2} us each",
            series.what,
            times.check,
            each(times.check),
            times.generate,
            each(times.generate)
        );
        costs.push((each(times.check), each(times.generate)));
    }
    let growth = |of: fn(&(f64, f64)) -> f64| of(&costs[2]) / of(&costs[0]);
    let (check, generate) = (growth(|c| c.0), growth(|c| c.1));
    println!(
        "      {:10}  cost of one grows by {check:.2} and {generate:.2} (bars: {CHECK_GROWTH_MAX} and {GENERATE_GROWTH_MAX})",
        series.what
    );
    check <= CHECK_GROWTH_MAX && generate <= GENERATE_GROWTH_MAX
}

fn least(script: &str) -> Times {
    let runs = (0..RUNS).map(|_| run(script));
    runs.fold(
        Times {
            check: f64::MAX,
            generate: f64::MAX,
        },
        |least, times| Times {
            check: least.check.min(times.check),
            generate: least.generate.min(times.generate),
        },
    )
}

fn run(script: &str) -> Times {
    let mut sources = SourceMap::new();
    let file = sources.add("bench", script);
    let start = cpu_ms();
    let (tree, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "the script of a bench is read");
    let host = Host::new();
    let options = sema::Options {
        environment: vec![("max_probes".to_owned(), "100000".to_owned())],
        ..sema::Options::default()
    };
    let program = sema::analyze(&tree, &host, &options).expect("the script of a bench is right");
    let checked = cpu_ms();
    let object = codegen::compile(&program, &sources, &Options::default());
    let done = cpu_ms();
    assert!(object.is_ok(), "the script of a bench compiles");
    Times {
        check: checked - start,
        generate: done - checked,
    }
}

fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a thread has a clock");
    time.tv_sec() as f64 * 1e3 + time.tv_nsec() as f64 / 1e6
}

fn each(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).collect()
}

/// A probe with a statement a line, of the kinds that scripts have.
fn statements(count: u32) -> String {
    let body = each(count, |i| match i % 5 {
        0 => format!("$x{} = {i} + pid;\n", i % 40),
        1 => format!("@m[{}, comm] = {i};\n", i % 30),
        2 => format!("if (pid > {i}) {{ @k[\"key{}\"] = count(); }}\n", i % 10),
        3 => format!("@s = sum({i});\n"),
        _ => "printf(\"%d %s\\n\", pid, comm);\n".to_owned(),
    });
    format!("begin {{\n{body}}}\n")
}

fn probes(count: u32) -> String {
    each(count, |i| {
        format!(
            "interval:ms:{} {{ @[comm, {i}] = count(); $x = {i}; }}\n",
            i + 1
        )
    })
}

/// Many maps, in probes of ten each: one program may use 64.
fn maps(count: u32) -> String {
    each(count.div_ceil(10), |p| {
        let maps = each(10, |m| format!("@m{}[pid] = {m}; ", p * 10 + m));
        format!("interval:s:1 {{ {maps} }}\n")
    })
}
