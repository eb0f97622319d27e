//! Facts of a real kernel (Linux 6.18 on x86-64), kept in `sema/fixtures/` for tests.
//!
//! `format/` holds tracefs `format` files as they were read. `btf/vmlinux` is cut out of
//! `/sys/kernel/btf/vmlinux` after the list in `btf/roots`; to make it anew, run
//! `cargo run -p strobe-sema --example cut_btf -- /sys/kernel/btf/vmlinux sema/fixtures/btf/roots sema/fixtures/btf/vmlinux`.

use super::btf::Btf;
use super::{Fake, KernelError};

/// Type information that was cut out of the kernel's.
pub const BTF: &[u8] = include_bytes!("../../fixtures/btf/vmlinux");

/// Names and text of one `format` file.
macro_rules! fixture {
    [$system:literal, $event:literal] => {
        (
            $system,
            $event,
            include_str!(concat!("../../fixtures/format/", $system, "/", $event)),
        )
    };
}

/// Subsystem, event and text of each `format` file.
pub const FORMATS: &[(&str, &str, &str)] = &[
    fixture!["block", "block_rq_issue"],
    fixture!["kmem", "kmalloc"],
    fixture!["raw_syscalls", "sys_enter"],
    fixture!["raw_syscalls", "sys_exit"],
    fixture!["sched", "sched_process_exec"],
    fixture!["sched", "sched_process_exit"],
    fixture!["sched", "sched_switch"],
    fixture!["sched", "sched_wakeup"],
    fixture!["signal", "signal_generate"],
    fixture!["skb", "kfree_skb"],
    fixture!["sock", "inet_sock_set_state"],
    fixture!["syscalls", "sys_enter_execve"],
    fixture!["syscalls", "sys_enter_open"],
    fixture!["syscalls", "sys_enter_openat"],
    fixture!["syscalls", "sys_enter_read"],
    fixture!["syscalls", "sys_exit_read"],
    fixture!["timer", "hrtimer_setup"],
];

/// A machine that knows all of the fixtures.
///
/// # Errors
/// When the byte order of this machine is not that of the fixtures.
pub fn machine() -> Result<Fake, KernelError> {
    let machine = Fake::new().with_btf(Btf::parse("vmlinux", BTF)?);
    let formats = FORMATS.iter();
    Ok(formats.fold(machine, |machine, (system, event, format)| {
        machine.tracepoint(system, event, format)
    }))
}
