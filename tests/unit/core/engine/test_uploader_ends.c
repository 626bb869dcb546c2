/* What ends a single run, what a daemon waits for, and what is said of the rest. */
#include "tests/lib/suite.h"
#include "tests/lib/upload_runs.h"
#include <string.h>

TT_TEST(bad_rows_are_kept_with_the_reason_and_the_rest_goes_on)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.bad_rows[0] = 3;
    world.bad_rows[1] = 4;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
    ck_assert_uint_eq(counts.rows[TT_UPLOAD_AUDIT], TT_UPLOAD_WORLD_ROWS - 2);
    ck_assert_uint_eq(counts.quarantined_rows, 2);
    struct tt_outbox_view view;
    struct tt_outbox_totals totals;
    ck_assert_int_eq(tt_upload_outbox.look(tt_upload_outbox.context, tt_str_from(world.destination),
                                           &view, NULL),
                     TT_OK);
    ck_assert_int_eq(tt_upload_outbox.totals(tt_upload_outbox.context,
                                             tt_str_from(world.destination), &totals, NULL),
                     TT_OK);
    ck_assert_uint_eq(totals.quarantined_rows, 2);
    ck_assert_uint_eq(view.open_batches, 0);
    ck_assert_int_eq(view.planned_to, TT_UPLOAD_WORLD_ROWS);
}
TT_END

TT_TEST(what_somebody_has_to_set_right_blocks_and_ends_a_single_run_with_its_message)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.begin_fails = TT_ERR_DENIED;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "no table for it"));
    ck_assert_ptr_nonnull(strstr(fault.text, "are left"));
    world.begin_fails = TT_OK;
    world.now_us += 61000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(a_count_that_differs_is_never_taken_for_success_nor_sent_again)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.miscounts = 1;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "the sink counts 2 rows, 1 were sent"));
    ck_assert_uint_eq(counts.batches, 0);
    world.miscounts = 0;
    world.now_us += 61000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(a_range_that_is_too_much_is_planned_in_smaller_ones)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.batch_rows = 100;
    world.limit_rows = 4;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
    ck_assert_uint_ge(counts.plans, 3);
}
TT_END

TT_TEST(the_loads_of_a_day_are_not_exceeded_and_the_rest_waits)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.loads_per_day = 2;
    world.batch_rows = 3;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(fault.text, "24 hours are used up"));
    ck_assert_uint_eq(counts.rows[TT_UPLOAD_AUDIT], 6);
    world.now_us += INT64_C(86400) * 1000000 + 1;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(a_daemon_waits_for_more_rows_and_between_two_loads)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.daemon = true;
    world.loads_per_day = 1500;
    world.batch_rows = 100;
    int64_t begun_us = world.now_us;
    world.stop_at_us = begun_us + 250 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    ck_assert_uint_eq(counts.batches, 0);
    world.batch_rows = 5;
    begun_us = world.now_us;
    world.stop_at_us = begun_us + 110 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    ck_assert_uint_eq(counts.rows[TT_UPLOAD_AUDIT], 10);
    world.stop_at_us = world.now_us + 400 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(of_two_uploaders_one_waits_and_gives_up_when_it_runs_once)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.has_rival = true;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(fault.text, "another uploader"));
    ck_assert_uint_eq(world.attempt_count, 0);
}
TT_END

TT_TEST(a_stop_while_rows_are_sent_is_no_failure_of_a_daemon_but_a_single_run_says_so)
{
    tt_upload_outbox_open();
    for (int once = 0; once < 2; once++) {
        struct tt_upload_world world = tt_upload_world_new();
        struct tt_uploader_counts counts;
        struct tt_fault fault = {0};
        world.daemon = once == 0;
        world.stops_in_send = true;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault),
                         once == 0 ? TT_OK : TT_ERR_STOPPED);
        world.stops_in_send = false;
        world.daemon = false;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
        tt_upload_assert_once(&world);
    }
}
TT_END

TT_TEST(rows_are_not_to_blame_when_the_table_does_not_take_ours)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    struct tt_outbox_totals totals;
    for (int i = 0; i < 3; i++)
        world.bad_rows[i] = 1 + 4 * i;
    world.tables_fail = TT_ERR_INVALID;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "no such column"));
    ck_assert_int_eq(tt_upload_outbox.totals(tt_upload_outbox.context,
                                             tt_str_from(world.destination), &totals, NULL),
                     TT_OK);
    ck_assert_uint_eq(totals.quarantined_rows, 0);
    world.tables_fail = TT_OK;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
    ck_assert_uint_eq(counts.quarantined_rows, 3);
}
TT_END

TT_TEST(no_row_is_blamed_for_an_answer_that_is_too_long_before_any_row_has_left)
{
    tt_upload_outbox_open();
    for (int i = 0; i < 2; i++) {
        struct tt_upload_world world = tt_upload_world_new();
        struct tt_uploader_counts counts;
        struct tt_fault fault = {0};
        world.begin_fails = i == 0 ? TT_ERR_LIMIT : TT_ERR_REJECT;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), world.begin_fails);
        ck_assert_ptr_nonnull(strstr(fault.text, "are left"));
        ck_assert_uint_eq(counts.quarantined_rows, 0);
        world.begin_fails = TT_OK;
        world.now_us += 61000000;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
        tt_upload_assert_once(&world);
    }
}
TT_END

/* Blocked for a day, and set right. */
static void change_table(struct tt_upload_world world)
{
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.table_refuses = true;
    world.tables_fail = TT_ERR_INVALID;
    world.daemon = true;
    world.stop_at_us = world.now_us + 86400 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    world.daemon = false;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "no such column"));
    ck_assert_uint_le(world.attempt_count, 2); /* one of each table, not one a minute */
    world.tables_fail = TT_OK;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
    ck_assert_uint_eq(counts.quarantined_rows, 0);
}

TT_TEST(good_rows_that_a_changed_table_refused_go_up_once_it_is_set_right)
{
    tt_upload_outbox_open();
    for (int batch_rows = 1; batch_rows < 12; batch_rows += 4)
        for (int way = 0; way < 4; way++) {
            struct tt_upload_world world = tt_upload_world_new();
            world.batch_rows = batch_rows;
            world.needs_commit = way % 2 == 1;
            world.doubts = way >= 2;
            change_table(world);
        }
}
TT_END

TT_TEST(a_refusal_in_doubt_blames_rows_only_when_it_comes_again_and_again)
{
    tt_upload_outbox_open();
    for (int commits = 0; commits < 2; commits++) {
        struct tt_upload_world world = tt_upload_world_new();
        struct tt_uploader_counts counts;
        world.needs_commit = commits == 1;
        world.doubts = true;
        world.bad_rows[0] = 3;
        int64_t begun_us = world.now_us;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
        tt_upload_assert_once(&world);
        ck_assert_uint_eq(counts.quarantined_rows, 1);
        ck_assert_uint_ge(counts.retries, 10);
        ck_assert_int_gt(world.now_us - begun_us, INT64_C(5000000));
    }
}
TT_END

TT_TEST(what_is_set_right_is_tried_at_once_by_the_next_run)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.begin_fails = TT_ERR_DENIED;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_ERR_DENIED);
    world.begin_fails = TT_OK;
    world.now_us += 1000000;
    ck_assert_msg(tt_upload_world_run(&world, "me", &counts, &fault) == TT_OK, "%s", fault.text);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(attempts_that_fail_one_after_another_end_a_single_run_before_all_loads_are_used_up)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.fails_for = 1000;
    world.loads_per_day = 25;
    world.runs_for = 2;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_msg(strstr(fault.text, "backendError") != NULL, "%s", fault.text);
    ck_assert_uint_le(world.attempt_count, 8);
    world.fails_for = 0;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

static int problems;

static enum tt_err count_problem(void *context, const struct tt_upload_batch *batch)
{
    (void)context;
    problems += strstr(batch->problem, "quota") != NULL;
    return TT_OK;
}

TT_TEST(a_sink_that_says_to_come_back_is_no_failure_and_its_words_are_kept)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.quota_for = 1000;
    world.daemon = true;
    world.stop_at_us = world.now_us + 400 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    problems = 0;
    ck_assert_int_eq(tt_upload_outbox.open(tt_upload_outbox.context, tt_str_from(world.destination),
                                           count_problem, NULL, NULL),
                     TT_OK);
    ck_assert_int_gt(problems, 0);
    world.quota_for = 0;
    world.daemon = false;
    world.stop_at_us = 0;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_TEST(a_single_run_ends_when_the_sink_has_a_quota_that_is_used_up_and_leaves_the_rest)
{
    static const int64_t waits_us[] = {300000000, 60000000, 5000000, 1};
    tt_upload_outbox_open();
    for (size_t i = 0; i < sizeof waits_us / sizeof *waits_us; i++) {
        struct tt_upload_world world = tt_upload_world_new();
        struct tt_uploader_counts counts;
        struct tt_fault fault = {0}, again = {0};
        world.quota_for = 1000;
        world.quota_wait_us = waits_us[i];
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_UNAVAILABLE);
        ck_assert_msg(strstr(fault.text, "are left") != NULL, "%s", fault.text);
        ck_assert_msg(strstr(fault.text, "quota") != NULL, "%s", fault.text);
        ck_assert_int_gt(world.quota_for, 980);
        /* A run that follows at once does not ask a sink that said when to come back. */
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &again), TT_ERR_UNAVAILABLE);
        ck_assert_msg(strstr(again.text, "quota") != NULL, "%s", again.text);
        world.quota_for = 0;
        world.now_us += waits_us[i];
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
        tt_upload_assert_once(&world);
    }
}
TT_END

TT_TEST(a_single_run_waits_for_a_sink_that_says_to_come_back_soon)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.quota_for = 3;
    world.quota_wait_us = 20000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_SUITE("core/engine/uploader_ends", bad_rows_are_kept_with_the_reason_and_the_rest_goes_on,
         what_somebody_has_to_set_right_blocks_and_ends_a_single_run_with_its_message,
         a_count_that_differs_is_never_taken_for_success_nor_sent_again,
         a_range_that_is_too_much_is_planned_in_smaller_ones,
         the_loads_of_a_day_are_not_exceeded_and_the_rest_waits,
         a_daemon_waits_for_more_rows_and_between_two_loads,
         of_two_uploaders_one_waits_and_gives_up_when_it_runs_once,
         a_stop_while_rows_are_sent_is_no_failure_of_a_daemon_but_a_single_run_says_so,
         rows_are_not_to_blame_when_the_table_does_not_take_ours,
         good_rows_that_a_changed_table_refused_go_up_once_it_is_set_right,
         a_refusal_in_doubt_blames_rows_only_when_it_comes_again_and_again,
         no_row_is_blamed_for_an_answer_that_is_too_long_before_any_row_has_left,
         what_is_set_right_is_tried_at_once_by_the_next_run,
         attempts_that_fail_one_after_another_end_a_single_run_before_all_loads_are_used_up,
         a_sink_that_says_to_come_back_is_no_failure_and_its_words_are_kept,
         a_single_run_ends_when_the_sink_has_a_quota_that_is_used_up_and_leaves_the_rest,
         a_single_run_waits_for_a_sink_that_says_to_come_back_soon)
