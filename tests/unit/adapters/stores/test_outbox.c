/* label: threads */
/* The outbox over both kinds of store: plans follow one another, changes follow versions, leases
 * have fences, and nothing that is not committed is below the horizon. */
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESTINATION TT_STR("file:/out")

static struct tt_test_store test;
static struct tt_outbox outbox;
static struct tt_outbox_turn turn;

static int64_t lease(struct tt_outbox *from, const char *holder, int64_t now_us)
{
    int64_t fence = -1;
    struct tt_fault fault = {0};
    enum tt_err err = from->lease(from->context, DESTINATION, tt_str_from(holder), now_us,
                                  now_us + 1000, &fence, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return fence;
}

static void set_up(int kind)
{
    tt_test_store_make(&test, kind);
    tt_test_outbox_open(&test, &outbox);
    turn = (struct tt_outbox_turn){DESTINATION, lease(&outbox, "me", 1000)};
    ck_assert_int_eq(turn.fence, 1);
}

static void tear_down(void)
{
    tt_test_outbox_close(&test, &outbox);
    tt_test_store_done(&test);
}

static struct tt_upload_batch some_rows(enum tt_upload_table_id table, uint64_t from, uint64_t rows)
{
    struct tt_upload_batch b = {.table = table, .made = {from, rows, rows * 10, {7, 8, 9}}};
    return b;
}

static enum tt_err make_plan(int64_t number, int64_t first, int64_t last)
{
    const struct tt_upload_batch batches[] = {some_rows(TT_UPLOAD_AUDIT, 0, 5),
                                              some_rows(TT_UPLOAD_DISCREPANCY, 0, 2)};
    const struct tt_outbox_plan plan = {
        .plan = {.number = number, .first = first, .last = last, .written_at_us = 5, .rules = "r"},
        .batches = batches,
        .batch_count = 2,
        .now_us = 77,
    };
    return outbox.plan(outbox.context, &turn, &plan, NULL);
}

static struct tt_upload_batch open_list[10];
static size_t open_count;

static enum tt_err take(void *context, const struct tt_upload_batch *batch)
{
    (void)context;
    ck_assert_uint_lt(open_count, 10);
    open_list[open_count++] = *batch;
    return TT_OK;
}

static size_t open_batches(void)
{
    struct tt_fault fault = {0};
    open_count = 0;
    enum tt_err err = outbox.open(outbox.context, DESTINATION, take, NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return open_count;
}

static struct tt_outbox_view look(void)
{
    struct tt_outbox_view view;
    struct tt_fault fault = {0};
    enum tt_err err = outbox.look(outbox.context, DESTINATION, &view, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return view;
}

TT_TEST(a_plan_is_kept_with_its_batches_and_read_back_as_it_was)
{
    set_up(_i);
    ck_assert_int_eq(look().planned_to, 0);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    ck_assert_uint_eq(open_batches(), 2);
    ck_assert_int_eq(open_list[0].table, TT_UPLOAD_AUDIT);
    ck_assert_int_eq(open_list[0].plan.first, 1);
    ck_assert_int_eq(open_list[0].plan.last, 10);
    ck_assert_int_eq(open_list[0].plan.written_at_us, 5);
    ck_assert_str_eq(open_list[0].plan.rules, "r");
    ck_assert_int_eq(open_list[0].made.digest[1], 8);
    ck_assert_uint_eq(open_list[0].made.bytes, 50);
    ck_assert_int_eq(open_list[0].state, TT_UPLOAD_PLANNED);
    ck_assert_int_eq(open_list[0].generation, 1);
    ck_assert_int_eq(open_list[1].table, TT_UPLOAD_DISCREPANCY);
    ck_assert_int_eq(look().planned_to, 10);
    ck_assert_int_eq(look().plans, 1);
    ck_assert_uint_eq(look().open_rows, 7);
    tear_down();
}
TT_END

TT_TEST(plans_follow_one_another_without_a_gap_or_an_overlap)
{
    set_up(_i);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    ck_assert_int_eq(make_plan(1, 11, 20), TT_ERR_FENCED);
    ck_assert_int_eq(make_plan(2, 12, 20), TT_ERR_FENCED);
    ck_assert_int_eq(make_plan(2, 10, 20), TT_ERR_FENCED);
    ck_assert_uint_eq(open_batches(), 2);
    ck_assert_int_eq(make_plan(2, 11, 10), TT_OK);
    ck_assert_int_eq(look().planned_to, 10);
    ck_assert_int_eq(make_plan(3, 11, 20), TT_OK);
    ck_assert_uint_eq(open_batches(), 6);
    tear_down();
}
TT_END

TT_TEST(a_change_follows_the_version_it_was_read_with)
{
    set_up(_i);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    open_batches();
    struct tt_upload_batch mine = open_list[0], stale = open_list[0];
    mine.state = TT_UPLOAD_OPEN;
    mine.next_try_us = 1234567;
    mine.attempts = 3;
    snprintf(mine.handle, sizeof mine.handle, "job-1");
    snprintf(mine.problem, sizeof mine.problem, "away");
    ck_assert_int_eq(outbox.change(outbox.context, &turn, &mine, 0, 9, NULL), TT_OK);
    ck_assert_int_eq(mine.version, 2);
    ck_assert_int_eq(outbox.change(outbox.context, &turn, &stale, 0, 9, NULL), TT_ERR_FENCED);
    open_batches();
    ck_assert_str_eq(open_list[0].handle, "job-1");
    ck_assert_str_eq(open_list[0].problem, "away");
    ck_assert_int_eq(open_list[0].next_try_us, 1234567);
    ck_assert_int_eq(open_list[0].attempts, 3);
    ck_assert_int_eq(open_list[0].version, 2);
    mine.state = TT_UPLOAD_DONE;
    ck_assert_int_eq(outbox.change(outbox.context, &turn, &mine, 0, 9, NULL), TT_OK);
    ck_assert_uint_eq(open_batches(), 1);
    ck_assert_uint_eq(look().done_rows, 5);
    ck_assert_uint_eq(look().done_bytes, 50);
    tear_down();
}
TT_END

TT_TEST(one_holder_has_the_lease_until_it_ends_and_the_next_has_a_larger_fence)
{
    set_up(_i);
    struct tt_outbox other;
    tt_test_outbox_open(&test, &other);
    ck_assert_int_eq(lease(&other, "you", 1500), 0);
    ck_assert_int_eq(lease(&outbox, "me", 1900), 1);
    ck_assert_int_eq(lease(&other, "you", 2500), 0);
    ck_assert_int_eq(lease(&other, "you", 2900), 2);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_ERR_FENCED);
    turn.fence = 2;
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    open_batches();
    turn.fence = 1;
    ck_assert_int_eq(outbox.change(outbox.context, &turn, &open_list[0], 0, 9, NULL),
                     TT_ERR_FENCED);
    ck_assert_int_eq(outbox.unlease(outbox.context, &turn, NULL), TT_OK);
    ck_assert_int_eq(lease(&outbox, "me", 3000), 0);
    turn.fence = 2;
    ck_assert_int_eq(outbox.unlease(outbox.context, &turn, NULL), TT_OK);
    ck_assert_int_eq(lease(&outbox, "me", 3000), 3);
    tt_test_outbox_close(&test, &other);
    tear_down();
}
TT_END

TT_TEST(a_split_batch_ends_together_with_the_birth_of_its_children)
{
    set_up(_i);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    open_batches();
    const struct tt_upload_batch children[] = {some_rows(TT_UPLOAD_AUDIT, 0, 2),
                                               some_rows(TT_UPLOAD_AUDIT, 3, 2)};
    const struct tt_upload_bad_row bad = {2, "1-2-3-4", "invalid", "no such column"};
    ck_assert_int_eq(
        outbox.split(outbox.context, &turn, &open_list[0], children, 2, &bad, 50, NULL), TT_OK);
    ck_assert_int_eq(
        outbox.split(outbox.context, &turn, &open_list[0], children, 2, &bad, 50, NULL),
        TT_ERR_FENCED);
    ck_assert_uint_eq(open_batches(), 3);
    ck_assert_uint_eq(open_list[2].made.row_from, 3);
    ck_assert_int_eq(open_list[2].plan.last, 10);
    ck_assert_uint_eq(look().quarantined_rows, 1);
    ck_assert_rows(&test, "SELECT row_uid, reason, message, row_number FROM upload_quarantine",
                   "1-2-3-4|invalid|no such column|2");
    const struct tt_upload_bad_row last = {0, "1-2-3-5", "invalid", "not this either"};
    ck_assert_int_eq(outbox.split(outbox.context, &turn, &open_list[1], NULL, 0, &last, 50, NULL),
                     TT_OK);
    ck_assert_uint_eq(open_batches(), 2);
    ck_assert_rows(&test, "SELECT count(*) FROM upload_batch WHERE state = 'quarantined'", "1");
    tear_down();
}
TT_END

TT_TEST(loads_are_counted_by_table_within_a_time)
{
    uint64_t count = 9;
    int64_t newest = 9, day = INT64_C(86400) * 1000000;
    set_up(_i);
    ck_assert_int_eq(make_plan(1, 1, 10), TT_OK);
    open_batches();
    ck_assert_int_eq(
        outbox.loads(outbox.context, DESTINATION, TT_UPLOAD_AUDIT, 0, &count, &newest, NULL),
        TT_OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(newest, TT_TIME_NONE);
    for (int i = 1; i <= 3; i++)
        ck_assert_int_eq(
            outbox.change(outbox.context, &turn, &open_list[0], i * day, i * day, NULL), TT_OK);
    ck_assert_int_eq(
        outbox.loads(outbox.context, DESTINATION, TT_UPLOAD_AUDIT, day, &count, &newest, NULL),
        TT_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(newest, 3 * day);
    ck_assert_int_eq(
        outbox.loads(outbox.context, DESTINATION, TT_UPLOAD_DISCREPANCY, 0, &count, &newest, NULL),
        TT_OK);
    ck_assert_uint_eq(count, 0);
    tear_down();
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
    ck_assert_int_eq(outbox.holds(outbox.context, DESTINATION, which, plan, tell_hold, NULL, NULL),
                     TT_OK);
    return held_text;
}

TT_TEST(held_rows_are_listed_wanted_and_released_into_a_plan)
{
    uint64_t rows = 0;
    set_up(_i);
    const struct tt_upload_hold held[] = {
        {.tenant = TT_STR("b"), .task_id = TT_STR("t"), .rows = 3},
        {.tenant = TT_STR("a"), .task_id = TT_STR("u"), .rows = 4}};
    struct tt_outbox_plan plan = {
        .plan = {.number = 1, .first = 1, .last = 10}, .held = held, .held_count = 2};
    ck_assert_int_eq(outbox.plan(outbox.context, &turn, &plan, NULL), TT_OK);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 b/t@1(1-10)x3>0 ");
    ck_assert_uint_eq(look().held_rows, 7);
    ck_assert_uint_eq(look().held_tasks, 2);
    ck_assert_int_eq(outbox.want(outbox.context, DESTINATION, TT_STR("t"), &rows, NULL), TT_OK);
    ck_assert_uint_eq(rows, 3);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 b/t@1(1-10)x3!>0 ");
    const struct tt_upload_hold released = {
        .tenant = TT_STR("b"), .task_id = TT_STR("t"), .plan = 1};
    plan = (struct tt_outbox_plan){
        .plan = {.number = 2, .first = 11, .last = 10}, .released = &released, .released_count = 1};
    ck_assert_int_eq(outbox.plan(outbox.context, &turn, &plan, NULL), TT_OK);
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OPEN, 0), "a/u@1(1-10)x4>0 ");
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OF, 1), "a/u@1(1-10)x4>0 b/t@1(1-10)x3!>2 ");
    ck_assert_str_eq(holds(TT_OUTBOX_HOLDS_OF, 2), "b/t@1(1-10)x3!>2 ");
    ck_assert_int_eq(outbox.want(outbox.context, DESTINATION, TT_STR_NONE, &rows, NULL), TT_OK);
    ck_assert_uint_eq(rows, 4);
    tear_down();
}
TT_END

TT_TEST(the_horizon_is_the_newest_row_that_is_committed)
{
    int64_t seq = -1;
    set_up(_i);
    ck_assert_int_eq(outbox.horizon(outbox.context, &seq, NULL), TT_OK);
    ck_assert_int_eq(seq, 0);
    for (int i = 1; i <= 3; i++) {
        struct tt_event event = tt_test_event("A", i);
        const struct tt_audit_row row = tt_test_row(&event, i, 0);
        tt_test_write_row(&test.store, &row);
    }
    ck_assert_int_eq(outbox.horizon(outbox.context, &seq, NULL), TT_OK);
    ck_assert_int_eq(seq, 3);
    tear_down();
}
TT_END

/* One writer has taken numbers and stands still; another, of another partition, takes later ones
 * and commits. */
static void begin_and_write(struct tt_store *store, int64_t partition, int64_t ms)
{
    struct tt_event event = tt_test_event("A", ms);
    struct tt_audit_row row = tt_test_row(&event, ms, 0);
    row.place.partition = partition;
    const struct tt_store_partition partitions[] = {{.partition = partition, .fence = 1}};
    const struct tt_store_changes changes = {.audit = &row, .audit_count = 1};
    struct tt_fault fault = {0};
    ck_assert_int_eq(store->begin(store->context, &fault), TT_OK);
    ck_assert_msg(store->fence(store->context, partitions, 1, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(store->write(store->context, &changes, &fault) == TT_OK, "%s", fault.text);
}

struct asking {
    pthread_t thread;
    int64_t seq;
    enum tt_err err;
};

static void *ask_horizon(void *argument)
{
    struct asking *asking = argument;
    asking->err = outbox.horizon(outbox.context, &asking->seq, NULL);
    return NULL;
}

TT_TEST(no_row_ever_appears_below_a_horizon_that_was_given)
{
    if (_i == TT_STORE_SQLITE)
        return; /* one writer at a time: there is nobody to overtake */
    struct tt_store slow, quick;
    struct asking asking = {.seq = -1};
    set_up(_i);
    tt_test_store_open_again(&test, &slow);
    tt_test_store_open_again(&test, &quick);
    begin_and_write(&slow, 1, 10);
    begin_and_write(&quick, 2, 20);
    ck_assert_int_eq(quick.commit(quick.context, NULL), TT_OK);
    ck_assert_rows(&test, "SELECT max(apply_seq) FROM task_status_audit", "2");
    ck_assert_int_eq(pthread_create(&asking.thread, NULL, ask_horizon, &asking), 0);
    while (strcmp(tt_test_store_text(&test, "SELECT count(*) FROM pg_locks WHERE NOT granted"
                                            " AND mode = 'ShareLock'"),
                  "1") != 0)
        ;
    ck_assert_int_eq(slow.commit(slow.context, NULL), TT_OK);
    pthread_join(asking.thread, NULL);
    ck_assert_int_eq(asking.err, TT_OK);
    ck_assert_int_eq(asking.seq, 2);
    begin_and_write(&slow, 1, 30);
    slow.rollback(slow.context);
    begin_and_write(&quick, 2, 40);
    ck_assert_int_eq(quick.commit(quick.context, NULL), TT_OK);
    ck_assert_int_eq(outbox.horizon(outbox.context, &asking.seq, NULL), TT_OK);
    ck_assert_int_eq(asking.seq, 4);
    tt_test_store_close(&test, &slow);
    tt_test_store_close(&test, &quick);
    tear_down();
}
TT_END

TT_STORE_SUITE("adapters/outbox", a_plan_is_kept_with_its_batches_and_read_back_as_it_was,
               plans_follow_one_another_without_a_gap_or_an_overlap,
               a_change_follows_the_version_it_was_read_with,
               one_holder_has_the_lease_until_it_ends_and_the_next_has_a_larger_fence,
               a_split_batch_ends_together_with_the_birth_of_its_children,
               loads_are_counted_by_table_within_a_time,
               held_rows_are_listed_wanted_and_released_into_a_plan,
               the_horizon_is_the_newest_row_that_is_committed,
               no_row_ever_appears_below_a_horizon_that_was_given)
