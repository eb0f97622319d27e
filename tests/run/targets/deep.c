// flags: -O0 -g -fcf-protection=none -fno-omit-frame-pointer
// `deep FROM TO TIMES`: calls `leaf` from so many calls of `down` within each other, for each number
// from FROM to TO, TIMES times.
#include <stdlib.h>

#define KEPT __attribute__((noinline, noclone))

volatile int sink;

KEPT int leaf(int n)
{
    sink = n;
    return n + 1;
}

KEPT int down(int n)
{
    int result = n > 1 ? down(n - 1) : leaf(n);
    sink = result;
    return result + 1;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 1;
    for (int time = 0; time < atoi(argv[3]); time++)
        for (int depth = atoi(argv[1]); depth <= atoi(argv[2]); depth++)
            down(depth);
    return 0;
}
