#include "tests/lib/world.h"

#include "core/base/limits.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

static void note(struct tt_world *world, const char *what)
{
    size_t used = strlen(world->diary);
    snprintf(world->diary + used, sizeof world->diary - used, "%s ", what);
}

static enum tt_err once(enum tt_err *fails, struct tt_fault *fault)
{
    enum tt_err err = *fails;
    *fails = TT_OK;
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "as told");
}

static enum tt_err q_connect(void *c, unsigned *partitions, int64_t *epoch, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    note(world, "connect");
    for (size_t i = 0; i < world->count; i++)
        world->read[i] = false; /* what was read and not acknowledged comes back */
    *partitions = world->partitions == 0 ? 1 : world->partitions;
    *epoch = 1;
    return TT_OK;
}

static enum tt_err q_heartbeat(void *c, unsigned *alive, struct tt_fault *fault)
{
    (void)c;
    (void)fault;
    *alive = 1;
    return TT_OK;
}

static enum tt_err q_claim(void *c, size_t max, int64_t fence_min, struct tt_queue_batch *batch,
                           struct tt_fault *fault)
{
    static struct tt_queue_entry given[TT_WORLD_ENTRIES_MAX];
    struct tt_world *world = c;
    (void)max;
    (void)fault;
    *batch = (struct tt_queue_batch){.entries = given};
    for (size_t i = 0; i < world->count; i++)
        if (!world->done[i] && !world->read[i] &&
            (world->batch == 0 || batch->count < world->batch)) {
            world->read[i] = true;
            given[batch->count++] = world->entries[i];
        }
    if (batch->count == 0)
        return TT_OK;
    note(world, "claim");
    batch->moved = world->moves;
    world->moves = false;
    world->fence = (world->fence > fence_min ? world->fence : fence_min) + 1;
    for (size_t i = 0; i < batch->count; i++)
        given[i].fence = world->fence;
    return TT_OK;
}

static bool has_more(const struct tt_world *world)
{
    bool more = false;
    for (size_t i = 0; i < world->count; i++)
        more = more || (!world->done[i] && !world->read[i]);
    return more;
}

/* What comes is what the next claim gives. */
static enum tt_err q_prefetch(void *c, size_t max, int64_t fence_min, bool *asked,
                              struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)max, (void)fence_min, (void)fault;
    *asked = !world->peeks && has_more(world);
    world->asked = *asked;
    if (*asked)
        note(world, "prefetch");
    return TT_OK;
}

static enum tt_err q_carry_on(void *c, bool wait, bool *asked, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)wait;
    if (!world->asked && !world->peeks)
        return TT_OK;
    enum tt_err err = once(&world->carry_fails, fault);
    note(world, err != TT_OK ? "carry-fails" : world->asked ? "carry-on" : "peek");
    *asked = world->asked = err == TT_OK && (world->asked || has_more(world));
    return err;
}

static enum tt_err q_renew(void *c, bool *lost, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    note(world, "renew");
    *lost = world->lease_ends;
    world->lease_ends = false;
    return TT_OK;
}

static enum tt_err q_wait(void *c, int64_t wait_ms, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    world->now_us += wait_ms * 1000;
    if (world->stays && world->now_us >= world->stays_until_us)
        world->stop = 1;
    return TT_OK;
}

static void finish(struct tt_world *world, const struct tt_queue_entry *entry)
{
    for (size_t i = 0; i < world->count; i++)
        if (world->entries[i].id_seq == entry->id_seq)
            world->done[i] = true;
}

static enum tt_err q_finish(void *c, bool *lost, struct tt_fault *fault)
{
    struct tt_world *world = c;
    note(world, "finish");
    *lost = false;
    world->lease_ends = world->lease_ends || world->lease_ends_ahead;
    world->lease_ends_ahead = false;
    enum tt_err err = once(&world->finish_fails, fault);
    for (size_t i = 0; i < world->count && err == TT_OK; i++)
        world->done[i] = world->done[i] || world->read[i];
    return err;
}

static enum tt_err q_finish_and_wait(void *c, int64_t wait_ms, bool *lost, struct tt_fault *fault)
{
    struct tt_world *world = c;
    enum tt_err err = q_finish(c, lost, fault);
    note(world, "and-wait");
    world->now_us += wait_ms * 1000;
    for (size_t i = 0; i < world->count; i++)
        if (!world->done[i])
            return err;
    world->stop = world->now_us >= world->stays_until_us;
    return err;
}

static enum tt_err q_give_back(void *c, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    note(world, "give-back");
    for (size_t i = 0; i < world->count; i++)
        world->read[i] = false;
    return TT_OK;
}

static enum tt_err q_bury(void *c, const struct tt_queue_entry *entry, const char *reason,
                          const char *error, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    note(world, "bury");
    snprintf(world->buried_as, sizeof world->buried_as, "%s", reason);
    snprintf(world->buried_why, sizeof world->buried_why, "%s", error);
    world->buried++;
    finish(world, entry);
    return TT_OK;
}

static enum tt_err q_park(void *c, const struct tt_queue_parking *parking, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    note(world, "park");
    snprintf(world->buried_as, sizeof world->buried_as, "%s", parking->reason);
    snprintf(world->buried_why, sizeof world->buried_why, "%s", parking->error);
    snprintf(world->parked, sizeof world->parked, "%.*s/%.*s", TT_STR_ARGS(parking->tenant),
             TT_STR_ARGS(parking->task_id));
    world->buried++;
    finish(world, parking->entry);
    for (size_t i = 0; i < parking->behind_count; i++) {
        size_t used = strlen(world->parked);
        snprintf(world->parked + used, sizeof world->parked - used, " %lld",
                 (long long)parking->behind[i]->id_seq);
        finish(world, parking->behind[i]);
    }
    return TT_OK;
}

static enum tt_err q_trim(void *c, unsigned count, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    if (world->trimmed > 0 && count > world->trimmed_at_once)
        world->trimmed_at_once = count;
    world->trimmed += count;
    return TT_OK;
}

static enum tt_err q_backlog(void *c, struct tt_queue_backlog *backlog, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    *backlog = (struct tt_queue_backlog){0};
    for (size_t i = 0; i < world->count; i++)
        backlog->pending += !world->done[i];
    return TT_OK;
}

static void q_disconnect(void *c)
{
    note(c, "disconnect");
}

static enum tt_err s_begin(void *c, struct tt_fault *fault)
{
    struct tt_world *world = c;
    world->uncommitted = 0;
    note(world, "begin");
    return once(&world->begin_fails, fault);
}

static enum tt_err s_commit(void *c, struct tt_fault *fault)
{
    struct tt_world *world = c;
    enum tt_err err = once(&world->commit_fails, fault);
    if (err == TT_OK && world->commits_fail > 0) {
        world->commits_fail--;
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "as told");
    }
    note(world, err == TT_OK ? "commit" : "commit-fails");
    if (err == TT_OK)
        world->rows += world->uncommitted;
    return err;
}

static void s_rollback(void *c)
{
    struct tt_world *world = c;
    world->uncommitted = 0;
    note(world, "rollback");
}

static enum tt_err s_fence(void *c, const struct tt_store_partition *partitions, size_t count,
                           struct tt_fault *fault)
{
    struct tt_world *world = c;
    ck_assert_uint_eq(count, 1);
    ck_assert_int_gt(partitions[0].fence, 10);
    return once(&world->fence_fails, fault);
}

static enum tt_err s_reserve_fences(void *c, int64_t up_to, int64_t *reserved,
                                    struct tt_fault *fault)
{
    struct tt_world *world = c;
    if (up_to > 0)
        note(world, "extend");
    *reserved = (up_to > world->fence_known ? up_to : world->fence_known) + TT_FENCE_STEP;
    if (world->fences_known_fail > 0) {
        world->fences_known_fail--;
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "as told");
    }
    if (world->fence_known_next != 0)
        world->fence_known = world->fence_known_next;
    return once(&world->fence_known_fails, fault);
}

static enum tt_err s_load(void *c, struct tt_store_batch *batch, struct tt_arena *arena,
                          struct tt_fault *fault)
{
    (void)c;
    (void)arena;
    (void)fault;
    for (size_t i = 0; i < batch->entry_count; i++)
        batch->entries[i].stored_same = true; /* state is not what is tested here */
    return TT_OK;
}

/* Cannot hold the status that is told. */
static enum tt_err s_write(void *c, const struct tt_store_changes *changes, struct tt_fault *fault)
{
    struct tt_world *world = c;
    if (changes->meanwhile.call != NULL)
        changes->meanwhile.call(changes->meanwhile.context, true);
    for (size_t i = 0; i < changes->audit_count; i++) {
        ck_assert_int_gt(changes->audit[i].fence, 10);
        if (world->unstorable != NULL &&
            tt_str_equal(changes->audit[i].event.status, tt_str_from(world->unstorable)))
            return tt_fault_set(fault, TT_ERR_LIMIT, "cannot hold that");
    }
    world->uncommitted += (int)changes->audit_count;
    return TT_OK;
}

static int64_t wall_us(void *c)
{
    return ((struct tt_world *)c)->now_us;
}

static struct tt_mono mono(void *c)
{
    return (struct tt_mono){((struct tt_world *)c)->now_us};
}

static void sleep_us(void *c, int64_t us)
{
    ((struct tt_world *)c)->now_us += us;
}

static uint64_t next_random(void *c)
{
    return (uint64_t)((struct tt_world *)c)->now_us * UINT64_C(0x9e3779b97f4a7c15) >> 7;
}

static void observe(void *c, enum tt_observation what, int64_t number, const char *text)
{
    (void)number;
    (void)text;
    if (what == TT_OBSERVED_STORE_AWAY)
        note(c, "store-away");
    if (what == TT_OBSERVED_STORE_BACK)
        note(c, "store-back");
    if (what == TT_OBSERVED_QUEUE_AWAY)
        note(c, "queue-away");
    if (what == TT_OBSERVED_TURN_LOST)
        note(c, "turn-lost");
    if (what == TT_OBSERVED_FENCED)
        note(c, "fenced");
}

static void see(void *c, const struct tt_audit_row *row, const struct tt_current_row *task)
{
    (void)task;
    note(c, row->duplicate ? "see-duplicate" : "see");
}

void tt_world_add(struct tt_world *world, const char *payload)
{
    world->entries[world->count] = (struct tt_queue_entry){.id_ms = 1,
                                                           .id_seq = (int64_t)world->count,
                                                           .deliveries = 1,
                                                           .payload = tt_str_from(payload)};
    world->count++;
}

enum tt_err tt_world_run(struct tt_world *world, struct tt_worker_counts *counts)
{
    const struct tt_queue queue = {world,
                                   q_connect,
                                   q_heartbeat,
                                   q_claim,
                                   q_renew,
                                   q_finish,
                                   q_give_back,
                                   q_wait,
                                   q_bury,
                                   q_trim,
                                   q_backlog,
                                   q_disconnect,
                                   q_park,
                                   world->asks_ahead ? q_prefetch : NULL,
                                   world->asks_ahead ? q_carry_on : NULL,
                                   world->stays ? q_finish_and_wait : NULL};
    const struct tt_store store = {.context = world,
                                   .begin = s_begin,
                                   .commit = s_commit,
                                   .rollback = s_rollback,
                                   .fence = s_fence,
                                   .reserve_fences = s_reserve_fences,
                                   .load = s_load,
                                   .write = s_write};
    const struct tt_clock clock = {world, wall_us, mono, sleep_us};
    const struct tt_random random = {world, next_random};
    const struct tt_observer observer = {world, observe};
    const struct tt_event_observer seeing = {"see", world, see};
    const struct tt_worker_options options = {
        .queue = &queue,
        .store = &store,
        .clock = &clock,
        .random = &random,
        .observer = &observer,
        .name = TT_STR("w"),
        .batch_max = 100,
        .lease_us = 1000000,
        .drain_us = 1000000,
        .locking = true,
        .park = world->park,
        .observers = &seeing,
        .observer_count = world->watch,
        .until_idle = !world->stays,
        .json_depth_max = TT_JSON_DEPTH_DEFAULT,
        .stop = &world->stop,
    };
    struct tt_fault fault = {0};
    world->now_us = TT_WORLD_BEGINS_US;
    if (world->fence_known == 0)
        world->fence_known = 10;
    return tt_worker_run(&options, counts, &fault);
}
