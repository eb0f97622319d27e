// flags: -O0 -g -fcf-protection=none
// `calls N [wait]`: calls each function N times; with `wait`, once standard input has ended.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone))

enum colour { RED, GREEN = 5, BLUE };

struct point {
    int x;
    int y;
};

uint64_t counter = 41;
uint32_t small = 7;
volatile int sink;

KEPT int add(int a, int b)
{
    sink = a;
    return a + b;
}

KEPT long eight(long a, long b, long c, long d, long e, long f, long g, long h)
{
    sink = (int)a;
    return a + b + c + d + e + f + g + h;
}

KEPT int greet(const char *name, unsigned char times)
{
    sink = times;
    return (int)strlen(name);
}

KEPT int minus(void)
{
    sink = 1;
    return -1;
}

KEPT bool paint(enum colour colour, struct point *at, bool really)
{
    sink = at->x;
    return really && colour == GREEN;
}

KEPT double half(double whole, int sign)
{
    sink = sign;
    return whole / 2 * sign;
}

KEPT int inner(int depth)
{
    sink = depth;
    return depth * 2;
}

KEPT int middle(int depth)
{
    int result = inner(depth + 1);
    sink = result;
    return result + 1;
}

KEPT int outer(int depth)
{
    int result = middle(depth + 1);
    sink = result;
    return result + 1;
}

static inline __attribute__((always_inline)) int inlined(int n)
{
    int result = inner(n);
    sink = result;
    return result;
}

KEPT int with_inlined(int n)
{
    int result = inlined(n + 1);
    sink = result;
    return result + 3;
}

KEPT int ask(void)
{
    return getppid();
}

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 1;
    struct point at = { 3, 4 };
    char name[] = "world";
    if (argc > 2 && strcmp(argv[2], "wait") == 0)
        while (getchar() != EOF)
            ;
    for (int i = 0; i < times; i++) {
        add(i, 10);
        eight(1, 2, 3, 4, 5, 6, 7 + i, 8);
        ask();
        greet(name, 200);
        minus();
        paint(GREEN, &at, true);
        half(3.0, -1);
        outer(1);
        with_inlined(5);
    }
    return 0;
}
