#include "tests/lib/world_parts.h"

#include "core/base/limits.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

void tt_world_note(struct tt_world *world, const char *what)
{
    size_t used = strlen(world->diary);
    snprintf(world->diary + used, sizeof world->diary - used, "%s ", what);
}

enum tt_err tt_world_once(enum tt_err *fails, struct tt_fault *fault)
{
    enum tt_err err = *fails;
    *fails = TT_OK;
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "as told");
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
        tt_world_note(c, "store-away");
    if (what == TT_OBSERVED_STORE_BACK)
        tt_world_note(c, "store-back");
    if (what == TT_OBSERVED_QUEUE_AWAY)
        tt_world_note(c, "queue-away");
    if (what == TT_OBSERVED_TURN_LOST)
        tt_world_note(c, "turn-lost");
    if (what == TT_OBSERVED_FENCED)
        tt_world_note(c, "fenced");
}

static void see(void *c, const struct tt_audit_row *row, const struct tt_current_row *task)
{
    (void)task;
    tt_world_note(c, row->duplicate ? "see-duplicate" : "see");
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
    const struct tt_queue queue = tt_world_queue(world);
    const struct tt_store store = tt_world_store(world);
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
