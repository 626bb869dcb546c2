/* The worker that goes on with the next batch while the store writes the one in hand. */
#include "tests/lib/suite.h"
#include "tests/lib/world.h"

#include <string.h>

static const char good[] = "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}";

static void must_have(const struct tt_world *world, const char *part)
{
    ck_assert_msg(strstr(world->diary, part) != NULL, "%s", world->diary);
}

static struct tt_worker_counts run_two(struct tt_world *world)
{
    struct tt_worker_counts counts;
    tt_world_add(world, good);
    tt_world_add(world, good);
    ck_assert_int_eq(tt_world_run(world, &counts), TT_OK);
    return counts;
}

TT_TEST(the_next_batch_is_gone_on_with_in_the_middle_of_the_transaction)
{
    struct tt_world world = {.asks_ahead = true, .batch = 1};
    run_two(&world);
    ck_assert_str_eq(world.diary, "connect claim prefetch begin carry-on commit finish claim begin "
                                  "commit finish disconnect ");
    ck_assert_int_eq(world.rows, 2);
}
TT_END

/* The store takes the batch; that the queue is gone is told then, and nothing is acknowledged. */
TT_TEST(what_fails_in_going_on_does_not_disturb_the_store_and_is_told_after_it)
{
    struct tt_world world = {.asks_ahead = true, .batch = 1, .carry_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts = run_two(&world);
    ck_assert_str_eq(world.diary, "connect claim prefetch begin carry-fails commit queue-away "
                                  "connect claim prefetch begin carry-on commit finish claim begin "
                                  "commit finish disconnect ");
    ck_assert_uint_eq(counts.entries, 2);
}
TT_END

/* The store is away as well: the queue is asked again only with a new connection. */
TT_TEST(nothing_is_gone_on_with_where_that_has_failed)
{
    struct tt_world world = {
        .asks_ahead = true, .batch = 1, .carry_fails = TT_ERR_UNAVAILABLE, .commits_fail = 2};
    run_two(&world);
    must_have(&world, "connect claim prefetch begin carry-fails commit-fails rollback store-away "
                      "begin commit-fails rollback begin commit store-back queue-away connect ");
    ck_assert_int_eq(world.rows, 1 + 2);
}
TT_END

/* What was told of a connection that failed is doubtful: it is made anew, nothing is given back
 * over it, and the failure is not told of the batch after. */
TT_TEST(a_lease_that_ended_after_a_failure_to_go_on_means_connecting_again)
{
    struct tt_world world = {.asks_ahead = true,
                             .batch = 1,
                             .carry_fails = TT_ERR_UNAVAILABLE,
                             .commits_fail = 6,
                             .lease_ends = true};
    run_two(&world);
    must_have(&world, "begin carry-fails commit-fails ");
    must_have(&world, "renew queue-away connect store-back claim prefetch begin carry-on ");
    ck_assert_ptr_null(strstr(world.diary, "give-back"));
    ck_assert_int_eq(world.rows, 2);
}
TT_END

/* Behind what is asked for there is no need to wait; behind the last batch there is nothing else to
 * do. */
TT_TEST(a_worker_that_stays_waits_in_one_step_with_finishing_where_nothing_is_asked_for)
{
    struct tt_world world = {.asks_ahead = true, .stays = true, .batch = 1};
    struct tt_worker_counts counts = run_two(&world);
    ck_assert_str_eq(world.diary, "connect claim prefetch begin carry-on commit finish claim begin "
                                  "commit finish and-wait disconnect ");
    ck_assert_uint_eq(counts.entries, 2);
}
TT_END

/* Nothing was known of when the batch began; what came is asked for while the store writes. */
TT_TEST(what_is_seen_in_the_middle_of_the_transaction_is_the_next_batch_without_a_wait)
{
    struct tt_world world = {.asks_ahead = true, .peeks = true, .stays = true, .batch = 1};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin peek commit finish claim begin peek "
                                  "commit finish and-wait disconnect ");
    ck_assert_uint_eq(counts.entries, 2);
}
TT_END

TT_TEST(a_peek_that_fails_is_told_when_the_store_has_the_batch)
{
    struct tt_world world = {
        .asks_ahead = true, .peeks = true, .batch = 1, .carry_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    must_have(&world, "connect claim begin carry-fails commit queue-away connect claim begin ");
    ck_assert_uint_eq(counts.entries, 1);
}
TT_END

TT_SUITE("core/engine/worker_ahead",
         what_is_seen_in_the_middle_of_the_transaction_is_the_next_batch_without_a_wait,
         a_peek_that_fails_is_told_when_the_store_has_the_batch,
         a_worker_that_stays_waits_in_one_step_with_finishing_where_nothing_is_asked_for,
         the_next_batch_is_gone_on_with_in_the_middle_of_the_transaction,
         what_fails_in_going_on_does_not_disturb_the_store_and_is_told_after_it,
         nothing_is_gone_on_with_where_that_has_failed,
         a_lease_that_ended_after_a_failure_to_go_on_means_connecting_again)
