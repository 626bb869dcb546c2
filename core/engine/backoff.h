/* Waiting between tries: exponential with full jitter (each wait is uniform between zero and the
 * current ceiling, so that many workers that failed together do not come back together). Pure but
 * for chance. */
#ifndef TT_ENGINE_BACKOFF_H
#define TT_ENGINE_BACKOFF_H

#include "core/port/random.h"

struct tt_backoff {
    int64_t first_us; /* ceiling of the first wait */
    int64_t max_us;   /* ceiling of all later ones */
    unsigned tries;   /* failures since the last success */
};

/* The next wait, and one failure more. At least a tenth of the ceiling, so that it is a wait at
 * all. */
int64_t tt_backoff_next_us(struct tt_backoff *backoff, const struct tt_random *random);
void tt_backoff_reset(struct tt_backoff *backoff);

#endif
