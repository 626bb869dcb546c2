/* Rows that wait: which are left out, when they travel, and with how many others. */
#include "core/engine/uploader.h"
#include "tests/lib/made_rows.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TT_TEST(rows_of_a_task_with_errors_wait_until_it_has_none_any_more)
{
    char before[20000];
    tt_made_set_up(true);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_arrives("t", "Z", 2, "J");
    tt_made_arrives("fine", "A", 1, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"fine\""), 1);
    ck_assert_int_eq(FINDING("\"unknown_status\""), 1);
    ck_assert_sql(tt_made.path, "SELECT task_id, held_rows, plan FROM upload_hold", "t|2|1");
    tt_made_arrives("t", "B", 3, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_sql(tt_made.path,
                  "SELECT count(*), sum(held_rows) FROM upload_hold"
                  " WHERE released_in IS NULL",
                  "2|3");
    /* Somebody sets the row right, as the only way to be rid of an unknown status. */
    tt_test_sql(tt_made.path, "UPDATE task_status_audit SET status = 'A' WHERE status = 'Z'");
    tt_test_sql(tt_made.path, "DELETE FROM task_status_audit WHERE apply_seq = 1");
    tt_made_arrives("t", "C", 4, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 3);
    ck_assert_int_eq(AUDIT("\"task_id\":\"t\""), 3);
    ck_assert_sql(tt_made.path, "SELECT count(*) FROM upload_hold WHERE released_in IS NULL", "0");
    memcpy(before, tt_made.lines[TT_UPLOAD_AUDIT], sizeof before);
    tt_made_forget();
    tt_made_read(&tt_made.batches[TT_UPLOAD_AUDIT], tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(tt_made.lines[TT_UPLOAD_AUDIT], before);
    tt_made_tear_down();
}
TT_END

TT_TEST(held_rows_that_somebody_wants_travel_as_they_are_and_only_once)
{
    uint64_t rows = 0;
    char before[20000];
    tt_made_set_up(true);
    tt_made_arrives("t", "Z", 1, "J");
    tt_made_arrives("u", "Z", 1, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_int_eq(
        tt_made.outbox.want(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR("t"), &rows, NULL),
        TT_OK);
    tt_made_plan_all(); /* nothing new: an empty range */
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"t\""), 1);
    ck_assert_int_eq(FINDING("\n"), 0);
    memcpy(before, tt_made.lines[TT_UPLOAD_AUDIT], sizeof before);
    tt_made_forget();
    tt_made_read(&tt_made.batches[TT_UPLOAD_AUDIT], tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(tt_made.lines[TT_UPLOAD_AUDIT], before);
    tt_made_arrives("t", "B", 2, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_sql(tt_made.path,
                  "SELECT task_id, plan FROM upload_hold WHERE released_in IS NULL"
                  " ORDER BY task_id",
                  "t|3\nu|1");
    tt_made_tear_down();
}
TT_END

#define OPEN_HOLDS " FROM upload_hold WHERE released_in IS NULL"

/* Plans once more what is there, with so much room for held rows. */
static enum tt_err plan_more(uint64_t held_max, struct tt_fault *fault)
{
    int64_t last = 0;
    ck_assert_int_eq(tt_made.outbox.horizon(tt_made.outbox.context, &last, NULL), TT_OK);
    return tt_made_plan(last, held_max, fault);
}

TT_TEST(held_rows_without_room_in_a_plan_travel_with_later_ones)
{
    struct tt_fault fault = {0};
    uint64_t rows = 0;
    tt_made_set_up(true);
    for (int i = 0; i < 12; i++)
        tt_made_arrives(i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c", "Z", i, "J");
    tt_made_plan_all();
    ck_assert_sql(tt_made.path, "SELECT sum(held_rows)" OPEN_HOLDS, "12");
    ck_assert_int_eq(
        tt_made.outbox.want(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR_NONE, &rows, NULL),
        TT_OK);
    ck_assert_int_eq(plan_more(8, &fault), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 8);
    ck_assert_sql(tt_made.path, "SELECT sum(held_rows)" OPEN_HOLDS, "4");
    ck_assert_int_eq(plan_more(0, &fault), TT_OK); /* one, whatever room there is */
    ck_assert_int_eq(AUDIT("\n"), 4);
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "0");
    tt_made_tear_down();
}
TT_END

TT_TEST(held_rows_of_a_task_without_errors_are_wanted_where_its_plan_has_no_room)
{
    struct tt_fault fault = {0};
    char before[20000];
    tt_made_set_up(true);
    for (int i = 0; i < 4; i++)
        tt_made_arrives("t", "Z", i, "J");
    tt_made_plan_all();
    tt_test_sql(tt_made.path, "UPDATE task_status_audit SET status = 'A'");
    tt_made_arrives("t", "B", 9, "J");
    ck_assert_int_eq(plan_more(3, &fault), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_sql(tt_made.path, "SELECT sum(wanted)" OPEN_HOLDS, "1");
    ck_assert_int_eq(plan_more(3, &fault), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 4);
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "0");
    memcpy(before, tt_made.lines[TT_UPLOAD_AUDIT], sizeof before);
    tt_made_forget();
    tt_made_read(&tt_made.batches[TT_UPLOAD_AUDIT], tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(tt_made.lines[TT_UPLOAD_AUDIT], before);
    tt_made_tear_down();
}
TT_END

TT_TEST(held_rows_of_one_task_travel_alone_however_many_bytes_they_are)
{
    struct tt_fault fault = {0};
    uint64_t rows = 0;
    tt_made_set_up(true);
    char status[40];
    for (int i = 0; i < 40; i++) {
        snprintf(status, sizeof status, "Z%llx", (unsigned long long)tt_str_hash(TT_STR("x"), i));
        tt_made_arrives(i % 2 ? "t" : "u", status, i, "J");
    }
    tt_made_plan_all();
    tt_made_maker(true, NULL, 500);
    ck_assert_int_eq(
        tt_made.outbox.want(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR_NONE, &rows, NULL),
        TT_OK);
    ck_assert_int_eq(plan_more(1000, &fault), TT_ERR_LIMIT);
    ck_assert_int_eq(plan_more(20, NULL), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 20);
    ck_assert_int_eq(plan_more(20, NULL), TT_OK);
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "0");
    tt_made_tear_down();
}
TT_END

/* More than a task may have in one plan, in two plans of which each fits. */
TT_TEST(a_task_whose_held_rows_are_too_much_text_holds_up_no_plan)
{
    enum { ROWS = 72, BYTES = 1 << 20 };
    static char text[BYTES];
    struct tt_fault fault = {0};
    uint64_t rows = 0;
    tt_made_set_up(true);
    memset(text, 'x', sizeof text);
    struct tt_event event = tt_test_event("Z", 1);
    event.message = (struct tt_str){text, sizeof text};
    for (int plan = 0; plan < 2; plan++) {
        for (int i = 0; i < ROWS; i++) {
            const struct tt_audit_row row = tt_test_row(&event, ++tt_made.next_ms, 0);
            tt_test_write_row(&tt_made.store, &row);
        }
        tt_made_plan_all();
    }
    tt_made_arrives("t", "Z", 2, "J"); /* the same task */
    ck_assert_msg(plan_more(1000, &fault) == TT_OK, "%s", fault.text);
    ck_assert_sql(tt_made.path, "SELECT held_rows" OPEN_HOLDS " ORDER BY plan", "72\n72\n1");
    ck_assert_int_eq(
        tt_made.outbox.want(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR_NONE, &rows, NULL),
        TT_OK);
    for (int plan = 0; plan < 2; plan++) {
        ck_assert_msg(plan_more(1000, &fault) == TT_OK, "%s", fault.text);
        ck_assert_uint_eq(tt_made.batches[TT_UPLOAD_AUDIT].made.rows, plan == 0 ? 72 : 73);
    }
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "0");
    tt_made_tear_down();
}
TT_END

/* ---- A whole uploader */

static int64_t now_us;
static int sent[50];

static int64_t wall_us(void *context)
{
    (void)context;
    return now_us;
}

static void sleep_us(void *context, int64_t us)
{
    (void)context;
    now_us += us;
}

static uint64_t next_random(void *context)
{
    (void)context;
    return 7;
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *sink_fault)
{
    (void)context, (void)sink_fault;
    tt_buf_add_str(handle, batch->id);
    return TT_OK;
}

static enum tt_err count_line(void *context, uint64_t row, struct tt_str line)
{
    static const char key[] = "\"apply_seq\":\"";
    (void)context, (void)row;
    const char *at = memmem(line.ptr, line.len, key, sizeof key - 1);
    if (at != NULL)
        sent[strtol(at + sizeof key - 1, NULL, 10)]++;
    return TT_OK;
}

static enum tt_err send_rows(void *context, const struct tt_sink_batch *batch,
                             struct tt_sink_answer *ret_answer, struct tt_fault *sink_fault)
{
    (void)context;
    *ret_answer =
        (struct tt_sink_answer){.state = TT_SINK_DONE, .rows = batch->body->rows, .bad_row = -1};
    return batch->body->lines(batch->body->context, 0, count_line, NULL, sink_fault);
}

TT_TEST(an_uploader_spreads_released_rows_over_as_many_plans_as_they_need)
{
    struct tt_fault fault = {0};
    struct tt_uploader_counts counts;
    uint64_t rows = 0;
    memset(sent, 0, sizeof sent);
    now_us = 1000000000;
    tt_made_set_up(true);
    char task[40];
    for (int i = 0; i < 40; i++) {
        snprintf(task, sizeof task, "t%llx", (unsigned long long)tt_str_hash(TT_STR("x"), i));
        tt_made_arrives(task, "Z", i, "J");
    }
    tt_made_plan_all();
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "40");
    tt_made_maker(true, NULL, 500);
    ck_assert_int_eq(
        tt_made.outbox.want(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR_NONE, &rows, NULL),
        TT_OK);
    const struct tt_sink sink = {.name = "counts", .begin = begin, .send = send_rows};
    const struct tt_clock clock = {.wall_us = wall_us, .sleep_us = sleep_us};
    const struct tt_random random = {.next = next_random};
    const struct tt_uploader_options options = {.outbox = &tt_made.outbox,
                                                .sink = &sink,
                                                .rows = &tt_made.rows,
                                                .clock = &clock,
                                                .random = &random,
                                                .destination = TT_MADE_DESTINATION,
                                                .holder = TT_STR("me"),
                                                .batch_rows = 1000,
                                                .lease_us = 60000000,
                                                .once = true,
                                                .tries_max = 8};
    ck_assert_msg(tt_uploader_run(&options, &counts, &fault) == TT_OK, "%s", fault.text);
    for (int i = 1; i <= 40; i++)
        ck_assert_int_eq(sent[i], 1);
    ck_assert_sql(tt_made.path, "SELECT count(*)" OPEN_HOLDS, "0");
    ck_assert_uint_gt(counts.plans, 3);
    tt_made_tear_down();
}
TT_END

TT_SUITE("core/upload/maker_holds", rows_of_a_task_with_errors_wait_until_it_has_none_any_more,
         held_rows_that_somebody_wants_travel_as_they_are_and_only_once,
         held_rows_without_room_in_a_plan_travel_with_later_ones,
         held_rows_of_a_task_without_errors_are_wanted_where_its_plan_has_no_room,
         held_rows_of_one_task_travel_alone_however_many_bytes_they_are,
         a_task_whose_held_rows_are_too_much_text_holds_up_no_plan,
         an_uploader_spreads_released_rows_over_as_many_plans_as_they_need)
