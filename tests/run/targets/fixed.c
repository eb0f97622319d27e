// flags: -O0 -g -fcf-protection=none -fno-pie -no-pie
// `fixed N [wait]`: as `notes`, in a file that is linked to fixed addresses.
#include "notes.c"
