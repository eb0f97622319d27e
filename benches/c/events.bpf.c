// The eight reference one-liners as somebody who knows BPF well would write them by hand. One is
// chosen by -DONE_LINER=n, in the order of benches/peer/event.rs; 0 does nothing at all.
//
// -DEXACT=1 makes those whose answers are as exact as strobe's: what a map or the ring has no room
// for is counted, and why; stacks are told apart by their frames, not by a hash of them; what is
// printed of the printing itself ends. Room for all keys is there beforehand: entries that are made
// when they are needed come from small stocks, and a burst of new keys is refused. They also take the fastest ways that are known: names are
// read from the task, and short stacks are short keys.
//
//   clang-19 -O2 -g -target bpf -DONE_LINER=1 -DEXACT=0 -c events.bpf.c

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
#define E2BIG 7

#define WHEN_NEEDED (EXACT ? 0 : BPF_F_NO_PREALLOC)

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static long (*get_current_comm)(void *buf, u32 size) = (void *)16;
static long (*get_stackid)(void *ctx, void *map, u64 flags) = (void *)27;
static long (*get_stack)(void *ctx, void *buf, u32 size, u64 flags) = (void *)67;
static void *(*ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *data, u64 flags) = (void *)132;
static struct task_struct *(*get_current_task)(void) = (void *)158;

struct task_struct {
  char comm[16];
} __attribute__((preserve_access_index));

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

// What was lost: a full map, one that was in use, a full ring, and what is of the reader itself.
u64 lost_full, lost_busy, lost_ring, of_reader;
// The reader's process, which it would fill in.
u64 reader;

inline_ void add(u64 *counter) { __sync_fetch_and_add(counter, 1); }

inline_ void refused(long error) {
  if (EXACT && error)
    add(error == -E2BIG ? &lost_full : &lost_busy);
}

inline_ void count_in(void *map, const void *key) {
  u64 *count = map_lookup(map, key), one = 1;
  if (!count) {
    long error = map_update(map, key, &one, BPF_NOEXIST);
    if (!EXACT || !error)
      return;
    // Another CPU may have been first.
    count = map_lookup(map, key);
    if (!count)
      return refused(error);
  }
  ++*count;
}

union comm {
  char text[16];
  u64 words[2];
};

inline_ void read_comm(union comm *comm) {
  if (!EXACT) {
    get_current_comm(comm, sizeof *comm);
    return;
  }
  const u64 *words = (const u64 *)get_current_task()->comm;
  comm->words[0] = words[0];
  comm->words[1] = words[1];
}

#define COUNTS(name, key_type)                                                 \
  struct {                                                                     \
    UINT(type, BPF_MAP_TYPE_PERCPU_HASH);                                      \
    UINT(max_entries, 4096);                                                   \
    UINT(map_flags, WHEN_NEEDED);                                              \
    key_type *key;                                                             \
    u64 *value;                                                                \
  } name SEC(".maps")

#if ONE_LINER == 0
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) { return 0; }

#elif ONE_LINER == 1
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  bump(0);
  return 0;
}

#elif ONE_LINER == 2
COUNTS(comms, union comm);
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  union comm key;
  read_comm(&key);
  count_in(&comms, &key);
  return 0;
}

#elif ONE_LINER == 3
// The name first: it is written by words.
struct process {
  union comm comm;
  u64 pid;
};
COUNTS(processes, struct process);
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  struct process key;
  key.pid = get_current_pid_tgid() >> 32;
  read_comm(&key.comm);
  count_in(&processes, &key);
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
  UINT(map_flags, WHEN_NEEDED);
  u32 *key;
  u64 *value;
} starts SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u32 tid = get_current_pid_tgid();
  u64 now = ktime_get_ns();
  refused(map_update(&starts, &tid, &now, 0));
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

#elif ONE_LINER == 6 && EXACT
#define FRAMES 127
#define SHORT 24
struct stack {
  u64 count;
  u64 frames[FRAMES];
};
struct short_stack {
  u64 count;
  u64 frames[SHORT];
};
struct {
  UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  UINT(max_entries, 1);
  u32 *key;
  struct stack *value;
} scratch SEC(".maps");
COUNTS(stacks, struct stack);
COUNTS(short_stacks, struct short_stack);
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u32 zero = 0;
  struct stack *key = map_lookup(&scratch, &zero);
  if (!key)
    return 0;
  long bytes = get_stack(ctx, key->frames, sizeof key->frames, 0);
  // What is behind the frames is zero: the helper clears it.
  key->count = bytes < 0 ? 0 : bytes / 8;
  count_in(key->count <= SHORT ? (void *)&short_stacks : (void *)&stacks, key);
  return 0;
}

#elif ONE_LINER == 6
struct {
  UINT(type, BPF_MAP_TYPE_STACK_TRACE);
  UINT(max_entries, 4096);
  UINT(key_size, 4);
  UINT(value_size, 127 * 8);
} traces SEC(".maps");
COUNTS(stacks, u32);
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u32 key = get_stackid(ctx, &traces, 0);
  count_in(&stacks, &key);
  return 0;
}

#elif ONE_LINER == 7
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  union comm comm;
  read_comm(&comm);
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
struct record {
  u64 id, pid;
  union comm comm;
  u64 offset;
};
// Records of the reader that are sent; to print one makes the next.
#define MOST 100
SEC("tracepoint/syscalls/sys_enter_lseek") int event(struct enter *ctx) {
  u64 pid = get_current_pid_tgid() >> 32;
  if (EXACT && pid == reader && __sync_fetch_and_add(&of_reader, 1) >= MOST)
    return 0;
  struct record *record = ringbuf_reserve(&ring, sizeof *record, 0);
  if (!record) {
    add(&lost_ring);
    return 0;
  }
  record->id = 0;
  record->pid = pid;
  read_comm(&record->comm);
  record->offset = ctx->offset;
  ringbuf_submit(record, 0);
  return 0;
}
#endif

char _license[] SEC("license") = "GPL";
