/* The store of a worker's world. */
#include "tests/lib/world_parts.h"

#include <check.h>

static enum tt_err s_begin(void *c, struct tt_fault *fault)
{
    struct tt_world *world = c;
    world->uncommitted = 0;
    tt_world_note(world, "begin");
    return tt_world_once(&world->begin_fails, fault);
}

static enum tt_err s_commit(void *c, struct tt_fault *fault)
{
    struct tt_world *world = c;
    enum tt_err err = tt_world_once(&world->commit_fails, fault);
    if (err == TT_OK && world->commits_fail > 0) {
        world->commits_fail--;
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "as told");
    }
    tt_world_note(world, err == TT_OK ? "commit" : "commit-fails");
    if (err == TT_OK)
        world->rows += world->uncommitted;
    return err;
}

static void s_rollback(void *c)
{
    struct tt_world *world = c;
    world->uncommitted = 0;
    tt_world_note(world, "rollback");
}

static enum tt_err s_fence(void *c, const struct tt_store_partition *partitions, size_t count,
                           struct tt_fault *fault)
{
    struct tt_world *world = c;
    ck_assert_uint_eq(count, 1);
    ck_assert_int_gt(partitions[0].fence, 10);
    return tt_world_once(&world->fence_fails, fault);
}

static enum tt_err s_reserve_fences(void *c, int64_t up_to, int64_t *reserved,
                                    struct tt_fault *fault)
{
    struct tt_world *world = c;
    if (up_to > 0)
        tt_world_note(world, "extend");
    *reserved = (up_to > world->fence_known ? up_to : world->fence_known) + TT_FENCE_STEP;
    if (world->fences_known_fail > 0) {
        world->fences_known_fail--;
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "as told");
    }
    if (world->fence_known_next != 0)
        world->fence_known = world->fence_known_next;
    return tt_world_once(&world->fence_known_fails, fault);
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
    world->now_us += world->step_us;
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

struct tt_store tt_world_store(struct tt_world *world)
{
    return (struct tt_store){.context = world,
                             .begin = s_begin,
                             .commit = s_commit,
                             .rollback = s_rollback,
                             .fence = s_fence,
                             .reserve_fences = s_reserve_fences,
                             .load = s_load,
                             .write = s_write};
}
