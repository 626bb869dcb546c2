/* What follows from the audit rows, as the port writes and loads it: over every store. */
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdlib.h>

static struct tt_test_store test;
static struct tt_arena arena;
static const struct tt_str tenant = {"default", 7}, task_id = {"t", 1};

static void setup(int kind)
{
    tt_test_store_make(&test, kind);
    tt_arena_init(&arena, 0);
}

/* What was read is there until the transaction ends, so it stays open until the next one. */
static void end_transaction(void)
{
    test.store.rollback(test.store.context);
}

static void teardown(void)
{
    end_transaction();
    tt_arena_done(&arena);
    tt_test_store_done(&test);
}

/* The task's row, or NULL. */
static enum tt_err load(struct tt_str task, const struct tt_current_row **ret_row,
                        struct tt_fault *fault)
{
    struct tt_store *store = &test.store;
    struct tt_store_task tasks[] = {{.tenant = tenant, .task_id = task}};
    struct tt_store_batch batch = {.epoch = 1, .tasks = tasks, .task_count = 1};
    end_transaction();
    enum tt_err err = store->begin(store->context, fault);
    if (err == TT_OK)
        err = store->load(store->context, &batch, &arena, fault);
    if (err == TT_OK)
        *ret_row = tasks[0].current;
    return err;
}

static const struct tt_current_row *loaded(struct tt_str task)
{
    const struct tt_current_row *row = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(load(task, &row, &fault) == TT_OK, "%s", fault.text);
    return row;
}

static void put(struct tt_current_row row, bool is_new)
{
    const struct tt_store_current current = {.row = row, .is_new = is_new};
    const struct tt_store_changes changes = {.current = &current, .current_count = 1};
    end_transaction();
    tt_test_write(&test.store, &changes);
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
                                   .fence = 4,
                                   .stays = 7,
                                   .stay_status = TT_STR("WAITING")};
}

TT_TEST(the_current_row_comes_back_as_it_was_put)
{
    setup(_i);
    struct tt_current_row row = a_current_row();
    ck_assert_ptr_null(loaded(task_id));
    put(row, true);
    row.events = 5;
    put(row, false);
    const struct tt_current_row *got = loaded(task_id);
    ck_assert_ptr_nonnull(got);
    ck_assert(tt_str_equal(got->tenant, row.tenant) && tt_str_equal(got->task_id, row.task_id));
    ck_assert(tt_str_equal(got->task_type, row.task_type) && tt_str_equal(got->stage, row.stage));
    ck_assert(tt_str_equal(got->status, row.status));
    ck_assert(tt_str_equal(got->correlation_id, row.correlation_id));
    ck_assert(tt_str_equal(got->dataset_id, row.dataset_id));
    ck_assert(tt_str_equal(got->stay_status, row.stay_status));
    ck_assert_int_eq(got->event_time_us, row.event_time_us);
    ck_assert_int_eq(got->newest_event_time_us, row.newest_event_time_us);
    ck_assert(got->has_seq);
    ck_assert_int_eq(got->seq, row.seq);
    ck_assert_int_eq(got->first_seen_at_us, 1);
    ck_assert_int_eq(got->updated_at_us, 2);
    ck_assert_int_eq(got->events, 5);
    ck_assert_int_eq(got->fence, 4);
    ck_assert_int_eq(got->stays, 7);
    ck_assert_ptr_null(loaded(TT_STR("u")));
    row.has_seq = false;
    row.task_type = row.correlation_id = row.dataset_id = row.stay_status = TT_STR_NONE;
    put(row, false);
    got = loaded(task_id);
    ck_assert(!got->has_seq);
    ck_assert_ptr_null(got->task_type.ptr);
    ck_assert_ptr_null(got->dataset_id.ptr);
    ck_assert_ptr_null(got->stay_status.ptr);
    teardown();
}
TT_END

TT_TEST(every_task_of_a_batch_gets_its_own_row)
{
    setup(_i);
    struct tt_store *store = &test.store;
    static const char *const names[] = {"A", "B", "a", "b", "c", "\xc3\xa4"};
    struct tt_store_task tasks[6];
    for (int i = 0; i < 6; i++) {
        struct tt_current_row row = a_current_row();
        row.task_id = tt_str_from(names[i]);
        row.events = i;
        if (i != 3)
            put(row, true);
        tasks[i] = (struct tt_store_task){.tenant = tenant, .task_id = row.task_id};
    }
    struct tt_store_batch batch = {.epoch = 1, .tasks = tasks, .task_count = 6};
    ck_assert_int_eq(store->begin(store->context, NULL), TT_OK);
    ck_assert_int_eq(store->load(store->context, &batch, &arena, NULL), TT_OK);
    for (int i = 0; i < 6; i++)
        if (i == 3)
            ck_assert_ptr_null(tasks[i].current);
        else
            ck_assert_int_eq(tasks[i].current->events, i);
    teardown();
}
TT_END

static void put_stays(struct tt_store_stays stays)
{
    stays.tenant = tenant;
    if (stays.task_id.ptr == NULL)
        stays.task_id = task_id;
    const struct tt_store_changes changes = {.stays = &stays, .stays_count = 1};
    end_transaction();
    tt_test_write(&test.store, &changes);
}

#define STAYS                                                                                      \
    "SELECT task_id, position, US(valid_from), US(valid_to), status, stage"                        \
    " FROM task_status_interval ORDER BY task_id, position"

TT_TEST(stays_are_added_ended_and_replaced_from_a_position_on)
{
    setup(_i);
    const struct tt_interval_row rows[] = {
        {1, 10, 20, TT_STR("QUEUED"), TT_STR_NONE},
        {2, 20, 20, TT_STR("RUNNING"), TT_STR("x")},
        {3, 20, TT_TIME_NONE, TT_STR("DONE"), TT_STR_NONE},
        {4, 30, TT_TIME_NONE, TT_STR("OPEN"), TT_STR_NONE},
    };
    put_stays((struct tt_store_stays){.rows = rows, .count = 3});
    put_stays((struct tt_store_stays){.task_id = TT_STR("u"), .rows = rows, .count = 1});
    ck_assert_rows(&test, STAYS,
                   "t|1|10|20|QUEUED|NULL\nt|2|20|20|RUNNING|x\nt|3|20|NULL|DONE|NULL\n"
                   "u|1|10|20|QUEUED|NULL");
    put_stays((struct tt_store_stays){
        .keep = 3, .ends = true, .valid_to_us = 30, .rows = rows + 3, .count = 1});
    ck_assert_rows(&test, STAYS,
                   "t|1|10|20|QUEUED|NULL\nt|2|20|20|RUNNING|x\nt|3|20|30|DONE|NULL\n"
                   "t|4|30|NULL|OPEN|NULL\nu|1|10|20|QUEUED|NULL");
    const struct tt_interval_row late = {2, 15, TT_TIME_NONE, TT_STR("LATE"), TT_STR("")};
    put_stays((struct tt_store_stays){
        .keep = 1, .replace = true, .ends = true, .valid_to_us = 15, .rows = &late, .count = 1});
    ck_assert_rows(&test, STAYS, "t|1|10|15|QUEUED|NULL\nt|2|15|NULL|LATE|\nu|1|10|20|QUEUED|NULL");
    put_stays((struct tt_store_stays){
        .keep = 1, .replace = true, .ends = true, .valid_to_us = TT_TIME_NONE});
    ck_assert_rows(&test, STAYS, "t|1|10|NULL|QUEUED|NULL\nu|1|10|20|QUEUED|NULL");
    put_stays((struct tt_store_stays){.replace = true, .rows = rows + 1, .count = 0});
    ck_assert_rows(&test, STAYS, "u|1|10|20|QUEUED|NULL");
    teardown();
}
TT_END

static void add(struct tt_event event, int64_t entry_ms, bool duplicate)
{
    struct tt_audit_row row = tt_test_row(&event, entry_ms, 0);
    row.duplicate = duplicate;
    end_transaction();
    tt_test_write_row(&test.store, &row);
}

static enum tt_err ask_history(int64_t since_us, struct tt_store_history *history)
{
    struct tt_store *store = &test.store;
    *history =
        (struct tt_store_history){.tenant = tenant, .task_id = task_id, .since_us = since_us};
    end_transaction();
    enum tt_err err = store->begin(store->context, NULL);
    return err == TT_OK ? store->histories(store->context, history, 1, &arena, NULL) : err;
}

/* The statuses of the originals, one letter each. */
static const char *originals(int64_t since_us)
{
    static char text[64];
    struct tt_store_history history;
    ck_assert_int_eq(ask_history(since_us, &history), TT_OK);
    ck_assert_ptr_nonnull(history.originals);
    for (size_t i = 0; i < history.count; i++)
        text[i] = history.originals[i].status.ptr[0];
    text[history.count] = '\0';
    return text;
}

TT_TEST(originals_come_from_a_time_on_by_event_time_then_arrival)
{
    setup(_i);
    ck_assert_str_eq(originals(TT_TIME_MIN_US), "");
    add(tt_test_event("D", 40), 1, false);
    add(tt_test_event("A", 10), 2, false);
    add(tt_test_event_seq("C", 20, 2), 3, false);
    add(tt_test_event_seq("B", 20, 1), 4, false);
    add(tt_test_event("X", 25), 5, true); /* no original */
    struct tt_event other = tt_test_event("O", 30);
    other.task_id = TT_STR("u");
    add(other, 6, false);
    add(tt_test_event("E", 40), 7, false);
    ck_assert_str_eq(originals(TT_TIME_MIN_US), "ACBDE");
    ck_assert_str_eq(originals(20), "CBDE");
    ck_assert_str_eq(originals(21), "DE");
    ck_assert_str_eq(originals(TT_TIME_MAX_US), "");
    struct tt_store_history history;
    ck_assert_int_eq(ask_history(20, &history), TT_OK);
    const struct tt_original *tie = history.originals;
    ck_assert(tie[0].has_seq && tie[1].has_seq && !tie[2].has_seq);
    ck_assert_int_eq(tie[0].seq, 2);
    ck_assert_int_lt(tie[0].arrival, tie[1].arrival);
    ck_assert_int_eq(tie[0].event_time_us, 20);
    ck_assert_ptr_null(tie[0].stage.ptr);
    teardown();
}
TT_END

TT_TEST(the_stay_before_a_time_is_the_last_that_began_before_it)
{
    setup(_i);
    const struct tt_interval_row rows[] = {
        {1, 10, 20, TT_STR("A"), TT_STR("x")},
        {2, 20, 20, TT_STR("B"), TT_STR_NONE},
        {3, 20, TT_TIME_NONE, TT_STR("C"), TT_STR_NONE},
    };
    struct tt_store_history history;
    put_stays((struct tt_store_stays){.rows = rows, .count = 3});
    ck_assert_int_eq(ask_history(21, &history), TT_OK);
    ck_assert(history.has_before);
    ck_assert_int_eq(history.before.position, 3);
    ck_assert_int_eq(history.before.valid_to_us, TT_TIME_NONE);
    ck_assert_int_eq(ask_history(20, &history), TT_OK);
    ck_assert(history.has_before);
    ck_assert_int_eq(history.before.position, 1);
    ck_assert_int_eq(history.before.valid_from_us, 10);
    ck_assert(tt_str_equal(history.before.status, TT_STR("A")));
    ck_assert(tt_str_equal(history.before.stage, TT_STR("x")));
    ck_assert_int_eq(ask_history(10, &history), TT_OK);
    ck_assert(!history.has_before);
    teardown();
}
TT_END

static void add_progress(struct tt_progress_row row)
{
    row.tenant = tenant;
    row.correlation_id = TT_STR("c");
    row.dataset_id = TT_STR("d");
    const struct tt_store_changes changes = {.progress = &row, .progress_count = 1};
    tt_test_write(&test.store, &changes);
}

#define NOTHING .records_expected = -1, .first_failure_at_us = TT_TIME_NONE

TT_TEST(what_is_added_to_a_data_set_is_summed_and_the_earliest_failure_stays)
{
    setup(_i);
    static const char sql[] = "SELECT records_expected, records_finished, succeeded, failed,"
                              " first_failure, US(first_failure_at), last_stage"
                              " FROM dataset_progress";
    add_progress((struct tt_progress_row){NOTHING, .finished = 3, .succeeded = 2, .failed = 1});
    ck_assert_rows(&test, sql, "NULL|3|2|1|NULL|NULL|NULL");
    add_progress((struct tt_progress_row){.records_expected = 0,
                                          .finished = -1,
                                          .failed = -1,
                                          .first_failure = TT_STR("disk full"),
                                          .first_failure_at_us = 77,
                                          .last_stage = TT_STR("enrich")});
    ck_assert_rows(&test, sql, "0|2|2|0|disk full|77|enrich");
    add_progress((struct tt_progress_row){NOTHING, .succeeded = 1});
    ck_assert_rows(&test, sql, "0|2|3|0|disk full|77|enrich");
    add_progress((struct tt_progress_row){.records_expected = 9,
                                          .first_failure = TT_STR("later, equal"),
                                          .first_failure_at_us = 77,
                                          .last_stage = TT_STR("")});
    ck_assert_rows(&test, sql, "9|2|3|0|disk full|77|");
    add_progress((struct tt_progress_row){
        .records_expected = -1, .first_failure = TT_STR("earlier"), .first_failure_at_us = 76});
    ck_assert_rows(&test, sql, "9|2|3|0|earlier|76|");
    teardown();
}
TT_END

TT_TEST(memory_that_runs_out_while_reading_is_an_error_and_leaves_the_store_usable)
{
    setup(_i);
    struct tt_store_history history;
    const struct tt_current_row *row = NULL;
    put(a_current_row(), true);
    add(tt_test_event("A", 10), 1, false);
    enum tt_err err = TT_ERR_NO_MEMORY;
    for (long failing = 0; err != TT_OK; failing++) {
        ck_assert_int_lt(failing, 100);
        tt_arena_done(&arena);
        tt_mem_fail_after(failing, true);
        err = ask_history(TT_TIME_MIN_US, &history);
        tt_mem_fail_after(-1, false);
        ck_assert(err == TT_OK || err == TT_ERR_NO_MEMORY);
        ck_assert(err == TT_OK || failing < 99);
    }
    tt_arena_done(&arena);
    tt_mem_fail_after(0, true);
    err = load(task_id, &row, NULL);
    tt_mem_fail_after(-1, false);
    ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
    ck_assert_ptr_null(row);
    ck_assert_ptr_nonnull(loaded(task_id));
    ck_assert_str_eq(originals(0), "A");
    teardown();
}
TT_END

TT_STORE_SUITE("adapters/stores/state", the_current_row_comes_back_as_it_was_put,
               every_task_of_a_batch_gets_its_own_row,
               stays_are_added_ended_and_replaced_from_a_position_on,
               originals_come_from_a_time_on_by_event_time_then_arrival,
               the_stay_before_a_time_is_the_last_that_began_before_it,
               what_is_added_to_a_data_set_is_summed_and_the_earliest_failure_stays,
               memory_that_runs_out_while_reading_is_an_error_and_leaves_the_store_usable)
