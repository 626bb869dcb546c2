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

/* The first stretch that nobody has begun with; NULL: there is none. */
static struct tt_feed_stretch *first_unread(struct tt_feed_shares *shares)
{
    for (size_t t = 0; t < shares->count; t++)
        if (!shares->stretches[t].read && shares->stretches[t].next < shares->stretches[t].end)
            return &shares->stretches[t];
    return NULL;
}

enum { SHORT = 8 }; /* a stretch that is not worth a feeder of its own */

/* Another stretch for a thread that is through with its own. One that nobody reads, because its
 * thread has not begun or could not be started, is taken whole: of a half, the lower part would
 * be left to nobody, and those who wait for it to be read would wait for ever. */
static bool take_another(struct tt_feed_shares *shares, struct tt_feed_stretch *own)
{
    struct tt_feed_stretch *from = first_unread(shares);
    uint32_t first = from == NULL ? 0 : from->next;
    if (from == NULL) {
        from = own;
        for (size_t t = 0; t < shares->count; t++)
            if (shares->stretches[t].end - shares->stretches[t].next > from->end - from->next)
                from = &shares->stretches[t];
        uint32_t left = from->end - from->next;
        if (left < SHORT)
            return false;
        first = from->next + left / 2;
    }
    *own = (struct tt_feed_stretch){first, from->end, true};
    from->end = first;
    return true;
}

bool tt_feed_shares_next(struct tt_feed_shares *shares, size_t thread, uint32_t *ret_unit,
                         bool *ret_jumped)
{
    pthread_mutex_lock(&shares->lock);
    struct tt_feed_stretch *own = &shares->stretches[thread];
    bool jumped = own->next == own->end, found = !jumped || take_another(shares, own);
    if (found) {
        own->read = true;
        *ret_unit = own->next++;
        *ret_jumped = jumped;
    }
    pthread_mutex_unlock(&shares->lock);
    return found;
}
