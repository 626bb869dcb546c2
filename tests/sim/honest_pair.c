#include "tests/sim/honest_pair.h"

#include "core/base/limits.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tt_honest_seen tt_honest_seen;

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

static void compare_batches(const struct tt_honest_pair *w)
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

void tt_honest_pair_claim(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + tt_honest_below(tt_honest_below(2) == 0 ? 3 : 20);
    int64_t floor = (int64_t)(tt_honest_below(4) == 0 ? tt_honest_below(50) : 0);
    tt_honest_must(w->real.claim(w->real.context, max, floor, &w->real_batch, &fault), &fault);
    tt_honest_must(w->modelled.claim(w->modelled.context, max, floor, &w->model_batch, &fault),
                   &fault);
    compare_batches(w);
    tt_honest_seen.vanished += (unsigned)w->real_batch.vanished;
    w->has_batch = w->real_batch.count > 0;
}

/* The answers to what was sent without waiting have come. */
static void settle(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    unsigned alive[2] = {0, 0};
    tt_honest_must(w->real.heartbeat(w->real.context, &alive[0], &fault), &fault);
    tt_honest_must(w->modelled.heartbeat(w->modelled.context, &alive[1], &fault), &fault);
    ck_assert_uint_eq(alive[0], alive[1]);
}

/* How often entries were looked at since the server began. */
static long long looks(void)
{
    redisReply *reply = tt_honest_ask("INFO commandstats");
    const char *line = strstr(reply->str, "cmdstat_xrange:calls=");
    long long calls = line == NULL ? 0 : strtoll(strchr(line, '=') + 1, NULL, 10);
    freeReplyObject(reply);
    return calls;
}

/* The server has seen the looks when this returns; often, nothing is offered yet. */
void tt_honest_pair_ask_ahead(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + tt_honest_below(8), before = w->client.looks.count;
    bool asked[2] = {false, false};
    long long looked = looks();
    tt_honest_must(w->real.prefetch(w->real.context, max, 0, &asked[0], &fault), &fault);
    tt_honest_must(w->modelled.prefetch(w->modelled.context, max, 0, &asked[1], &fault), &fault);
    ck_assert_msg(asked[0] == asked[1], "script %u step %u: asked %d, the model %d",
                  tt_honest.script, tt_honest.step, asked[0], asked[1]);
    tt_honest_seen.aheads += asked[0];
    looked += (long long)(w->client.looks.count - before);
    TT_EVENTUALLY(looks() == looked);
    if (tt_honest_below(4) == 0)
        settle(w);
}

void tt_honest_pair_carry_on(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    tt_honest_seen.late += w->client.looks.count > 0;
    bool asked[2];
    tt_honest_must(w->real.carry_on(w->real.context, true, &asked[0], &fault), &fault);
    tt_honest_must(w->modelled.carry_on(w->modelled.context, true, &asked[1], &fault), &fault);
    ck_assert_msg(asked[0] == asked[1], "script %u step %u: asked %d, the model %d",
                  tt_honest.script, tt_honest.step, asked[0], asked[1]);
    tt_honest_seen.aheads += asked[0];
    settle(w);
}

void tt_honest_pair_finish(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    tt_honest_seen.late += w->client.looks.count > 0;
    bool wait = w->client.looks.count == 0 && tt_honest_below(3) == 0;
    const struct tt_queue *real = &w->real, *modelled = &w->modelled;
    tt_honest_must(wait ? real->finish_and_wait(real->context, 1, &lost[0], &fault)
                        : real->finish(real->context, &lost[0], &fault),
                   &fault);
    tt_honest_must(wait ? modelled->finish_and_wait(modelled->context, 1, &lost[1], &fault)
                        : modelled->finish(modelled->context, &lost[1], &fault),
                   &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", tt_honest.script,
                  tt_honest.step, lost[0], lost[1]);
    tt_honest_seen.losses += lost[0];
    w->has_batch = false;
    settle(w);
}

void tt_honest_pair_renew(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    tt_honest_seen.late += w->client.looks.count > 0;
    tt_honest_must(w->real.renew(w->real.context, &lost[0], &fault), &fault);
    tt_honest_must(w->modelled.renew(w->modelled.context, &lost[1], &fault), &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", tt_honest.script,
                  tt_honest.step, lost[0], lost[1]);
}

void tt_honest_pair_give_back(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    tt_honest_must(w->real.give_back(w->real.context, &fault), &fault);
    tt_honest_must(w->modelled.give_back(w->modelled.context, &fault), &fault);
    w->has_batch = false;
}

void tt_honest_pair_bury(struct tt_honest_pair *w)
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
void tt_honest_pair_park(struct tt_honest_pair *w)
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
    tt_honest_pair_finish(w);
    tt_honest_seen.parks++;
}

void tt_honest_pair_connect(struct tt_honest_pair *w)
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

void tt_honest_pair_look_after(struct tt_honest_pair *w)
{
    struct tt_fault fault = {0};
    struct tt_queue_backlog real = {0}, is = {0};
    unsigned alive[2] = {0, 0}, count = 1 + (unsigned)tt_honest_below(TT_HONEST_PARTITIONS);
    switch (tt_honest_below(4)) {
    case 0:
        tt_honest_must(w->real.wait(w->real.context, 1, &fault), &fault);
        tt_honest_must(w->modelled.wait(w->modelled.context, 1, &fault), &fault);
        break;
    case 1:
        tt_honest_must(w->real.trim(w->real.context, count, &fault), &fault);
        tt_honest_must(w->modelled.trim(w->modelled.context, count, &fault), &fault);
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

void tt_honest_pair_begin(struct tt_honest_pair *w, unsigned number)
{
    struct tt_fault fault = {0};
    *w = (struct tt_honest_pair){.real_random = {&w->real_numbers, next_number},
                                 .model_random = {&w->model_numbers, next_number}};
    snprintf(w->name, sizeof w->name, "w%u", number);
    const struct tt_redis_queue_options options = {
        .url = tt_honest.server.url,
        .prefix = "t",
        .partitions = TT_HONEST_PARTITIONS,
        .worker = w->name,
        .lease_ms = TT_HONEST_LEASE_MS,
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
        .lease_ms = TT_HONEST_LEASE_MS,
        .waiting_max = TT_TURNS_WAITING_MAX,
        .locking = true,
    };
    memcpy(w->client.worker, w->name, sizeof w->name);
    w->modelled = tt_model_queue_port(&w->client);
    tt_honest_pair_connect(w);
}
