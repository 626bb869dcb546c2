/* Time, as the engine sees it. Wall time stamps rows; monotonic time measures waiting. */
#ifndef TT_PORT_CLOCK_H
#define TT_PORT_CLOCK_H

#include "core/base/time.h"

struct tt_clock {
    void *context;
    int64_t (*wall_us)(void *context);
    struct tt_mono (*mono)(void *context);
    /* Waits; returns early when the process is asked to stop. */
    void (*sleep_us)(void *context, int64_t us);
};

#endif
