/* When the machine itself stood still while something was measured on it: another thread of the
 * highest priority on each processor wants to wake up every half a millisecond, does nothing then,
 * and notes when it woke up late (as cyclictest of rt-tests does). What makes it late makes
 * everything late: the machine's host, or a part of the kernel that nobody can interrupt. Without
 * the right to such a priority it has an ordinary one, and takes waiting for other programs for
 * standing still. */
#ifndef TT_BENCH_STALLS_H
#define TT_BENCH_STALLS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STALLS_MAX = 100000, STALL_PROCESSORS_MAX = 64 };

/* Microseconds of the monotonic clock. */
struct stall {
    int64_t from_us, until_us;
};

struct stall_watch {
    pthread_t thread;
    const atomic_bool *stop;
    int processor;
    bool is_first; /* has the highest priority */
    size_t count;  /* of stalls, at most STALLS_MAX, in their order */
    struct stall *stalls;
};

struct stalls {
    atomic_bool stop;
    int count;
    struct stall_watch watches[STALL_PROCESSORS_MAX];
};

/* false: no memory or no threads; nothing runs then. Ended by stalls_end, freed by stalls_done. */
bool stalls_begin(struct stalls *s);
void stalls_end(struct stalls *s);
void stalls_done(struct stalls *s);

/* After the end: whether any processor stood still within [from_us, until_us]. */
bool stalls_touch(const struct stalls *s, int64_t from_us, int64_t until_us);
/* Share of the processors' time in which they stood still, 0 to 1. */
double stalls_share(const struct stalls *s, int64_t from_us, int64_t until_us);
/* Whether the watching threads had the priority they want. */
bool stalls_are_first(const struct stalls *s);

#endif
