//! Against the machine that the tests run on. What it lacks is skipped, and said so.

use super::*;
use crate::symbol::Symbols;
use kallsyms::Kallsyms;
use sema::kernel::btf::Kind;
use sema::kernel::format::{self, Shape};

/// The answer, or nothing where the machine or the person lacks what it takes.
fn reachable<T>(answer: Result<T, KernelError>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error @ (KernelError::Denied { .. } | KernelError::Missing { .. })) => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_format_file_of_this_machine_is_understood() {
    let host = Host::new();
    let Some(names) = reachable(host.tracepoints(None)) else {
        return;
    };
    assert!(names.len() > 100, "{} tracepoints", names.len());
    for TracepointName { system, event } in names {
        let text = host.tracepoint_format(&system, &event).unwrap();
        let text = text.unwrap_or_else(|| panic!("{system}:{event} has no format"));
        let format = format::parse(&system, &event, &text).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.starts_with("\tfield"))
            .count();
        assert_eq!(format.fields.len(), lines, "{system}:{event}");
        for field in &format.fields {
            check_shape(&system, &event, field);
        }
    }
}

/// Checks that what a field holds fits into its bytes.
fn check_shape(system: &str, event: &str, field: &format::Field) {
    let taken = match &field.shape {
        Shape::Bool => 1,
        Shape::Int { bytes, .. } => u32::from(*bytes),
        Shape::Pointer { .. } => 8,
        Shape::DataLoc { .. } => 4,
        Shape::Named { bytes, .. }
        | Shape::Enum { bytes, .. }
        | Shape::Composite { bytes, .. }
        | Shape::Chars { len: bytes } => *bytes,
        Shape::Array { elem, len } => match **elem {
            Shape::Int { bytes, .. } => u32::from(bytes) * len,
            _ => field.size,
        },
    };
    let what = format!("{system}:{event} {}", field.declaration);
    assert!(taken <= field.size, "{what}: {:?}", field.shape);
    let exact = !matches!(field.shape, Shape::Int { .. });
    assert!(!exact || taken == field.size, "{what}: {:?}", field.shape);
}

#[test]
fn one_subsystem_lists_its_own_tracepoints() {
    let host = Host::new();
    let Some(all) = reachable(host.tracepoints(None)) else {
        return;
    };
    let own: Vec<_> = all
        .iter()
        .filter(|name| name.system == "sched")
        .cloned()
        .collect();
    assert_eq!(host.tracepoints(Some("sched")).unwrap(), own);
    assert!(own.iter().any(|name| name.event == "sched_switch"));
    assert!(all.is_sorted());
    assert_eq!(host.tracepoints(Some("no_such_subsystem")), Ok(Vec::new()));
    assert_eq!(host.tracepoints(Some("..")), Ok(Vec::new()));
}

#[test]
fn a_tracepoint_that_is_not_there_has_no_format() {
    let host = Host::new();
    let Some(none) = reachable(host.tracepoint_format("sched", "no_such_event")) else {
        return;
    };
    assert_eq!(none, None);
    assert_eq!(host.tracepoint_format("sched/..", "x"), Ok(None));
    assert_eq!(host.tracepoint_format("sched", "../../README"), Ok(None));
}

#[test]
fn every_type_of_this_kernel_is_understood() {
    let host = Host::new();
    let Some(btf) = reachable(host.btf()) else {
        return;
    };
    let task = btf.find("task_struct", Kind::Struct).unwrap();
    assert!(btf.find_member(task, "tgid").unwrap().is_some());
    for id in (0..btf.len()).map(sema::kernel::btf::TypeId) {
        btf.get(id).unwrap();
        btf.size_of(id).unwrap();
        btf.definition(id).unwrap();
    }
    for kind in [Kind::Struct, Kind::Typedef, Kind::Enum, Kind::Function] {
        for (name, _) in btf.names(kind).into_iter().step_by(37) {
            let found = btf.find(name, kind).unwrap();
            assert_eq!(btf.kind(found), Some(kind), "{name}");
        }
    }
}

#[test]
fn known_symbols_are_found_by_their_addresses() {
    let Some(symbols) = reachable(Kallsyms::load()) else {
        return;
    };
    let list = std::fs::read_to_string("/proc/kallsyms").unwrap();
    let line = list.lines().find(|line| line.ends_with(" T vfs_read"));
    let line = line.expect("vfs_read is a function of every kernel");
    let address = u64::from_str_radix(&line[..16], 16).unwrap();
    let symbol = symbols.find(address + 5).unwrap();
    assert_eq!(
        (symbol.name, symbol.module, symbol.offset),
        ("vfs_read", None, 5)
    );
    let printed = MachineSymbols::new(&sema::ir::Config::default(), None)
        .kernel(address + 5)
        .unwrap();
    assert_eq!((printed.name.as_str(), printed.offset), ("vfs_read", 5));
}

/// Upstream kernels have the features from known versions on.
#[test]
fn features_agree_with_the_kernels_version() {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    let host = Host::new();
    if !host.has(Feature::LookupPerCpu) && version >= (5, 19) {
        eprintln!("skipped: no permission to load a program");
        return;
    }
    assert_eq!(host.has(Feature::RawTracepointCookie), version >= (6, 10));
    assert_eq!(host.has(Feature::IsaV4), version >= (6, 6));
    assert_eq!(host.has(Feature::LookupPerCpu), version >= (5, 19));
    assert_eq!(host.has(Feature::UserFunctionAddress), version >= (6, 6));
}
