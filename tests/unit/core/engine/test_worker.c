/* The worker over ports of the test's own: what it does when queue or store fail at the worst
 * moment. */
#include "tests/lib/suite.h"
#include "tests/lib/world.h"

#include <string.h>

static const char good[] = "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}";

TT_TEST(entries_are_acknowledged_only_after_the_commit)
{
    struct tt_world world = {0};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit finish disconnect ");
    ck_assert_int_eq(world.rows, 2);
    ck_assert_uint_eq(counts.entries, 2);
}
TT_END

TT_TEST(a_store_that_is_full_is_waited_for_with_the_batch_in_hand)
{
    struct tt_world world = {.commit_fails = TT_ERR_NO_SPACE};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit-fails rollback store-away begin "
                                  "commit store-back finish disconnect ");
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_store_that_is_away_when_it_is_asked_for_fences_is_told_as_such_and_waited_for)
{
    struct tt_world world = {.fence_known_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect store-away connect store-back claim begin commit "
                                  "finish disconnect ");
}
TT_END

/* The queue answers each time; that is no reason to begin with short waits again. */
TT_TEST(a_store_that_stays_away_is_asked_less_and_less_often)
{
    struct tt_world world = {.fences_known_fail = 8};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_gt(world.now_us, 1000000 + 1000000); /* eight short ones: 0.4 s at most */
}
TT_END

TT_TEST(a_fenced_worker_writes_nothing_and_takes_its_turn_again)
{
    struct tt_world world = {.fence_fails = TT_ERR_FENCED};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin rollback fenced give-back claim begin "
                                  "commit finish disconnect ");
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(after_a_fence_the_store_is_asked_what_new_ones_must_be_above)
{
    struct tt_world world = {.fence_fails = TT_ERR_FENCED, .fence_known = 10};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    world.fence_known_next = 5000;
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_gt(world.fence, 5000);
}
TT_END

TT_TEST(a_batch_whose_fence_was_not_reserved_before_it_was_claimed_is_claimed_again)
{
    struct tt_world world = {.fence = 5000}; /* others are that far */
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim give-back extend claim begin commit finish "
                                  "disconnect ");
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_eq(world.fence, 5002); /* it goes on counting: nobody else is left behind */
}
TT_END

/* Which may have lost numbers that it had given: no ceiling helps then. */
TT_TEST(what_another_server_gave_is_claimed_again_above_what_was_reserved_since)
{
    struct tt_world world = {.moves = true, .fence_known = 10, .fence_known_next = 5000};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim give-back claim begin commit finish disconnect ");
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_gt(world.fence, 5000);
}
TT_END

TT_TEST(more_fences_are_reserved_before_they_are_used_up)
{
    struct tt_world world = {.fence = 10 + TT_FENCE_STEP - 100};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit finish extend disconnect ");
}
TT_END

TT_TEST(each_partition_is_trimmed_every_ten_seconds_and_few_of_them_at_a_time)
{
    struct tt_world world = {.asks_ahead = true,
                             .stays = true,
                             .partitions = 64,
                             .stays_until_us = TT_WORLD_BEGINS_US + 30 * 1000 * 1000};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_uint_ge(world.trimmed, 64 + 3 * 60); /* all of them when it begins */
    ck_assert_uint_le(world.trimmed, 64 + 3 * 64);
    ck_assert_uint_le(world.trimmed_at_once, 4);
}
TT_END

TT_TEST(the_lease_of_a_batch_is_renewed_while_the_store_is_away)
{
    struct tt_world world = {.commits_fail = 6};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_ptr_nonnull(strstr(world.diary, "renew"));
    ck_assert_ptr_null(strstr(world.diary, "give-back"));
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_batch_that_was_asked_for_long_ago_is_renewed_before_it_is_applied)
{
    struct tt_world world = {.asks_ahead = true, .batch = 1, .commits_fail = 4};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    static const char then[] =
        "finish claim renew prefetch begin carry-on commit finish claim begin";
    const char *second = strstr(world.diary, "finish");
    ck_assert_ptr_nonnull(second);
    ck_assert_msg(strncmp(second, then, strlen(then)) == 0, "%s", world.diary);
    ck_assert_int_eq(world.rows, 3);
}
TT_END

TT_TEST(a_batch_asked_for_ahead_whose_lease_has_ended_is_given_up)
{
    struct tt_world world = {
        .asks_ahead = true, .batch = 1, .commits_fail = 4, .lease_ends_ahead = true};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_msg(strstr(world.diary, "finish claim renew fenced give-back claim begin commit") !=
                      NULL,
                  "%s", world.diary);
    ck_assert_int_eq(world.rows, 2);
}
TT_END

TT_TEST(a_batch_whose_lease_ended_while_the_store_was_away_is_given_up)
{
    struct tt_world world = {.commits_fail = 6, .lease_ends = true};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_ptr_nonnull(strstr(world.diary, "renew fenced give-back"));
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(a_lost_acknowledgement_means_connecting_again_and_applying_again)
{
    struct tt_world world = {.finish_fails = TT_ERR_UNAVAILABLE};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit finish queue-away connect claim "
                                  "begin commit finish disconnect ");
}
TT_END

TT_TEST(what_does_not_decode_is_buried_after_the_rest_was_committed)
{
    struct tt_world world = {0};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, "no json");
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit bury finish disconnect ");
    ck_assert_int_eq(world.rows, 2);
    ck_assert_int_eq(world.buried, 1);
    ck_assert_uint_eq(counts.dead, 1);
}
TT_END

TT_TEST(what_the_store_can_never_take_is_found_in_halves_and_buried)
{
    struct tt_world world = {.unstorable = "B"};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, good);
    tt_world_add(&world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}");
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
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

/* A lease of a second, renewed when a third of it is over. */
TT_TEST(while_much_of_a_batch_is_set_aside_its_lease_is_renewed)
{
    struct tt_world world = {.unstorable = "B", .step_us = 200000};
    struct tt_worker_counts counts;
    for (int i = 0; i < 4; i++)
        tt_world_add(&world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}");
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary,
                     "connect claim begin rollback begin rollback renew begin rollback begin "
                     "rollback renew begin rollback begin rollback renew begin rollback bury renew "
                     "bury bury renew bury finish disconnect ");
    ck_assert_uint_eq(counts.dead, 4);
}
TT_END

/* What was written is known the next time, so the batch takes less long then. */
TT_TEST(where_a_lease_ends_while_a_batch_is_taken_apart_the_rest_of_it_is_written_all_the_same)
{
    struct tt_world world = {.unstorable = "B", .step_us = 400000, .lease_ends = true};
    struct tt_worker_counts counts;
    tt_world_add(&world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}");
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_ptr_null(strstr(world.diary, "fenced"));
    ck_assert_ptr_null(strstr(world.diary, "give-back"));
    ck_assert_int_eq(world.rows, 1);
}
TT_END

TT_TEST(observers_see_what_was_committed_and_nothing_else)
{
    struct tt_world world = {.watch = true, .commits_fail = 1, .unstorable = "B"};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}");
    tt_world_add(&world, "no json");
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary,
                     "connect claim begin rollback begin commit-fails rollback store-away begin "
                     "rollback begin commit see-duplicate begin rollback store-back bury bury "
                     "finish disconnect ");
}
TT_END

static const char of_u[] = "{\"task_id\":\"u\",\"status\":\"A\",\"event_time\":1}";
static const char no_status[] = "{\"tenant\":\"x\",\"task_id\":\"t\",\"event_time\":1}";
static const char bad[] = "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":1}";

TT_TEST(where_dead_letters_park_what_comes_behind_one_of_its_task_is_not_applied)
{
    struct tt_world world = {.park = true, .unstorable = "B"};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    tt_world_add(&world, of_u);
    tt_world_add(&world, bad);
    tt_world_add(&world, good);
    tt_world_add(&world, "{\"task_id\":\"t\",\"event_time\":1}");
    tt_world_add(&world, of_u);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_ptr_nonnull(strstr(world.diary, "commit park finish"));
    ck_assert_ptr_null(strstr(world.diary, "bury"));
    ck_assert_int_eq(world.rows, 3);
    ck_assert_int_eq(world.buried, 1);
    ck_assert_str_eq(world.buried_as, "unstorable");
    ck_assert_msg(strcmp(world.parked, "default/t 4 3") == 0 ||
                      strcmp(world.parked, "default/t 3 4") == 0,
                  "%s", world.parked);
}
TT_END

TT_TEST(an_entry_that_is_no_event_parks_the_task_it_names_and_no_other)
{
    struct tt_world world = {.park = true};
    struct tt_worker_counts counts;
    tt_world_add(&world, no_status);
    tt_world_add(&world, good); /* of another tenant's t */
    tt_world_add(&world, no_status);
    tt_world_add(&world, "{\"tenant\":\"x\",\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}");
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_int_eq(world.rows, 1);
    ck_assert_int_eq(world.buried, 1);
    ck_assert_str_eq(world.parked, "x/t 2 3");
}
TT_END

TT_TEST(an_entry_that_names_no_task_parks_nothing)
{
    struct tt_world world = {.park = true};
    struct tt_worker_counts counts;
    tt_world_add(&world, "no json");
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_OK);
    ck_assert_str_eq(world.diary, "connect claim begin commit bury finish disconnect ");
}
TT_END

TT_TEST(a_store_that_can_never_be_written_ends_the_worker_and_leaves_the_entries)
{
    struct tt_world world = {.begin_fails = TT_ERR_READ_ONLY};
    struct tt_worker_counts counts;
    tt_world_add(&world, good);
    ck_assert_int_eq(tt_world_run(&world, &counts), TT_ERR_READ_ONLY);
    ck_assert_int_eq(world.rows, 0);
    ck_assert(!world.done[0]);
}
TT_END

TT_SUITE("core/engine/worker", entries_are_acknowledged_only_after_the_commit,
         a_store_that_is_full_is_waited_for_with_the_batch_in_hand,
         a_store_that_is_away_when_it_is_asked_for_fences_is_told_as_such_and_waited_for,
         a_store_that_stays_away_is_asked_less_and_less_often,
         a_fenced_worker_writes_nothing_and_takes_its_turn_again,
         after_a_fence_the_store_is_asked_what_new_ones_must_be_above,
         a_batch_whose_fence_was_not_reserved_before_it_was_claimed_is_claimed_again,
         what_another_server_gave_is_claimed_again_above_what_was_reserved_since,
         more_fences_are_reserved_before_they_are_used_up,
         the_lease_of_a_batch_is_renewed_while_the_store_is_away,
         each_partition_is_trimmed_every_ten_seconds_and_few_of_them_at_a_time,
         a_batch_that_was_asked_for_long_ago_is_renewed_before_it_is_applied,
         a_batch_asked_for_ahead_whose_lease_has_ended_is_given_up,
         a_batch_whose_lease_ended_while_the_store_was_away_is_given_up,
         a_lost_acknowledgement_means_connecting_again_and_applying_again,
         what_does_not_decode_is_buried_after_the_rest_was_committed,
         what_the_store_can_never_take_is_found_in_halves_and_buried,
         while_much_of_a_batch_is_set_aside_its_lease_is_renewed,
         where_a_lease_ends_while_a_batch_is_taken_apart_the_rest_of_it_is_written_all_the_same,
         observers_see_what_was_committed_and_nothing_else,
         where_dead_letters_park_what_comes_behind_one_of_its_task_is_not_applied,
         an_entry_that_is_no_event_parks_the_task_it_names_and_no_other,
         an_entry_that_names_no_task_parks_nothing,
         a_store_that_can_never_be_written_ends_the_worker_and_leaves_the_entries)
