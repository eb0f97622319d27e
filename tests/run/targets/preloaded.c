// flags: -O0 -g -fcf-protection=none -fPIC -fvisibility=hidden -shared -Dmain=notes_main
// A library that comes by the static probes of `notes` three times when a program loads it.
#include "notes.c"

__attribute__((constructor)) static void loaded(void)
{
    char name[] = "preloaded", times[] = "3";
    char *argv[] = { name, times, NULL };
    notes_main(2, argv);
}
