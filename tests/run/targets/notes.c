// flags: -O0 -g -fcf-protection=none
// `notes N [wait]`: comes by each static probe N times; with `wait`, once standard input has ended.
// The notes are what <sys/sdt.h> writes, put together here so that no package is needed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

asm(".pushsection .stapsdt.base,\"a\",\"progbits\"\n"
    ".hidden _.stapsdt.base\n"
    "_.stapsdt.base: .space 1\n"
    ".size _.stapsdt.base, 1\n"
    ".popsection\n");

// The body of a note that stands for the `nop` before it.
#define NOTE(provider, name, semaphore, args)                                                      \
    "990: nop\n"                                                                                   \
    ".pushsection .note.stapsdt,\"\",\"note\"\n"                                                   \
    ".balign 4\n"                                                                                  \
    ".4byte 992f-991f, 994f-993f, 3\n"                                                             \
    "991: .asciz \"stapsdt\"\n"                                                                    \
    "992: .balign 4\n"                                                                             \
    "993: .8byte 990b\n"                                                                           \
    ".8byte _.stapsdt.base\n"                                                                      \
    ".8byte " semaphore "\n"                                                                       \
    ".asciz \"" provider "\"\n"                                                                    \
    ".asciz \"" name "\"\n"                                                                        \
    ".asciz \"" args "\"\n"                                                                        \
    "994: .balign 4\n"                                                                             \
    ".popsection\n"

unsigned short demo_gated_semaphore __attribute__((section(".probes"), used));
int numbers[4] = { 10, 20, 30, 40 };
int gate;
static int counter; // in memory that the file does not hold
static long longs[4] = { 1L << 33, -2, 3, 4 };

static void come_by(int n, const char *text)
{
    long beyond = 1L << 40;
    // Registers of every width, with and without sign.
    asm volatile("movq $-6, %%r10\n movq $0x1234, %%rax\n" NOTE("demo", "widths", "0",
                 "-8@%%r10 8@%%r10 -4@%%r10d 4@%%r10d -2@%%r10w 2@%%r10w -1@%%r10b 1@%%r10b 1@%%al 1@%%ah")
                 ::: "rax", "r10");
    // Memory, with and without an index, and constants.
    asm volatile("leaq numbers(%%rip), %%r8\n movq $2, %%r9\n" NOTE("demo", "places", "0",
                 "-4@(%%r8) -4@4(%%r8) -4@(%%r8,%%r9,4) -4@4(%%r8,%%r9,4) -4@$-7 8@$0x10 4@(%%r8,%%r9,2)")
                 ::: "r8", "r9");
    asm volatile(NOTE("demo", "values", "0", "-4@%0 8@%1 8@%2") :: "nor"(n), "nor"(text), "nor"(beyond));
    // Variables of the file, and addresses without a base.
    counter = n - 7;
    asm volatile("leaq longs(%%rip), %%r8\n movq %%r8, %%r9\n shrq $3, %%r8\n shrq $2, %%r9\n movq $3, %%r10\n"
                 NOTE("demo", "variables", "0",
                 "-4@counter(%%rip) 8@longs(%%rip) -8@longs+8(%%rip) 8@16+longs(%%rip) 8@(,%%r8,8) 8@16(,%%r9,4) 8@longs(,%%r10,8)")
                 ::: "r8", "r9", "r10");
    // A variable and two registers, of which one is scaled.
    asm volatile("movq $8, %%r8\n movq $2, %%r9\n" NOTE("demo", "both", "0",
                 "-4@numbers(%%r8,%%r9,2)")
                 ::: "r8", "r9");
    asm volatile(NOTE("demo", "unplaced", "0", "-4@.Lnowhere(%%rip)") ::);
    // One variable, seen from two places.
    asm volatile(NOTE("demo", "seen", "0", "-4@counter(%%rip)") ::);
    asm volatile(NOTE("demo", "seen", "0", "-4@counter(%%rip)") ::);
    // One probe at two places that keep its argument differently.
    asm volatile("movl %0, %%r10d\n" NOTE("demo", "twice", "0", "-4@%%r10d") :: "r"(n) : "r10");
    asm volatile(NOTE("demo", "twice", "0", "-4@$1000"));
    asm volatile(NOTE("demo", "tick", "0", ""));
    asm volatile(NOTE("other", "tick", "0", ""));
    asm volatile(NOTE("other", "float", "0", "8f@%%xmm0") ::);
    if (demo_gated_semaphore) {
        gate++;
        asm volatile(NOTE("demo", "gated", "demo_gated_semaphore", "-4@%0") :: "nor"(gate));
    }
}

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 1;
    char text[] = "note";
    if (argc > 2 && strcmp(argv[2], "wait") == 0)
        while (getchar() != EOF)
            ;
    for (int i = 0; i < times; i++)
        come_by(i, text);
    return 0;
}
