/* The uploader against a sink that fails at every call, before and after its effect, by an error
 * and by the death of the process: afterwards every row is there once. */
#include "adapters/sqlite/outbox.h"
#include "adapters/sqlite/outbox_sql.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/upload_world.h"
#include <stdio.h>
#include <string.h>

enum { ROWS = TT_UPLOAD_WORLD_ROWS, RESTARTS_MAX = 20 };

static struct tt_outbox outbox;

static void open_outbox(void)
{
    struct tt_fault fault = {0};
    ck_assert_msg(tt_sqlite_outbox_open(tt_tmpfile("outbox.db"), 60000, &outbox, &fault) == TT_OK,
                  "%s", fault.text);
    const struct tt_sqlite_outbox *inner = outbox.context;
    ck_assert_int_eq(tt_db_run(&inner->db, "PRAGMA synchronous = OFF", NULL), TT_OK);
}

static struct tt_upload_world new_world(void)
{
    static int number;
    struct tt_upload_world world = {
        .outbox = &outbox, .rows_in_store = ROWS, .batch_rows = 5, .now_us = 1000000000};
    snprintf(world.destination, sizeof world.destination, "run-%d", ++number);
    return world;
}

static bool is_bad(const struct tt_upload_world *w, enum tt_upload_table_id table, int64_t row)
{
    return table == TT_UPLOAD_AUDIT &&
           (row == w->bad_rows[0] || row == w->bad_rows[1] || row == w->bad_rows[2]);
}

static void assert_each_row_once(const struct tt_upload_world *w)
{
    ck_assert_msg(w->broken[0] == '\0', "trouble %d at call %d: %s", w->trouble, w->trouble_at,
                  w->broken);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        for (int64_t row = 1; row <= w->rows_in_store; row++) {
            int wanted = !is_bad(w, t, row) && (t == TT_UPLOAD_AUDIT || row % 3 == 0);
            int seen = tt_upload_world_seen(w, t, row);
            ck_assert_msg(seen == wanted,
                          "trouble %d at call %d: row %d of table %d is there %d"
                          " times, not %d",
                          w->trouble, w->trouble_at, (int)row, t, seen, wanted);
        }
}

/* Runs to the end, begun anew after each death. */
static void run_to_the_end(struct tt_upload_world *w)
{
    struct tt_uploader_counts counts;
    for (int i = 0; i < RESTARTS_MAX; i++) {
        struct tt_fault fault = {0};
        char holder[20];
        snprintf(holder, sizeof holder, "process-%d", i);
        enum tt_err err = tt_upload_world_run(w, holder, &counts, &fault);
        if (err == TT_OK)
            return;
        ck_assert_msg(err == TT_ERR_IO || tt_err_class(err) == TT_CLASS_RETRY,
                      "trouble %d at call %d: %s", w->trouble, w->trouble_at, fault.text);
    }
    ck_abort_msg("trouble %d at call %d: it never ends", w->trouble, w->trouble_at);
}

/* Every trouble at every call of a run that would go well. */
static void trouble_everywhere(struct tt_upload_world like)
{
    struct tt_upload_world smooth = new_world();
    memcpy(like.destination, smooth.destination, sizeof like.destination);
    smooth = like;
    run_to_the_end(&smooth);
    assert_each_row_once(&smooth);
    ck_assert_int_gt(smooth.calls, 10);
    for (int trouble = 1; trouble < TT_TROUBLES; trouble++)
        for (int at = 1; at <= smooth.calls; at++) {
            struct tt_upload_world fresh = new_world(), world = like;
            memcpy(world.destination, fresh.destination, sizeof world.destination);
            world.trouble = trouble;
            world.trouble_at = at;
            run_to_the_end(&world);
            ck_assert_int_ge(world.calls, at);
            assert_each_row_once(&world);
        }
}

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_of_one_step)
{
    open_outbox();
    trouble_everywhere(new_world());
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_that_takes_its_time)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    world.runs_for = 3;
    trouble_everywhere(world);
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_with_commit)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    world.needs_commit = true;
    world.runs_for = 1;
    trouble_everywhere(world);
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_while_attempts_fail)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    world.fails_for = 2;
    trouble_everywhere(world);
    world.needs_commit = true;
    trouble_everywhere(world);
}
TT_END

TT_TEST(good_rows_are_there_once_whatever_call_fails_while_bad_ones_are_looked_for)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    world.bad_rows[0] = 2;
    trouble_everywhere(world);
}
TT_END

TT_TEST(good_rows_are_there_once_whatever_call_fails_when_the_bad_row_is_named)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    world.bad_rows[0] = 1;
    world.bad_rows[1] = 8;
    world.bad_rows[2] = 12;
    world.names_bad_row = true;
    trouble_everywhere(world);
}
TT_END

TT_TEST(bad_rows_are_kept_with_the_reason_and_the_rest_goes_on)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    world.bad_rows[0] = 3;
    world.bad_rows[1] = 4;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
    ck_assert_uint_eq(counts.rows[TT_UPLOAD_AUDIT], ROWS - 2);
    ck_assert_uint_eq(counts.quarantined_rows, 2);
    struct tt_outbox_view view;
    ck_assert_int_eq(outbox.look(outbox.context, tt_str_from(world.destination), &view, NULL),
                     TT_OK);
    ck_assert_uint_eq(view.quarantined_rows, 2);
    ck_assert_uint_eq(view.open_batches, 0);
    ck_assert_int_eq(view.planned_to, ROWS);
}
TT_END

TT_TEST(what_somebody_has_to_set_right_blocks_and_ends_a_single_run_with_its_message)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.begin_fails = TT_ERR_DENIED;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "no table for it"));
    ck_assert_ptr_nonnull(strstr(fault.text, "are left"));
    world.begin_fails = TT_OK;
    world.now_us += 61000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
}
TT_END

TT_TEST(a_count_that_differs_is_never_taken_for_success_nor_sent_again)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.miscounts = 1;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "the sink counts 2 rows, 1 were sent"));
    ck_assert_uint_eq(counts.batches, 0);
    world.miscounts = 0;
    world.now_us += 61000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
}
TT_END

TT_TEST(a_range_that_is_too_much_is_planned_in_smaller_ones)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    world.batch_rows = 100;
    world.limit_rows = 4;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
    ck_assert_uint_ge(counts.plans, 3);
}
TT_END

TT_TEST(the_loads_of_a_day_are_not_exceeded_and_the_rest_waits)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.loads_per_day = 2;
    world.batch_rows = 3;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(fault.text, "24 hours are used up"));
    ck_assert_uint_eq(counts.rows[TT_UPLOAD_AUDIT], 6);
    world.now_us += INT64_C(86400) * 1000000 + 1;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
}
TT_END

TT_TEST(a_daemon_waits_for_more_rows_and_between_two_loads)
{
    open_outbox();
    struct tt_upload_world world = new_world();
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
    assert_each_row_once(&world);
}
TT_END

TT_TEST(of_two_uploaders_one_waits_and_gives_up_when_it_runs_once)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    int64_t fence;
    ck_assert_int_eq(outbox.lease(outbox.context, tt_str_from(world.destination),
                                  TT_STR("somebody"), world.now_us,
                                  world.now_us + INT64_C(3600) * 1000000, &fence, NULL),
                     TT_OK);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(fault.text, "another uploader"));
    ck_assert_uint_eq(world.attempt_count, 0);
}
TT_END

TT_TEST(a_stop_while_rows_are_sent_is_no_failure_of_a_daemon_but_a_single_run_says_so)
{
    open_outbox();
    for (int once = 0; once < 2; once++) {
        struct tt_upload_world world = new_world();
        struct tt_uploader_counts counts;
        struct tt_fault fault = {0};
        world.daemon = once == 0;
        world.stops_in_send = true;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault),
                         once == 0 ? TT_OK : TT_ERR_STOPPED);
        world.stops_in_send = false;
        world.daemon = false;
        ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
        assert_each_row_once(&world);
    }
}
TT_END

TT_TEST(rows_are_not_to_blame_when_the_table_does_not_take_ours)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    struct tt_outbox_view view;
    for (int i = 0; i < 3; i++)
        world.bad_rows[i] = 1 + 4 * i;
    world.tables_fail = TT_ERR_INVALID;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, &fault), TT_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "no such column"));
    ck_assert_int_eq(outbox.look(outbox.context, tt_str_from(world.destination), &view, NULL),
                     TT_OK);
    ck_assert_uint_eq(view.quarantined_rows, 0);
    world.tables_fail = TT_OK;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
    ck_assert_uint_eq(counts.quarantined_rows, 3);
}
TT_END

static int problems;

static enum tt_err count_problem(void *context, const struct tt_upload_batch *batch)
{
    (void)context;
    problems += strstr(batch->problem, "quota") != NULL;
    return TT_OK;
}

TT_TEST(what_is_set_right_is_tried_at_once_by_the_next_run)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    world.begin_fails = TT_ERR_DENIED;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_ERR_DENIED);
    world.begin_fails = TT_OK;
    world.now_us += 1000000;
    ck_assert_msg(tt_upload_world_run(&world, "me", &counts, &fault) == TT_OK, "%s", fault.text);
    assert_each_row_once(&world);
}
TT_END

TT_TEST(attempts_that_fail_one_after_another_end_a_single_run_before_all_loads_are_used_up)
{
    open_outbox();
    struct tt_upload_world world = new_world();
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
    assert_each_row_once(&world);
}
TT_END

TT_TEST(an_answer_too_long_to_be_read_is_an_unknown_outcome)
{
    open_outbox();
    for (int way = 0; way < 2; way++)
        for (int count = 1; count < 6; count++) {
            struct tt_upload_world world = new_world();
            world.needs_commit = way == 1;
            world.runs_for = 1;
            world.too_long_for = count;
            run_to_the_end(&world);
            assert_each_row_once(&world);
            ck_assert_int_lt(world.too_long_for, 1);
        }
}
TT_END

TT_TEST(a_sink_that_says_to_come_back_is_no_failure_and_its_words_are_kept)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    world.quota_for = 1000;
    world.daemon = true;
    world.stop_at_us = world.now_us + 400 * INT64_C(1000000);
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    problems = 0;
    ck_assert_int_eq(
        outbox.open(outbox.context, tt_str_from(world.destination), count_problem, NULL, NULL),
        TT_OK);
    ck_assert_int_gt(problems, 0);
    world.quota_for = 0;
    world.daemon = false;
    world.stop_at_us = 0;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
}
TT_END

TT_TEST(a_single_run_ends_when_the_sink_has_a_quota_that_is_used_up_and_leaves_the_rest)
{
    static const int64_t waits_us[] = {300000000, 60000000, 5000000, 1};
    open_outbox();
    for (size_t i = 0; i < sizeof waits_us / sizeof *waits_us; i++) {
        struct tt_upload_world world = new_world();
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
        assert_each_row_once(&world);
    }
}
TT_END

TT_TEST(a_single_run_waits_for_a_sink_that_says_to_come_back_soon)
{
    open_outbox();
    struct tt_upload_world world = new_world();
    struct tt_uploader_counts counts;
    world.quota_for = 3;
    world.quota_wait_us = 20000000;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    assert_each_row_once(&world);
}
TT_END

TT_SUITE("core/engine/uploader", every_row_is_there_once_whatever_call_fails_of_a_sink_of_one_step,
         every_row_is_there_once_whatever_call_fails_of_a_sink_that_takes_its_time,
         every_row_is_there_once_whatever_call_fails_of_a_sink_with_commit,
         every_row_is_there_once_whatever_call_fails_while_attempts_fail,
         good_rows_are_there_once_whatever_call_fails_while_bad_ones_are_looked_for,
         good_rows_are_there_once_whatever_call_fails_when_the_bad_row_is_named,
         bad_rows_are_kept_with_the_reason_and_the_rest_goes_on,
         what_somebody_has_to_set_right_blocks_and_ends_a_single_run_with_its_message,
         a_count_that_differs_is_never_taken_for_success_nor_sent_again,
         a_range_that_is_too_much_is_planned_in_smaller_ones,
         the_loads_of_a_day_are_not_exceeded_and_the_rest_waits,
         a_daemon_waits_for_more_rows_and_between_two_loads,
         of_two_uploaders_one_waits_and_gives_up_when_it_runs_once,
         what_is_set_right_is_tried_at_once_by_the_next_run,
         attempts_that_fail_one_after_another_end_a_single_run_before_all_loads_are_used_up,
         an_answer_too_long_to_be_read_is_an_unknown_outcome,
         a_stop_while_rows_are_sent_is_no_failure_of_a_daemon_but_a_single_run_says_so,
         rows_are_not_to_blame_when_the_table_does_not_take_ours,
         a_sink_that_says_to_come_back_is_no_failure_and_its_words_are_kept,
         a_single_run_ends_when_the_sink_has_a_quota_that_is_used_up_and_leaves_the_rest,
         a_single_run_waits_for_a_sink_that_says_to_come_back_soon)
