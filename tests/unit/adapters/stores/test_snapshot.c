/* A reader's snapshot: from its first scan on, until it is let go. */
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdlib.h>
#include <string.h>

static struct tt_test_store test;

static void put(const char *task_id, int64_t n)
{
    struct tt_event event = tt_test_event("A", n);
    event.task_id = tt_str_from(task_id);
    const struct tt_audit_row row = tt_test_row(&event, n, 0);
    tt_test_write_row(&test.store, &row);
}

static uint64_t rows_seen(void)
{
    uint64_t rows = 0, tasks = 0;
    struct tt_fault fault = {0};
    enum tt_err err = test.reader.counts(test.reader.context, &rows, &tasks, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return rows;
}

static enum tt_err pass_row(void *context, const struct tt_audit_row *row)
{
    (void)row;
    return *(const enum tt_err *)context;
}

static enum tt_err pass_task(void *context, const struct tt_store_task_key *key)
{
    (void)key;
    return *(const enum tt_err *)context;
}

static enum tt_err pass_history(void *context, size_t task, const struct tt_audit_row *row)
{
    (void)task;
    return pass_row(context, row);
}

/* One scan of each kind that begins a snapshot of its own; callbacks give `answer`. */
static void scan(int which, enum tt_err answer)
{
    const struct tt_store_reader *r = &test.reader;
    const struct tt_store_task_key key = {TT_STR("default"), TT_STR("a")};
    enum tt_err err = TT_OK;
    if (which == 0)
        err = r->audit(r->context, TT_STR_NONE, TT_STR_NONE, pass_row, &answer, NULL);
    else if (which == 1)
        err = r->audit(r->context, key.tenant, key.task_id, pass_row, &answer, NULL);
    else if (which == 2)
        err = r->tasks(r->context, 0, INT64_MAX, pass_task, &answer, NULL);
    else
        err = r->histories(r->context, &key, 1, INT64_MAX, pass_history, &answer, NULL);
    ck_assert_int_eq(err, answer);
}
enum { SCANS = 4 };

/* What a snapshot keeps from happening: the log goes back into the file whole, and is cut; there is
 * no transaction that a server has to keep rows for. */
static bool nothing_is_held(void)
{
    char *text = tt_test_store_text(
        &test, test.kind == TT_STORE_SQLITE
                   ? "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)"
                   : "SELECT count(*) FROM pg_stat_activity"
                     " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                     " AND backend_type = 'client backend' AND state <> 'idle'");
    bool nothing = strcmp(text, test.kind == TT_STORE_SQLITE ? "0\n0|0|0" : "0") == 0;
    free(text);
    return nothing;
}

TT_TEST(a_reader_that_has_let_go_holds_nothing_in_the_store)
{
    tt_test_store_make(&test, _i);
    put("a", 1);
    tt_test_reader_open(&test);
    TT_EVENTUALLY(nothing_is_held()); /* nothing was read yet; other connections are ending */
    for (int which = 0; which < SCANS; which++) {
        scan(which, TT_OK);
        put("a", 2 + which); /* so that there is a log, and rows of another moment */
        ck_assert(!nothing_is_held());
        test.reader.let_go(test.reader.context);
        TT_EVENTUALLY(nothing_is_held());
    }
    tt_test_store_done(&test);
}
TT_END

TT_TEST(a_reader_lets_go_after_a_scan_that_was_ended_and_can_do_so_twice)
{
    tt_test_store_make(&test, _i);
    put("a", 1);
    tt_test_reader_open(&test);
    for (int which = 0; which < SCANS; which++) {
        scan(which, TT_ERR_STOPPED);
        put("a", 2 + which);
        test.reader.let_go(test.reader.context);
        test.reader.let_go(test.reader.context);
        TT_EVENTUALLY(nothing_is_held());
    }
    ck_assert_uint_eq(rows_seen(), 1 + SCANS);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(scans_see_one_moment_until_the_reader_lets_go)
{
    tt_test_store_make(&test, _i);
    put("a", 1);
    tt_test_reader_open(&test);
    ck_assert_uint_eq(rows_seen(), 1);
    put("b", 2);
    scan(0, TT_OK);
    ck_assert_uint_eq(rows_seen(), 1);
    test.reader.let_go(test.reader.context);
    ck_assert_uint_eq(rows_seen(), 2);
    put("c", 3);
    ck_assert_uint_eq(rows_seen(), 2);
    tt_test_store_done(&test);
}
TT_END

TT_STORE_SUITE("adapters/stores/snapshot", a_reader_that_has_let_go_holds_nothing_in_the_store,
               a_reader_lets_go_after_a_scan_that_was_ended_and_can_do_so_twice,
               scans_see_one_moment_until_the_reader_lets_go)
