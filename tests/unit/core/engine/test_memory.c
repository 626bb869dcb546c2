/* A worker that runs out of memory, at each of its allocations in turn: it says so, what it wrote
 * is finished or not, and nothing is finished that was not written. */
#include "core/base/mem.h"
#include "tests/lib/suite.h"
#include "tests/lib/world.h"

#include <string.h>

static void fill(struct tt_world *world)
{
    tt_world_add(world,
                 "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1,\"event_id\":\"e1\"}");
    tt_world_add(world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":3,\"stage\":\"s\","
                        "\"attributes\":{\"record_count\":3},\"correlation_id\":\"c\","
                        "\"dataset_id\":\"d\"}");
    tt_world_add(world, "{\"task_id\":\"u\",\"status\":\"A\",\"event_time\":2}");
    tt_world_add(world, "{\"task_id\":\"u\",\"status\":\"N\",\"event_time\":4}"); /* unstorable */
    tt_world_add(world, "{\"task_id\":\"u\",\"status\":\"C\",\"event_time\":5}");
    tt_world_add(world, "{broken");
}

static int finished(const struct tt_world *world)
{
    int count = 0;
    for (size_t i = 0; i < world->count; i++)
        count += world->done[i];
    return count;
}

static void fail_each(bool sticky, bool park)
{
    long nth = 0;
    for (;; nth++) {
        struct tt_world world = {.unstorable = "N", .park = park};
        struct tt_worker_counts counts;
        fill(&world);
        tt_mem_fail_after(nth, sticky);
        enum tt_err err = tt_world_run(&world, &counts);
        tt_mem_fail_after(-1, false);
        if (err == TT_OK)
            ck_assert_int_eq(finished(&world), (int)world.count);
        else
            ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
        ck_assert_int_le(finished(&world), world.rows + world.buried + (park ? 1 : 0));
        if (err != TT_OK) { /* the next life does what is left */
            int before = world.rows;
            ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
            ck_assert_int_eq(finished(&world), (int)world.count);
            ck_assert_int_ge(world.rows, before);
            continue;
        }
        break;
    }
    ck_assert_int_gt(nth, 10);
}

TT_TEST(a_worker_without_memory_says_so_and_finishes_nothing_that_it_did_not_write)
{
    fail_each(false, false);
    fail_each(true, false);
}
TT_END

TT_TEST(so_it_does_where_tasks_are_parked)
{
    fail_each(false, true);
    fail_each(true, true);
}
TT_END

TT_SUITE("core/engine/memory",
         a_worker_without_memory_says_so_and_finishes_nothing_that_it_did_not_write,
         so_it_does_where_tasks_are_parked)
