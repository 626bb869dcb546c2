/* Large batches, whose rows go by COPY and whose duplicates are looked for in a second round trip:
 * they leave what small ones leave. */
#include "tests/lib/store_rows.h"
#include "tests/unit/adapters/postgres/store_scene.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 1500, LARGE = 750, SMALL = 50, TASKS = 400 };

/* The n-th: now and then late, now and then the same as the one before of its task. */
static void add_event(int n)
{
    static const char *const statuses[] = {"QUEUED", "RUNNING", "DONE"};
    static char task[TASKS][8];
    int which = n % 7 == 3 && n >= TASKS ? n - TASKS : n, number = n % TASKS;
    struct tt_event event =
        tt_test_event(statuses[which / TASKS % 3], which % 11 == 5 ? 5000 - which : 10000 + which);
    snprintf(task[number], sizeof task[number], "t%d", number);
    event.task_id = tt_str_from(task[number]);
    event.correlation_id = TT_STR("c");
    event.dataset_id = number % 3 ? TT_STR("d") : TT_STR_NONE;
    tt_applying_add(&applying, &event, 3, 100 + n, 0);
}

static void apply_all(int batch)
{
    for (int n = 0; n < EVENTS; n += batch) {
        for (int i = 0; i < batch; i++)
            add_event(n + i);
        ck_assert_uint_eq(tt_applying_run(&applying), (unsigned)batch);
    }
}

static char *rows_of(int table)
{
    static const char *const queries[] = {
        ("SELECT task_id, entry_ms, status, event_time, duplicate, fence, dataset_id,"
         " row_number() OVER (ORDER BY apply_seq) FROM task_status_audit ORDER BY entry_ms"),
        "SELECT * FROM task_status_current ORDER BY task_id",
        "SELECT * FROM task_status_interval ORDER BY task_id, position",
        "SELECT * FROM dataset_progress",
    };
    return tt_postgres_text(url, queries[table]);
}

TT_TEST(large_batches_leave_the_rows_that_small_ones_leave)
{
    char *large[4], *small;
    setup();
    apply_all(LARGE);
    for (int table = 0; table < 4; table++)
        large[table] = rows_of(table);
    ck_assert_int_gt(tt_postgres_count(url, "SELECT sum(duplicate) FROM task_status_audit"), 50);
    ck_assert_count("SELECT count(*) FROM task_status_current", TASKS);
    teardown();
    setup();
    apply_all(SMALL);
    for (int table = 0; table < 4; table++) {
        small = rows_of(table);
        ck_assert_str_eq(small, large[table]);
        free(small);
        free(large[table]);
    }
    teardown();
}
TT_END

TT_TEST(a_large_batch_that_comes_again_writes_nothing)
{
    setup();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LARGE; i++)
            add_event(i);
        ck_assert_uint_eq(tt_applying_run(&applying), round == 0 ? LARGE : 0);
    }
    ck_assert_count("SELECT count(*) FROM task_status_audit", LARGE);
    teardown();
}
TT_END

TT_TEST(stays_that_nobody_should_have_written_do_not_stop_a_large_batch)
{
    uint64_t rows = 0;
    setup();
    free(tt_postgres_text(url, "INSERT INTO task_status_interval (tenant, task_id, position,"
                               " valid_from, status) VALUES ('default', 't7', 1, now(), 'X')"));
    for (int tries = 0; tries < 2; tries++) {
        for (int i = 0; i < LARGE; i++)
            add_event(i);
        enum tt_err err = tt_applying_try(&applying, &rows);
        ck_assert_int_eq(err, tries == 0 ? TT_ERR_BUSY : TT_OK);
    }
    ck_assert_uint_eq(rows, LARGE);
    ck_assert_count("SELECT count(*) FROM task_status_interval WHERE status = 'X'", 0);
    teardown();
}
TT_END

TT_TEST(an_entry_that_the_store_cannot_take_is_found_in_a_large_batch)
{
    static char text[9000];
    uint64_t random = 11;
    setup();
    for (size_t i = 0; i < sizeof text; i++) /* does not compress */
        text[i] = (char)(' ' + 3 + tt_test_next(&random) % 90);
    struct tt_event huge = tt_test_event("QUEUED", 10);
    huge.task_id = (struct tt_str){text, sizeof text};
    for (int i = 0; i < LARGE; i++)
        if (i == 400)
            tt_applying_add(&applying, &huge, 3, 100 + i, 0);
        else
            add_event(i);
    ck_assert_uint_eq(tt_applying_run(&applying), LARGE - 1);
    ck_assert_uint_eq(applying.poison_count, 1);
    ck_assert_uint_eq(applying.poison[0].entry, 400);
    ck_assert_count("SELECT count(*) FROM task_status_audit", LARGE - 1);
    teardown();
}
TT_END

static int called[2]; /* now and then, as the last time */
static void note_call(void *context, bool last)
{
    ck_assert_ptr_eq(context, called);
    ck_assert_int_eq(called[1], 0);
    called[last]++;
}

static enum tt_err watched_write(void *context, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    struct tt_store_changes mine = *changes;
    mine.meanwhile = (struct tt_store_meanwhile){called, note_call};
    return store.write(context, &mine, fault);
}

TT_TEST(who_writes_is_called_while_the_server_works_and_once_as_the_last_time)
{
    struct tt_store watched;
    setup();
    watched = store;
    watched.write = watched_write;
    tt_applying_done(&applying);
    tt_applying_begin(&applying, &watched, false);
    for (int i = 0; i < LARGE; i++)
        add_event(i);
    ck_assert_uint_eq(tt_applying_run(&applying), LARGE);
    ck_assert_int_ge(called[0], 1);
    ck_assert_int_eq(called[1], 1);
    teardown();
}
TT_END

static enum tt_err watched_commit(void *context, struct tt_fault *commit_fault)
{
    ck_assert_int_eq(called[0], 1);
    ck_assert_int_eq(called[1], 0);
    return store.commit(context, commit_fault);
}

TT_TEST(of_a_small_batch_the_last_time_is_when_the_server_has_all_of_it)
{
    struct tt_store watched;
    memset(called, 0, sizeof called);
    setup();
    watched = store;
    watched.write = watched_write;
    watched.commit = watched_commit;
    tt_applying_done(&applying);
    tt_applying_begin(&applying, &watched, false);
    add_event(0);
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    ck_assert_int_eq(called[1], 1);
    watched.write = store.write; /* nobody to be called is left over */
    watched.commit = store.commit;
    add_event(1);
    tt_applying_run(&applying);
    ck_assert_int_eq(called[0] + called[1], 2);
    teardown();
}
TT_END

TT_TEST(few_rows_of_many_bytes_leave_piece_by_piece)
{
    enum { ROWS = 4 };
    static char text[600 * 1024];
    struct tt_store watched;
    memset(called, 0, sizeof called);
    memset(text, 'm', sizeof text);
    setup();
    watched = store;
    watched.write = watched_write;
    tt_applying_done(&applying);
    tt_applying_begin(&applying, &watched, false);
    struct tt_event event = tt_test_event("QUEUED", 10);
    event.message = (struct tt_str){text, sizeof text};
    for (int i = 0; i < ROWS; i++)
        tt_applying_add(&applying, &event, 3, 100 + i, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), ROWS);
    ck_assert_int_ge(called[0], 1);
    ck_assert_count("SELECT count(*) FROM task_status_audit WHERE length(message) = 614400", ROWS);
    teardown();
}
TT_END

int main(void)
{
    const TTest *list[] = {
        large_batches_leave_the_rows_that_small_ones_leave,
        a_large_batch_that_comes_again_writes_nothing,
        stays_that_nobody_should_have_written_do_not_stop_a_large_batch,
        an_entry_that_the_store_cannot_take_is_found_in_a_large_batch,
        of_a_small_batch_the_last_time_is_when_the_server_has_all_of_it,
        who_writes_is_called_while_the_server_works_and_once_as_the_last_time,
        few_rows_of_many_bytes_leave_piece_by_piece,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/large", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
