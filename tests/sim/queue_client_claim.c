/* The client's claims. */
#include "tests/sim/queue_client_parts.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_PASS = 8, PASS_GROWS = 4, DEEP_PASS = 2 };

bool tt_model_client_is_own(const struct tt_model_queue *q, unsigned partition)
{
    return !q->locking || partition % q->alive == q->rank % q->alive;
}

static int by_id(const void *a, const void *b)
{
    const struct tt_queue_entry *x = a, *y = b;
    return tt_model_id_compare((struct tt_model_id){x->id_ms, x->id_seq},
                               (struct tt_model_id){y->id_ms, y->id_seq});
}

static void take_claim(struct tt_model_queue *q, unsigned partition, size_t each,
                       const struct tt_model_claim *claim)
{
    q->partitions[partition].stale = claim->more == 3;
    q->partitions[partition].full = claim->more == 2;
    q->partitions[partition].maybe = false;
    q->partitions[partition].ready = claim->more == 1 || claim->more == 3;
    q->partitions[partition].deep = q->partitions[partition].ready && claim->count >= each / 2;
    q->partitions[partition].last = claim->last;
    q->partitions[partition].in_hand = claim->count > 0 || claim->task_count > 0;
    q->partitions[partition].task_count = claim->task_count;
    memcpy((void *)q->partitions[partition].tasks, (const void *)claim->tasks,
           claim->task_count * sizeof *claim->tasks);
    struct tt_queue_entry *entries = q->hands[q->partitions[partition].hand].entries;
    size_t *entry_count = &q->hands[q->partitions[partition].hand].entry_count;
    q->partitions[partition].first = *entry_count;
    q->partitions[partition].count = claim->count;
    q->vanished += claim->vanished;
    for (size_t i = 0; i < claim->count; i++)
        entries[*entry_count + i] = (struct tt_queue_entry){.partition = partition,
                                                            .id_ms = claim->entries[i].id.ms,
                                                            .id_seq = claim->entries[i].id.seq,
                                                            .deliveries = claim->deliveries[i],
                                                            .payload = claim->entries[i].payload,
                                                            .fence = claim->fence};
    if (claim->mixed)
        qsort(entries + *entry_count, claim->count, sizeof *entries, by_id);
    *entry_count += claim->count;
}

size_t tt_model_client_choose(struct tt_model_queue *q, bool own, bool maybe, size_t limit,
                              unsigned *list)
{
    unsigned count = q->server->partition_count, first = q->next_first % count;
    size_t chosen = 0;
    bool deep = limit <= FIRST_PASS;
    for (unsigned i = 0; i < count && chosen < limit && !(deep && chosen == DEEP_PASS); i++) {
        unsigned k = (first + i) % count;
        if ((!q->partitions[k].ready && !(maybe && q->partitions[k].maybe)) ||
            q->partitions[k].asked || q->partitions[k].in_hand ||
            tt_model_client_is_own(q, k) != own)
            continue;
        list[chosen++] = k;
        deep = deep && q->partitions[k].deep;
    }
    if (chosen > 0)
        q->next_first = list[chosen - 1] + 1;
    return chosen;
}

void tt_model_client_look(struct tt_model_queue *q, unsigned partition, size_t each, unsigned hand)
{
    q->partitions[partition].asked = q->partitions[partition].in_hand = true;
    q->partitions[partition].hand = hand;
    q->partitions[partition].count = q->partitions[partition].task_count = 0;
    if (q->partitions[partition].has_seen && q->seen[partition].count < each)
        q->offers[partition] = q->seen[partition];
    else
        tt_model_look(q->server, partition, q->partitions[partition].last, each,
                      &q->offers[partition]);
    q->partitions[partition].has_seen = false;
}

static void take_plain(struct tt_model_queue *q, unsigned partition, size_t each)
{
    static struct tt_model_claim claim;
    bool recovering = q->partitions[partition].recovering;
    struct tt_model_id last = q->partitions[partition].last;
    if (recovering)
        tt_model_recover(q->server, partition, q->consumer, each, q->lease_ms,
                         &q->partitions[partition].cursor, &claim);
    else
        tt_model_read(q->server, partition, q->consumer, each, &claim);
    if (recovering || claim.count == 0)
        claim.last = last;
    claim.more = recovering || claim.count >= each;
    take_claim(q, partition, each, &claim);
    if (recovering)
        q->partitions[partition].recovering = q->partitions[partition].cursor.ms > 0;
    else
        q->partitions[partition].from_now = claim.count == 0;
}

enum tt_err tt_model_client_offer(struct tt_model_queue *q, unsigned partition, size_t each,
                                  int64_t floor, struct tt_fault *fault)
{
    static struct tt_model_claim claim;
    enum tt_err err = tt_model_client_between(q, fault);
    if (err != TT_OK)
        return err;
    if (!q->server->partitions[partition].has_group)
        return tt_model_client_no_group(q, fault);
    if (!q->locking) {
        take_plain(q, partition, each);
        return TT_OK;
    }
    tt_model_claim(q->server, partition, q->token, q->lease_ms, each, floor, q->waiting_max,
                   &q->offers[partition], &claim);
    take_claim(q, partition, each, &claim);
    return TT_OK;
}

/* Where somebody was quicker, what there is now is looked at and offered once more. (The adapter
 * does that when all have answered; partitions know nothing of each other.) */
static enum tt_err claim_from(struct tt_model_queue *q, const unsigned *list, size_t count,
                              size_t each, int64_t floor, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count; i++)
        tt_model_client_look(q, list[i], each, q->now);
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        err = tt_model_client_offer(q, list[i], each, floor, fault);
        if (err != TT_OK || !q->partitions[list[i]].stale)
            continue;
        tt_model_client_look(q, list[i], each, q->now);
        err = tt_model_client_offer(q, list[i], each, floor, fault);
    }
    return err;
}

struct pass {
    bool own, maybe;
    size_t limit;
};

static enum tt_err run_pass(struct tt_model_queue *q, const struct pass *pass, size_t room,
                            int64_t floor, size_t *ret_asked, struct tt_fault *fault)
{
    unsigned list[TT_MODEL_PARTITIONS_MAX];
    size_t asked = tt_model_client_choose(q, pass->own, pass->maybe,
                                          pass->limit < room ? pass->limit : room, list);
    *ret_asked = asked;
    if (asked == 0)
        return TT_OK;
    enum tt_err err = tt_model_client_there(q, TT_SIM_CLAIM, fault);
    if (err == TT_OK)
        err = claim_from(q, list, asked, room / asked, floor, fault);
    return err == TT_OK ? tt_model_client_back(q, TT_SIM_CLAIM, fault) : err;
}

void tt_model_client_forget_seen(struct tt_model_queue *q)
{
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].has_seen = false;
}

void tt_model_client_ask_anew(struct tt_model_queue *q)
{
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].asked = false;
}

static enum tt_err run_passes(struct tt_model_queue *q, bool own, size_t max, int64_t floor,
                              struct tt_fault *fault)
{
    const size_t *count = &q->hands[q->now].entry_count;
    struct pass pass = {own, *count == 0, FIRST_PASS};
    size_t asked = 1;
    enum tt_err err = TT_OK;
    while (err == TT_OK && asked > 0 && *count <= max / 2 && *count < max) {
        err = run_pass(q, &pass, max - *count, floor, &asked, fault);
        if (pass.limit < FIRST_PASS * PASS_GROWS * PASS_GROWS)
            pass.limit *= PASS_GROWS;
    }
    return err;
}

enum tt_err tt_model_client_claim(void *context, size_t max, int64_t fence_min,
                                  struct tt_queue_batch *ret_batch, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    struct tt_mono now = q->clock->mono(q->clock->context);
    q->batch_max = max;
    tt_model_client_forget_batch(q, q->now);
    enum tt_err err = tt_model_client_go_on(q, fault);
    q->now = !q->now; /* what was asked for ahead, if anything */
    if (err != TT_OK)
        return err;
    if (!q->looks.offered)
        tt_model_client_take_finishes(q);
    q->looks.offered = false;
    if (!q->connected)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: not connected");
    if (now.us >= q->look_due.us) {
        q->look_due.us = now.us + q->lease_ms * 1000 / (q->locking ? 3 : 1);
        for (unsigned i = 0; i < q->server->partition_count; i++) {
            q->partitions[i].ready = true;
            q->partitions[i].recovering = !q->locking;
            q->partitions[i].cursor = (struct tt_model_id){0, 0};
        }
    }
    if (!q->hands[q->now].asked)
        tt_model_client_ask_anew(q);
    err = run_passes(q, true, max, fence_min, fault);
    if (err == TT_OK && q->hands[q->now].entry_count == 0)
        err = run_passes(q, false, max, fence_min, fault);
    tt_model_client_forget_seen(q);
    if (err != TT_OK)
        return err;
    *ret_batch = (struct tt_queue_batch){.entries = q->hands[q->now].entries,
                                         .count = q->hands[q->now].entry_count,
                                         .vanished = q->vanished};
    q->vanished = 0;
    return TT_OK;
}
