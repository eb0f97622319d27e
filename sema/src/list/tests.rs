//! Listings of the fixture machine.

use super::*;
use crate::kernel::Fake;
use crate::kernel::fixtures;
use expect_test::{Expect, expect};

fn machine() -> Fake {
    fixtures::machine().unwrap()
}

#[track_caller]
fn check(pattern: &str, verbose: bool, expected: Expect) {
    let listing = list(&machine(), pattern, verbose);
    assert_eq!(listing.unanswered, []);
    expected.assert_eq(&listing.lines.join("\n"));
}

#[test]
fn tracepoints_by_pattern() {
    check(
        "tracepoint:syscalls:sys_enter_open*",
        false,
        expect![[r#"
            tracepoint:syscalls:sys_enter_open
            tracepoint:syscalls:sys_enter_openat"#]],
    );
}

#[test]
fn short_names_parts_left_out_and_case() {
    let expected = list(&machine(), "tracepoint:sched:*", false).lines;
    assert_eq!(expected.len(), 4);
    for pattern in ["t:sched:*", "T:sched", "t:sched:", "tracepoint:sche?"] {
        assert_eq!(
            list(&machine(), pattern, false).lines,
            expected,
            "{pattern}"
        );
    }
}

#[test]
fn a_bare_wildcard_is_matched_with_whole_names() {
    check(
        "*sched_w*",
        false,
        expect![[r#"
            rawtracepoint:vmlinux:sched_wakeup
            tracepoint:sched:sched_wakeup"#]],
    );
    check(
        "*:sys_enter",
        false,
        expect!["rawtracepoint:vmlinux:sys_enter"],
    );
}

#[test]
fn raw_tracepoints_need_no_module() {
    for pattern in ["rt:sched_switch", "rawtracepoint:vmlinux:sched_switch"] {
        check(
            pattern,
            false,
            expect!["rawtracepoint:vmlinux:sched_switch"],
        );
    }
}

#[test]
fn events_with_counts() {
    check(
        "i",
        false,
        expect![[r#"
        interval:hz:
        interval:ms:
        interval:s:
        interval:us:"#]],
    );
    check(
        "software:*faults",
        false,
        expect![[r#"
        software:alignment-faults:
        software:emulation-faults:
        software:faults:
        software:major-faults:
        software:minor-faults:
        software:page-faults:"#]],
    );
    check(
        "h:*cycles:",
        false,
        expect![[r#"
        hardware:bus-cycles:
        hardware:cpu-cycles:
        hardware:cycles:
        hardware:ref-cycles:"#]],
    );
    check("begin", false, expect!["begin"]);
}

#[test]
fn the_order_of_software_events_is_that_of_their_lines() {
    let lines = list(&machine(), "s:cpu*", false).lines;
    assert_eq!(
        lines,
        [
            "software:cpu-clock:",
            "software:cpu-migrations:",
            "software:cpu:"
        ]
    );
}

#[test]
fn nothing_lists_every_provider() {
    let lines = list(&machine(), "", false).lines;
    let mut providers: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    providers.dedup();
    // Those at the return have the functions of the others: they are listed where they are named.
    let known = SOURCES.iter().map(|source| source.name);
    let known: Vec<&str> = known
        .filter(|name| !["fexit", "kretprobe"].contains(name))
        .collect();
    assert_eq!(providers, known);
}

#[test]
fn what_matches_nothing_is_an_empty_list() {
    check("tracepoint:nothing:here", false, expect![""]);
    check("nothing:here", false, expect![""]);
    check("sched_switch", false, expect![""]);
}

#[test]
fn verbose_shows_fields() {
    check(
        "tracepoint:syscalls:sys_enter_openat",
        true,
        expect![[r#"
            tracepoint:syscalls:sys_enter_openat
                int __syscall_nr
                int dfd
                const char * filename
                int flags
                umode_t mode"#]],
    );
    check(
        "tracepoint:sched:sched_process_exec",
        true,
        expect![[r#"
            tracepoint:sched:sched_process_exec
                __data_loc char[] filename
                pid_t pid
                pid_t old_pid"#]],
    );
}

#[test]
fn verbose_shows_parameters_of_raw_tracepoints() {
    check(
        "rt:sched_switch",
        true,
        expect![[r#"
            rawtracepoint:vmlinux:sched_switch
                bool preempt
                struct task_struct * prev
                struct task_struct * next
                unsigned int prev_state"#]],
    );
}

#[test]
fn types_by_name_and_definition() {
    check(
        "struct sched_*_entity",
        false,
        expect![[r#"
        struct sched_dl_entity
        struct sched_rt_entity"#]],
    );
    check(
        "enum pid_type",
        true,
        expect![[r#"
            vmlinux: enum pid_type {
            	PIDTYPE_PID = 0,
            	PIDTYPE_TGID = 1,
            	PIDTYPE_PGID = 2,
            	PIDTYPE_SID = 3,
            	PIDTYPE_MAX = 4,
            };
        "#]],
    );
}

#[test]
fn what_cannot_be_asked_is_told() {
    let listing = list(&Fake::new(), "*", false);
    assert!(!listing.lines.is_empty());
    let is_missing = |error: &KernelError| matches!(error, KernelError::Missing { .. });
    assert!(!listing.unanswered.is_empty());
    assert!(listing.unanswered.iter().all(is_missing), "{listing:?}");
    let listing = list(&Fake::new(), "struct x", true);
    assert_eq!((listing.lines.len(), listing.unanswered.len()), (0, 1));
}
