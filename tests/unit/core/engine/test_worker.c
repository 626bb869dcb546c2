/* The worker over ports of the test's own: what it does when queue or store fail at the worst
 * moment. */
#include "core/base/limits.h"
#include "core/engine/backoff.h"
#include "core/engine/worker.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES_MAX = 8 };

/* One partition with a few entries, a store that fails as told, and a diary of what happened in
 * which order. */
struct world {
    struct tt_queue_entry entries[ENTRIES_MAX];
    bool done[ENTRIES_MAX], read[ENTRIES_MAX];
    size_t count;
    int64_t fence, fence_known, fence_known_next; /* next: from the second time asked, if not 0 */
    bool lease_ends;                              /* found at the next renewal */
    int64_t now_us;
    int rows, uncommitted, buried;
    enum tt_err begin_fails, commit_fails, fence_fails, finish_fails,
        fence_known_fails;  /* once each */
    int commits_fail;       /* so many times more */
    const char *unstorable; /* a status that the store cannot hold */
    volatile int stop;
    char diary[2000], buried_as[40], buried_why[100];
};

static void note(struct world *world, const char *what)
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
    struct world *world = c;
    (void)fault;
    note(world, "connect");
    for (size_t i = 0; i < world->count; i++)
        world->read[i] = false; /* what was read and not acknowledged comes back */
    *partitions = 1;
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
    static struct tt_queue_entry given[ENTRIES_MAX];
    struct world *world = c;
    (void)max;
    (void)fault;
    *batch = (struct tt_queue_batch){.entries = given};
    for (size_t i = 0; i < world->count; i++)
        if (!world->done[i] && !world->read[i]) {
            world->read[i] = true;
            given[batch->count++] = world->entries[i];
        }
    if (batch->count == 0)
        return TT_OK;
    note(world, "claim");
    world->fence = (world->fence > fence_min ? world->fence : fence_min) + 1;
    for (size_t i = 0; i < batch->count; i++)
        given[i].fence = world->fence;
    return TT_OK;
}

static enum tt_err q_renew(void *c, bool *lost, struct tt_fault *fault)
{
    struct world *world = c;
    (void)fault;
    note(world, "renew");
    *lost = world->lease_ends;
    world->lease_ends = false;
    return TT_OK;
}

static enum tt_err q_wait(void *c, int64_t wait_ms, struct tt_fault *fault)
{
    struct world *world = c;
    (void)fault;
    world->now_us += wait_ms * 1000;
    return TT_OK;
}

static void finish(struct world *world, const struct tt_queue_entry *entry)
{
    for (size_t i = 0; i < world->count; i++)
        if (world->entries[i].id_seq == entry->id_seq)
            world->done[i] = true;
}

static enum tt_err q_finish(void *c, bool *lost, struct tt_fault *fault)
{
    struct world *world = c;
    note(world, "finish");
    *lost = false;
    enum tt_err err = once(&world->finish_fails, fault);
    for (size_t i = 0; i < world->count && err == TT_OK; i++)
        world->done[i] = world->done[i] || world->read[i];
    return err;
}

static enum tt_err q_give_back(void *c, struct tt_fault *fault)
{
    struct world *world = c;
    (void)fault;
    note(world, "give-back");
    for (size_t i = 0; i < world->count; i++)
        world->read[i] = false;
    return TT_OK;
}

static enum tt_err q_bury(void *c, const struct tt_queue_entry *entry, const char *reason,
                          const char *error, struct tt_fault *fault)
{
    struct world *world = c;
    (void)fault;
    note(world, "bury");
    snprintf(world->buried_as, sizeof world->buried_as, "%s", reason);
    snprintf(world->buried_why, sizeof world->buried_why, "%s", error);
    world->buried++;
    finish(world, entry);
    return TT_OK;
}

static enum tt_err q_trim(void *c, struct tt_fault *fault)
{
    (void)c;
    (void)fault;
    return TT_OK;
}

static enum tt_err q_backlog(void *c, struct tt_queue_backlog *backlog, struct tt_fault *fault)
{
    struct world *world = c;
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
    struct world *world = c;
    world->uncommitted = 0;
    note(world, "begin");
    return once(&world->begin_fails, fault);
}

static enum tt_err s_commit(void *c, struct tt_fault *fault)
{
    struct world *world = c;
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
    struct world *world = c;
    world->uncommitted = 0;
    note(world, "rollback");
}

static enum tt_err s_fence(void *c, const struct tt_store_partition *partitions, size_t count,
                           struct tt_fault *fault)
{
    struct world *world = c;
    ck_assert_uint_eq(count, 1);
    ck_assert_int_gt(partitions[0].fence, 10);
    return once(&world->fence_fails, fault);
}

static enum tt_err s_fence_known(void *c, int64_t *fence, struct tt_fault *fault)
{
    struct world *world = c;
    *fence = world->fence_known;
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
    struct world *world = c;
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
    return ((struct world *)c)->now_us;
}

static struct tt_mono mono(void *c)
{
    return (struct tt_mono){((struct world *)c)->now_us};
}

static void sleep_us(void *c, int64_t us)
{
    ((struct world *)c)->now_us += us;
}

static uint64_t next_random(void *c)
{
    return (uint64_t)((struct world *)c)->now_us * UINT64_C(0x9e3779b97f4a7c15) >> 7;
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

static void add(struct world *world, const char *payload)
{
    world->entries[world->count] = (struct tt_queue_entry){.id_ms = 1,
                                                           .id_seq = (int64_t)world->count,
                                                           .deliveries = 1,
                                                           .payload = tt_str_from(payload)};
    world->count++;
}

static enum tt_err run(struct world *world, struct tt_worker_counts *counts)
{
    const struct tt_queue queue = {world,   q_connect, q_heartbeat, q_claim,
                                   q_renew, q_finish,  q_give_back, q_wait,
                                   q_bury,  q_trim,    q_backlog,   q_disconnect};
    const struct tt_store store = {.context = world,
                                   .begin = s_begin,
                                   .commit = s_commit,
                                   .rollback = s_rollback,
                                   .fence = s_fence,
                                   .fence_known = s_fence_known,
                                   .load = s_load,
                                   .write = s_write};
    const struct tt_clock clock = {world, wall_us, mono, sleep_us};
    const struct tt_random random = {world, next_random};
    const struct tt_observer observer = {world, observe};
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
        .until_idle = true,
        .json_depth_max = TT_JSON_DEPTH_DEFAULT,
        .stop = &world->stop,
    };
    struct tt_fault fault = {0};
    world->now_us = 1000000;
    if (world->fence_known == 0)
        world->fence_known = 10;
    return tt_worker_run(&options, counts, &fault);
}

static const char good[] = "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}";

TT_TEST(entries_are_acknowledged_only_after_the_commit)
{
    struct world world = {0};
    struct tt_worker_counts counts;
    add(&world, good);
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit finish disconnect ");
    ck_assert_int_eq(world.rows, 2);
    ck_assert_uint_eq(counts.entries, 2);
}
TT_END

TT_TEST(a_store_that_is_full_is_waited_for_with_the_batch_in_hand)
{
    struct world world = {.commit_fails = TT_ERR_NO_SPACE};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit-fails rollback store-away begin "
                                  "commit store-back finish disconnect ");
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_store_that_is_away_when_it_is_asked_for_fences_is_told_as_such_and_waited_for)
{
    struct world world = {.fence_known_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect store-away connect store-back claim begin commit "
                                  "finish disconnect ");
}
TT_END

TT_TEST(a_fenced_worker_writes_nothing_and_takes_its_turn_again)
{
    struct world world = {.fence_fails = TT_ERR_FENCED};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin rollback fenced give-back claim begin "
                                  "commit finish disconnect ");
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(after_a_fence_the_store_is_asked_what_new_ones_must_be_above)
{
    struct world world = {.fence_fails = TT_ERR_FENCED, .fence_known = 10};
    struct tt_worker_counts counts;
    add(&world, good);
    world.fence_known_next = 5000;
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_gt(world.fence, 5000);
}
TT_END

TT_TEST(the_lease_of_a_batch_is_renewed_while_the_store_is_away)
{
    struct world world = {.commits_fail = 6};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_ptr_nonnull(strstr(world.diary, "renew"));
    ck_assert_ptr_null(strstr(world.diary, "give-back"));
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_batch_whose_lease_ended_while_the_store_was_away_is_given_up)
{
    struct world world = {.commits_fail = 6, .lease_ends = true};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_ptr_nonnull(strstr(world.diary, "renew fenced give-back"));
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_lost_acknowledgement_means_connecting_again_and_applying_again)
{
    struct world world = {.finish_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit finish queue-away connect claim "
                                  "begin commit finish disconnect ");
}
TT_END

TT_TEST(what_does_not_decode_is_buried_after_the_rest_was_committed)
{
    struct world world = {0};
    struct tt_worker_counts counts;
    add(&world, good);
    add(&world, "no json");
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit bury finish disconnect ");
    ck_assert_int_eq(world.rows, 2);
    ck_assert_int_eq(world.buried, 1);
    ck_assert_uint_eq(counts.dead, 1);
}
TT_END

TT_TEST(what_the_store_can_never_take_is_found_in_halves_and_buried)
{
    struct world world = {.unstorable = "B"};
    struct tt_worker_counts counts;
    add(&world, good);
    add(&world, good);
    add(&world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}");
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary,
                     "connect claim begin rollback begin commit begin rollback begin rollback "
                     "begin commit bury finish disconnect ");
    ck_assert_int_eq(world.rows, 3);
    ck_assert_uint_eq(counts.rows, 3);
    ck_assert_uint_eq(counts.dead, 1);
    ck_assert_str_eq(world.buried_as, "unstorable");
    ck_assert_str_eq(world.buried_why, "cannot hold that");
}
TT_END

TT_TEST(a_store_that_can_never_be_written_ends_the_worker_and_leaves_the_entries)
{
    struct world world = {.begin_fails = TT_ERR_READ_ONLY};
    struct tt_worker_counts counts;
    add(&world, good);
    ck_assert_int_eq(run(&world, &counts), TT_ERR_READ_ONLY);
    ck_assert_int_eq(world.rows, 0);
    ck_assert(!world.done[0]);
}
TT_END

TT_TEST(waits_grow_to_their_maximum_and_never_vanish)
{
    struct world world = {.now_us = 12345};
    const struct tt_random random = {&world, next_random};
    struct tt_backoff backoff = {.first_us = 1000, .max_us = 64000};
    for (int i = 0; i < 100; i++) {
        int64_t ceiling = i < 6 ? INT64_C(1000) << i : 64000;
        int64_t wait_us = tt_backoff_next_us(&backoff, &random);
        ck_assert_int_ge(wait_us, ceiling / 10);
        ck_assert_int_le(wait_us, ceiling);
        world.now_us += wait_us;
    }
    tt_backoff_reset(&backoff);
    ck_assert_int_le(tt_backoff_next_us(&backoff, &random), 1000);
}
TT_END

TT_SUITE("core/engine/worker", entries_are_acknowledged_only_after_the_commit,
         a_store_that_is_full_is_waited_for_with_the_batch_in_hand,
         a_store_that_is_away_when_it_is_asked_for_fences_is_told_as_such_and_waited_for,
         a_fenced_worker_writes_nothing_and_takes_its_turn_again,
         after_a_fence_the_store_is_asked_what_new_ones_must_be_above,
         the_lease_of_a_batch_is_renewed_while_the_store_is_away,
         a_batch_whose_lease_ended_while_the_store_was_away_is_given_up,
         a_lost_acknowledgement_means_connecting_again_and_applying_again,
         what_does_not_decode_is_buried_after_the_rest_was_committed,
         what_the_store_can_never_take_is_found_in_halves_and_buried,
         a_store_that_can_never_be_written_ends_the_worker_and_leaves_the_entries,
         waits_grow_to_their_maximum_and_never_vanish)
