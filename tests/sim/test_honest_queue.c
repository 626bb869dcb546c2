/* The model of the queue is honest: random scripts of commands from several workers, lost keys and
 * ended leases among them, are given to the model and to the adapter on a real redis-server. Each
 * answer is the same, and what stands in the server too. The seed is printed; TT_SEED sets it. */
#include "adapters/redis/queue.h"
#include "adapters/redis/view.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/sim/honest.h"
#include "tests/sim/plan.h"
#include "tests/sim/queue_client.h"

#include "core/base/limits.h"
#include "core/model/task_key.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 3, STEPS = 80, LEASE_MS = 600000 };

static unsigned parks, requeues, drops, vanished, losses, aheads, holds; /* that came about */

static struct worker {
    char name[8];
    uint64_t real_numbers, model_numbers;
    struct tt_random real_random, model_random;
    struct tt_queue real, modelled;
    struct tt_model_queue client;
    struct tt_queue_batch real_batch, model_batch;
    bool has_batch;
} workers[WORKERS];

/* Names of tokens: the same ones, in the order in which they were given. */
static uint64_t next_number(void *context)
{
    return ++*(uint64_t *)context;
}

static enum tt_err pass(void *context, enum tt_sim_call call, struct tt_fault *fault)
{
    (void)context, (void)call, (void)fault;
    return TT_OK;
}

static enum tt_err between(void *context, struct tt_fault *fault)
{
    (void)context, (void)fault;
    return TT_OK;
}

static void idle(void *context, uint64_t changes, int64_t wait_ms)
{
    (void)context, (void)changes, (void)wait_ms;
}

static const struct tt_clock clock_of_both = {.mono = tt_honest_mono};
static const struct tt_link link_of_model = {.there = pass, .back = pass, .between = between};

static void compare_batches(const struct worker *w)
{
    const struct tt_queue_batch *real = &w->real_batch, *is = &w->model_batch;
    ck_assert_msg(
        real->count == is->count && real->vanished == is->vanished,
        "script %u step %u: %zu entries and %" PRIu64 " vanished; the model %zu, %" PRIu64,
        tt_honest.script, tt_honest.step, real->count, real->vanished, is->count, is->vanished);
    for (size_t i = 0; i < real->count; i++) {
        const struct tt_queue_entry *a = &real->entries[i], *b = &is->entries[i];
        ck_assert_msg(a->partition == b->partition && a->deliveries == b->deliveries &&
                          a->fence == b->fence && tt_str_equal(a->payload, b->payload),
                      "script %u step %u: entry %zu: %.*s of %u, delivery %lld, fence %lld; the "
                      "model %.*s of %u, %lld, %lld",
                      tt_honest.script, tt_honest.step, i, TT_STR_ARGS(a->payload), a->partition,
                      (long long)a->deliveries, (long long)a->fence, TT_STR_ARGS(b->payload),
                      b->partition, (long long)b->deliveries, (long long)b->fence);
    }
}

static void claim(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + tt_honest_below(tt_honest_below(2) == 0 ? 3 : 20);
    int64_t floor = (int64_t)(tt_honest_below(4) == 0 ? tt_honest_below(50) : 0);
    tt_honest_must(w->real.claim(w->real.context, max, floor, &w->real_batch, &fault), &fault);
    tt_honest_must(w->modelled.claim(w->modelled.context, max, floor, &w->model_batch, &fault),
                   &fault);
    compare_batches(w);
    vanished += (unsigned)w->real_batch.vanished;
    w->has_batch = w->real_batch.count > 0;
}

/* The answers to what was sent without waiting have come. */
static void settle(struct worker *w)
{
    struct tt_fault fault = {0};
    unsigned alive[2] = {0, 0};
    tt_honest_must(w->real.heartbeat(w->real.context, &alive[0], &fault), &fault);
    tt_honest_must(w->modelled.heartbeat(w->modelled.context, &alive[1], &fault), &fault);
    ck_assert_uint_eq(alive[0], alive[1]);
}

static void ask_ahead(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + tt_honest_below(8);
    bool asked[2] = {false, false};
    tt_honest_must(w->real.prefetch(w->real.context, max, 0, &asked[0], &fault), &fault);
    tt_honest_must(w->modelled.prefetch(w->modelled.context, max, 0, &asked[1], &fault), &fault);
    ck_assert_msg(asked[0] == asked[1], "script %u step %u: asked %d, the model %d",
                  tt_honest.script, tt_honest.step, asked[0], asked[1]);
    aheads += asked[0];
    settle(w);
}

static void finish(struct worker *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    tt_honest_must(w->real.finish(w->real.context, &lost[0], &fault), &fault);
    tt_honest_must(w->modelled.finish(w->modelled.context, &lost[1], &fault), &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", tt_honest.script,
                  tt_honest.step, lost[0], lost[1]);
    losses += lost[0];
    w->has_batch = false;
    settle(w);
}

static void renew(struct worker *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    tt_honest_must(w->real.renew(w->real.context, &lost[0], &fault), &fault);
    tt_honest_must(w->modelled.renew(w->modelled.context, &lost[1], &fault), &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", tt_honest.script,
                  tt_honest.step, lost[0], lost[1]);
}

static void give_back(struct worker *w)
{
    struct tt_fault fault = {0};
    tt_honest_must(w->real.give_back(w->real.context, &fault), &fault);
    tt_honest_must(w->modelled.give_back(w->modelled.context, &fault), &fault);
    w->has_batch = false;
}

static void bury(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t i = tt_honest_below(w->real_batch.count);
    tt_honest_must(
        w->real.bury(w->real.context, &w->real_batch.entries[i], "undecodable", "why", &fault),
        &fault);
    tt_honest_must(w->modelled.bury(w->modelled.context, &w->model_batch.entries[i], "undecodable",
                                    "why", &fault),
                   &fault);
}

/* An entry of the batch; those of its task behind it wait. */
static void park(struct worker *w)
{
    struct tt_fault fault = {0};
    const struct tt_queue_entry *lists[2][TT_HONEST_ENTRIES];
    const struct tt_queue_batch *batches[] = {&w->real_batch, &w->model_batch};
    const struct tt_queue *ports[] = {&w->real, &w->modelled};
    size_t first = tt_honest_below(w->real_batch.count), count = 0;
    const struct tt_queue_entry *entry = &w->real_batch.entries[first];
    if (entry->payload.len < 13 || entry->payload.ptr[0] != '{') /* names no task */
        return;
    char task = entry->payload.ptr[12]; /* {"task_id":"a" */
    for (size_t i = 0; i < w->real_batch.count; i++) {
        const struct tt_queue_entry *other = &w->real_batch.entries[i];
        if (i == first || other->payload.ptr[0] != '{' || other->payload.ptr[12] != task)
            continue;
        if (i < first)
            return; /* older ones are not done: not what a worker does */
        lists[0][count] = other;
        lists[1][count++] = &w->model_batch.entries[i];
    }
    for (size_t i = 0; i < 2; i++) {
        const struct tt_queue_parking parking = {
            .entry = &batches[i]->entries[first],
            .reason = "unstorable",
            .error = "why",
            .tenant = TT_STR("default"),
            .task_id = {&task, 1},
            .behind = lists[i],
            .behind_count = count,
        };
        tt_honest_must(ports[i]->park(ports[i]->context, &parking, &fault), &fault);
    }
    finish(w);
    parks++;
}

struct chosen {
    size_t left;
    char id[TT_LETTER_ID_BYTES];
    unsigned partition;
    size_t number; /* within the partition */
};

static enum tt_err choose(void *context, const struct tt_dead_letter *letter)
{
    struct chosen *chosen = context;
    chosen->number = letter->partition == chosen->partition ? chosen->number + 1 : 1;
    chosen->partition = letter->partition;
    snprintf(chosen->id, sizeof chosen->id, "%s", letter->id);
    return chosen->left-- == 0 ? TT_ERR_STOPPED : TT_OK;
}

/* Somebody drops a letter, or requeues one that a task waits behind. */
static void see_to_letter(void)
{
    const struct tt_redis_view_options options = {.url = tt_honest.server.url, .prefix = "t"};
    struct tt_redis_view *view = NULL;
    struct tt_fault fault = {0};
    struct chosen chosen = {.left = tt_honest_below(4), .partition = TT_HONEST_PARTITIONS};
    tt_honest_must(tt_redis_view_open(&options, &view, &fault), &fault);
    enum tt_err err = tt_redis_view_letters(view, TT_HONEST_ENTRIES, choose, &chosen, &fault);
    ck_assert(err == TT_OK || err == TT_ERR_STOPPED);
    tt_fault_clear(&fault);
    if (chosen.partition < TT_HONEST_PARTITIONS) {
        struct tt_model_partition *p = &tt_honest.model.partitions[chosen.partition];
        struct tt_model_parked *parked = NULL;
        const struct tt_model_letter *letter = &p->letters[chosen.number - 1];
        if (letter->parked != NULL)
            parked = tt_model_find_parked(p, letter->parked);
        bool requeue = tt_honest_below(2) == 0 && parked != NULL &&
                       tt_model_id_compare(parked->id, letter->entry_id) == 0 &&
                       tt_model_find(p, letter->entry_id) != NULL;
        tt_honest_must(requeue ? tt_redis_view_requeue(view, chosen.id, &fault)
                               : tt_redis_view_drop(view, chosen.id, &fault),
                       &fault);
        requeues += requeue;
        drops += !requeue;
        tt_model_unbury(&tt_honest.model, chosen.partition, chosen.number - 1, requeue);
    }
    tt_redis_view_close(view);
}

static void connect_again(struct worker *w)
{
    struct tt_fault fault = {0};
    unsigned partitions = 0;
    int64_t epoch = 0;
    if (tt_honest_below(3) == 0) {
        w->real.disconnect(w->real.context);
        w->modelled.disconnect(w->modelled.context);
    }
    tt_honest_must(w->real.connect(w->real.context, &partitions, &epoch, &fault), &fault);
    ck_assert_uint_eq(partitions, TT_HONEST_PARTITIONS);
    tt_honest_must(w->modelled.connect(w->modelled.context, &partitions, &epoch, &fault), &fault);
    w->has_batch = false;
}

static void look_after(struct worker *w)
{
    struct tt_fault fault = {0};
    struct tt_queue_backlog real = {0}, is = {0};
    unsigned alive[2] = {0, 0};
    switch (tt_honest_below(4)) {
    case 0:
        tt_honest_must(w->real.wait(w->real.context, 1, &fault), &fault);
        tt_honest_must(w->modelled.wait(w->modelled.context, 1, &fault), &fault);
        break;
    case 1:
        tt_honest_must(w->real.trim(w->real.context, &fault), &fault);
        tt_honest_must(w->modelled.trim(w->modelled.context, &fault), &fault);
        break;
    case 2:
        tt_honest_must(w->real.heartbeat(w->real.context, &alive[0], &fault), &fault);
        tt_honest_must(w->modelled.heartbeat(w->modelled.context, &alive[1], &fault), &fault);
        ck_assert_uint_eq(alive[0], alive[1]);
        break;
    default:
        tt_honest_must(w->real.backlog(w->real.context, &real, &fault), &fault);
        tt_honest_must(w->modelled.backlog(w->modelled.context, &is, &fault), &fault);
        ck_assert_uint_eq(real.unread, is.unread);
        ck_assert_uint_eq(real.pending, is.pending);
    }
}

static struct worker holder;
static struct tt_redis_hold held; /* fence 0: nothing */
static const char *held_key;

static void must_let_go(void)
{
    struct tt_fault fault = {0};
    tt_honest_must(tt_redis_queue_let_go(&holder.real, &held, &fault), &fault);
    tt_model_finish(&tt_honest.model, held.partition, holder.client.token, NULL, 0, &held_key, 1);
    held.fence = 0;
}

/* Somebody holds an id, or lets it go. */
static void hold_or_let_go(void)
{
    struct tt_fault fault = {0};
    unsigned task = (unsigned)tt_honest_below(TT_HONEST_TASKS);
    char name = (char)('a' + task), key[16];
    snprintf(key, sizeof key, "default/%c", name);
    const char *kept = tt_model_key(&tt_honest.model, key);
    unsigned partition =
        tt_task_partition(TT_STR("default"), (struct tt_str){&name, 1}, TT_HONEST_PARTITIONS);
    if (held.fence > 0) {
        must_let_go();
        return;
    }
    tt_honest_must(tt_redis_queue_hold(&holder.real, TT_STR("default"), (struct tt_str){&name, 1},
                                       0, &held, &fault),
                   &fault);
    int64_t fence =
        tt_model_hold_id(&tt_honest.model, partition, holder.client.token, kept, LEASE_MS, 0);
    ck_assert_int_eq(held.fence, fence);
    held_key = kept;
    holds += fence > 0;
}

static void take_step(bool lose)
{
    struct worker *w = &workers[tt_honest_below(WORKERS)];
    uint64_t what = tt_honest_below(100);
    tt_honest.model.now_ms++;
    tt_honest.mono_us += (int64_t)tt_honest_below(LEASE_MS / 8) * 1000;
    if (what < 30)
        tt_honest_add();
    else if (what < 34)
        tt_honest_expire(w->name);
    else if (what < 38)
        connect_again(w);
    else if (what < 42 && lose)
        tt_honest_lose_a_key();
    else if (what < 44 && lose)
        tt_honest_delete();
    else if (what < 50)
        look_after(w);
    else if (what < 53)
        see_to_letter();
    else if (what < 56)
        hold_or_let_go();
    else if (!w->has_batch)
        claim(w);
    else if (what < 60)
        renew(w);
    else if (what < 66)
        ask_ahead(w);
    else if (what < 69)
        bury(w);
    else if (what < 73)
        park(w);
    else if (what < 77)
        give_back(w);
    else
        finish(w);
}

/* ---- Scripts */

static void begin_worker(struct worker *w, unsigned number)
{
    struct tt_fault fault = {0};
    *w = (struct worker){.real_random = {&w->real_numbers, next_number},
                         .model_random = {&w->model_numbers, next_number}};
    snprintf(w->name, sizeof w->name, "w%u", number);
    const struct tt_redis_queue_options options = {
        .url = tt_honest.server.url,
        .prefix = "t",
        .partitions = TT_HONEST_PARTITIONS,
        .worker = w->name,
        .lease_ms = LEASE_MS,
        .locking = true,
        .clock = &clock_of_both,
        .random = &w->real_random,
    };
    tt_honest_must(tt_redis_queue_create(&options, &w->real, &fault), &fault);
    w->client = (struct tt_model_queue){
        .server = &tt_honest.model,
        .link = &link_of_model,
        .clock = &clock_of_both,
        .random = &w->model_random,
        .idle = idle,
        .lease_ms = LEASE_MS,
        .waiting_max = TT_TURNS_WAITING_MAX,
        .locking = true,
    };
    memcpy(w->client.worker, w->name, sizeof w->name);
    w->modelled = tt_model_queue_port(&w->client);
    connect_again(w);
}

static void run_script(bool lose)
{
    tt_honest_begin();
    for (unsigned i = 0; i < WORKERS; i++)
        begin_worker(&workers[i], i);
    begin_worker(&holder, WORKERS);
    held.fence = 0;
    for (tt_honest.step = 0; tt_honest.step < STEPS; tt_honest.step++) {
        take_step(lose);
        tt_honest_compare();
    }
    for (unsigned i = 0; i < WORKERS; i++)
        tt_redis_queue_destroy(&workers[i].real);
    tt_redis_queue_destroy(&holder.real);
}

static void run(const char *name, bool lose)
{
    const char *given = getenv("TT_SEED");
    uint64_t seed = given == NULL ? 20260401 : strtoull(given, NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    tt_honest.chance = tt_sim_chance(seed);
    tt_redis_server_start(&tt_honest.server, name);
    tt_honest.redis = tt_redis_server_connect(&tt_honest.server);
    for (tt_honest.script = 0; tt_honest.script < TT_SIM_SCRIPTS; tt_honest.script++)
        run_script(lose);
    ck_assert_uint_gt(parks, 0);
    ck_assert_uint_gt(requeues, 0);
    ck_assert_uint_gt(drops, 0);
    ck_assert_uint_gt(losses, 0);
    ck_assert_uint_gt(aheads, 0);
    ck_assert_uint_gt(holds, 0);
    ck_assert(vanished > 0 || !lose);
    printf("%u parked, %u requeued, %u dropped, %u vanished, %u turns lost\n", parks, requeues,
           drops, vanished, losses);
    redisFree(tt_honest.redis);
    tt_redis_server_stop(&tt_honest.server, SIGTERM);
}

TT_TEST(the_model_answers_as_the_queue_does)
{
    run("honest", false);
}
TT_END

TT_TEST(so_it_does_where_keys_and_entries_are_lost)
{
    run("losses", true);
}
TT_END

TT_SUITE("sim/honest_queue", the_model_answers_as_the_queue_does,
         so_it_does_where_keys_and_entries_are_lost)
