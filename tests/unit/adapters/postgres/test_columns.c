/* Columns that others add to the tables, as analysts do: before a worker starts, and while it
 * works. */
#include "core/base/buf.h"
#include "tests/lib/store_rows.h"
#include "tests/unit/adapters/postgres/store_scene.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const tables[] = {"task_status_audit", "task_status_current",
                                     "task_status_interval", "dataset_progress", "partition_fence"};
enum { TABLES = sizeof tables / sizeof *tables, MANY = 600 };

/* A statement for each table, whose name comes between the two. */
static void each_table(const char *before, const char *behind)
{
    for (int i = 0; i < TABLES; i++) {
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        tt_buf_add_text(&sql, before);
        tt_buf_add_text(&sql, tables[i]);
        tt_buf_add_text(&sql, behind);
        char *answer = tt_postgres_text(url, sql.data);
        ck_assert_str_eq(answer, "");
        free(answer);
        tt_buf_done(&sql);
    }
}

/* An event of this task, also a record of a data set. */
static uint64_t apply(const char *status, int64_t time_us, int64_t id_ms)
{
    struct tt_event event = tt_test_event(status, time_us);
    event.correlation_id = TT_STR("c");
    event.dataset_id = TT_STR("d");
    return tt_apply_one(&applying, &event, id_ms);
}

/* Every statement that has rows as its parameter: new rows of all tables, a changed state, an ended
 * stay, a late event that makes stays anew, a stay that stands in the way, and a duplicate. */
static void write_all(void)
{
    uint64_t rows = 0;
    struct tt_event late = tt_test_event("RUNNING", 40);
    ck_assert_uint_eq(apply("QUEUED", 10, 100), 1);
    ck_assert_uint_eq(apply("DONE", 30, 101), 1);
    ck_assert_uint_eq(apply("RUNNING", 20, 102), 1);
    free(tt_postgres_text(url, "INSERT INTO task_status_interval (tenant, task_id, position,"
                               " valid_from, status) VALUES ('default', 't', 4, now(), 'X')"));
    tt_applying_add(&applying, &late, 3, 103, 0);
    ck_assert_int_eq(tt_applying_try(&applying, &rows), TT_ERR_BUSY);
    tt_applying_add(&applying, &late, 3, 103, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    ck_assert_uint_eq(apply("DONE", 30, 104), 1);
    ck_assert_uint_eq(applying.poison_count, 0);
}

static void check_rows(void)
{
    char *stays = tt_postgres_text(url, "SELECT status, valid_to IS NULL FROM task_status_interval"
                                        " WHERE task_id = 't' ORDER BY position");
    ck_assert_str_eq(stays, "QUEUED|f\nRUNNING|f\nDONE|f\nRUNNING|t");
    free(stays);
    ck_assert_count("SELECT count(*) FROM task_status_audit WHERE task_id = 't'", 5);
    ck_assert_count("SELECT sum(duplicate)::bigint FROM task_status_audit WHERE task_id = 't'", 1);
    ck_assert_count("SELECT events FROM task_status_current WHERE task_id = 't'", 4);
    ck_assert_count("SELECT count(*) FROM dataset_progress", 1);
}

/* Rows by COPY. */
static void write_many(void)
{
    static char ids[MANY][16];
    for (int i = 0; i < MANY; i++) {
        struct tt_event event = tt_test_event("QUEUED", 10);
        snprintf(ids[i], sizeof ids[i], "m%d", i);
        event.task_id = tt_str_from(ids[i]);
        tt_applying_add(&applying, &event, 3, 200 + i, 0);
    }
    ck_assert_uint_eq(tt_applying_run(&applying), MANY);
}

static void check_column(const char *add, const char *wrong, bool while_at_work)
{
    setup();
    each_table("ALTER TABLE ", add);
    if (!while_at_work) {
        struct tt_fault fault = {0};
        teardown();
        ck_assert_msg(tt_pg_store_open(url, NULL, &store, &fault) == TT_OK, "%s", fault.text);
        tt_applying_begin(&applying, &store, false);
    }
    write_all();
    write_many();
    check_rows();
    each_table("SELECT * FROM ", wrong);
    teardown();
}

TT_TEST(columns_that_may_be_empty_and_others_added_stay_empty)
{
    check_column(" ADD COLUMN added TEXT", " WHERE added IS NOT NULL", false);
    check_column(" ADD COLUMN added TEXT", " WHERE added IS NOT NULL", true);
}
TT_END

TT_TEST(columns_with_a_default_that_others_added_have_it_in_each_row)
{
    check_column(" ADD COLUMN added BIGINT NOT NULL DEFAULT 7", " WHERE added <> 7", false);
    check_column(" ADD COLUMN added BIGINT NOT NULL DEFAULT 7", " WHERE added <> 7", true);
}
TT_END

TT_TEST(columns_that_come_and_go_between_two_batches_of_one_worker_do_not_stop_it)
{
    setup();
    write_all();
    each_table("ALTER TABLE ", " ADD COLUMN added TEXT");
    write_many();
    each_table("ALTER TABLE ", " DROP COLUMN added");
    struct tt_event last = tt_test_event("DONE", 50);
    tt_apply_one(&applying, &last, 1000);
    ck_assert_count("SELECT events FROM task_status_current WHERE task_id = 't'", 5);
    ck_assert_count("SELECT count(*) FROM task_status_audit", 6 + MANY);
    teardown();
}
TT_END

int main(void)
{
    const TTest *list[] = {
        columns_that_may_be_empty_and_others_added_stay_empty,
        columns_with_a_default_that_others_added_have_it_in_each_row,
        columns_that_come_and_go_between_two_batches_of_one_worker_do_not_stop_it,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/columns", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
