#include "cli/feed_share.h"

#include "core/base/mem.h"

enum tt_err tt_feed_shares_init(struct tt_feed_shares *shares, uint32_t units, size_t threads)
{
    *shares = (struct tt_feed_shares){.count = threads};
    shares->stretches = tt_mem_zalloc((threads + 1) * sizeof *shares->stretches);
    if (shares->stretches == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t t = 0; t < threads; t++) {
        shares->stretches[t].next = (uint32_t)(units * (uint64_t)t / threads);
        shares->stretches[t].end = (uint32_t)(units * (uint64_t)(t + 1) / threads);
    }
    pthread_mutex_init(&shares->lock, NULL);
    return TT_OK;
}

void tt_feed_shares_done(struct tt_feed_shares *shares)
{
    if (shares->stretches == NULL)
        return;
    tt_mem_free(shares->stretches);
    pthread_mutex_destroy(&shares->lock);
}

enum { SHORT = 8 }; /* a stretch that is not worth a feeder of its own */

/* The upper half of the largest stretch becomes the thread's own. */
static bool take_half(struct tt_feed_shares *shares, struct tt_feed_stretch *own)
{
    struct tt_feed_stretch *largest = own;
    for (size_t t = 0; t < shares->count; t++)
        if (shares->stretches[t].end - shares->stretches[t].next > largest->end - largest->next)
            largest = &shares->stretches[t];
    uint32_t left = largest->end - largest->next;
    if (left == 0 || (left < SHORT && largest->read))
        return false;
    *own = (struct tt_feed_stretch){largest->next + left / 2, largest->end, true};
    largest->end = own->next;
    return true;
}

bool tt_feed_shares_next(struct tt_feed_shares *shares, size_t thread, uint32_t *ret_unit,
                         bool *ret_jumped)
{
    pthread_mutex_lock(&shares->lock);
    struct tt_feed_stretch *own = &shares->stretches[thread];
    bool jumped = own->next == own->end, found = !jumped || take_half(shares, own);
    if (found) {
        own->read = true;
        *ret_unit = own->next++;
        *ret_jumped = jumped;
    }
    pthread_mutex_unlock(&shares->lock);
    return found;
}
