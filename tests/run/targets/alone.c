// flags: -O0 -g -fcf-protection=none -static
// `notes` without libraries, for processes that see no files but their own.
#include "notes.c"
