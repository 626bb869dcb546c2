/* Asking ahead, in two steps: prefetch sends the look; when somebody says to carry on, or something
 * else is to be sent, its answer is read and the offers leave. Where nothing is known of, somebody
 * who carries on sends a peek first. */
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
    q->looks.offered = true;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_model_client_offer(q, list[i], q->looks.each, q->looks.floor, &later);
    if (err == TT_OK)
        (void)tt_model_client_back(q, call, &later);
}

static bool may_peek(const struct tt_model_queue *q, unsigned i)
{
    return !q->partitions[i].in_hand && !q->partitions[i].full && tt_model_client_is_own(q, i);
}

static bool is_to_be_peeked_at(const struct tt_model_queue *q)
{
    bool peek = q->locking, any = false;
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        peek = peek && !(q->partitions[i].ready && !q->partitions[i].in_hand &&
                         tt_model_client_is_own(q, i));
        any = any || may_peek(q, i);
    }
    return peek && any;
}

static void look_at(struct tt_model_queue *q, size_t count)
{
    q->hands[!q->now].asked = true;
    q->looks.each = q->looks.max / count;
    for (size_t i = 0; i < count; i++)
        tt_model_client_look(q, q->looks.partitions[i], q->looks.each, !q->now);
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
    q->looks.max = max;
    q->looks.floor = fence_min;
    q->looks.answered = false;
    q->looks.peek = is_to_be_peeked_at(q);
    if (q->looks.peek)
        return TT_OK;
    size_t count =
        tt_model_client_choose(q, true, true, max < AHEAD ? max : AHEAD, q->looks.partitions);
    if (count == 0)
        return TT_OK;
    enum tt_err err = tt_model_client_there(q, TT_SIM_PREFETCH, fault);
    if (err != TT_OK)
        return err;
    *ret_asked = true;
    look_at(q, count);
    if (q->locking)
        q->looks.count = count;
    else
        offer_all(q, TT_SIM_PREFETCH, q->looks.partitions, count);
    return TT_OK;
}

/* One look at all that may be peeked at; what it found is offered by whoever goes on. */
static enum tt_err peek(struct tt_model_queue *q, struct tt_fault *fault)
{
    bool any = false, all = true;
    q->looks.peek = false;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        any = any || may_peek(q, i);
    enum tt_err err = any ? tt_model_client_there(q, TT_SIM_PREFETCH, fault) : TT_OK;
    if (err != TT_OK || !any)
        return err;
    bool calls = tt_model_client_with_calls(q, 0);
    tt_model_client_forget_seen(q);
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        if (may_peek(q, i)) {
            q->partitions[i].ready |= tt_model_client_see_events(q, i);
            q->partitions[i].maybe = false;
        }
        q->partitions[i].ready |= calls && tt_model_client_see_call(q, i);
    }
    err = tt_model_client_back(q, TT_SIM_PREFETCH, fault);
    if (err != TT_OK)
        return err;
    size_t limit = q->looks.max < AHEAD ? q->looks.max : AHEAD;
    size_t count = tt_model_client_choose(q, true, false, limit, q->looks.partitions);
    for (size_t i = 0; i < count; i++) {
        unsigned k = q->looks.partitions[i];
        all = all && q->partitions[k].has_seen && q->seen[k].count < q->looks.max / count;
    }
    if (!all)
        tt_model_client_forget_seen(q);
    if (!all)
        err = tt_model_client_between(q, fault);
    if (err == TT_OK && count > 0)
        look_at(q, count);
    q->looks.answered = true;
    q->looks.count = err == TT_OK ? count : 0;
    return err;
}

void tt_model_client_take_finishes(struct tt_model_queue *q)
{
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        q->partitions[i].ready |= q->partitions[i].tells;
        q->partitions[i].tells = false;
    }
}

/* The answer to the looks. */
static enum tt_err receive_looks(struct tt_model_queue *q, struct tt_fault *fault)
{
    if (!q->connected)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: not connected");
    tt_model_client_take_finishes(q);
    return tt_model_client_back(q, TT_SIM_PREFETCH, fault);
}

enum tt_err tt_model_client_go_on(struct tt_model_queue *q, struct tt_fault *fault)
{
    size_t count = q->looks.count;
    if (count == 0)
        return TT_OK;
    q->looks.count = 0;
    enum tt_err err = q->looks.answered ? TT_OK : receive_looks(q, fault);
    if (err == TT_OK)
        err = tt_model_client_there(q, TT_SIM_CARRY_ON, fault);
    if (err == TT_OK)
        offer_all(q, TT_SIM_CARRY_ON, q->looks.partitions, count);
    return err;
}

enum tt_err tt_model_client_carry_on(void *context, bool wait, bool *ret_asked,
                                     struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = wait && q->looks.peek ? peek(q, fault) : TT_OK;
    if (err == TT_OK && wait)
        err = tt_model_client_go_on(q, fault);
    *ret_asked = err == TT_OK && tt_model_client_is_ahead(q);
    return err;
}

enum tt_err tt_model_client_drop_looks(struct tt_model_queue *q, struct tt_fault *fault)
{
    size_t count = q->looks.count;
    for (size_t i = 0; i < count; i++)
        q->partitions[q->looks.partitions[i]].in_hand = false;
    bool answered = q->looks.answered;
    q->looks.count = 0;
    q->looks.peek = false;
    tt_model_client_forget_seen(q);
    return count == 0 || answered ? TT_OK : receive_looks(q, fault);
}
