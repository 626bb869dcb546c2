/* The queue of a worker's world. */
#include "tests/lib/world_parts.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static enum tt_err q_connect(void *c, unsigned *partitions, int64_t *epoch, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    tt_world_note(world, "connect");
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
    tt_world_note(world, "claim");
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
        tt_world_note(world, "prefetch");
    return TT_OK;
}

static enum tt_err q_carry_on(void *c, bool wait, bool *asked, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)wait;
    if (!world->asked && !world->peeks)
        return TT_OK;
    enum tt_err err = tt_world_once(&world->carry_fails, fault);
    tt_world_note(world, err != TT_OK ? "carry-fails" : world->asked ? "carry-on" : "peek");
    *asked = world->asked = err == TT_OK && (world->asked || has_more(world));
    return err;
}

static enum tt_err q_renew(void *c, bool *lost, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    tt_world_note(world, "renew");
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
    tt_world_note(world, "finish");
    *lost = false;
    world->lease_ends = world->lease_ends || world->lease_ends_ahead;
    world->lease_ends_ahead = false;
    enum tt_err err = tt_world_once(&world->finish_fails, fault);
    for (size_t i = 0; i < world->count && err == TT_OK; i++)
        world->done[i] = world->done[i] || world->read[i];
    return err;
}

static enum tt_err q_finish_and_wait(void *c, int64_t wait_ms, bool *lost, struct tt_fault *fault)
{
    struct tt_world *world = c;
    enum tt_err err = q_finish(c, lost, fault);
    tt_world_note(world, "and-wait");
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
    tt_world_note(world, "give-back");
    for (size_t i = 0; i < world->count; i++)
        world->read[i] = false;
    return TT_OK;
}

static enum tt_err q_bury(void *c, const struct tt_queue_entry *entry, const char *reason,
                          const char *error, struct tt_fault *fault)
{
    struct tt_world *world = c;
    (void)fault;
    tt_world_note(world, "bury");
    world->now_us += world->step_us;
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
    tt_world_note(world, "park");
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
    tt_world_note(c, "disconnect");
}

struct tt_queue tt_world_queue(struct tt_world *world)
{
    return (struct tt_queue){world,
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
}
