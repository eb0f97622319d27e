//! When a probe fires, in plain words.

/// What well-known events mean, by `subsystem:event`.
const EVENTS: &[(&str, &str)] = &[
    (
        "raw_syscalls:sys_enter",
        "a thread enters a system call, whichever",
    ),
    ("raw_syscalls:sys_exit", "a system call returns, whichever"),
    (
        "sched:sched_switch",
        "a CPU goes over from one thread to another",
    ),
    (
        "sched:sched_wakeup",
        "a thread that slept may run again and is put into a run queue",
    ),
    (
        "sched:sched_wakeup_new",
        "a new thread is put into a run queue for the first time",
    ),
    (
        "sched:sched_waking",
        "a thread is about to be woken, in the context of who wakes it",
    ),
    (
        "sched:sched_process_exec",
        "a process has replaced its program (execve succeeded)",
    ),
    (
        "sched:sched_process_fork",
        "a process or thread is created, in the context of its parent",
    ),
    (
        "sched:sched_process_exit",
        "a thread ends, in its own context",
    ),
    (
        "sched:sched_migrate_task",
        "a thread is moved to another CPU",
    ),
    (
        "task:task_newtask",
        "a process or thread is created, in the context of its parent",
    ),
    (
        "block:block_rq_issue",
        "a request is handed to a block device's driver",
    ),
    (
        "block:block_rq_complete",
        "a block device has completed a request, mostly in an interrupt",
    ),
    (
        "block:block_rq_insert",
        "a request is put into a block device's queue",
    ),
    (
        "irq:irq_handler_entry",
        "an interrupt handler of a driver starts",
    ),
    (
        "irq:irq_handler_exit",
        "an interrupt handler of a driver is done",
    ),
    ("irq:softirq_entry", "a soft interrupt starts on this CPU"),
    ("irq:softirq_exit", "a soft interrupt is done on this CPU"),
    (
        "sock:inet_sock_set_state",
        "a TCP connection changes its state",
    ),
    ("tcp:tcp_retransmit_skb", "TCP sends a segment again"),
    ("skb:kfree_skb", "a packet is dropped"),
    ("signal:signal_generate", "a signal is sent"),
    ("signal:signal_deliver", "a signal is delivered"),
    (
        "exceptions:page_fault_user",
        "a thread touches memory that is not mapped in yet",
    ),
    (
        "oom:mark_victim",
        "the kernel picks a process to kill, for want of memory",
    ),
];

/// When a place fires; `target` is its full name.
pub fn fires(target: &str) -> String {
    let parts: Vec<&str> = target.split(':').collect();
    let rest = parts[1..].join(":");
    match parts[0] {
        "begin" => "once, before anything else is attached".to_owned(),
        "end" => "once, when everything else has been detached".to_owned(),
        "interval" => format!("on one CPU, by a timer: {}", rate(&parts)),
        "profile" => format!(
            "on every CPU, by a timer, in whatever runs there: {}",
            rate(&parts)
        ),
        "self" => format!(
            "when strobe itself gets the signal {}",
            parts.last().unwrap_or(&"")
        ),
        "tracepoint" => tracepoint(&rest),
        "rawtracepoint" => raw(parts.last().unwrap_or(&"")),
        "kprobe" => format!("when the kernel calls `{rest}`"),
        "kretprobe" => format!("when the kernel's `{rest}` returns"),
        "fentry" | "kfunc" => {
            format!("when the kernel calls `{rest}` (by a trampoline, cheaper than a kprobe)")
        }
        "fexit" | "kretfunc" => format!("when the kernel's `{rest}` returns (by a trampoline)"),
        "uprobe" => format!(
            "when a process calls `{}` of {}",
            parts.last().unwrap_or(&""),
            parts.get(1).unwrap_or(&"")
        ),
        "uretprobe" => format!(
            "when `{}` of {} returns",
            parts.last().unwrap_or(&""),
            parts.get(1).unwrap_or(&"")
        ),
        "usdt" => format!("when a process passes the marker {rest} that its authors put there"),
        "software" | "hardware" => format!(
            "each time that a counter of {} has gone far enough",
            parts.get(1).unwrap_or(&"")
        ),
        "watchpoint" => "when this memory is touched".to_owned(),
        "iter" => format!(
            "once for each {} that there is now",
            parts.get(1).unwrap_or(&"")
        ),
        other => format!("when a `{other}` probe fires"),
    }
}

fn tracepoint(name: &str) -> String {
    if let Some((_, meaning)) = EVENTS.iter().find(|(event, _)| *event == name) {
        return format!("when {meaning}");
    }
    let event = name.rsplit(':').next().unwrap_or(name);
    if let Some(call) = event.strip_prefix("sys_enter_") {
        return format!("when a thread enters the system call {call}");
    }
    if let Some(call) = event.strip_prefix("sys_exit_") {
        return format!("when the system call {call} returns");
    }
    format!("when the kernel passes its marker `{name}`")
}

fn raw(event: &str) -> String {
    let known = EVENTS
        .iter()
        .find(|(name, _)| name.ends_with(&format!(":{event}")));
    match known {
        Some((_, meaning)) => format!("when {meaning}"),
        None => format!("when the kernel passes its marker `{event}`"),
    }
}

/// A rate as it stands in the name of a timer.
fn rate(parts: &[&str]) -> String {
    match parts[1..] {
        ["hz", count] => format!("{count} times a second"),
        [unit, count] => format!("every {count} {unit}"),
        [time] => format!("every {time}"),
        _ => "by a timer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::fires;

    #[test]
    fn probes_are_told_in_words() {
        for (target, words) in [
            ("begin", "once, before"),
            ("interval:s:1", "every 1 s"),
            ("profile:hz:99", "99 times a second"),
            (
                "tracepoint:syscalls:sys_enter_read",
                "enters the system call read",
            ),
            (
                "tracepoint:sched:sched_switch",
                "from one thread to another",
            ),
            ("tracepoint:x:y", "marker `x:y`"),
            ("rawtracepoint:sched_switch", "from one thread to another"),
            ("kprobe:vfs_read", "calls `vfs_read`"),
        ] {
            assert!(fires(target).contains(words), "{}", fires(target));
        }
    }
}
