//! Helpers of the kernel by number, `enum bpf_func_id` of `linux/bpf.h`.

/// Those that programs of strobe call, in order, by their names without `bpf_`.
const NAMES: [(u32, &str); 39] = [
    (1, "map_lookup_elem"),
    (2, "map_update_elem"),
    (3, "map_delete_elem"),
    (4, "probe_read"),
    (5, "ktime_get_ns"),
    (7, "get_prandom_u32"),
    (8, "get_smp_processor_id"),
    (14, "get_current_pid_tgid"),
    (15, "get_current_uid_gid"),
    (16, "get_current_comm"),
    (35, "get_current_task"),
    (36, "probe_write_user"),
    (42, "get_numa_node_id"),
    (45, "probe_read_str"),
    (46, "get_socket_cookie"),
    (58, "override_return"),
    (67, "get_stack"),
    (80, "get_current_cgroup_id"),
    (109, "send_signal"),
    (112, "probe_read_user"),
    (113, "probe_read_kernel"),
    (114, "probe_read_user_str"),
    (115, "probe_read_kernel_str"),
    (117, "send_signal_thread"),
    (118, "jiffies64"),
    (120, "get_ns_current_pid_tgid"),
    (125, "ktime_get_boot_ns"),
    (130, "ringbuf_output"),
    (131, "ringbuf_reserve"),
    (132, "ringbuf_submit"),
    (134, "ringbuf_query"),
    (147, "d_path"),
    (158, "get_current_task_btf"),
    (164, "for_each_map_elem"),
    (174, "get_attach_cookie"),
    (175, "task_pt_regs"),
    (181, "loop"),
    (195, "map_lookup_percpu_elem"),
    (208, "ktime_get_tai_ns"),
];

/// The name of a helper.
pub(crate) fn name(number: u32) -> &'static str {
    let found = NAMES.iter().find(|(known, _)| *known == number);
    found.map_or("a helper", |(_, name)| name)
}

/// Every helper that programs of strobe call.
pub(crate) fn all() -> impl Iterator<Item = (u32, &'static str)> {
    NAMES.into_iter()
}
