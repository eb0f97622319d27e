#pragma once
#define MORE_LIMIT 7
struct more { long x; };
enum more_kind { MORE_A = 3, MORE_B };
#include "../own.h"
