//! What this kernel can do for strobe, by asking it.

use crate::host::Host;
use crate::sys::bpf::{Map, MapSpec, feature};
use crate::{helper, sys};
use sema::kernel::{Feature, Kernel};
use std::path::Path;

/// What was found out, by theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The themes in order.
    pub sections: Vec<Section>,
}

/// A theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: &'static str,
    /// Names and answers.
    pub rows: Vec<(String, Answer)>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A text.
    Text(String),
    /// Whether it is there.
    Has(bool),
}

/// Types of programs, `enum bpf_prog_type`, that load without a target.
const PROGRAM_TYPES: [(&str, u32); 4] = [
    ("kprobe", 2),
    ("tracepoint", 5),
    ("perf_event", 7),
    ("raw_tracepoint", 17),
];

/// Types of maps, `enum bpf_map_type`: name, number, bytes of key and value, entries.
const MAP_TYPES: [(&str, u32, u32, u32, u32); 8] = [
    ("hash", 1, 4, 8, 1),
    ("array", 2, 4, 8, 1),
    ("percpu_hash", 5, 4, 8, 1),
    ("percpu_array", 6, 4, 8, 1),
    ("stack_trace", 7, 4, 8, 1),
    ("lru_hash", 9, 4, 8, 1),
    ("lru_percpu_hash", 10, 4, 8, 1),
    ("ringbuf", 27, 0, 0, 4096),
];

/// Asks the kernel for everything that is worth knowing.
pub fn info() -> Info {
    let host = Host::new();
    Info {
        sections: vec![
            Section {
                title: "system",
                rows: system(),
            },
            Section {
                title: "features",
                rows: features(&host),
            },
            Section {
                title: "probes",
                rows: probes(&host),
            },
            Section {
                title: "program types",
                rows: PROGRAM_TYPES
                    .iter()
                    .map(|&(name, kind)| {
                        (name.to_owned(), Answer::Has(feature::program_type(kind)))
                    })
                    .collect(),
            },
            Section {
                title: "map types",
                rows: MAP_TYPES.iter().map(map_type).collect(),
            },
            Section {
                title: "helpers",
                rows: helper::all()
                    .map(|(number, name)| (name.to_owned(), Answer::Has(feature::helper(number))))
                    .collect(),
            },
        ],
    }
}

impl Info {
    /// As a JSON object: an object a section.
    pub fn to_json(&self) -> String {
        let sections = self.sections.iter().map(|section| {
            let rows = section.rows.iter().map(|(name, answer)| {
                let answer = match answer {
                    Answer::Text(text) => text.as_str().into(),
                    Answer::Has(has) => (*has).into(),
                };
                (name.clone(), answer)
            });
            let rows: serde_json::Map<_, serde_json::Value> = rows.collect();
            (section.title.replace(' ', "_"), rows.into())
        });
        let all: serde_json::Map<_, serde_json::Value> = sections.collect();
        serde_json::Value::from(all).to_string()
    }
}

fn system() -> Vec<(String, Answer)> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let text = |text: &str| Answer::Text(text.trim().to_owned());
    let cpus = sys::possible_cpus().unwrap_or(0);
    vec![
        ("os".to_owned(), text(&read("/proc/sys/kernel/ostype"))),
        (
            "kernel".to_owned(),
            text(&read("/proc/sys/kernel/osrelease")),
        ),
        ("architecture".to_owned(), text(std::env::consts::ARCH)),
        ("cpus".to_owned(), text(&cpus.to_string())),
    ]
}

fn features(host: &Host) -> Vec<(String, Answer)> {
    let has = [
        ("btf", host.btf().is_ok()),
        ("instruction set v4", host.has(Feature::IsaV4)),
        ("kprobe_multi", feature::kprobe_multi()),
        ("kprobe_session", crate::host::kprobe_session().is_some()),
        ("uprobe_multi", feature::uprobe_multi(false)),
        (
            "raw tracepoint cookies",
            host.has(Feature::RawTracepointCookie),
        ),
        ("look-up on another CPU", host.has(Feature::LookupPerCpu)),
        (
            "address of a function of a process",
            host.has(Feature::UserFunctionAddress),
        ),
        ("map batches", map_batch()),
    ];
    rows(&has)
}

/// Where the kernel says what can be attached to.
fn probes(host: &Host) -> Vec<(String, Answer)> {
    let has_tracepoints = host
        .tracepoints(Some("sched"))
        .is_ok_and(|found| !found.is_empty());
    let there = |path: &str| Path::new(path).exists();
    let readable = |path: &str| std::fs::File::open(path).is_ok();
    let tracefs = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    let in_tracefs = |file: &str| {
        tracefs
            .iter()
            .any(|root| readable(&format!("{root}/{file}")))
    };
    let source = |name: &str| there(&format!("/sys/bus/event_source/devices/{name}"));
    rows(&[
        ("tracepoint", has_tracepoints),
        ("kprobe", source("kprobe")),
        ("uprobe", source("uprobe")),
        ("software", source("software")),
        ("hardware", source("cpu")),
        ("kernel symbols", readable("/proc/kallsyms")),
        (
            "available_filter_functions",
            in_tracefs("available_filter_functions"),
        ),
    ])
}

fn rows(answers: &[(&str, bool)]) -> Vec<(String, Answer)> {
    let answers = answers.iter();
    answers
        .map(|&(name, has)| (name.to_owned(), Answer::Has(has)))
        .collect()
}

fn map_type(
    &(name, kind, key_size, value_size, max_entries): &(&str, u32, u32, u32, u32),
) -> (String, Answer) {
    let spec = MapSpec {
        name: "probe",
        kind,
        key_size,
        value_size,
        max_entries,
        flags: 0,
    };
    (name.to_owned(), Answer::Has(Map::create(&spec).is_ok()))
}

/// Whether a hash can be read many entries at a time.
fn map_batch() -> bool {
    let spec = MapSpec {
        name: "probe",
        kind: 1,
        key_size: 4,
        value_size: 8,
        max_entries: 1,
        flags: 0,
    };
    let Ok(map) = Map::create(&spec) else {
        return false;
    };
    let mut cursor = crate::sys::bpf::BatchCursor::default();
    map.lookup_batch(&mut cursor, &mut [0; 4], &mut [0; 8])
        .is_ok()
}
