#include "tests/sim/queue_client.h"

#include "core/base/assert.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVES_PER_LEASE = 3, FIRST_PASS = 8, PASS_GROWS = 4 };

/* ---- Calls */

static enum tt_err there(struct tt_model_queue *q, enum tt_sim_call call, struct tt_fault *fault)
{
    if (!q->connected && call != TT_SIM_CONNECT)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: not connected");
    enum tt_err err = q->link->there(q->link->context, call, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

static enum tt_err back(struct tt_model_queue *q, enum tt_sim_call call, struct tt_fault *fault)
{
    enum tt_err err = q->link->back(q->link->context, call, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

static enum tt_err no_group(struct tt_model_queue *q, struct tt_fault *fault)
{
    q->connected = false;
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: NOGROUP");
}

/* Between the partitions of a call. */
static enum tt_err between(struct tt_model_queue *q, unsigned *done, struct tt_fault *fault)
{
    if ((*done)++ == 0)
        return TT_OK;
    enum tt_err err = q->link->between(q->link->context, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

static void forget_batch(struct tt_model_queue *q)
{
    q->entry_count = 0;
    memset(q->parked, 0, sizeof q->parked);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].task_count = q->partitions[i].count = 0;
}

static void let_go(struct tt_model_queue *q)
{
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        q->partitions[i].ready = q->partitions[i].ready || q->partitions[i].in_hand;
        q->partitions[i].in_hand = false;
    }
}

/* ---- Holding */

static enum tt_err q_give_back(void *context, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    uint64_t vanished = 0;
    enum tt_err err = there(q, TT_SIM_GIVE_BACK, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++)
        if (q->partitions[i].in_hand) {
            err = between(q, &done, fault);
            if (err == TT_OK && !q->server->partitions[i].has_group)
                return no_group(q, fault);
            if (err == TT_OK)
                vanished += tt_model_give_back(q->server, i, q->token);
        }
    if (err == TT_OK)
        err = back(q, TT_SIM_GIVE_BACK, fault);
    if (err != TT_OK)
        return err;
    q->vanished += vanished;
    let_go(q);
    return TT_OK;
}

static enum tt_err q_renew(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    bool lost = false;
    enum tt_err err = there(q, TT_SIM_RENEW, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++)
        if (q->partitions[i].in_hand) {
            err = between(q, &done, fault);
            if (err == TT_OK)
                lost |= !tt_model_renew(q->server, i, q->token, q->lease_ms);
        }
    if (err == TT_OK)
        err = back(q, TT_SIM_RENEW, fault);
    *ret_lost = err == TT_OK && lost;
    return err;
}

static enum tt_err q_finish(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    bool lost = false;
    enum tt_err err = there(q, TT_SIM_FINISH, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++) {
        struct tt_model_id ids[TT_MODEL_ENTRIES_MAX];
        if (!q->partitions[i].in_hand)
            continue;
        size_t count = 0, first = q->partitions[i].first;
        for (size_t k = first; k < first + q->partitions[i].count; k++)
            if (!q->parked[k])
                ids[count++] = (struct tt_model_id){q->entries[k].id_ms, q->entries[k].id_seq};
        err = between(q, &done, fault);
        if (err == TT_OK)
            lost |= tt_model_finish(q->server, i, q->token, ids, count, q->partitions[i].tasks,
                                    q->partitions[i].task_count) < 0;
    }
    if (err == TT_OK)
        err = back(q, TT_SIM_FINISH, fault);
    *ret_lost = err == TT_OK && lost;
    if (err == TT_OK)
        let_go(q);
    return err;
}

static enum tt_err q_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = there(q, TT_SIM_BEAT, fault);
    if (err == TT_OK) {
        tt_model_beat(q->server, q->worker, q->lease_ms * LIVES_PER_LEASE, &q->alive, &q->rank);
        err = back(q, TT_SIM_BEAT, fault);
    }
    if (err == TT_OK)
        *ret_alive = q->alive;
    return err;
}

/* ---- Life */

static enum tt_err q_connect(void *context, unsigned *ret_partitions, int64_t *ret_epoch,
                             struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    char name[TT_MODEL_NAME_BYTES];
    q->connected = false;
    forget_batch(q);
    enum tt_err err = there(q, TT_SIM_CONNECT, fault);
    if (err != TT_OK)
        return err;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        tt_model_make_group(q->server, i);
    err = back(q, TT_SIM_CONNECT, fault);
    q->connected = err == TT_OK;
    if (err == TT_OK && q->token != 0)
        err = q_give_back(q, fault);
    if (err != TT_OK)
        return err;
    uint64_t high = q->random->next(q->random->context), low = q->random->next(q->random->context);
    snprintf(name, sizeof name, "%.20s#%016" PRIx64 "%016" PRIx64, q->worker, high, low);
    q->token = tt_model_token(q->server, name);
    memset(q->partitions, 0, sizeof q->partitions);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].ready = q->partitions[i].from_now = true;
    q->look_due.us = 0;
    *ret_partitions = q->server->partition_count;
    *ret_epoch = 1;
    return TT_OK;
}

static void q_disconnect(void *context)
{
    struct tt_model_queue *q = context;
    struct tt_fault ignored = {0};
    unsigned alive, rank;
    forget_batch(q);
    if (q->connected && q_give_back(q, &ignored) == TT_OK &&
        there(q, TT_SIM_BEAT, &ignored) == TT_OK) {
        tt_model_beat(q->server, q->worker, 0, &alive, &rank);
        (void)back(q, TT_SIM_BEAT, &ignored);
    }
    q->connected = false;
}

/* ---- Claiming */

static bool is_own(const struct tt_model_queue *q, unsigned partition)
{
    return partition % q->alive == q->rank % q->alive;
}

static int by_id(const void *a, const void *b)
{
    const struct tt_queue_entry *x = a, *y = b;
    return tt_model_id_compare((struct tt_model_id){x->id_ms, x->id_seq},
                               (struct tt_model_id){y->id_ms, y->id_seq});
}

static void take_claim(struct tt_model_queue *q, unsigned partition,
                       const struct tt_model_claim *claim)
{
    q->partitions[partition].ready = claim->more == 1;
    q->partitions[partition].full = claim->more == 2;
    if (claim->has_last) {
        q->partitions[partition].from_now = false;
        q->partitions[partition].last = claim->last;
    }
    q->partitions[partition].in_hand = claim->task_count > 0;
    q->partitions[partition].task_count = claim->task_count;
    memcpy((void *)q->partitions[partition].tasks, (const void *)claim->tasks,
           claim->task_count * sizeof *claim->tasks);
    q->partitions[partition].first = q->entry_count;
    q->partitions[partition].count = claim->count;
    q->vanished += claim->vanished;
    for (size_t i = 0; i < claim->count; i++)
        q->entries[q->entry_count + i] =
            (struct tt_queue_entry){.partition = partition,
                                    .id_ms = claim->entries[i].id.ms,
                                    .id_seq = claim->entries[i].id.seq,
                                    .deliveries = claim->deliveries[i],
                                    .payload = claim->entries[i].payload,
                                    .fence = claim->fence};
    if (claim->mixed)
        qsort(q->entries + q->entry_count, claim->count, sizeof *q->entries, by_id);
    q->entry_count += claim->count;
}

static enum tt_err run_pass(struct tt_model_queue *q, bool own, size_t limit, size_t room,
                            int64_t floor, size_t *ret_asked, struct tt_fault *fault)
{
    static struct tt_model_claim claim;
    unsigned count = q->server->partition_count, first = q->next_first % count, done = 0;
    unsigned list[TT_MODEL_PARTITIONS_MAX];
    size_t asked = 0;
    if (limit > room)
        limit = room;
    for (unsigned i = 0; i < count && asked < limit; i++) {
        unsigned k = (first + i) % count;
        if (q->partitions[k].ready && !q->partitions[k].asked && is_own(q, k) == own)
            list[asked++] = k;
    }
    *ret_asked = asked;
    if (asked == 0)
        return TT_OK;
    q->next_first = list[asked - 1] + 1;
    for (size_t i = 0; i < asked; i++)
        q->partitions[list[i]].asked = q->partitions[list[i]].in_hand = true;
    enum tt_err err = there(q, TT_SIM_CLAIM, fault);
    for (size_t i = 0; i < asked && err == TT_OK; i++) {
        err = between(q, &done, fault);
        if (err != TT_OK)
            break;
        if (!q->server->partitions[list[i]].has_group)
            return no_group(q, fault);
        tt_model_claim(q->server, list[i], q->token, q->lease_ms, room / asked, floor,
                       q->waiting_max, &claim);
        take_claim(q, list[i], &claim);
    }
    return err == TT_OK ? back(q, TT_SIM_CLAIM, fault) : err;
}

static enum tt_err run_passes(struct tt_model_queue *q, bool own, size_t max, int64_t floor,
                              struct tt_fault *fault)
{
    size_t limit = FIRST_PASS, asked = 1;
    enum tt_err err = TT_OK;
    while (err == TT_OK && asked > 0 && q->entry_count <= max / 2 && q->entry_count < max) {
        err = run_pass(q, own, limit, max - q->entry_count, floor, &asked, fault);
        if (limit < FIRST_PASS * PASS_GROWS * PASS_GROWS)
            limit *= PASS_GROWS;
    }
    return err;
}

static enum tt_err q_claim(void *context, size_t max, int64_t fence_min,
                           struct tt_queue_batch *ret_batch, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    struct tt_mono now = q->clock->mono(q->clock->context);
    forget_batch(q);
    if (now.us >= q->look_due.us) {
        q->look_due.us = now.us + q->lease_ms * 1000 / 3;
        for (unsigned i = 0; i < q->server->partition_count; i++)
            q->partitions[i].ready = true;
    }
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].asked = false;
    enum tt_err err = run_passes(q, true, max, fence_min, fault);
    if (err == TT_OK && q->entry_count == 0)
        err = run_passes(q, false, max, fence_min, fault);
    if (err != TT_OK)
        return err;
    *ret_batch = (struct tt_queue_batch){
        .entries = q->entries, .count = q->entry_count, .vanished = q->vanished};
    q->vanished = 0;
    return TT_OK;
}

/* ---- Waiting and tending */

static bool look(struct tt_model_queue *q, unsigned i)
{
    const struct tt_model_partition *p = &q->server->partitions[i];
    bool found = !q->partitions[i].from_now && !q->partitions[i].full && p->entry_count > 0 &&
                 tt_model_id_compare(p->entries[p->entry_count - 1].id, q->partitions[i].last) > 0;
    if (tt_model_id_compare(p->wake, q->partitions[i].wake) > 0) {
        q->partitions[i].wake = p->wake;
        found = true;
    }
    q->partitions[i].ready = q->partitions[i].ready || found;
    return found;
}

static bool look_everywhere(struct tt_model_queue *q)
{
    bool found = false;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        found |= look(q, i);
    return found;
}

static enum tt_err q_wait(void *context, int64_t wait_ms, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        if (q->partitions[i].ready)
            return TT_OK;
    enum tt_err err = there(q, TT_SIM_WAIT, fault);
    if (err == TT_OK && !look_everywhere(q)) {
        q->idle(q->idle_context, q->server->changes, wait_ms);
        look_everywhere(q);
    }
    return err == TT_OK ? back(q, TT_SIM_WAIT, fault) : err;
}

static enum tt_err q_bury(void *context, const struct tt_queue_entry *entry, const char *reason,
                          const char *error, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    (void)error;
    enum tt_err err = there(q, TT_SIM_BURY, fault);
    if (err != TT_OK)
        return err;
    tt_model_bury(q->server, entry->partition, q->token,
                  (struct tt_model_id){entry->id_ms, entry->id_seq}, reason, entry->deliveries,
                  entry->payload);
    return back(q, TT_SIM_BURY, fault);
}

static struct tt_model_id set_parked(struct tt_model_queue *q, const struct tt_queue_entry *entry)
{
    q->parked[entry - q->entries] = true;
    return (struct tt_model_id){entry->id_ms, entry->id_seq};
}

static enum tt_err q_park(void *context, const struct tt_queue_parking *parking,
                          struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    const struct tt_queue_entry *entry = parking->entry;
    struct tt_model_id behind[TT_MODEL_ENTRIES_MAX], id = set_parked(q, entry);
    char key[TT_MODEL_KEY_BYTES];
    snprintf(key, sizeof key, "%.*s/%.*s", TT_STR_ARGS(parking->tenant),
             TT_STR_ARGS(parking->task_id));
    for (size_t i = 0; i < parking->behind_count; i++)
        behind[i] = set_parked(q, parking->behind[i]);
    enum tt_err err = there(q, TT_SIM_PARK, fault);
    if (err != TT_OK)
        return err;
    if (!q->server->partitions[entry->partition].has_group)
        return no_group(q, fault);
    tt_model_park(q->server, entry->partition, q->token, id, parking->reason, entry->deliveries,
                  entry->payload, tt_model_key(q->server, key), behind, parking->behind_count);
    return back(q, TT_SIM_PARK, fault);
}

static enum tt_err q_trim(void *context, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = TT_OK;
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++) {
        if (!is_own(q, i))
            continue;
        err = there(q, TT_SIM_TRIM, fault);
        if (err != TT_OK)
            return err;
        if (!q->server->partitions[i].has_group)
            return no_group(q, fault);
        uint64_t vanished = tt_model_tend(q->server, i);
        q->vanished += vanished;
        unsigned done = 1;
        err = between(q, &done, fault);
        if (err != TT_OK)
            return err;
        tt_model_trim(q->server, i);
        err = back(q, TT_SIM_TRIM, fault);
    }
    return err;
}

static enum tt_err q_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                             struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    struct tt_queue_backlog backlog = {0};
    unsigned done = 0;
    enum tt_err err = there(q, TT_SIM_BACKLOG, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++) {
        err = between(q, &done, fault);
        struct tt_queue_backlog one = tt_model_backlog(q->server, i);
        backlog.unread += one.unread;
        backlog.pending += one.pending;
    }
    if (err == TT_OK)
        err = back(q, TT_SIM_BACKLOG, fault);
    if (err == TT_OK)
        *ret_backlog = backlog;
    return err;
}

struct tt_queue tt_model_queue_port(struct tt_model_queue *queue)
{
    queue->alive = 1;
    return (struct tt_queue){.context = queue,
                             .connect = q_connect,
                             .heartbeat = q_heartbeat,
                             .claim = q_claim,
                             .renew = q_renew,
                             .finish = q_finish,
                             .give_back = q_give_back,
                             .wait = q_wait,
                             .bury = q_bury,
                             .trim = q_trim,
                             .backlog = q_backlog,
                             .disconnect = q_disconnect,
                             .park = q_park};
}
