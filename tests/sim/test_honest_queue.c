/* The model of the queue is honest: random scripts of commands from several workers, lost keys and
 * ended leases among them, are given to the model and to the adapter on a real redis-server. Each
 * answer is the same, and what stands in the server too. The seed is printed; TT_SEED sets it. */
#include "adapters/redis/queue.h"
#include "adapters/redis/view.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/sim/plan.h"
#include "tests/sim/queue_client.h"

#include "core/base/limits.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 3, PARTITIONS = 3, TASKS = 7, ENTRIES = 200, STEPS = 80, LEASE_MS = 600000 };

static struct tt_redis_server server;
static redisContext *redis;
static uint64_t chance;
static int64_t mono_us;
static unsigned script, step;
static unsigned parks, requeues, drops, vanished, losses, aheads; /* that came about */

static struct tt_model_server model;
static struct {
    char payload[80], key[40], real_id[48];
    unsigned partition;
    struct tt_model_id id;
} entries[ENTRIES];
static size_t entry_count;

static struct worker {
    char name[8];
    uint64_t real_numbers, model_numbers;
    struct tt_random real_random, model_random;
    struct tt_queue real, modelled;
    struct tt_model_queue client;
    struct tt_queue_batch real_batch, model_batch;
    bool has_batch;
} workers[WORKERS];

/* ---- The world of both */

static uint64_t below(uint64_t limit)
{
    return tt_sim_below(&chance, limit);
}

static struct tt_mono mono(void *context)
{
    (void)context;
    return (struct tt_mono){mono_us};
}

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

static const struct tt_clock clock_of_both = {.mono = mono};
static const struct tt_link link_of_model = {.there = pass, .back = pass, .between = between};

static void must(enum tt_err err, const struct tt_fault *fault)
{
    ck_assert_msg(err == TT_OK, "script %u step %u: %s", script, step, fault->text);
}

static redisReply *ask(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(redis, format, args);
    va_end(args);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
    return reply;
}

/* ---- What stands there, as numbers */

#define COUNTS                                                                                     \
    "local out = '' for i = 0, 2 do local p = '{t:' .. i .. '}:' "                                 \
    "out = out .. redis.call('XLEN', p .. 'events') .. ' ' "                                       \
    ".. redis.call('XPENDING', p .. 'events', 'appliers')[1] .. ' ' "                              \
    ".. redis.call('HLEN', p .. 'held') .. ' ' .. redis.call('ZCARD', p .. 'wait') .. ' ' "        \
    ".. redis.call('LLEN', p .. 'ready') .. ' ' .. redis.call('ZCARD', p .. 'leases') .. ' ' "     \
    ".. redis.call('XLEN', p .. 'dead') .. ' ' .. redis.call('HLEN', p .. 'parked') .. ' ' "       \
    ".. redis.call('ZCARD', p .. 'behind') .. ' ' .. (redis.call('GET', p .. 'fence') or '0') "    \
    ".. '\\n' end return out"

static void compare_counts(void)
{
    char text[600] = "";
    for (unsigned i = 0; i < PARTITIONS; i++) {
        const struct tt_model_partition *p = &model.partitions[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%zu %zu %zu %zu %zu %zu %zu %zu %zu %lld\n",
                 p->entry_count, p->pending_count, p->held_count, p->wait_count, p->ready_count,
                 p->lease_count, p->letter_count, p->parked_count, p->behind_count,
                 (long long)p->fence);
    }
    redisReply *reply = ask("EVAL %s 0", COUNTS);
    ck_assert_msg(strcmp(reply->str, text) == 0, "script %u step %u: real\n%smodel\n%s", script,
                  step, reply->str, text);
    freeReplyObject(reply);
}

/* ---- Commands */

static void add_entry(void)
{
    unsigned task = (unsigned)(below(2) * below(TASKS)), partition = task % PARTITIONS;
    size_t i = entry_count;
    if (i == ENTRIES)
        return;
    entry_count++;
    snprintf(entries[i].payload, sizeof entries[i].payload, "{\"task_id\":\"%c\",\"n\":%zu}",
             'a' + (int)task, i);
    snprintf(entries[i].key, sizeof entries[i].key, "default/%c", 'a' + (int)task);
    bool is_bad = below(10) == 0;
    if (is_bad)
        snprintf(entries[i].payload, sizeof entries[i].payload, "bad %zu", i);
    redisReply *reply = ask("XADD {t:%u}:events * e %s", partition, entries[i].payload);
    snprintf(entries[i].real_id, sizeof entries[i].real_id, "%s", reply->str);
    if (is_bad) /* names no task */
        snprintf(entries[i].key, sizeof entries[i].key, "!%s", reply->str);
    freeReplyObject(reply);
    entries[i].partition = partition;
    entries[i].id =
        tt_model_add(&model, partition, tt_str_from(entries[i].payload), entries[i].key);
}

/* Somebody takes an entry away. */
static void delete_entry(void)
{
    if (entry_count == 0)
        return;
    size_t i = below(entry_count);
    struct tt_model_partition *p = &model.partitions[entries[i].partition];
    freeReplyObject(ask("XDEL {t:%u}:events %s", entries[i].partition, entries[i].real_id));
    for (size_t k = 0; k < p->entry_count; k++)
        if (tt_model_id_compare(p->entries[k].id, entries[i].id) == 0) {
            p->entry_count--;
            memmove(p->entries + k, p->entries + k + 1, (p->entry_count - k) * sizeof *p->entries);
            break;
        }
}

static void compare_batches(const struct worker *w)
{
    const struct tt_queue_batch *real = &w->real_batch, *is = &w->model_batch;
    ck_assert_msg(real->count == is->count && real->vanished == is->vanished,
                  "script %u step %u: %zu entries and %" PRIu64
                  " vanished; the model %zu, %" PRIu64,
                  script, step, real->count, real->vanished, is->count, is->vanished);
    for (size_t i = 0; i < real->count; i++) {
        const struct tt_queue_entry *a = &real->entries[i], *b = &is->entries[i];
        ck_assert_msg(a->partition == b->partition && a->deliveries == b->deliveries &&
                          a->fence == b->fence && tt_str_equal(a->payload, b->payload),
                      "script %u step %u: entry %zu: %.*s of %u, delivery %lld, fence %lld; the "
                      "model %.*s of %u, %lld, %lld",
                      script, step, i, TT_STR_ARGS(a->payload), a->partition,
                      (long long)a->deliveries, (long long)a->fence, TT_STR_ARGS(b->payload),
                      b->partition, (long long)b->deliveries, (long long)b->fence);
    }
}

static void claim(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + below(below(2) == 0 ? 3 : 20);
    int64_t floor = (int64_t)(below(4) == 0 ? below(50) : 0);
    must(w->real.claim(w->real.context, max, floor, &w->real_batch, &fault), &fault);
    must(w->modelled.claim(w->modelled.context, max, floor, &w->model_batch, &fault), &fault);
    compare_batches(w);
    vanished += (unsigned)w->real_batch.vanished;
    w->has_batch = w->real_batch.count > 0;
}

/* The answers to what was sent without waiting have come. */
static void settle(struct worker *w)
{
    struct tt_fault fault = {0};
    unsigned alive[2] = {0, 0};
    must(w->real.heartbeat(w->real.context, &alive[0], &fault), &fault);
    must(w->modelled.heartbeat(w->modelled.context, &alive[1], &fault), &fault);
    ck_assert_uint_eq(alive[0], alive[1]);
}

static void ask_ahead(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t max = 1 + below(8);
    bool asked[2] = {false, false};
    must(w->real.prefetch(w->real.context, max, 0, &asked[0], &fault), &fault);
    must(w->modelled.prefetch(w->modelled.context, max, 0, &asked[1], &fault), &fault);
    ck_assert_msg(asked[0] == asked[1], "script %u step %u: asked %d, the model %d", script, step,
                  asked[0], asked[1]);
    aheads += asked[0];
    settle(w);
}

static void finish(struct worker *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    must(w->real.finish(w->real.context, &lost[0], &fault), &fault);
    must(w->modelled.finish(w->modelled.context, &lost[1], &fault), &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", script, step,
                  lost[0], lost[1]);
    losses += lost[0];
    w->has_batch = false;
    settle(w);
}

static void renew(struct worker *w)
{
    struct tt_fault fault = {0};
    bool lost[2];
    must(w->real.renew(w->real.context, &lost[0], &fault), &fault);
    must(w->modelled.renew(w->modelled.context, &lost[1], &fault), &fault);
    ck_assert_msg(lost[0] == lost[1], "script %u step %u: lost %d, the model %d", script, step,
                  lost[0], lost[1]);
}

static void give_back(struct worker *w)
{
    struct tt_fault fault = {0};
    must(w->real.give_back(w->real.context, &fault), &fault);
    must(w->modelled.give_back(w->modelled.context, &fault), &fault);
    w->has_batch = false;
}

static void bury(struct worker *w)
{
    struct tt_fault fault = {0};
    size_t i = below(w->real_batch.count);
    must(w->real.bury(w->real.context, &w->real_batch.entries[i], "undecodable", "why", &fault),
         &fault);
    must(w->modelled.bury(w->modelled.context, &w->model_batch.entries[i], "undecodable", "why",
                          &fault),
         &fault);
}

/* An entry of the batch; those of its task behind it wait. */
static void park(struct worker *w)
{
    struct tt_fault fault = {0};
    const struct tt_queue_entry *lists[2][ENTRIES];
    const struct tt_queue_batch *batches[] = {&w->real_batch, &w->model_batch};
    const struct tt_queue *ports[] = {&w->real, &w->modelled};
    size_t first = below(w->real_batch.count), count = 0;
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
        must(ports[i]->park(ports[i]->context, &parking, &fault), &fault);
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
    const struct tt_redis_view_options options = {.url = server.url, .prefix = "t"};
    struct tt_redis_view *view = NULL;
    struct tt_fault fault = {0};
    struct chosen chosen = {.left = below(4), .partition = PARTITIONS};
    must(tt_redis_view_open(&options, &view, &fault), &fault);
    enum tt_err err = tt_redis_view_letters(view, ENTRIES, choose, &chosen, &fault);
    ck_assert(err == TT_OK || err == TT_ERR_STOPPED);
    tt_fault_clear(&fault);
    if (chosen.partition < PARTITIONS) {
        struct tt_model_partition *p = &model.partitions[chosen.partition];
        struct tt_model_parked *parked = NULL;
        const struct tt_model_letter *letter = &p->letters[chosen.number - 1];
        if (letter->parked != NULL)
            parked = tt_model_find_parked(p, letter->parked);
        bool requeue = below(2) == 0 && parked != NULL &&
                       tt_model_id_compare(parked->id, letter->entry_id) == 0 &&
                       tt_model_find(p, letter->entry_id) != NULL;
        must(requeue ? tt_redis_view_requeue(view, chosen.id, &fault)
                     : tt_redis_view_drop(view, chosen.id, &fault),
             &fault);
        requeues += requeue;
        drops += !requeue;
        tt_model_unbury(&model, chosen.partition, chosen.number - 1, requeue);
    }
    tt_redis_view_close(view);
}

static void connect_again(struct worker *w)
{
    struct tt_fault fault = {0};
    unsigned partitions = 0;
    int64_t epoch = 0;
    if (below(3) == 0) {
        w->real.disconnect(w->real.context);
        w->modelled.disconnect(w->modelled.context);
    }
    must(w->real.connect(w->real.context, &partitions, &epoch, &fault), &fault);
    ck_assert_uint_eq(partitions, PARTITIONS);
    must(w->modelled.connect(w->modelled.context, &partitions, &epoch, &fault), &fault);
    w->has_batch = false;
}

static void look_after(struct worker *w)
{
    struct tt_fault fault = {0};
    struct tt_queue_backlog real = {0}, is = {0};
    unsigned alive[2] = {0, 0};
    switch (below(4)) {
    case 0:
        must(w->real.wait(w->real.context, 1, &fault), &fault);
        must(w->modelled.wait(w->modelled.context, 1, &fault), &fault);
        break;
    case 1:
        must(w->real.trim(w->real.context, &fault), &fault);
        must(w->modelled.trim(w->modelled.context, &fault), &fault);
        break;
    case 2:
        must(w->real.heartbeat(w->real.context, &alive[0], &fault), &fault);
        must(w->modelled.heartbeat(w->modelled.context, &alive[1], &fault), &fault);
        ck_assert_uint_eq(alive[0], alive[1]);
        break;
    default:
        must(w->real.backlog(w->real.context, &real, &fault), &fault);
        must(w->modelled.backlog(w->modelled.context, &is, &fault), &fault);
        ck_assert_uint_eq(real.unread, is.unread);
        ck_assert_uint_eq(real.pending, is.pending);
    }
}

/* The worker's leases end. */
static void expire(const struct worker *w)
{
    char name[16];
    snprintf(name, sizeof name, "%s#", w->name);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct tt_model_partition *p = &model.partitions[i];
        freeReplyObject(ask("EVAL %s 1 {t:%u}:leases %s",
                            "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
                            "if string.sub(m, 1, #ARGV[1]) == ARGV[1] then "
                            "redis.call('ZADD', KEYS[1], 1, m) end end return 1",
                            i, name));
        for (size_t k = 0; k < p->lease_count; k++)
            if (strncmp(model.tokens[p->leases[k].token], name, strlen(name)) == 0)
                p->leases[k].ends_ms = 1;
    }
}

static void lose_a_key(void)
{
    static const char *const keys[] = {"held",  "wait",   "ready",  "leases",
                                       "fence", "parked", "behind", "wake"};
    unsigned number = (unsigned)below(PARTITIONS), key = (unsigned)below(8);
    struct tt_model_partition *p = &model.partitions[number];
    freeReplyObject(ask("DEL {t:%u}:%s", number, keys[key]));
    switch (key) {
    case 0: p->held_count = 0; break;
    case 1: p->wait_count = 0; break;
    case 2: p->ready_count = 0; break;
    case 3: p->lease_count = 0; break;
    case 4: p->fence = 0; break;
    case 5: p->parked_count = 0; break;
    case 6: p->behind_count = 0; break;
    default: p->wake = (struct tt_model_id){0, 0};
    }
}

static void take_step(bool lose)
{
    struct worker *w = &workers[below(WORKERS)];
    uint64_t what = below(100);
    model.now_ms++;
    mono_us += (int64_t)below(LEASE_MS / 8) * 1000;
    if (what < 30)
        add_entry();
    else if (what < 34)
        expire(w);
    else if (what < 38)
        connect_again(w);
    else if (what < 42 && lose)
        lose_a_key();
    else if (what < 44 && lose)
        delete_entry();
    else if (what < 50)
        look_after(w);
    else if (what < 53)
        see_to_letter();
    else if (!w->has_batch)
        claim(w);
    else if (what < 57)
        renew(w);
    else if (what < 64)
        ask_ahead(w);
    else if (what < 67)
        bury(w);
    else if (what < 71)
        park(w);
    else if (what < 75)
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
        .url = server.url,
        .prefix = "t",
        .partitions = PARTITIONS,
        .worker = w->name,
        .lease_ms = LEASE_MS,
        .locking = true,
        .clock = &clock_of_both,
        .random = &w->real_random,
    };
    must(tt_redis_queue_create(&options, &w->real, &fault), &fault);
    w->client = (struct tt_model_queue){
        .server = &model,
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
    freeReplyObject(ask("FLUSHALL"));
    tt_model_server_init(&model, PARTITIONS);
    model.now_ms = INT64_C(1700000000000);
    entry_count = 0;
    for (unsigned i = 0; i < WORKERS; i++)
        begin_worker(&workers[i], i);
    for (step = 0; step < STEPS; step++) {
        take_step(lose);
        compare_counts();
    }
    for (unsigned i = 0; i < WORKERS; i++)
        tt_redis_queue_destroy(&workers[i].real);
}

static void run(const char *name, bool lose)
{
    const char *given = getenv("TT_SEED");
    uint64_t seed = given == NULL ? 20260401 : strtoull(given, NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    chance = tt_sim_chance(seed);
    tt_redis_server_start(&server, name);
    redis = tt_redis_server_connect(&server);
    for (script = 0; script < TT_SIM_SCRIPTS; script++)
        run_script(lose);
    ck_assert_uint_gt(parks, 0);
    ck_assert_uint_gt(requeues, 0);
    ck_assert_uint_gt(drops, 0);
    ck_assert_uint_gt(losses, 0);
    ck_assert_uint_gt(aheads, 0);
    ck_assert(vanished > 0 || !lose);
    printf("%u parked, %u requeued, %u dropped, %u vanished, %u turns lost\n", parks, requeues,
           drops, vanished, losses);
    redisFree(redis);
    tt_redis_server_stop(&server, SIGTERM);
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
