/* label: threads */
/* Nothing that is not committed is below the horizon. */
#include "tests/lib/planned.h"
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

TT_TEST(the_horizon_is_the_newest_row_that_is_committed)
{
    int64_t seq = -1;
    tt_planned_set_up(_i);
    ck_assert_int_eq(tt_planned.outbox.horizon(tt_planned.outbox.context, &seq, NULL), TT_OK);
    ck_assert_int_eq(seq, 0);
    for (int i = 1; i <= 3; i++) {
        struct tt_event event = tt_test_event("A", i);
        const struct tt_audit_row row = tt_test_row(&event, i, 0);
        tt_test_write_row(&tt_planned.test.store, &row);
    }
    ck_assert_int_eq(tt_planned.outbox.horizon(tt_planned.outbox.context, &seq, NULL), TT_OK);
    ck_assert_int_eq(seq, 3);
    tt_planned_tear_down();
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
    asking->err = tt_planned.outbox.horizon(tt_planned.outbox.context, &asking->seq, NULL);
    return NULL;
}

static bool horizon_waits(void)
{
    char *text =
        tt_test_store_text(&tt_planned.test, "SELECT count(*) FROM pg_locks WHERE NOT granted"
                                             " AND mode = 'ShareLock'");
    bool waits = strcmp(text, "1") == 0;
    free(text);
    return waits;
}

static bool has_number(void)
{
    char *text =
        tt_test_store_text(&tt_planned.test, "SELECT count(*) FROM task_status_audit_apply_seq"
                                             " WHERE is_called");
    bool has = strcmp(text, "1") == 0;
    free(text);
    return has;
}

TT_TEST(no_row_ever_appears_below_a_horizon_that_was_given)
{
    if (_i == TT_STORE_SQLITE)
        return; /* one writer at a time: there is nobody to overtake */
    struct tt_store slow, quick;
    struct asking asking = {.seq = -1};
    tt_planned_set_up(_i);
    tt_test_store_open_again(&tt_planned.test, &slow);
    tt_test_store_open_again(&tt_planned.test, &quick);
    begin_and_write(&slow, 1, 10);
    TT_EVENTUALLY(has_number()); /* what is written goes on its way without an answer */
    begin_and_write(&quick, 2, 20);
    ck_assert_int_eq(quick.commit(quick.context, NULL), TT_OK);
    ck_assert_rows(&tt_planned.test, "SELECT max(apply_seq) FROM task_status_audit", "2");
    ck_assert_int_eq(pthread_create(&asking.thread, NULL, ask_horizon, &asking), 0);
    TT_EVENTUALLY(horizon_waits());
    ck_assert_int_eq(slow.commit(slow.context, NULL), TT_OK);
    pthread_join(asking.thread, NULL);
    ck_assert_int_eq(asking.err, TT_OK);
    ck_assert_int_eq(asking.seq, 2);
    begin_and_write(&slow, 1, 30);
    slow.rollback(slow.context);
    begin_and_write(&quick, 2, 40);
    ck_assert_int_eq(quick.commit(quick.context, NULL), TT_OK);
    ck_assert_int_eq(tt_planned.outbox.horizon(tt_planned.outbox.context, &asking.seq, NULL),
                     TT_OK);
    ck_assert_int_eq(asking.seq, 4);
    tt_test_store_close(&tt_planned.test, &slow);
    tt_test_store_close(&tt_planned.test, &quick);
    tt_planned_tear_down();
}
TT_END

TT_STORE_SUITE("adapters/outbox_horizon", the_horizon_is_the_newest_row_that_is_committed,
               no_row_ever_appears_below_a_horizon_that_was_given)
