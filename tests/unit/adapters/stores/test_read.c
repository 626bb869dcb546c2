/* Reading back: over every store. */
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_test_store test;

static void setup(int kind)
{
    tt_test_store_make(&test, kind);
}

static void open_reader(void)
{
    tt_test_reader_open(&test);
}

static void teardown(void)
{
    tt_test_store_done(&test);
}

static void put_at(struct tt_place place, const char *task_id)
{
    struct tt_event event = tt_test_event("QUEUED", 10);
    event.task_id = tt_str_from(task_id);
    struct tt_audit_row row = tt_test_row(&event, place.entry_ms, place.entry_seq);
    row.place = place;
    tt_test_write_row(&test.store, &row);
}

struct seen {
    char text[1024];
    size_t stop_after; /* rows; 0 = never */
    size_t rows;
};

static enum tt_err note(struct seen *seen, const char *what)
{
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s%s", used > 0 ? " " : "", what);
    return ++seen->rows == seen->stop_after ? TT_ERR_STOPPED : TT_OK;
}

static enum tt_err see_place(void *context, const struct tt_audit_row *row)
{
    char text[128];
    snprintf(text, sizeof text, "%lld/%lld-%lld/%lld", (long long)row->place.epoch,
             (long long)row->place.entry_ms, (long long)row->place.entry_seq,
             (long long)row->place.partition);
    return note(context, text);
}

static enum tt_err see_current(void *context, const struct tt_current_row *row)
{
    char text[128];
    snprintf(text, sizeof text, "%.*s=%.*s", TT_STR_ARGS(row->task_id), TT_STR_ARGS(row->status));
    return note(context, text);
}

static enum tt_err see_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                const struct tt_interval_row *row)
{
    char text[128];
    snprintf(text, sizeof text, "%.*s/%.*s#%lld", TT_STR_ARGS(tenant), TT_STR_ARGS(task_id),
             (long long)row->position);
    return note(context, text);
}

TT_TEST(audit_rows_come_by_epoch_entry_id_and_partition_whatever_order_they_were_written_in)
{
    setup(_i);
    put_at((struct tt_place){1, 2, 100, 0}, "a");
    put_at((struct tt_place){1, 1, 100, 1}, "b");
    put_at((struct tt_place){1, 1, 100, 0}, "b");
    put_at((struct tt_place){1, 0, 99, 5}, "a");
    put_at((struct tt_place){1, 9, 200, 0}, "a");
    put_at((struct tt_place){2, 2, 1, 0}, "a");
    open_reader();
    struct seen all = {0}, one = {0}, none = {0};
    ck_assert_int_eq(
        test.reader.audit(test.reader.context, TT_STR_NONE, TT_STR_NONE, see_place, &all, NULL),
        TT_OK);
    ck_assert_str_eq(all.text, "1/99-5/0 1/100-0/1 1/100-0/2 1/100-1/1 1/200-0/9 2/1-0/2");
    ck_assert_int_eq(test.reader.audit(test.reader.context, TT_STR("default"), TT_STR("a"),
                                       see_place, &one, NULL),
                     TT_OK);
    ck_assert_str_eq(one.text, "1/99-5/0 1/100-0/2 1/200-0/9 2/1-0/2");
    ck_assert_int_eq(test.reader.audit(test.reader.context, TT_STR("other"), TT_STR("a"), see_place,
                                       &none, NULL),
                     TT_OK);
    ck_assert_str_eq(none.text, "");
    teardown();
}
TT_END

static enum tt_err compare_row(void *context, const struct tt_audit_row *row)
{
    const struct tt_audit_row *expected = context;
    const struct tt_event *a = &row->event, *b = &expected->event;
#define SAME(member) ck_assert_msg(tt_str_equal(a->member, b->member), #member);
    TT_EVENT_TEXT_FIELDS(SAME)
    SAME(error_code)
    SAME(attributes)
#undef SAME
    ck_assert_int_eq(a->error_code_is_int, b->error_code_is_int);
    ck_assert_int_eq(a->event_time_us, b->event_time_us);
    ck_assert_int_eq(a->received_at_us, b->received_at_us);
    ck_assert_int_eq(a->has_seq, b->has_seq);
    if (b->has_seq)
        ck_assert_int_eq(a->seq, b->seq);
    ck_assert_int_eq(row->enqueued_at_us, expected->enqueued_at_us);
    ck_assert_int_eq(row->read_started_at_us, expected->read_started_at_us);
    ck_assert_int_eq(row->write_started_at_us, expected->write_started_at_us);
    ck_assert(tt_str_equal(row->worker, expected->worker));
    ck_assert_int_eq(row->fence, expected->fence);
    ck_assert_int_eq(row->attempt, expected->attempt);
    ck_assert_int_eq(row->apply_seq, expected->apply_seq);
    ck_assert_int_eq(row->duplicate, expected->duplicate);
    return TT_OK;
}

TT_TEST(an_audit_row_comes_back_with_every_field)
{
    setup(_i);
    struct tt_event event = tt_test_event_seq("FAILED", TT_TIME_MAX_US, INT64_MAX);
    event.event_id = TT_STR("e");
    event.task_type = TT_STR("SQL");
    event.source = TT_STR("h\xc3\xb6st");
    event.stage = TT_STR("");
    event.correlation_id = TT_STR("c");
    event.dataset_id = TT_STR("d");
    event.message = TT_STR("it's \"full\"\n");
    event.error_code = TT_STR("-7");
    event.error_code_is_int = true;
    event.attributes = TT_STR("{\"a\":[1,2.5]}");
    event.received_at_us = TT_TIME_MIN_US;
    struct tt_audit_row full = tt_test_row(&event, 1, 0);
    full.duplicate = true;
    full.attempt = 3;
    full.apply_seq = 1;
    tt_test_write_row(&test.store, &full);
    event = tt_test_event("FAILED", 1);
    event.task_id = TT_STR("bare");
    struct tt_audit_row bare = tt_test_row(&event, 2, 0);
    bare.apply_seq = 2;
    tt_test_write_row(&test.store, &bare);
    open_reader();
    ck_assert_int_eq(test.reader.audit(test.reader.context, TT_STR("default"), TT_STR("t"),
                                       compare_row, &full, NULL),
                     TT_OK);
    ck_assert_int_eq(test.reader.audit(test.reader.context, TT_STR("default"), TT_STR("bare"),
                                       compare_row, &bare, NULL),
                     TT_OK);
    ck_assert_rows(&test, "SELECT error_code FROM task_status_audit WHERE error_code LIKE '-7'",
                   "-7");
    teardown();
}
TT_END

TT_TEST(states_and_stays_come_by_tenant_task_and_position)
{
    setup(_i);
    static const char *const tasks[] = {"B", "a", "b"};
    const struct tt_interval_row two[] = {{1, 5, 10, TT_STR("Q"), TT_STR_NONE},
                                          {2, 10, TT_TIME_NONE, TT_STR("S"), TT_STR_NONE}};
    struct tt_store_current current[3];
    struct tt_store_stays all_stays[3];
    for (size_t i = 0; i < 3; i++) {
        current[i] = (struct tt_store_current){
            .row = {.tenant = TT_STR("x"), .task_id = tt_str_from(tasks[i]), .status = TT_STR("S")},
            .is_new = true};
        all_stays[i] = (struct tt_store_stays){
            .tenant = TT_STR("x"), .task_id = tt_str_from(tasks[i]), .rows = two, .count = 2};
    }
    const struct tt_store_changes changes = {
        .current = current, .current_count = 3, .stays = all_stays, .stays_count = 3};
    tt_test_write(&test.store, &changes);
    open_reader();
    struct seen states = {0}, state = {0}, stays = {0}, stay = {0};
    uint64_t rows = 9, count = 9;
    ck_assert_int_eq(test.reader.current(test.reader.context, TT_STR_NONE, TT_STR_NONE, see_current,
                                         &states, NULL),
                     TT_OK);
    ck_assert_str_eq(states.text, "B=S a=S b=S");
    ck_assert_int_eq(test.reader.current(test.reader.context, TT_STR("x"), TT_STR("a"), see_current,
                                         &state, NULL),
                     TT_OK);
    ck_assert_str_eq(state.text, "a=S");
    ck_assert_int_eq(test.reader.intervals(test.reader.context, TT_STR_NONE, TT_STR_NONE,
                                           see_interval, &stays, NULL),
                     TT_OK);
    ck_assert_str_eq(stays.text, "x/B#1 x/B#2 x/a#1 x/a#2 x/b#1 x/b#2");
    ck_assert_int_eq(test.reader.intervals(test.reader.context, TT_STR("x"), TT_STR("b"),
                                           see_interval, &stay, NULL),
                     TT_OK);
    ck_assert_str_eq(stay.text, "x/b#1 x/b#2");
    ck_assert_int_eq(test.reader.counts(test.reader.context, &rows, &count, NULL), TT_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_uint_eq(count, 3);
    teardown();
}
TT_END

static void write_state(const char *task_id, const char *status, bool is_new)
{
    const struct tt_interval_row stay = {1, 5, TT_TIME_NONE, tt_str_from(status), TT_STR_NONE};
    const struct tt_store_current current = {
        .row = {.tenant = TT_STR("x"), .task_id = tt_str_from(task_id), .status = stay.status},
        .is_new = is_new};
    const struct tt_store_stays stays = {.tenant = TT_STR("x"),
                                         .task_id = current.row.task_id,
                                         .rows = &stay,
                                         .count = is_new ? 1 : 0};
    const struct tt_store_changes changes = {
        .current = &current, .current_count = 1, .stays = &stays, .stays_count = 1};
    tt_test_write(&test.store, &changes);
}

static const char *one_task(char which, const char *task_id)
{
    static struct seen seen;
    const struct tt_store_reader *r = &test.reader;
    const struct tt_str x = TT_STR("x"), id = tt_str_from(task_id);
    seen = (struct seen){0};
    ck_assert_int_eq(which == 'a'   ? r->audit(r->context, x, id, see_place, &seen, NULL)
                     : which == 'c' ? r->current(r->context, x, id, see_current, &seen, NULL)
                                    : r->intervals(r->context, x, id, see_interval, &seen, NULL),
                     TT_OK);
    return seen.text;
}

/* A store may read ahead what is mostly wanted next of a task. */
TT_TEST(tables_of_tasks_can_be_read_in_any_order_and_as_often_as_one_likes)
{
    setup(_i);
    write_state("a", "A", true);
    write_state("b", "B", true);
    open_reader();
    ck_assert_str_eq(one_task('a', "a"), "");
    ck_assert_str_eq(one_task('c', "b"), "b=B");
    ck_assert_str_eq(one_task('i', "a"), "x/a#1");
    ck_assert_str_eq(one_task('i', "a"), "x/a#1");
    ck_assert_str_eq(one_task('a', "b"), "");
    ck_assert_str_eq(one_task('c', "a"), "a=A");
    ck_assert_str_eq(one_task('c', "b"), "b=B");
    ck_assert_str_eq(one_task('c', "b"), "b=B");
    ck_assert_str_eq(one_task('c', "ab"), "");
    ck_assert_str_eq(one_task('a', "a"), "");
    write_state("a", "C", false);
    test.reader.let_go(test.reader.context);
    ck_assert_str_eq(one_task('c', "a"), "a=C");
    ck_assert_str_eq(one_task('a', "a"), "");
    teardown(); /* with the rest not asked for */
}
TT_END

TT_TEST(a_callback_that_stops_ends_the_scan_with_its_code)
{
    setup(_i);
    put_at((struct tt_place){1, 1, 1, 0}, "a");
    put_at((struct tt_place){1, 1, 2, 0}, "a");
    put_at((struct tt_place){1, 1, 3, 0}, "a");
    open_reader();
    struct seen seen = {.stop_after = 2}, again = {0};
    ck_assert_int_eq(
        test.reader.audit(test.reader.context, TT_STR_NONE, TT_STR_NONE, see_place, &seen, NULL),
        TT_ERR_STOPPED);
    ck_assert_uint_eq(seen.rows, 2);
    ck_assert_int_eq(
        test.reader.audit(test.reader.context, TT_STR_NONE, TT_STR_NONE, see_place, &again, NULL),
        TT_OK);
    ck_assert_uint_eq(again.rows, 3);
    teardown();
}
TT_END

TT_TEST(a_reader_sees_one_moment_while_a_writer_goes_on)
{
    setup(_i);
    put_at((struct tt_place){1, 1, 1, 0}, "a");
    open_reader();
    uint64_t rows = 0, tasks = 0;
    ck_assert_int_eq(test.reader.counts(test.reader.context, &rows, &tasks, NULL), TT_OK);
    ck_assert_uint_eq(rows, 1);
    put_at((struct tt_place){1, 1, 2, 0}, "a");
    struct seen seen = {0};
    ck_assert_int_eq(
        test.reader.audit(test.reader.context, TT_STR_NONE, TT_STR_NONE, see_place, &seen, NULL),
        TT_OK);
    ck_assert_uint_eq(seen.rows, 1);
    tt_test_reader_close(&test);
    open_reader();
    ck_assert_int_eq(test.reader.counts(test.reader.context, &rows, &tasks, NULL), TT_OK);
    ck_assert_uint_eq(rows, 2);
    teardown();
}
TT_END

static char told[600];

static enum tt_err tell_task(void *context, const struct tt_store_task_key *key)
{
    (void)context;
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%.*s/%.*s ", TT_STR_ARGS(key->tenant),
             TT_STR_ARGS(key->task_id));
    return TT_OK;
}

static const char *tasks(int64_t first, int64_t last)
{
    struct tt_fault fault = {0};
    told[0] = '\0';
    enum tt_err err = test.reader.tasks(test.reader.context, first, last, tell_task, NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return told;
}

static void write_of(const char *tenant, const char *task_id, int64_t n)
{
    struct tt_event event = tt_test_event("A", n);
    event.tenant = tt_str_from(tenant);
    event.task_id = tt_str_from(task_id);
    const struct tt_audit_row row = tt_test_row(&event, n, 0);
    tt_test_write_row(&test.store, &row);
}

TT_TEST(tasks_of_a_piece_of_the_write_sequence_come_once_each_in_the_order_of_their_first_row)
{
    tt_test_store_make(&test, _i);
    tt_test_reader_open(&test);
    ck_assert_str_eq(tasks(1, 100), "");
    tt_test_reader_close(&test);
    static const char *const ids[] = {"z", "b", "b", "a", "b", "z", "c"};
    for (int i = 0; i < 7; i++)
        write_of(i == 5 ? "a" : "t", ids[i], i + 1);
    tt_test_store_sql(&test, "DELETE FROM task_status_audit WHERE apply_seq = 3");
    if (_i == TT_STORE_SQLITE) /* numbers the rows anew */
        tt_test_store_sql(&test, "VACUUM");
    tt_test_reader_open(&test);
    ck_assert_str_eq(tasks(1, 100), "t/z t/b t/a a/z t/c ");
    ck_assert_str_eq(tasks(2, 4), "t/b t/a ");
    ck_assert_str_eq(tasks(3, 3), "");
    ck_assert_str_eq(tasks(4, 4), "t/a ");
    ck_assert_str_eq(tasks(7, INT64_MAX), "t/c ");
    ck_assert_str_eq(tasks(8, 9), "");
    tt_test_store_done(&test);
}
TT_END

static enum tt_err tell_history(void *context, size_t task, const struct tt_audit_row *row)
{
    (void)context;
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%d:%d(%.*s) ", (int)task, (int)row->apply_seq,
             TT_STR_ARGS(row->event.task_id));
    return TT_OK;
}

TT_TEST(histories_come_task_by_task_and_end_at_the_given_row)
{
    struct tt_fault fault = {0};
    tt_test_store_make(&test, _i);
    write_of("t", "b", 1);
    write_of("t", "a", 2);
    write_of("t", "b", 3);
    write_of("t", "a", 4);
    write_of("u", "a", 5);
    tt_test_reader_open(&test);
    const struct tt_store_task_key keys[] = {
        {TT_STR("t"), TT_STR("b")}, {TT_STR("t"), TT_STR("nobody")}, {TT_STR("t"), TT_STR("a")}};
    told[0] = '\0';
    enum tt_err err =
        test.reader.histories(test.reader.context, keys, 3, 3, tell_history, NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    ck_assert_msg(strcmp(told, "0:1(b) 0:3(b) 2:2(a) ") == 0 ||
                      strcmp(told, "0:3(b) 0:1(b) 2:2(a) ") == 0,
                  "%s", told);
    tt_test_store_done(&test);
}
TT_END

TT_STORE_SUITE(
    "adapters/stores/read",
    audit_rows_come_by_epoch_entry_id_and_partition_whatever_order_they_were_written_in,
    an_audit_row_comes_back_with_every_field, states_and_stays_come_by_tenant_task_and_position,
    tables_of_tasks_can_be_read_in_any_order_and_as_often_as_one_likes,
    a_callback_that_stops_ends_the_scan_with_its_code,
    a_reader_sees_one_moment_while_a_writer_goes_on,
    tasks_of_a_piece_of_the_write_sequence_come_once_each_in_the_order_of_their_first_row,
    histories_come_task_by_task_and_end_at_the_given_row)
