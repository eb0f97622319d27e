//! What a case needs of the kernel, and whether it is there.
//!
//! In a virtual machine whoever started it says what its kernel was built with; on the machine
//! itself the kernel is asked. Neither asks strobe, but for `fentry`, which some kernels have and
//! refuse. What anybody can see is looked at in both: `SUBSYSTEM:EVENT` is a tracepoint, a path a
//! file, `NAME()` a function of the kernel, `clang` a C compiler.

use crate::execute::strobe;
use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;

/// The environment variable with what a virtual machine's kernel has.
pub const VARIABLE: &str = "STROBE_TEST_KERNEL_HAS";

/// Everything that a case can need: its word, and the option that a kernel is built with for it.
pub const KNOWN: [(&str, &str); 10] = [
    // Nobody else's work is disturbed: what changes the whole machine is for virtual ones.
    ("alone", "CONFIG_PROC_SYSCTL"),
    ("kprobe", "CONFIG_KPROBE_EVENTS"),
    ("kprobe-multi", "CONFIG_FPROBE"),
    ("fentry", "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"),
    ("watchpoint", "CONFIG_HAVE_HW_BREAKPOINT"),
    ("module", "CONFIG_DEBUG_INFO_BTF_MODULES"),
    ("function-list", "CONFIG_DYNAMIC_FTRACE"),
    ("data-symbols", "CONFIG_KALLSYMS_ALL"),
    // Kernels that are not locked down, as those in virtual machines are not, let programs write.
    ("user-write", "CONFIG_BPF_EVENTS"),
    // No emulated CPU has counters.
    ("pmu", "no option"),
];

/// What is missing of what a case needs.
pub fn missing(needs: &[String]) -> Option<String> {
    let missing = needs.iter().find(|need| !has(need))?;
    let missing = match missing.trim_start_matches('!') {
        "alone" => return Some("it changes the whole machine".to_owned()),
        event if event.contains(':') => format!("tracepoint {event}"),
        other => other.to_owned(),
    };
    if missing == "clang" {
        return Some("there is no clang here (Debian package clang)".to_owned());
    }
    Some(match needs.iter().any(|need| need.starts_with('!')) {
        true => format!("this is for kernels without {missing}"),
        false => format!("this kernel has no {missing}"),
    })
}

/// Whether the kernel has something; behind `!`, whether it does not.
fn has(need: &str) -> bool {
    if let Some(without) = need.strip_prefix('!') {
        return !has(without);
    }
    if need.starts_with('/') {
        return Path::new(need).exists();
    }
    if need == "clang" {
        return has_clang();
    }
    if let Some((subsystem, event)) = need.split_once(':') {
        return has_tracepoint(subsystem, event);
    }
    if let Some(function) = need.strip_suffix("()") {
        return has_symbol(function);
    }
    assert!(
        KNOWN.iter().any(|(known, _)| *known == need),
        "no case can need {need}"
    );
    match std::env::var(VARIABLE) {
        Ok(list) => list.split(',').any(|word| word == need),
        Err(_) => has_here(need),
    }
}

/// Whether `clang`, or `clang-19` and its like, is where programs are looked for.
fn has_clang() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter_map(|f| std::fs::read_dir(f).ok());
    let names = folders.flatten().flatten().map(|entry| entry.file_name());
    let is_clang = |name: &str| {
        let version = name.strip_prefix("clang-");
        name == "clang" || version.is_some_and(|v| v.parse::<u32>().is_ok())
    };
    names.into_iter().any(|n| n.to_str().is_some_and(is_clang))
}

fn has_here(need: &str) -> bool {
    let unit = |name: &str| {
        Path::new("/sys/bus/event_source/devices")
            .join(name)
            .exists()
    };
    match need {
        "kprobe" => unit("kprobe"),
        "kprobe-multi" => unit("kprobe") && has_symbol("register_fprobe"),
        "fentry" => fentry_loads(),
        "watchpoint" => unit("breakpoint"),
        "pmu" => unit("cpu"),
        // Which modules there are, and what they do, is known in virtual machines alone.
        "module" => false,
        "data-symbols" => has_symbol("__per_cpu_offset"),
        "user-write" => std::fs::read_to_string("/sys/kernel/security/lockdown")
            .is_ok_and(|modes| modes.contains("[none]")),
        "function-list" => std::fs::read("/sys/kernel/tracing/available_filter_functions").is_ok(),
        _ => false,
    }
}

/// Where tracefs is mounted, it says; elsewhere the function behind the tracepoint.
fn has_tracepoint(subsystem: &str, event: &str) -> bool {
    let events = Path::new("/sys/kernel/tracing/events");
    match events.is_dir() {
        true => events.join(subsystem).join(event).is_dir(),
        false => has_symbol(&format!("__traceiter_{event}")),
    }
}

fn has_symbol(name: &str) -> bool {
    let symbols = std::fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    symbols
        .lines()
        .any(|line| line.ends_with(&format!(" {name}")))
}

fn fentry_loads() -> bool {
    static LOADS: OnceLock<bool> = OnceLock::new();
    *LOADS.get_or_init(|| {
        let mut strobe = strobe();
        strobe.args(["--dry-run", "-e", "fentry:vfs_read { }"]);
        let status = strobe.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}
