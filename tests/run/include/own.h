#ifndef OWN_H
#define OWN_H
#include "inner/more.h"
#define OWN_LIMIT (MORE_LIMIT + 1)
struct own { int a; struct more m; char name[OWN_LIMIT]; };
#endif
