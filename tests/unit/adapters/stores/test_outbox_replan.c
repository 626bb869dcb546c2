/* Plans whose rows were made anew: only where no row of before can be there. */
#include "tests/lib/planned.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TT_TEST(a_plan_that_nothing_was_begun_of_gets_other_batches)
{
    struct tt_fault fault = {0};
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    ck_assert_int_eq(tt_planned_plan(2, 11, 20), TT_OK);
    tt_planned_open();
    const struct tt_upload_bad_row bad = {0, "1-2-3-5", "invalid", "not this one"};
    const struct tt_upload_batch child = tt_planned_rows(TT_UPLOAD_AUDIT, 1, 4);
    ck_assert_int_eq(tt_planned.outbox.split(tt_planned.outbox.context, &tt_planned.turn,
                                             &tt_planned.open_list[0], &child, 1, &bad, 50, NULL),
                     TT_OK);
    const struct tt_upload_plan plan = {.number = 1, .written_at_us = 99, .rules = "new"};
    const struct tt_upload_batch batch = tt_planned_rows(TT_UPLOAD_AUDIT, 0, 6);
    enum tt_err err = tt_planned.outbox.replan(tt_planned.outbox.context, &tt_planned.turn, &plan,
                                               &batch, 1, 100, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    ck_assert_uint_eq(tt_planned_open(), 3);
    ck_assert_int_eq(tt_planned.open_list[0].plan.number, 2);
    ck_assert_str_eq(tt_planned.open_list[0].plan.rules, "r");
    const struct tt_upload_batch *now = &tt_planned.open_list[2];
    ck_assert_str_eq(now->plan.rules, "new");
    ck_assert_int_eq(now->plan.written_at_us, 99);
    ck_assert_int_eq(now->plan.last, 10);
    ck_assert_uint_eq(now->made.rows, 6);
    ck_assert_int_eq(now->generation, 1);
    ck_assert_rows(&tt_planned.test,
                   "SELECT state, count(*) FROM upload_batch GROUP BY state ORDER BY state",
                   "planned|3\nreplaced|2\nsplit|1");
    ck_assert_uint_eq(tt_planned_totals().quarantined_rows, 0); /* it is in the new batch */
    tt_planned_tear_down();
}
TT_END

TT_TEST(a_plan_that_a_batch_was_begun_of_stays_as_it_is)
{
    static const enum tt_upload_state states[] = {TT_UPLOAD_OPEN, TT_UPLOAD_COMMITTING,
                                                  TT_UPLOAD_DONE};
    const struct tt_upload_plan plan = {.number = 1, .written_at_us = 99, .rules = "new"};
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    tt_planned_open();
    struct tt_upload_batch begun = tt_planned.open_list[1];
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        begun.state = states[i];
        ck_assert_int_eq(tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn,
                                                  &begun, 0, 9, NULL),
                         TT_OK);
        ck_assert_int_eq(tt_planned.outbox.replan(tt_planned.outbox.context, &tt_planned.turn,
                                                  &plan, &begun, 1, 100, NULL),
                         TT_ERR_DENIED);
    }
    ck_assert_rows(&tt_planned.test, "SELECT rules FROM upload_plan", "r");
    ck_assert_rows(&tt_planned.test, "SELECT count(*) FROM upload_batch", "2");
    tt_planned_tear_down();
}
TT_END

/* A sink that delivers at least once may have taken the rows before the one that it refused. */
TT_TEST(a_plan_with_a_batch_that_was_sent_and_refused_stays_as_it_is)
{
    const struct tt_upload_plan plan = {.number = 1, .written_at_us = 99, .rules = "new"};
    const struct tt_upload_bad_row bad = {0, "1-2-3-5", "invalid", "not this one"};
    const struct tt_upload_batch child = tt_planned_rows(TT_UPLOAD_AUDIT, 1, 4);
    for (size_t children = 0; children < 2; children++) { /* quarantined, split */
        tt_planned_set_up(_i);
        ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
        tt_planned_open();
        struct tt_upload_batch *sent = &tt_planned.open_list[0];
        sent->state = TT_UPLOAD_OPEN;
        snprintf(sent->handle, sizeof sent->handle, "insertall:x");
        ck_assert_int_eq(
            tt_planned.outbox.change(tt_planned.outbox.context, &tt_planned.turn, sent, 0, 9, NULL),
            TT_OK);
        ck_assert_int_eq(tt_planned.outbox.split(tt_planned.outbox.context, &tt_planned.turn, sent,
                                                 &child, children, &bad, 50, NULL),
                         TT_OK);
        ck_assert_int_eq(tt_planned.outbox.replan(tt_planned.outbox.context, &tt_planned.turn,
                                                  &plan, &child, 1, 100, NULL),
                         TT_ERR_DENIED);
        ck_assert_rows(&tt_planned.test, "SELECT rules FROM upload_plan", "r");
        tt_planned_tear_down();
    }
}
TT_END

TT_TEST(whoever_has_lost_the_lease_plans_nothing_anew)
{
    const struct tt_upload_plan plan = {.number = 1, .written_at_us = 99, .rules = "new"};
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned_plan(1, 1, 10), TT_OK);
    ck_assert_int_eq(tt_planned_lease(&tt_planned.outbox, "you", 5000), 2);
    ck_assert_int_eq(tt_planned.outbox.replan(tt_planned.outbox.context, &tt_planned.turn, &plan,
                                              NULL, 0, 100, NULL),
                     TT_ERR_FENCED);
    ck_assert_uint_eq(tt_planned_open(), 2);
    tt_planned_tear_down();
}
TT_END

TT_STORE_SUITE("adapters/outbox_replan", a_plan_that_nothing_was_begun_of_gets_other_batches,
               a_plan_that_a_batch_was_begun_of_stays_as_it_is,
               a_plan_with_a_batch_that_was_sent_and_refused_stays_as_it_is,
               whoever_has_lost_the_lease_plans_nothing_anew)
