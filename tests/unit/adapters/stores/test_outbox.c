/* The outbox over both kinds of store: plans follow one another, changes follow versions, leases
 * have fences. */
#include "tests/lib/planned.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TT_TEST(a_plan_is_kept_with_its_batches_and_read_back_as_it_was)
{
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_look().planned_to, 0);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    ck_assert_uint_eq(tt_planned_open(), 2);
    ck_assert_int_eq(tt_planned.open_list[0].table, TT_UPLOAD_AUDIT);
    ck_assert_int_eq(tt_planned.open_list[0].plan.first, 1);
    ck_assert_int_eq(tt_planned.open_list[0].plan.last, 10);
    ck_assert_int_eq(tt_planned.open_list[0].plan.written_at_us, 5);
    ck_assert_str_eq(tt_planned.open_list[0].plan.rules, "r");
    ck_assert_int_eq(tt_planned.open_list[0].made.digest[1], 8);
    ck_assert_uint_eq(tt_planned.open_list[0].made.bytes, 50);
    ck_assert_uint_eq(tt_planned.open_list[0].made.line_bytes, 500);
    ck_assert_uint_eq(tt_planned.open_list[0].made.column_bytes, 250);
    ck_assert_int_eq(tt_planned.open_list[0].state, TT_UPLOAD_PLANNED);
    ck_assert_int_eq(tt_planned.open_list[0].generation, 1);
    ck_assert_int_eq(tt_planned.open_list[1].table, TT_UPLOAD_DISCREPANCY);
    ck_assert_int_eq(tt_planned_look().planned_to, 10);
    ck_assert_int_eq(tt_planned_look().plans, 1);
    ck_assert_uint_eq(tt_planned_look().open_rows, 7);
    tt_planned_tear_down();
}
TT_END

TT_TEST(batches_that_are_done_are_listed_apart)
{
    struct tt_fault fault = {0};
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    ck_assert_uint_eq(tt_planned_open(), 2);
    struct tt_upload_batch batch = tt_planned.open_list[1];
    batch.state = TT_UPLOAD_DONE;
    ck_assert_int_eq(
        tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn, &batch, 0, 78, NULL),
        TT_OK);
    tt_planned.open_count = 0;
    enum tt_err err = tt_planned.outbox.done(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             tt_planned_take, NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    ck_assert_uint_eq(tt_planned.open_count, 1);
    ck_assert_int_eq(tt_planned.open_list[0].table, TT_UPLOAD_DISCREPANCY);
    ck_assert_int_eq(tt_planned.open_list[0].plan.written_at_us, 5);
    ck_assert_uint_eq(tt_planned_open(), 1);
    tt_planned_tear_down();
}
TT_END

TT_TEST(plans_follow_one_another_without_a_gap_or_an_overlap)
{
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    ck_assert_int_eq(tt_planned_plan(1, 11, 20), TT_ERR_FENCED);
    ck_assert_int_eq(tt_planned_plan(2, 12, 20), TT_ERR_FENCED);
    ck_assert_int_eq(tt_planned_plan(2, 10, 20), TT_ERR_FENCED);
    ck_assert_uint_eq(tt_planned_open(), 2);
    ck_assert_int_eq(tt_planned_plan(2, 11, 10), TT_OK);
    ck_assert_int_eq(tt_planned_look().planned_to, 10);
    ck_assert_int_eq(tt_planned_plan(3, 11, 20), TT_OK);
    ck_assert_uint_eq(tt_planned_open(), 6);
    tt_planned_tear_down();
}
TT_END

TT_TEST(a_change_follows_the_version_it_was_read_with)
{
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    tt_planned_open();
    struct tt_upload_batch mine = tt_planned.open_list[0], stale = tt_planned.open_list[0];
    mine.state = TT_UPLOAD_OPEN;
    mine.next_try_us = 1234567;
    mine.attempts = 3;
    snprintf(mine.handle, sizeof mine.handle, "job-1");
    snprintf(mine.problem, sizeof mine.problem, "away");
    ck_assert_int_eq(
        tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn, &mine, 0, 9, NULL),
        TT_OK);
    ck_assert_int_eq(mine.version, 2);
    ck_assert_int_eq(
        tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn, &stale, 0, 9, NULL),
        TT_ERR_FENCED);
    tt_planned_open();
    ck_assert_str_eq(tt_planned.open_list[0].handle, "job-1");
    ck_assert_str_eq(tt_planned.open_list[0].problem, "away");
    ck_assert_int_eq(tt_planned.open_list[0].next_try_us, 1234567);
    ck_assert_int_eq(tt_planned.open_list[0].attempts, 3);
    ck_assert_int_eq(tt_planned.open_list[0].version, 2);
    mine.state = TT_UPLOAD_DONE;
    ck_assert_int_eq(
        tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn, &mine, 0, 9, NULL),
        TT_OK);
    ck_assert_uint_eq(tt_planned_open(), 1);
    ck_assert_uint_eq(tt_planned_totals().done_rows, 5);
    ck_assert_uint_eq(tt_planned_totals().done_bytes, 50);
    tt_planned_tear_down();
}
TT_END

TT_TEST(one_holder_has_the_lease_until_it_ends_and_the_next_has_a_larger_fence)
{
    tt_planned_set_up(_i);
    struct tt_outbox other;
    tt_test_outbox_open(&tt_planned.test, &other);
    ck_assert_int_eq(tt_planned_lease(&other, "you", 1500), 0);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "me", 1900), 1);
    ck_assert_int_eq(tt_planned_lease(&other, "you", 2500), 0);
    ck_assert_int_eq(tt_planned_lease(&other, "you", 2900), 2);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_ERR_FENCED);
    tt_planned.turn.fence = 2;
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    tt_planned_open();
    tt_planned.turn.fence = 1;
    ck_assert_int_eq(tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn,
                                              &tt_planned.open_list[0], 0, 9, NULL),
                     TT_ERR_FENCED);
    ck_assert_int_eq(tt_planned.outbox.unlease(tt_planned.outbox.context, &tt_planned.turn, NULL),
                     TT_OK);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "me", 3000), 0);
    tt_planned.turn.fence = 2;
    ck_assert_int_eq(tt_planned.outbox.unlease(tt_planned.outbox.context, &tt_planned.turn, NULL),
                     TT_OK);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "me", 3000), 3);
    tt_test_outbox_close(&tt_planned.test, &other);
    tt_planned_tear_down();
}
TT_END

TT_TEST(a_split_batch_ends_together_with_the_birth_of_its_children)
{
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    tt_planned_open();
    const struct tt_upload_batch children[] = {tt_planned_rows(TT_UPLOAD_AUDIT, 0, 2),
                                               tt_planned_rows(TT_UPLOAD_AUDIT, 3, 2)};
    const struct tt_upload_bad_row bad = {2, "1-2-3-4", "invalid", "no such column"};
    ck_assert_int_eq(tt_planned.outbox.split(tt_planned.outbox.context, &tt_planned.turn,
                                             &tt_planned.open_list[0], children, 2, &bad, 50, NULL),
                     TT_OK);
    ck_assert_int_eq(tt_planned.outbox.split(tt_planned.outbox.context, &tt_planned.turn,
                                             &tt_planned.open_list[0], children, 2, &bad, 50, NULL),
                     TT_ERR_FENCED);
    ck_assert_uint_eq(tt_planned_open(), 3);
    ck_assert_uint_eq(tt_planned.open_list[2].made.row_from, 3);
    ck_assert_int_eq(tt_planned.open_list[2].plan.last, 10);
    ck_assert_uint_eq(tt_planned_totals().quarantined_rows, 1);
    ck_assert_rows(&tt_planned.test,
                   "SELECT row_uid, reason, message, row_number FROM upload_quarantine",
                   "1-2-3-4|invalid|no such column|2");
    const struct tt_upload_bad_row last = {0, "1-2-3-5", "invalid", "not this either"};
    ck_assert_int_eq(tt_planned.outbox.split(tt_planned.outbox.context, &tt_planned.turn,
                                             &tt_planned.open_list[1], NULL, 0, &last, 50, NULL),
                     TT_OK);
    ck_assert_uint_eq(tt_planned_open(), 2);
    ck_assert_rows(&tt_planned.test,
                   "SELECT count(*) FROM upload_batch WHERE state = 'quarantined'", "1");
    tt_planned_tear_down();
}
TT_END

TT_TEST(a_lease_of_a_clock_far_ahead_has_ended_and_that_of_one_a_little_ahead_holds)
{
    struct tt_outbox other;
    tt_planned_set_up(_i);
    tt_test_outbox_open(&tt_planned.test, &other);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "me", 1950), 1);
    ck_assert_int_eq(tt_planned_lease(&other, "you", 950), 0); /* a lease is 1000 */
    ck_assert_int_eq(tt_planned_lease(&other, "you", 949), 2);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "me", 1900), 0);
    tt_test_outbox_close(&tt_planned.test, &other);
    tt_planned_tear_down();
}
TT_END

TT_TEST(loads_are_counted_by_table_within_a_time)
{
    uint64_t count = 9;
    int64_t newest = 9, day = INT64_C(86400) * 1000000;
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    tt_planned_open();
    ck_assert_int_eq(tt_planned.outbox.loads(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             TT_UPLOAD_AUDIT, 0, 9 * day, &count, &newest, NULL),
                     TT_OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(newest, TT_TIME_NONE);
    for (int i = 1; i <= 3; i++)
        ck_assert_int_eq(tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn,
                                                  &tt_planned.open_list[0], i * day, i * day, NULL),
                         TT_OK);
    ck_assert_int_eq(tt_planned.outbox.loads(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             TT_UPLOAD_AUDIT, day, 3 * day, &count, &newest, NULL),
                     TT_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(newest, 3 * day);
    ck_assert_int_eq(tt_planned.outbox.loads(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             TT_UPLOAD_AUDIT, 0, 3 * day - 1, &count, &newest,
                                             NULL),
                     TT_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(newest, 2 * day);
    ck_assert_int_eq(tt_planned.outbox.loads(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             TT_UPLOAD_DISCREPANCY, 0, 9 * day, &count, &newest,
                                             NULL),
                     TT_OK);
    ck_assert_uint_eq(count, 0);
    tt_planned_tear_down();
}
TT_END

static char held_text[400];

static enum tt_err tell_hold(void *context, const struct tt_upload_hold *hold)
{
    (void)context;
    size_t len = strlen(held_text);
    snprintf(held_text + len, sizeof held_text - len, "%.*s/%.*s@%d(%d-%d)x%d%s>%d ",
             TT_STR_ARGS(hold->tenant), TT_STR_ARGS(hold->task_id), (int)hold->plan,
             (int)hold->first, (int)hold->last, (int)hold->rows, hold->wanted ? "!" : "",
             (int)hold->released_in);
    return TT_OK;
}

static const char *holds(enum tt_outbox_holds which, int64_t plan)
{
    held_text[0] = '\0';
    ck_assert_int_eq(tt_planned.outbox.holds(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             which, plan, tell_hold, NULL, NULL),
                     TT_OK);
    return held_text;
}

TT_TEST(held_rows_are_listed_wanted_and_released_into_a_plan)
{
    uint64_t rows = 0;
    tt_planned_set_up(_i);
    const struct tt_upload_hold held[] = {
        {.tenant = TT_STR("b"), .task_id = TT_STR("t"), .rows = 3},
        {.tenant = TT_STR("a"), .task_id = TT_STR("u"), .rows = 4}};
    struct tt_outbox_plan plan = {
        .plan = {.number = 1, .first = 1, .last = 10}, .held = held, .held_count = 2};
    ck_assert_int_eq(
        tt_planned.outbox.plan(tt_planned.outbox.context, &tt_planned.turn, &plan, NULL), TT_OK);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 b/t@1(1-10)x3>0 ");
    ck_assert_uint_eq(tt_planned_totals().held_rows, 7);
    ck_assert_uint_eq(tt_planned_totals().held_tasks, 2);
    ck_assert_int_eq(tt_planned.outbox.want(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                            TT_STR("t"), &rows, NULL),
                     TT_OK);
    ck_assert_uint_eq(rows, 3);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 b/t@1(1-10)x3!>0 ");
    const struct tt_upload_hold released = {
        .tenant = TT_STR("b"), .task_id = TT_STR("t"), .plan = 1};
    plan = (struct tt_outbox_plan){
        .plan = {.number = 2, .first = 11, .last = 10}, .released = &released, .released_count = 1};
    ck_assert_int_eq(
        tt_planned.outbox.plan(tt_planned.outbox.context, &tt_planned.turn, &plan, NULL), TT_OK);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 ");
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OF, 1), "a/u@1(1-10)x4>0 b/t@1(1-10)x3!>2 ");
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OF, 2), "b/t@1(1-10)x3!>2 ");
    ck_assert_int_eq(tt_planned.outbox.want(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                            TT_STR_NONE, &rows, NULL),
                     TT_OK);
    ck_assert_uint_eq(rows, 4);
    tt_planned_tear_down();
}
TT_END

TT_TEST(held_rows_without_room_are_wanted_from_the_plan_on_that_left_them)
{
    tt_planned_set_up(_i);
    const struct tt_upload_hold held[] = {
        {.tenant = TT_STR("a"), .task_id = TT_STR("t"), .rows = 3},
        {.tenant = TT_STR("a"), .task_id = TT_STR("u"), .rows = 4}};
    struct tt_outbox_plan plan = {
        .plan = {.number = 1, .first = 1, .last = 10}, .held = held, .held_count = 2};
    ck_assert_int_eq(
        tt_planned.outbox.plan(tt_planned.outbox.context, &tt_planned.turn, &plan, NULL), TT_OK);
    ck_assert_uint_eq(tt_planned_look().wanted_rows, 0);
    const struct tt_upload_hold wanted = {.tenant = TT_STR("a"), .task_id = TT_STR("u"), .plan = 1};
    plan = (struct tt_outbox_plan){
        .plan = {.number = 2, .first = 11, .last = 12}, .wanted = &wanted, .wanted_count = 1};
    ck_assert_int_eq(
        tt_planned.outbox.plan(tt_planned.outbox.context, &tt_planned.turn, &plan, NULL), TT_OK);
    ck_assert_uint_eq(tt_planned_look().wanted_rows, 4);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/t@1(1-10)x3>0 a/u@1(1-10)x4!>0 ");
    tt_planned_tear_down();
}
TT_END

TT_STORE_SUITE("adapters/outbox", a_plan_is_kept_with_its_batches_and_read_back_as_it_was,
               batches_that_are_done_are_listed_apart,
               plans_follow_one_another_without_a_gap_or_an_overlap,
               a_change_follows_the_version_it_was_read_with,
               one_holder_has_the_lease_until_it_ends_and_the_next_has_a_larger_fence,
               a_lease_of_a_clock_far_ahead_has_ended_and_that_of_one_a_little_ahead_holds,
               a_split_batch_ends_together_with_the_birth_of_its_children,
               loads_are_counted_by_table_within_a_time,
               held_rows_are_listed_wanted_and_released_into_a_plan,
               held_rows_without_room_are_wanted_from_the_plan_on_that_left_them)
