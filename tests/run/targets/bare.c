// flags: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -fcf-protection=none -g0
// `bare N [down|sorted|busy]`: N times a chain of functions none of which keeps a frame pointer,
// though each of them has something on the stack; then a deep recursion, a call back from the C
// library, or work for some time.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone, noipa))

volatile char sink;

KEPT int leaf(char *text, int n)
{
    text[(unsigned)n % 8] = 'x';
    // So that a probe in the kernel sees it too.
    getppid();
    return text[0] + n;
}

KEPT int third(int n)
{
    char room[24];
    memset(room, n, sizeof(room));
    int got = leaf(room, n);
    sink = room[3];
    return got + n;
}

KEPT int second(int n, int m)
{
    char room[n % 3 + 300];
    memset(room, m, sizeof(room));
    int got = third(n + m);
    sink = room[7];
    return got * m;
}

KEPT int first(int n)
{
    char room[2000];
    memset(room, n, sizeof(room));
    int got = second(n, n + 1);
    sink = room[9];
    return got - n;
}

KEPT int down(int n)
{
    char room[40];
    memset(room, n, sizeof(room));
    int got = n > 0 ? down(n - 1) : leaf(room, n);
    sink = room[5];
    return got + room[1];
}

KEPT int compare(const void *left, const void *right)
{
    char room[16];
    memset(room, 1, sizeof(room));
    int got = third(*(const int *)left - *(const int *)right);
    sink = room[2];
    return got;
}

KEPT int sorted(int n)
{
    int pair[2] = {n, n + 1};
    qsort(pair, 2, sizeof(pair[0]), compare);
    return pair[0];
}

KEPT int busy(int n)
{
    char room[64];
    memset(room, n, sizeof(room));
    for (volatile long i = 0; i < 200000000; i++)
        ;
    sink = room[1];
    return room[2];
}

KEPT int holder(int n)
{
    char room[100];
    memset(room, n, sizeof(room));
    int got = busy(n);
    sink = room[1];
    return got + room[3];
}

static int extra(const char *what, int n)
{
    if (strcmp(what, "down") == 0)
        return down(30);
    return strcmp(what, "busy") == 0 ? holder(n) : sorted(n);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < count; i++)
        sink = first(i);
    if (argc > 2)
        sink = extra(argv[2], count);
    return 0;
}
