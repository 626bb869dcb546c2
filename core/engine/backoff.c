#include "core/engine/backoff.h"

enum { DOUBLINGS_MAX = 30 };

int64_t tt_backoff_next_us(struct tt_backoff *backoff, const struct tt_random *random)
{
    unsigned doublings = backoff->tries < DOUBLINGS_MAX ? backoff->tries : DOUBLINGS_MAX;
    int64_t ceiling = backoff->first_us;
    for (unsigned i = 0; i < doublings && ceiling < backoff->max_us; i++)
        ceiling = ceiling > backoff->max_us / 2 ? backoff->max_us : ceiling * 2;
    backoff->tries++;
    int64_t floor = ceiling / 10;
    return floor + (int64_t)(random->next(random->context) % (uint64_t)(ceiling - floor + 1));
}

void tt_backoff_reset(struct tt_backoff *backoff)
{
    backoff->tries = 0;
}
