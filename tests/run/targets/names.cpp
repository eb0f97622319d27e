// flags: -O0 -g -fcf-protection=none
// `names N`: calls each function N times.
#include <cstdlib>

volatile int sink;

namespace shop {

struct Till {
    int total = 0;

    __attribute__((noinline)) void add(int price, const char *)
    {
        total += price;
        sink = total;
    }
};

template <typename T> __attribute__((noinline)) T twice(T value)
{
    sink = 1;
    return value + value;
}

__attribute__((noinline)) int open(int door)
{
    sink = door;
    return door;
}

__attribute__((noinline)) int open(int door, int window)
{
    sink = door + window;
    return window;
}

} // namespace shop

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 1;
    shop::Till till;
    for (int i = 0; i < times; i++) {
        till.add(5, "bread");
        shop::twice(3);
        shop::twice(4L);
        shop::open(1);
        shop::open(1, 2);
    }
    return 0;
}
