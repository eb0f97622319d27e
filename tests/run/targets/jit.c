// flags: -O0 -g -fcf-protection=none
// `jit N`: makes a function at run time that calls `called`, tells of it in /tmp/perf-PID.map, and
// calls it N times.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

volatile int sink;

__attribute__((noinline)) void called(void)
{
    sink = 1;
}

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 1;
    // push rbp; mov rbp, rsp; mov rax, called; call rax; pop rbp; ret
    uint8_t code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3 };
    uint64_t target = (uint64_t)called;
    memcpy(code + 6, &target, 8);
    void *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(made, code, sizeof(code));
    char path[64];
    snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
    FILE *map = fopen(path, "w");
    fprintf(map, "%lx %zx made at run time\n", (unsigned long)made, sizeof(code));
    fclose(map);
    for (int i = 0; i < times; i++)
        ((void (*)(void))made)();
    return 0;
}
