/* Shares: which thread reads which units. Each has a stretch of neighbouring units, because events
 * of a task stand near to each other, and one feeder then sees most of them. Who is through takes
 * the upper half of the largest stretch that is left, unless that is short and being read.
 *
 * Within one stretch units are taken in order, so that the first unit that is not read yet is
 * always being read. Threads: any.
 */
#ifndef TT_CLI_FEED_SHARE_H
#define TT_CLI_FEED_SHARE_H

#include "core/base/err.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct tt_feed_stretch {
    uint32_t next, end; /* units; next == end: nothing left */
    bool read;          /* somebody has begun with it */
};

struct tt_feed_shares {
    pthread_mutex_t lock;
    struct tt_feed_stretch *stretches; /* one per thread */
    size_t count;
};

/* Splits the units evenly. Errors: NO_MEMORY. */
enum tt_err tt_feed_shares_init(struct tt_feed_shares *shares, uint32_t units,
                                size_t threads) TT_MUST_CHECK;
void tt_feed_shares_done(struct tt_feed_shares *shares);
/* The next unit for a thread. False: none is left. *ret_jumped: it is not the one behind the
 * thread's last, and may stand before it. */
bool tt_feed_shares_next(struct tt_feed_shares *shares, size_t thread, uint32_t *ret_unit,
                         bool *ret_jumped);

#endif
