//! Numbers of the kernel's interface, from `include/uapi/linux/bpf.h`.

/// Kernel helpers, `enum bpf_func_id`.
pub mod helper {
    pub const MAP_LOOKUP_ELEM: u32 = 1;
    pub const MAP_UPDATE_ELEM: u32 = 2;
    pub const MAP_DELETE_ELEM: u32 = 3;
    pub const PROBE_READ: u32 = 4;
    pub const KTIME_GET_NS: u32 = 5;
    pub const GET_PRANDOM_U32: u32 = 7;
    pub const GET_SMP_PROCESSOR_ID: u32 = 8;
    pub const GET_CURRENT_PID_TGID: u32 = 14;
    pub const GET_CURRENT_UID_GID: u32 = 15;
    pub const GET_CURRENT_COMM: u32 = 16;
    pub const GET_CURRENT_TASK: u32 = 35;
    pub const PROBE_WRITE_USER: u32 = 36;
    pub const GET_NUMA_NODE_ID: u32 = 42;
    pub const PROBE_READ_STR: u32 = 45;
    /// Since 5.12 in programs that trace functions and in iterators.
    pub const GET_SOCKET_COOKIE: u32 = 46;
    pub const OVERRIDE_RETURN: u32 = 58;
    pub const GET_STACK: u32 = 67;
    pub const GET_CURRENT_CGROUP_ID: u32 = 80;
    pub const SEND_SIGNAL: u32 = 109;
    pub const PROBE_READ_USER: u32 = 112;
    pub const PROBE_READ_KERNEL: u32 = 113;
    pub const PROBE_READ_USER_STR: u32 = 114;
    pub const PROBE_READ_KERNEL_STR: u32 = 115;
    pub const SEND_SIGNAL_THREAD: u32 = 117;
    pub const JIFFIES64: u32 = 118;
    /// Since 5.7.
    pub const GET_NS_CURRENT_PID_TGID: u32 = 120;
    pub const KTIME_GET_BOOT_NS: u32 = 125;
    /// Since 5.7, in iterators.
    pub const SEQ_PRINTF: u32 = 126;
    /// Since 5.7, in iterators.
    pub const SEQ_WRITE: u32 = 127;
    pub const RINGBUF_OUTPUT: u32 = 130;
    pub const RINGBUF_RESERVE: u32 = 131;
    pub const RINGBUF_SUBMIT: u32 = 132;
    pub const RINGBUF_QUERY: u32 = 134;
    /// Since 5.10, in iterators and in few functions of the kernel.
    pub const D_PATH: u32 = 147;
    /// Since 5.11: the current task as a pointer that the verifier knows by its BTF type.
    pub const GET_CURRENT_TASK_BTF: u32 = 158;
    /// Since 5.13.
    pub const FOR_EACH_MAP_ELEM: u32 = 164;
    /// Since 5.17.
    pub const LOOP: u32 = 181;
    /// Since 5.15 for kprobes and uprobes, tracepoints and perf events, 5.19 for tracing.
    pub const GET_ATTACH_COOKIE: u32 = 174;
    /// Since 5.15, of processes since 6.6.
    pub const GET_FUNC_IP: u32 = 173;
    /// Since 5.15: the registers with which a task entered the kernel.
    pub const TASK_PT_REGS: u32 = 175;
    /// Since 5.19.
    pub const MAP_LOOKUP_PERCPU_ELEM: u32 = 195;
    /// Since 6.1.
    pub const KTIME_GET_TAI_NS: u32 = 208;
}

/// Map types, `enum bpf_map_type`.
pub mod map_type {
    pub const HASH: u32 = 1;
    pub const ARRAY: u32 = 2;
    pub const PERCPU_HASH: u32 = 5;
    pub const PERCPU_ARRAY: u32 = 6;
    pub const LRU_HASH: u32 = 9;
    pub const LRU_PERCPU_HASH: u32 = 10;
    pub const RINGBUF: u32 = 27;
}

/// Flags of map creation.
pub mod map_flag {
    pub const NO_PREALLOC: u32 = 1 << 0;
    pub const RDONLY_PROG: u32 = 1 << 7;
    pub const MMAPABLE: u32 = 1 << 10;
}

/// Offsets in `struct pt_regs` of `asm/ptrace.h`: of the instruction, the stack, the frame and,
/// where calls leave it in a register, the return address.
pub const USER_REGISTERS: [Option<u32>; 4] = if cfg!(target_arch = "aarch64") {
    [Some(256), Some(248), Some(232), Some(240)]
} else {
    [Some(128), Some(152), Some(32), None]
};

/// `BPF_ANY`: create an entry or replace it.
pub const UPDATE_ANY: u64 = 0;
/// `BPF_NOEXIST`: create an entry, or fail where there is one.
pub const UPDATE_NOEXIST: u64 = 1;
/// `BPF_F_USER_STACK`: the stack of the process rather than the kernel's.
pub const USER_STACK: u64 = 1 << 8;
/// `BPF_F_USER_BUILD_ID`: build ids and offsets rather than addresses.
pub const USER_BUILD_ID: u64 = 1 << 11;
/// `BPF_RB_AVAIL_DATA`: bytes of a ring buffer that nobody has read.
pub const RING_UNREAD: u64 = 0;
/// `BPF_RB_RING_SIZE`: bytes of a ring buffer.
pub const RING_SIZE: u64 = 1;
/// `BPF_RB_FORCE_WAKEUP`: wake the reader whatever it is doing.
pub const RING_FORCE_WAKEUP: u64 = 2;

/// Bytes of a task's name, its NUL counted: `TASK_COMM_LEN` of `linux/sched.h`.
pub const COMM_SIZE: u32 = 16;

/// Largest value of a per-CPU map: `PCPU_MIN_UNIT_SIZE` of `linux/percpu.h`.
pub const PER_CPU_VALUE_MAX: u32 = 32 << 10;

/// `BPF_MAX_LOOPS`: the most rounds of `bpf_loop`, which refuses to begin more.
pub const LOOP_ROUNDS_MAX: u64 = 8 << 20;

/// Maps that one program may use: `MAX_USED_MAPS` of `linux/bpf_verifier.h`.
pub const PROGRAM_MAPS_MAX: usize = 64;

/// The most that the programs of a script may have for values on each CPU, all together. An array
/// that is not per-CPU has room for more; this is what a machine with many CPUs can spare.
pub const SCRATCH_MAX: u32 = 4 << 20;

/// Longest name of a map or program, its NUL not counted: `BPF_OBJ_NAME_LEN` less one.
pub const NAME_MAX: usize = 15;
