#include "tests/sim/queue_client_parts.h"

#include "core/base/assert.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVES_PER_LEASE = 3, SEEN_MAX = 16, BRIEF_MS = 10, CALLS_EVERY = 16 };

/* ---- Calls */

enum tt_err tt_model_client_there(struct tt_model_queue *q, enum tt_sim_call call,
                                  struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    if (call != TT_SIM_CONNECT && call != TT_SIM_CARRY_ON)
        err = tt_model_client_go_on(q, fault);
    if (err != TT_OK)
        return err;
    bool reads = call != TT_SIM_CONNECT && call != TT_SIM_CARRY_ON &&
                 (call != TT_SIM_FINISH || !tt_model_client_is_ahead(q));
    if (reads)
        tt_model_client_take_finishes(q);
    q->looks.offered = q->looks.offered && !reads;
    if (!q->connected && call != TT_SIM_CONNECT)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: not connected");
    err = q->link->there(q->link->context, call, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

enum tt_err tt_model_client_back(struct tt_model_queue *q, enum tt_sim_call call,
                                 struct tt_fault *fault)
{
    enum tt_err err = q->link->back(q->link->context, call, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

enum tt_err tt_model_client_no_group(struct tt_model_queue *q, struct tt_fault *fault)
{
    q->connected = false;
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "queue: NOGROUP");
}

enum tt_err tt_model_client_between(struct tt_model_queue *q, struct tt_fault *fault)
{
    enum tt_err err = q->link->between(q->link->context, fault);
    if (err != TT_OK)
        q->connected = false;
    return err;
}

enum tt_err tt_model_client_step(struct tt_model_queue *q, unsigned *done, struct tt_fault *fault)
{
    return (*done)++ == 0 ? TT_OK : tt_model_client_between(q, fault);
}

void tt_model_client_forget_batch(struct tt_model_queue *q, unsigned hand)
{
    q->hands[hand].entry_count = 0;
    q->hands[hand].asked = false;
    memset(q->hands[hand].parked, 0, sizeof q->hands[hand].parked);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        if (q->partitions[i].hand == hand)
            q->partitions[i].task_count = q->partitions[i].count = 0;
}

static void let_go(struct tt_model_queue *q, bool waits)
{
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        q->partitions[i].ready =
            q->partitions[i].ready ||
            (q->partitions[i].in_hand && (waits || !q->locking || q->partitions[i].full));
        q->partitions[i].maybe = q->partitions[i].maybe || q->partitions[i].in_hand;
        q->partitions[i].in_hand = false;
    }
}

/* ---- Holding */

static enum tt_err q_give_back(void *context, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    uint64_t vanished = 0;
    enum tt_err err = tt_model_client_drop_looks(q, fault);
    if (err == TT_OK)
        err = tt_model_client_there(q, TT_SIM_GIVE_BACK, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++)
        if (q->partitions[i].in_hand) {
            err = tt_model_client_step(q, &done, fault);
            if (err == TT_OK && !q->server->partitions[i].has_group)
                return tt_model_client_no_group(q, fault);
            if (err == TT_OK && q->locking)
                vanished += tt_model_give_back(q->server, i, q->token);
        }
    if (err == TT_OK)
        err = tt_model_client_back(q, TT_SIM_GIVE_BACK, fault);
    if (err != TT_OK)
        return err;
    q->vanished += vanished;
    let_go(q, true);
    tt_model_client_forget_batch(q, !q->now);
    return TT_OK;
}

static enum tt_err q_renew(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    bool lost = false;
    enum tt_err err = tt_model_client_there(q, TT_SIM_RENEW, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++)
        if (q->partitions[i].in_hand) {
            err = tt_model_client_step(q, &done, fault);
            if (err == TT_OK)
                lost |= !tt_model_renew(q->server, i, q->token, q->lease_ms);
        }
    if (err == TT_OK)
        err = tt_model_client_back(q, TT_SIM_RENEW, fault);
    *ret_lost = err == TT_OK && lost;
    return err;
}

/* As the script: how many tasks became ready, or -1. */
static int64_t finish_one(struct tt_model_queue *q, unsigned i)
{
    struct tt_model_id ids[TT_MODEL_ENTRIES_MAX];
    size_t count = 0, first = q->partitions[i].first;
    for (size_t k = first; k < first + q->partitions[i].count; k++) {
        const struct tt_queue_entry *entry = &q->hands[q->now].entries[k];
        if (!q->hands[q->now].parked[k])
            ids[count++] = (struct tt_model_id){entry->id_ms, entry->id_seq};
    }
    for (size_t k = 0; k < count && !q->locking; k++)
        tt_model_acknowledge(q->server, i, ids[k]);
    if (!q->locking)
        return 0;
    return tt_model_finish(q->server, i, q->token, ids, count, q->partitions[i].tasks,
                           q->partitions[i].task_count);
}

/* With another batch asked for, the answer is not waited for: that nothing came of it is told by
 * the next call. */
static enum tt_err q_finish(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    unsigned done = 0;
    bool lost = false, waits = false, ahead = tt_model_client_is_ahead(q);
    enum tt_err err = tt_model_client_go_on(q, fault);
    if (err != TT_OK)
        return err;
    q->looks.peek = false; /* nobody said to carry on */
    err = tt_model_client_there(q, TT_SIM_FINISH, fault);
    for (unsigned i = 0; i < q->server->partition_count; i++) {
        if (!q->partitions[i].in_hand || q->partitions[i].hand != q->now)
            continue;
        if (err == TT_OK)
            err = tt_model_client_step(q, &done, fault);
        int64_t became_ready = err == TT_OK ? finish_one(q, i) : 0;
        lost |= became_ready < 0;
        waits |= became_ready != 0;
        if (!ahead)
            continue;
        q->partitions[i].unsure = q->partitions[i].maybe = true;
        q->partitions[i].ready |= !q->locking || q->partitions[i].full;
        q->partitions[i].tells |= became_ready != 0;
        q->partitions[i].in_hand = false;
    }
    if (err == TT_OK)
        err = tt_model_client_back(q, TT_SIM_FINISH, fault);
    *ret_lost = q->lost || (err == TT_OK && lost && !ahead);
    q->lost = err == TT_OK && lost && ahead;
    if (err == TT_OK && !ahead)
        let_go(q, waits);
    return ahead ? TT_OK : err;
}

static enum tt_err q_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = tt_model_client_there(q, TT_SIM_BEAT, fault);
    if (err == TT_OK) {
        tt_model_beat(q->server, q->worker, q->lease_ms * LIVES_PER_LEASE, &q->alive, &q->rank);
        err = tt_model_client_back(q, TT_SIM_BEAT, fault);
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
    q->looks.count = 0;
    q->looks.peek = q->looks.offered = false;
    tt_model_client_forget_batch(q, 0);
    tt_model_client_forget_batch(q, 1);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].in_hand |= q->partitions[i].unsure;
    enum tt_err err = tt_model_client_there(q, TT_SIM_CONNECT, fault);
    if (err != TT_OK)
        return err;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        tt_model_make_group(q->server, i);
    err = tt_model_client_back(q, TT_SIM_CONNECT, fault);
    q->connected = err == TT_OK;
    if (err == TT_OK && q->token != 0)
        err = q_give_back(q, fault);
    if (err != TT_OK)
        return err;
    uint64_t high = q->random->next(q->random->context), low = q->random->next(q->random->context);
    snprintf(name, sizeof name, "%.20s#%016" PRIx64 "%016" PRIx64, q->worker, high, low);
    q->token = tt_model_token(q->server, name);
    snprintf(name, sizeof name, "%.20s", q->worker);
    if (q->consumer == 0 && !q->locking)
        q->consumer = tt_model_token(q->server, name);
    memset(q->partitions, 0, sizeof q->partitions);
    q->brief = 0;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].ready = q->partitions[i].deep = true;
    q->look_due.us = 0;
    q->lost = false;
    *ret_partitions = q->server->partition_count;
    *ret_epoch = 1;
    return TT_OK;
}

static void q_disconnect(void *context)
{
    struct tt_model_queue *q = context;
    struct tt_fault ignored = {0};
    unsigned alive, rank;
    tt_model_client_forget_batch(q, q->now);
    if (q->connected && q_give_back(q, &ignored) == TT_OK &&
        tt_model_client_there(q, TT_SIM_BEAT, &ignored) == TT_OK) {
        tt_model_beat(q->server, q->worker, 0, &alive, &rank);
        (void)tt_model_client_back(q, TT_SIM_BEAT, &ignored);
    }
    q->connected = false;
}

/* ---- Waiting */

/* Of all partitions together no more than a batch, but one of each. */
static size_t seen_max(const struct tt_model_queue *q)
{
    size_t each = q->batch_max / q->server->partition_count;
    return each < 1 ? 1 : each < SEEN_MAX ? each : SEEN_MAX;
}

bool tt_model_client_see_events(struct tt_model_queue *q, unsigned i)
{
    const struct tt_model_partition *p = &q->server->partitions[i];
    struct tt_model_id after =
        q->partitions[i].from_now ? q->partitions[i].newest : q->partitions[i].last;
    bool found = !q->partitions[i].full && p->entry_count > 0 &&
                 tt_model_id_compare(p->entries[p->entry_count - 1].id, after) > 0;
    if (!q->locking || q->partitions[i].full)
        return found;
    tt_model_look(q->server, i, q->partitions[i].last, seen_max(q), &q->seen[i]);
    q->partitions[i].has_seen = q->seen[i].count > 0 && q->seen[i].all;
    return found;
}

bool tt_model_client_see_call(struct tt_model_queue *q, unsigned i)
{
    const struct tt_model_partition *p = &q->server->partitions[i];
    bool found = tt_model_id_compare(p->wake, q->partitions[i].wake) > 0;
    if (found)
        q->partitions[i].wake = p->wake;
    return found;
}

static bool look(struct tt_model_queue *q, unsigned i, bool calls)
{
    bool called = (calls || q->partitions[i].finished) && tt_model_client_see_call(q, i);
    bool found = tt_model_client_see_events(q, i) || called;
    q->partitions[i].ready = q->partitions[i].ready || found;
    q->partitions[i].maybe = false;
    return found;
}

static bool look_everywhere(struct tt_model_queue *q, bool calls)
{
    bool found = false;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        found |= look(q, i, calls);
    return found;
}

/* Whoever waits briefly comes again soon; one in so many waits is for calls to look as well. */
bool tt_model_client_with_calls(struct tt_model_queue *q, int64_t wait_ms)
{
    bool brief = wait_ms <= BRIEF_MS && ++q->brief % CALLS_EVERY != 0;
    q->brief = brief ? q->brief : 0;
    return q->locking && !brief;
}

static enum tt_err q_wait(void *context, int64_t wait_ms, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = tt_model_client_go_on(q, fault);
    if (err != TT_OK)
        return err;
    tt_model_client_take_finishes(q);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        if (q->partitions[i].ready)
            return TT_OK;
    tt_model_client_forget_seen(q);
    err = tt_model_client_there(q, TT_SIM_WAIT, fault);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].newest = q->server->partitions[i].last_id;
    bool calls = tt_model_client_with_calls(q, wait_ms);
    if (err == TT_OK && !look_everywhere(q, calls)) {
        q->idle(q->idle_context, q->server->changes, wait_ms);
        look_everywhere(q, calls);
    }
    return err == TT_OK ? tt_model_client_back(q, TT_SIM_WAIT, fault) : err;
}

/* The calls of what is being finished count. Others may come between the two. */
static enum tt_err q_finish_and_wait(void *context, int64_t wait_ms, bool *ret_lost,
                                     struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    bool ahead = tt_model_client_is_ahead(q), together = q->locking && !ahead;
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].finished = together && q->partitions[i].in_hand;
    if (together) /* what an earlier wait found may be old by now */
        tt_model_client_forget_seen(q);
    enum tt_err err = q_finish(q, ret_lost, fault);
    if (err == TT_OK && !ahead)
        err = q_wait(q, wait_ms, fault);
    for (unsigned i = 0; i < q->server->partition_count; i++)
        q->partitions[i].finished = false;
    return err;
}

struct tt_queue tt_model_queue_port(struct tt_model_queue *queue)
{
    queue->alive = 1;
    return (struct tt_queue){.context = queue,
                             .connect = q_connect,
                             .heartbeat = q_heartbeat,
                             .claim = tt_model_client_claim,
                             .prefetch = tt_model_client_prefetch,
                             .carry_on = tt_model_client_carry_on,
                             .renew = q_renew,
                             .finish = q_finish,
                             .finish_and_wait = q_finish_and_wait,
                             .give_back = q_give_back,
                             .wait = q_wait,
                             .bury = tt_model_client_bury,
                             .trim = tt_model_client_trim,
                             .backlog = tt_model_client_backlog,
                             .disconnect = q_disconnect,
                             .park = tt_model_client_park};
}
