// flags: -O1 -fcf-protection=none -fno-pie -no-pie -Wl,--section-start=.watched=0x10000000,--section-start=.marked=0x20000000
// `watched N [wait]`: writes eight bytes at 0x10000000 N times, reads them as often, and calls what is at 0x20000000;
// with `wait`, once standard input has ended.
#include <stdlib.h>
#include <unistd.h>

__attribute__((section(".watched"))) volatile long watched = 1;

__attribute__((noinline, section(".marked"))) static long marked(long value)
{
    asm volatile("" : "+r"(value));
    return value;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 0;
    long sum = 0;
    char byte;

    while (argc > 2 && read(0, &byte, 1) > 0)
        ;
    for (long i = 0; i < n; i++) {
        watched = i;
        sum += watched;
        sum += marked(i);
    }
    return sum == -1;
}
