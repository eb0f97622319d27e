// flags: -O1 -fcf-protection=none -fno-pie -no-pie -Wl,--section-start=.watched=0x10000000,--section-start=.marked=0x20000000
// `watched N [wait]`: writes each of four words from 0x10000000 on N times, reads them as often, and calls what is at
// 0x20000000 as often too; with `wait`, once standard input has ended.
#include <stdlib.h>
#include <unistd.h>

__attribute__((section(".watched"))) volatile long watched[64] = { 1 };

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
        for (int word = 0; word < 4; word++) {
            watched[word] = i;
            sum += watched[word];
        }
        sum += marked(i);
    }
    return sum == -1;
}
