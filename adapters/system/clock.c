#include "adapters/system/clock.h"

#include "core/base/assert.h"
#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int64_t wall_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static struct tt_mono mono(void *context)
{
    (void)context;
    return (struct tt_mono){read_clock(CLOCK_MONOTONIC)};
}

/* In slices, so that a signal that came just before a slice began is seen soon after. */
static void sleep_us(void *context, int64_t us)
{
    const volatile int *stop = context;
    int64_t until = read_clock(CLOCK_MONOTONIC) + us;
    for (;;) {
        int64_t left = until - read_clock(CLOCK_MONOTONIC);
        if (left <= 0 || (stop != NULL && *stop != 0))
            return;
        int64_t slice = left < 100000 ? left : 100000;
        struct timespec wait = {.tv_sec = 0, .tv_nsec = (long)(slice * 1000)};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
    }
}

struct tt_clock tt_system_clock(const volatile int *stop)
{
    return (struct tt_clock){
        .context = (void *)(uintptr_t)stop, .wall_us = wall_us, .mono = mono, .sleep_us = sleep_us};
}

static uint64_t next_random(void *context)
{
    (void)context;
    uint64_t bits = 0;
    ssize_t got;
    do
        got = getrandom(&bits, sizeof bits, 0);
    while (got < 0 && errno == EINTR);
    tt_assert(got == (ssize_t)sizeof bits);
    return bits;
}

struct tt_random tt_system_random(void)
{
    return (struct tt_random){.context = NULL, .next = next_random};
}
