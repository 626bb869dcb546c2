#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdlib.h>

static struct tt_store store;
static struct tt_arena arena;
static const char *path;
static const struct tt_str tenant = {"default", 7}, task_id = {"t", 1};

static void setup(void)
{
    path = tt_tmpfile("state.db");
    store = tt_test_store_open(path);
    tt_arena_init(&arena, 0);
}

static void teardown(void)
{
    tt_arena_done(&arena);
    tt_sqlite_store_done(&store);
}

static struct tt_current_row a_current_row(void)
{
    return (struct tt_current_row){.tenant = tenant,
                                   .task_id = task_id,
                                   .task_type = TT_STR("SQL"),
                                   .status = TT_STR("RUNNING"),
                                   .stage = TT_STR(""),
                                   .event_time_us = TT_TIME_MIN_US,
                                   .seq = INT64_MIN,
                                   .has_seq = true,
                                   .newest_event_time_us = TT_TIME_MAX_US,
                                   .correlation_id = TT_STR("c"),
                                   .dataset_id = TT_STR("d"),
                                   .first_seen_at_us = 1,
                                   .updated_at_us = 2,
                                   .events = 3,
                                   .fence = 4};
}

TT_TEST(the_current_row_comes_back_as_it_was_put)
{
    setup();
    struct tt_current_row put = a_current_row(), got = {.events = 99};
    bool found = true;
    ck_assert_int_eq(store.read_current(store.context, tenant, task_id, &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(!found);
    ck_assert_int_eq(got.events, 99);
    ck_assert_int_eq(store.put_current(store.context, &put, NULL), TT_OK);
    put.events = 5;
    ck_assert_int_eq(store.put_current(store.context, &put, NULL), TT_OK);
    ck_assert_int_eq(store.read_current(store.context, tenant, task_id, &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(found);
    ck_assert(tt_str_equal(got.tenant, put.tenant) && tt_str_equal(got.task_id, put.task_id));
    ck_assert(tt_str_equal(got.task_type, put.task_type) && tt_str_equal(got.stage, put.stage));
    ck_assert(tt_str_equal(got.status, put.status));
    ck_assert(tt_str_equal(got.correlation_id, put.correlation_id));
    ck_assert(tt_str_equal(got.dataset_id, put.dataset_id));
    ck_assert_int_eq(got.event_time_us, put.event_time_us);
    ck_assert_int_eq(got.newest_event_time_us, put.newest_event_time_us);
    ck_assert(got.has_seq);
    ck_assert_int_eq(got.seq, put.seq);
    ck_assert_int_eq(got.first_seen_at_us, 1);
    ck_assert_int_eq(got.updated_at_us, 2);
    ck_assert_int_eq(got.events, 5);
    ck_assert_int_eq(got.fence, 4);
    put.has_seq = false;
    put.task_type = put.correlation_id = put.dataset_id = TT_STR_NONE;
    ck_assert_int_eq(store.put_current(store.context, &put, NULL), TT_OK);
    ck_assert_int_eq(store.read_current(store.context, tenant, task_id, &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(!got.has_seq);
    ck_assert_ptr_null(got.task_type.ptr);
    ck_assert_ptr_null(got.dataset_id.ptr);
    teardown();
}
TT_END

TT_TEST(stays_are_put_by_position_and_replaced_as_a_whole)
{
    setup();
    struct tt_interval_row last = {0};
    bool found = true;
    ck_assert_int_eq(
        store.read_last_interval(store.context, tenant, task_id, &arena, &last, &found, NULL),
        TT_OK);
    ck_assert(!found);
    const struct tt_interval_row rows[] = {
        {1, 10, 20, TT_STR("QUEUED"), TT_STR_NONE},
        {2, 20, 20, TT_STR("RUNNING"), TT_STR("x")},
        {3, 20, TT_TIME_NONE, TT_STR("DONE"), TT_STR_NONE},
    };
    ck_assert_int_eq(store.replace_intervals(store.context, tenant, task_id, rows, 3, NULL), TT_OK);
    ck_assert_int_eq(store.put_interval(store.context, tenant, TT_STR("u"), &rows[0], NULL), TT_OK);
    ck_assert_sql(path,
                  "SELECT task_id, position, valid_from, valid_to, status, stage"
                  " FROM task_status_interval ORDER BY task_id, position",
                  "t|1|10|20|QUEUED|NULL\nt|2|20|20|RUNNING|x\nt|3|20|NULL|DONE|NULL\n"
                  "u|1|10|20|QUEUED|NULL");
    ck_assert_int_eq(
        store.read_last_interval(store.context, tenant, task_id, &arena, &last, &found, NULL),
        TT_OK);
    ck_assert(found);
    ck_assert_int_eq(last.position, 3);
    ck_assert_int_eq(last.valid_from_us, 20);
    ck_assert_int_eq(last.valid_to_us, TT_TIME_NONE);
    ck_assert(tt_str_equal(last.status, TT_STR("DONE")));
    last.valid_to_us = 30;
    ck_assert_int_eq(store.put_interval(store.context, tenant, task_id, &last, NULL), TT_OK);
    ck_assert_sql(path, "SELECT valid_to FROM task_status_interval WHERE position = 3", "30");
    ck_assert_int_eq(store.replace_intervals(store.context, tenant, task_id, rows, 1, NULL), TT_OK);
    ck_assert_sql(path, "SELECT count(*) FROM task_status_interval", "2");
    teardown();
}
TT_END

static void add(struct tt_event event, int64_t entry_ms, bool duplicate)
{
    struct tt_audit_row row = tt_test_row(&event, entry_ms, 0);
    row.duplicate = duplicate;
    ck_assert_int_eq(tt_test_store_insert(&store, &row), TT_INSERTED);
}

/* The statuses of the originals, one letter each. */
static const char *originals(void)
{
    static char text[64];
    struct tt_event *events = NULL;
    size_t count = 0;
    ck_assert_int_eq(
        store.read_originals(store.context, tenant, task_id, &arena, &events, &count, NULL), TT_OK);
    ck_assert_ptr_nonnull(events);
    for (size_t i = 0; i < count; i++)
        text[i] = events[i].status.ptr[0];
    text[count] = '\0';
    return text;
}

TT_TEST(originals_come_in_event_time_then_seq_where_all_have_one_then_arrival)
{
    setup();
    ck_assert_str_eq(originals(), "");
    add(tt_test_event("D", 40), 1, false);
    add(tt_test_event("A", 10), 2, false);
    add(tt_test_event_seq("C", 20, 2), 3, false);
    add(tt_test_event_seq("B", 20, 1), 4, false);
    add(tt_test_event("X", 5), 5, true); /* no original */
    ck_assert_str_eq(originals(), "ABCD");
    add(tt_test_event("E", 40), 6, false);
    ck_assert_str_eq(originals(), "ABCDE");
    add(tt_test_event("M", 20), 7, false); /* no seq: its whole tie goes by arrival */
    ck_assert_str_eq(originals(), "ACBMDE");
    struct tt_event other = tt_test_event("O", 1);
    other.task_id = TT_STR("u");
    add(other, 8, false);
    ck_assert_str_eq(originals(), "ACBMDE");
    teardown();
}
TT_END

TT_TEST(progress_comes_back_as_it_was_put)
{
    setup();
    struct tt_progress_row put = {.tenant = tenant,
                                  .correlation_id = TT_STR("c"),
                                  .dataset_id = TT_STR("d"),
                                  .records_expected = -1,
                                  .finished = 3,
                                  .succeeded = 2,
                                  .failed = 1,
                                  .first_failure_at_us = TT_TIME_NONE},
                           got = {0};
    bool found = true;
    ck_assert_int_eq(store.read_progress(store.context, tenant, put.correlation_id, put.dataset_id,
                                         &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(!found);
    ck_assert_int_eq(store.put_progress(store.context, &put, NULL), TT_OK);
    ck_assert_int_eq(store.read_progress(store.context, tenant, put.correlation_id, put.dataset_id,
                                         &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(found);
    ck_assert_int_eq(got.records_expected, -1);
    ck_assert_int_eq(got.first_failure_at_us, TT_TIME_NONE);
    ck_assert_ptr_null(got.first_failure.ptr);
    put.records_expected = 0;
    put.first_failure = TT_STR("disk full");
    put.first_failure_at_us = 77;
    put.last_stage = TT_STR("enrich");
    ck_assert_int_eq(store.put_progress(store.context, &put, NULL), TT_OK);
    ck_assert_int_eq(store.read_progress(store.context, tenant, put.correlation_id, put.dataset_id,
                                         &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert_int_eq(got.records_expected, 0);
    ck_assert_int_eq(got.finished, 3);
    ck_assert_int_eq(got.succeeded, 2);
    ck_assert_int_eq(got.failed, 1);
    ck_assert(tt_str_equal(got.first_failure, TT_STR("disk full")));
    ck_assert_int_eq(got.first_failure_at_us, 77);
    ck_assert(tt_str_equal(got.last_stage, TT_STR("enrich")));
    teardown();
}
TT_END

TT_TEST(text_that_looks_like_sql_is_text)
{
    setup();
    struct tt_current_row put = a_current_row(), got;
    put.task_id = TT_STR("'; DROP TABLE task_status_audit; --");
    bool found = false;
    ck_assert_int_eq(store.put_current(store.context, &put, NULL), TT_OK);
    ck_assert_int_eq(
        store.read_current(store.context, tenant, put.task_id, &arena, &got, &found, NULL), TT_OK);
    ck_assert(found && tt_str_equal(got.task_id, put.task_id));
    ck_assert_sql(path, "SELECT count(*) FROM task_status_audit", "0");
    teardown();
}
TT_END

TT_TEST(memory_that_runs_out_while_reading_is_an_error_and_leaves_the_store_usable)
{
    setup();
    struct tt_current_row put = a_current_row(), got;
    bool found = false;
    struct tt_event *events = NULL;
    size_t count = 0;
    ck_assert_int_eq(store.put_current(store.context, &put, NULL), TT_OK);
    add(tt_test_event("A", 10), 1, false);
    for (long failing = 0; failing < 2; failing++) {
        tt_arena_done(&arena);
        tt_mem_fail_after(failing, true);
        enum tt_err err =
            store.read_originals(store.context, tenant, task_id, &arena, &events, &count, NULL);
        tt_mem_fail_after(-1, false);
        ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
        ck_assert_ptr_null(events);
    }
    tt_arena_done(&arena);
    tt_mem_fail_after(0, true);
    enum tt_err err =
        store.read_current(store.context, tenant, task_id, &arena, &got, &found, NULL);
    tt_mem_fail_after(-1, false);
    ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
    ck_assert(!found);
    ck_assert_int_eq(store.read_current(store.context, tenant, task_id, &arena, &got, &found, NULL),
                     TT_OK);
    ck_assert(found);
    ck_assert_str_eq(originals(), "A");
    teardown();
}
TT_END

TT_SUITE("adapters/sqlite/store_state", the_current_row_comes_back_as_it_was_put,
         stays_are_put_by_position_and_replaced_as_a_whole,
         originals_come_in_event_time_then_seq_where_all_have_one_then_arrival,
         progress_comes_back_as_it_was_put, text_that_looks_like_sql_is_text,
         memory_that_runs_out_while_reading_is_an_error_and_leaves_the_store_usable)
