/* Asking ahead, in two steps: prefetch sends the look; when somebody says to carry on, or something
 * else is to be sent, its answer is read and the offers leave. */
#include "tests/sim/queue_client_parts.h"

enum { AHEAD = 8 };

bool tt_model_client_is_ahead(const struct tt_model_queue *q)
{
    return q->hands[!q->now].asked;
}

/* What becomes of the claims is told by the next call. */
static void offer_all(struct tt_model_queue *q, enum tt_sim_call call, const unsigned *list,
                      size_t count)
{
    struct tt_fault later = {0};
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_model_client_offer(q, list[i], q->looks.each, q->looks.floor, &later);
    if (err == TT_OK)
        (void)tt_model_client_back(q, call, &later);
}

enum tt_err tt_model_client_prefetch(void *context, size_t max, int64_t fence_min, bool *ret_asked,
                                     struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    *ret_asked = tt_model_client_is_ahead(q);
    if (*ret_asked)
        return TT_OK;
    tt_model_client_forget_seen(q);
    tt_model_client_ask_anew(q);
    size_t count = tt_model_client_choose(q, true, max < AHEAD ? max : AHEAD, q->looks.partitions);
    if (count == 0)
        return TT_OK;
    enum tt_err err = tt_model_client_there(q, TT_SIM_PREFETCH, fault);
    if (err != TT_OK)
        return err;
    q->hands[!q->now].asked = *ret_asked = true;
    q->looks.each = max / count;
    q->looks.floor = fence_min;
    for (size_t i = 0; i < count; i++)
        tt_model_client_look(q, q->looks.partitions[i], q->looks.each, !q->now);
    if (q->locking)
        q->looks.count = count;
    else
        offer_all(q, TT_SIM_PREFETCH, q->looks.partitions, count);
    return TT_OK;
}

/* The answer to the looks. */
static enum tt_err receive_looks(struct tt_model_queue *q, struct tt_fault *fault)
{
    if (!q->connected)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: not connected");
    return tt_model_client_back(q, TT_SIM_PREFETCH, fault);
}

enum tt_err tt_model_client_carry_on(void *context, bool wait, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    size_t count = q->looks.count;
    if (count == 0 || !wait)
        return TT_OK;
    q->looks.count = 0;
    enum tt_err err = receive_looks(q, fault);
    if (err == TT_OK)
        err = tt_model_client_there(q, TT_SIM_CARRY_ON, fault);
    if (err == TT_OK)
        offer_all(q, TT_SIM_CARRY_ON, q->looks.partitions, count);
    return err;
}

enum tt_err tt_model_client_drop_looks(struct tt_model_queue *q, struct tt_fault *fault)
{
    size_t count = q->looks.count;
    for (size_t i = 0; i < count; i++)
        q->partitions[q->looks.partitions[i]].in_hand = false;
    q->looks.count = 0;
    return count == 0 ? TT_OK : receive_looks(q, fault);
}
