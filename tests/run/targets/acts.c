// flags: -O1 -g
//! What a program can do that a tool shows, each so many times, once standard input has ended:
//! `acts KIND COUNT`.
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

// Makes a map of the kernel and lets it go.
static void map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	close(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

// Takes hold of a child, and lets it go.
static void trace(void)
{
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	ptrace(PTRACE_SEIZE, child, 0, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

// Maps memory that can be written and executed.
static void writable_code(void)
{
	munmap(mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	       3 * PAGE);
}

int main(int argc, char **argv)
{
	const char *kind = argv[1];
	int count = atoi(argv[2]);
	char byte;

	while (read(0, &byte, 1) > 0)
		;
	for (int i = 0; i < count; i++) {
		if (strcmp(kind, "map") == 0)
			map();
		else if (strcmp(kind, "trace") == 0)
			trace();
		else
			writable_code();
	}
	return 0;
}
