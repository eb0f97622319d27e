// The eight reference one-liners as somebody who knows BPF well would write them by hand. One is
// chosen by -DONE_LINER=n, in the order of benches/peer/event.rs; 0 does nothing at all.
//
//   clang-19 -O2 -g -target bpf -DONE_LINER=1 -c events.bpf.c

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define UINT(name, value) int(*name)[value]
#define inline_ static inline __attribute__((always_inline))

// linux/bpf.h
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_PERCPU_HASH 5
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_STACK_TRACE 7
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_NOEXIST 1
#define BPF_F_NO_PREALLOC 1

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static long (*get_current_comm)(void *buf, u32 size) = (void *)16;
static long (*get_stackid)(void *ctx, void *map, u64 flags) = (void *)27;
static void *(*ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *data, u64 flags) = (void *)132;

struct enter {
  u64 common;
  u64 number;
  u64 fd, offset, whence;
};

struct {
  UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  UINT(max_entries, 65);
  u32 *key;
  u64 *value;
} counts SEC(".maps");

inline_ void bump(u32 slot) {
  u64 *count = map_lookup(&counts, &slot);
  if (count)
    ++*count;
}

// Position of the highest bit set, plus 1; 0 for zero.
inline_ u32 log2_slot(u64 v) {
  u32 slot = v != 0, shift;
  shift = (v > 0xffffffff) << 5; v >>= shift; slot += shift;
  shift = (v > 0xffff) << 4; v >>= shift; slot += shift;
  shift = (v > 0xff) << 3; v >>= shift; slot += shift;
  shift = (v > 0xf) << 2; v >>= shift; slot += shift;
  shift = (v > 0x3) << 1; v >>= shift; slot += shift;
  return slot + (v >> 1);
}

#define KEYED(name, key_type)                                                  \
  struct {                                                                     \
    UINT(type, BPF_MAP_TYPE_PERCPU_HASH);                                      \
    UINT(max_entries, 4096);                                                   \
    UINT(map_flags, BPF_F_NO_PREALLOC);                                        \
    key_type *key;                                                             \
    u64 *value;                                                                \
  } name SEC(".maps");                                                         \
  inline_ void count_##name(const key_type *key) {                             \
    u64 *count = map_lookup(&name, key);                                       \
    if (count) {                                                               \
      ++*count;                                                                \
      return;                                                                  \
    }                                                                          \
    u64 one = 1;                                                               \
    map_update(&name, key, &one, BPF_NOEXIST);                                 \
  }

#if ONE_LINER == 0
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) { return 0; }

#elif ONE_LINER == 1
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  bump(0);
  return 0;
}

#elif ONE_LINER == 2
struct comm { char text[16]; };
KEYED(comms, struct comm)
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  struct comm key;
  get_current_comm(&key, sizeof key);
  count_comms(&key);
  return 0;
}

#elif ONE_LINER == 3
struct process { u32 pid; char comm[16]; };
KEYED(processes, struct process)
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  struct process key;
  key.pid = get_current_pid_tgid() >> 32;
  get_current_comm(key.comm, sizeof key.comm);
  count_processes(&key);
  return 0;
}

#elif ONE_LINER == 4
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  s64 offset = ctx->offset;
  bump(offset < 0 ? 0 : log2_slot(offset));
  return 0;
}

#elif ONE_LINER == 5
struct {
  UINT(type, BPF_MAP_TYPE_HASH);
  UINT(max_entries, 4096);
  UINT(map_flags, BPF_F_NO_PREALLOC);
  u32 *key;
  u64 *value;
} starts SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u32 tid = get_current_pid_tgid();
  u64 now = ktime_get_ns();
  map_update(&starts, &tid, &now, 0);
  return 0;
}
SEC("tracepoint/syscalls/sys_exit_lseek") int event_exit(void *ctx) {
  u32 tid = get_current_pid_tgid();
  u64 *start = map_lookup(&starts, &tid);
  if (!start)
    return 0;
  bump(log2_slot(ktime_get_ns() - *start));
  map_delete(&starts, &tid);
  return 0;
}

#elif ONE_LINER == 6
struct {
  UINT(type, BPF_MAP_TYPE_STACK_TRACE);
  UINT(max_entries, 4096);
  UINT(key_size, 4);
  UINT(value_size, 127 * 8);
} traces SEC(".maps");
KEYED(stacks, u32)
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u32 key = get_stackid(ctx, &traces, 0);
  count_stacks(&key);
  return 0;
}

#elif ONE_LINER == 7
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  union { char text[16]; u64 words[2]; } comm;
  get_current_comm(&comm, sizeof comm);
  // "lseeker" and its NUL.
  if (comm.words[0] == 0x72656b6565736cULL)
    bump(0);
  return 0;
}

#elif ONE_LINER == 8
struct {
  UINT(type, BPF_MAP_TYPE_RINGBUF);
  UINT(max_entries, 1 << 19);
} ring SEC(".maps");
struct record { u64 id, pid; char comm[16]; u64 offset; };
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  struct record *record = ringbuf_reserve(&ring, sizeof *record, 0);
  if (!record) {
    bump(0);
    return 0;
  }
  record->id = 0;
  record->pid = get_current_pid_tgid() >> 32;
  get_current_comm(record->comm, sizeof record->comm);
  record->offset = ctx->offset;
  ringbuf_submit(record, 0);
  return 0;
}
#endif

char _license[] SEC("license") = "GPL";
