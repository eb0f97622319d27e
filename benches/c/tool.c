// What the benches need of the machine, by the name of the first argument:
//   lseek COUNT [NS]   calls lseek(2) so many times, as `lseeker`, with offsets 0, 1, 2, ... 1023, 0, ...,
//                   every NS nanoseconds, or as fast as can be
//   stats           keeps the kernel's run-time statistics of BPF programs on, until its parent ends
//   attach PROGRAM TRACEPOINT ...   attaches pinned programs, until its parent ends
//   drain RING [N]  prints the records of a pinned ring buffer, as bare as can be, until N were
//                   printed or SIGINT comes: what strobe's way to user space is measured against
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr) {
  return syscall(SYS_bpf, command, attr, sizeof *attr);
}

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int seek(long count, long pace) {
  int zero = open("/dev/zero", O_RDONLY);
  prctl(PR_SET_NAME, "lseeker");
  long start = now();
  for (long i = 0; i < count; i++) {
    while (pace && now() - start < i * pace)
      ;
    syscall(SYS_lseek, zero, i & 1023, SEEK_SET);
  }
  return 0;
}

static int stats(void) {
  union bpf_attr attr = {};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  attr.enable_stats.type = BPF_STATS_RUN_TIME;
  if (bpf(BPF_ENABLE_STATS, &attr) < 0)
    return 1;
  puts("on");
  fflush(stdout);
  for (;;)
    pause();
}

static int attach_one(const char *program, const char *tracepoint) {
  char path[256];
  union bpf_attr attr = {};
  attr.pathname = (uint64_t)program;
  int fd = bpf(BPF_OBJ_GET, &attr);
  snprintf(path, sizeof path, "/sys/kernel/tracing/events/syscalls/%s/id", tracepoint);
  FILE *file = fopen(path, "r");
  struct perf_event_attr event = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof event};
  if (fd < 0 || !file || fscanf(file, "%llu", &event.config) != 1)
    return 1;
  fclose(file);
  int perf = syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  memset(&attr, 0, sizeof attr);
  attr.link_create.prog_fd = fd;
  attr.link_create.target_fd = perf;
  attr.link_create.attach_type = BPF_PERF_EVENT;
  return perf < 0 || bpf(BPF_LINK_CREATE, &attr) < 0;
}

static int attach(int count, char **words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i + 1 < count; i += 2)
    if (attach_one(words[i], words[i + 1]))
      return 1;
  puts("attached");
  fflush(stdout);
  for (;;)
    pause();
}

static volatile sig_atomic_t stop;
static void on_signal(int signal) { stop = 1; }

struct record { uint64_t id, pid; char comm[16]; uint64_t offset; };

// The same policy as strobe's: sleep while nothing comes, gather for 2 ms while much does.
static int drain(const char *path, long most) {
  const unsigned long size = 1 << 19, page = 4096;
  union bpf_attr attr = {};
  static char out[1 << 17];
  size_t used = 0;
  long printed = 0;
  attr.pathname = (uint64_t)path;
  int map = bpf(BPF_OBJ_GET, &attr);
  if (map < 0)
    return 1;
  uint64_t *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  char *producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, map, page);
  if (consumer == MAP_FAILED || producer == MAP_FAILED)
    return 1;
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  const char *data = producer + page;
  uint64_t at = *consumer;
  while (!stop && (!most || printed < most)) {
    long records = 0;
    uint64_t end = __atomic_load_n((uint64_t *)producer, __ATOMIC_ACQUIRE);
    while (at < end) {
      uint32_t header = __atomic_load_n((uint32_t *)(data + (at & (size - 1))), __ATOMIC_ACQUIRE);
      if (header & BPF_RINGBUF_BUSY_BIT)
        break;
      const struct record *r = (void *)(data + (at & (size - 1)) + 8);
      used += sprintf(out + used, "%lu %s %ld\n", r->pid, r->comm, (long)r->offset);
      at += ((header & ~BPF_RINGBUF_DISCARD_BIT) + 8 + 7) & ~7ul;
      records++;
      if (!(records & 511))
        __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
      if (used > (1 << 16)) {
        if (write(1, out, used) < 0)
          return 1;
        used = 0;
      }
    }
    __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
    if (used && write(1, out, used) < 0)
      return 1;
    used = 0;
    printed += records;
    struct pollfd fd = {.fd = map, .events = POLLIN};
    if (records >= 16)
      poll(NULL, 0, 2);
    else
      poll(&fd, 1, -1);
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "lseek") && argc > 2)
    return seek(atol(argv[2]), argc > 3 ? atol(argv[3]) : 0);
  if (!strcmp(what, "stats"))
    return stats();
  if (!strcmp(what, "attach"))
    return attach(argc - 2, argv + 2);
  if (!strcmp(what, "drain") && argc > 2)
    return drain(argv[2], argc > 3 ? atol(argv[3]) : 0);
  return 2;
}
