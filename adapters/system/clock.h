/* The machine's clocks, and chance from its random device. */
#ifndef TT_ADAPTERS_SYSTEM_CLOCK_H
#define TT_ADAPTERS_SYSTEM_CLOCK_H

#include "core/port/clock.h"
#include "core/port/random.h"

/* stop: a flag set by a signal handler, at which sleeping ends early; borrowed, may be NULL. */
struct tt_clock tt_system_clock(const volatile int *stop);
/* Threads: any. */
struct tt_random tt_system_random(void);

#endif
