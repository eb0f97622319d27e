#pragma once
/* As headers of the kernel are: for a compiler, with the settings of the build. */
#ifdef __KERNEL__
#define STROBE_TIMEOUT (120 * CONFIG_STROBE_TICKS)
struct strobe_case {
	unsigned char kind;
	int numbers[STROBE_LENGTH];
} __attribute__((packed));
#endif
#if __has_include(<net/strobe_broken.h>) && defined(STROBE_BROKEN)
#include <net/strobe_broken.h>
#endif
static inline int strobe_case_kind(const struct strobe_case *c)
{
	return __builtin_expect(!!c->kind, 1) ? ({ int k = c->kind; k; }) : 0;
}
