/* Stores that an older program made, with rows in them: brought up to date by whoever writes first,
 * also by several at once, and then no different from a new one. */
#include "adapters/postgres/schema.h"
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include "tests/unit/adapters/postgres/store_scene.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS = 40, TASKS = 7, PROCESSES = 4 };

static void add_event(int i)
{
    static char ids[EVENTS + 1][16];
    struct tt_event event = tt_test_event(i % 3 == 0 ? "QUEUED" : "RUNNING", 10 + i);
    snprintf(ids[i], sizeof ids[i], "t%d", i % TASKS);
    event.task_id = tt_str_from(ids[i]);
    tt_applying_add(&applying, &event, 3, 100 + i, 0);
}

/* A schema of that version, by its own steps. */
static void make_version(const char *at, int64_t version)
{
    struct tt_pg pg = {0};
    struct tt_fault fault = {0};
    ck_assert_msg(tt_pg_init(&pg, at, NULL, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(tt_pg_connect(&pg, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(tt_pg_migrate_to(&pg, version, &fault) == TT_OK, "%s", fault.text);
    tt_pg_done(&pg);
}

/* The tables that workers have written since the first version; their columns are the same. */
static const char *const tables[] = {"task_status_audit", "task_status_current",
                                     "task_status_interval", "dataset_progress", "partition_fence"};
enum { TABLES = sizeof tables / sizeof *tables };

static const char *schema_of(const char *at)
{
    return strstr(at, "search_path%3D") + strlen("search_path%3D");
}

static char *rows_of(const char *at, const char *table)
{
    struct tt_buf sql;
    tt_buf_init(&sql, 0);
    tt_buf_add_text(&sql, "SELECT t::text FROM ");
    tt_buf_add_text(&sql, table);
    tt_buf_add_text(&sql, " AS t ORDER BY t::text COLLATE \"C\"");
    char *rows = tt_postgres_text(at, sql.data);
    tt_buf_done(&sql);
    return rows;
}

/* Of the new store. */
static void copy_rows(const char *older, const char *table)
{
    struct tt_buf sql;
    tt_buf_init(&sql, 0);
    tt_buf_add_text(&sql, "INSERT INTO ");
    tt_buf_add_text(&sql, table);
    tt_buf_add_text(&sql, " SELECT * FROM ");
    tt_buf_add_text(&sql, schema_of(url));
    tt_buf_add_text(&sql, ".");
    tt_buf_add_text(&sql, table);
    free(tt_postgres_text(older, sql.data));
    tt_buf_done(&sql);
}

/* An older store with the rows of a new one, and what an uploader of then had written. */
static void make_older(char older[static 500], int64_t version)
{
    snprintf(older, 500, "%s", tt_postgres_new_url(&server));
    make_version(older, version);
    ck_assert_int_eq(tt_postgres_count(older, "SELECT max(version) FROM schema_version"), version);
    for (int i = 0; i < TABLES; i++)
        copy_rows(older, tables[i]);
    free(tt_postgres_text(older, "SELECT setval('task_status_audit_apply_seq', max(apply_seq))"
                                 " FROM task_status_audit"));
    if (version >= 2)
        free(tt_postgres_text(
            older, "INSERT INTO upload_batch (destination, plan, table_name, row_from, row_count,"
                   " bytes, digest, generation, state, version, attempts, next_try, blocked,"
                   " created_at, changed_at) VALUES ('d', 1, 'audit', 0, 40, 900, '\\x01', 1,"
                   " 'done', 1, 0, now(), 0, now(), now())"));
}

/* Columns, types of rows and indexes, without the schema's name. */
static char *shape_of(const char *at)
{
    return tt_postgres_text(
        at, "SELECT table_name, column_name, data_type, is_nullable, collation_name,"
            " replace(column_default, current_schema() || '.', '') FROM information_schema.columns"
            " WHERE table_schema = current_schema() UNION ALL SELECT udt_name, attribute_name,"
            " data_type, ordinal_position::text, collation_name, ''"
            " FROM information_schema.attributes WHERE udt_schema = current_schema()"
            " UNION ALL SELECT tablename, indexname,"
            " replace(indexdef, current_schema() || '.', ''), '', '', '' FROM pg_indexes"
            " WHERE schemaname = current_schema() ORDER BY 1, 2, 3");
}

static void fill(void)
{
    setup();
    for (int i = 0; i < EVENTS; i++)
        add_event(i);
    ck_assert_uint_eq(tt_applying_run(&applying), EVENTS);
}

TT_TEST(an_older_store_with_rows_keeps_them_and_becomes_as_a_new_one)
{
    fill();
    char *shape = shape_of(url);
    for (int64_t version = 1; version < tt_pg_schema_version(); version++) {
        char older[500];
        struct tt_fault fault = {0};
        struct tt_store migrated = {0};
        struct tt_store_reader reader = {0};
        make_older(older, version);
        ck_assert_int_eq(tt_pg_reader_open(older, NULL, &reader, &fault), TT_ERR_UNSUPPORTED);
        tt_fault_clear(&fault);
        ck_assert_msg(tt_pg_store_open(older, NULL, &migrated, &fault) == TT_OK, "%s", fault.text);
        for (int i = 0; i < TABLES; i++) {
            char *before = rows_of(url, tables[i]), *after = rows_of(older, tables[i]);
            ck_assert_str_eq(before, after);
            free(before);
            free(after);
        }
        char *new_shape = shape_of(older);
        ck_assert_str_eq(new_shape, shape);
        free(new_shape);
        if (version >= 2)
            ck_assert_int_eq(tt_postgres_count(older,
                                               "SELECT count(*) FROM upload_batch WHERE bytes = 900"
                                               " AND line_bytes = 0 AND column_bytes = 0"),
                             1);
        tt_pg_store_done(&migrated);
        ck_assert_int_eq(tt_pg_reader_open(older, NULL, &reader, NULL), TT_OK);
        tt_pg_reader_done(&reader);
    }
    free(shape);
    teardown();
}
TT_END

TT_TEST(a_worker_goes_on_in_an_older_store_where_the_one_before_ended)
{
    fill();
    for (int64_t version = 1; version < tt_pg_schema_version(); version++) {
        char older[500];
        struct tt_fault fault = {0};
        struct tt_store migrated = {0};
        struct tt_applying going_on;
        make_older(older, version);
        ck_assert_msg(tt_pg_store_open(older, NULL, &migrated, &fault) == TT_OK, "%s", fault.text);
        tt_applying_begin(&going_on, &migrated, false);
        struct tt_event event = tt_test_event("SUCCEEDED", 900);
        event.task_id = TT_STR("t1");
        ck_assert_uint_eq(tt_apply_one(&going_on, &event, 100 + EVENTS), 1);
        ck_assert_uint_eq(tt_apply_one(&going_on, &event, 100 + EVENTS), 0); /* it is there */
        ck_assert_int_eq(tt_postgres_count(older, "SELECT count(*) FROM task_status_audit"),
                         EVENTS + 1);
        ck_assert_int_eq(tt_postgres_count(older, "SELECT count(*) FROM task_status_interval"
                                                  " WHERE task_id = 't1' AND valid_to IS NULL AND"
                                                  " status = 'SUCCEEDED'"),
                         1);
        ck_assert_int_eq(tt_postgres_count(older, "SELECT max(apply_seq) FROM task_status_audit"),
                         EVENTS + 1);
        tt_applying_done(&going_on);
        tt_pg_store_done(&migrated);
    }
    teardown();
}
TT_END

static void open_and_leave(const void *at)
{
    struct tt_store mine = {0};
    struct tt_fault fault = {0};
    if (tt_pg_store_open(at, NULL, &mine, &fault) != TT_OK) {
        fprintf(stderr, "%s\n", fault.text);
        _exit(3);
    }
    tt_pg_store_done(&mine);
}

TT_TEST(several_workers_that_find_an_older_store_at_once_take_each_step_once)
{
    fill();
    for (int64_t version = 1; version < tt_pg_schema_version(); version++) {
        char older[500];
        make_older(older, version);
        tt_at_once(PROCESSES, open_and_leave, older);
        ck_assert_int_eq(
            tt_postgres_count(older, "SELECT max(version) - count(*) FROM schema_version"), 0);
        ck_assert_int_eq(tt_postgres_count(older, "SELECT count(*) FROM task_status_audit"),
                         EVENTS);
    }
    teardown();
}
TT_END

int main(void)
{
    const TTest *list[] = {
        an_older_store_with_rows_keeps_them_and_becomes_as_a_new_one,
        a_worker_goes_on_in_an_older_store_where_the_one_before_ended,
        several_workers_that_find_an_older_store_at_once_take_each_step_once,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/migrate", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
