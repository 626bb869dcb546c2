/* What is SQLite's own: its file, its disk, its write lock, older schemas. */
#include "adapters/sqlite/writer.h"
#include "tests/lib/applying.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tt_store store;
static const char *path;
static struct tt_applying applying;

static void setup(void)
{
    path = tt_tmpfile("writer.db");
    store = tt_test_store_open(path);
    tt_applying_begin(&applying, &store, false);
}

static void teardown(void)
{
    tt_applying_done(&applying);
    tt_sqlite_store_done(&store);
}

TT_TEST(a_full_disk_is_told_and_leaves_nothing_of_the_transaction)
{
    setup();
    struct tt_writer *writer = store.context;
    struct tt_event event = tt_test_event("QUEUED", 10);
    static char text[3000];
    uint64_t rows = 0;
    memset(text, 'x', sizeof text);
    event.message = (struct tt_str){text, sizeof text};
    tt_apply_one(&applying, &event, 1);
    ck_assert_int_eq(tt_db_run(&writer->db, "PRAGMA max_page_count = 30", NULL), TT_OK);
    for (int i = 2; i < 100; i++)
        tt_applying_add(&applying, &event, 3, i, 0);
    ck_assert_int_eq(tt_applying_try(&applying, &rows), TT_ERR_NO_SPACE);
    ck_assert_ptr_nonnull(strstr(applying.fault.text, path));
    ck_assert_sql(path, "SELECT count(*) FROM task_status_audit", "1");
    ck_assert_int_eq(tt_db_run(&writer->db, "PRAGMA max_page_count = 100000", NULL), TT_OK);
    ck_assert_uint_eq(tt_apply_one(&applying, &event, 2), 1); /* room again: it goes on */
    ck_assert_sql(path, "SELECT max(apply_seq) FROM task_status_audit", "2");
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

TT_TEST(who_writes_is_called_now_and_then_and_once_as_the_last_time)
{
    for (int rows = 1; rows <= 200; rows += 199) {
        struct tt_store watched;
        struct tt_event event = tt_test_event("QUEUED", 10);
        memset(called, 0, sizeof called);
        setup();
        watched = store;
        watched.write = watched_write;
        tt_applying_done(&applying);
        tt_applying_begin(&applying, &watched, false);
        for (int i = 0; i < rows; i++)
            tt_applying_add(&applying, &event, 3, 100 + i, 0);
        ck_assert_uint_eq(tt_applying_run(&applying), (unsigned)rows);
        ck_assert_int_ge(called[0], 1);
        ck_assert_int_eq(called[1], 1);
        teardown();
        unlink(path);
    }
}
TT_END

TT_TEST(a_value_beyond_what_sqlite_holds_makes_one_entry_poison_and_the_rest_goes_on)
{
    setup();
    struct tt_writer *writer = store.context;
    struct tt_event event = tt_test_event("QUEUED", 10), huge = event;
    static char text[40000];
    memset(text, 'x', sizeof text);
    huge.message = (struct tt_str){text, sizeof text};
    sqlite3_limit(writer->db.sqlite, SQLITE_LIMIT_LENGTH, 20000);
    for (int i = 0; i < 40; i++)
        tt_applying_add(&applying, i == 5 || i == 23 ? &huge : &event, 3, 100 + i, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 38);
    ck_assert_uint_eq(applying.poison_count, 2);
    ck_assert_uint_eq(applying.poison[0].entry, 5);
    ck_assert_uint_eq(applying.poison[1].entry, 23);
    ck_assert_str_eq(applying.poison[0].kind, "unstorable");
    ck_assert_ptr_nonnull(strstr(applying.poison[0].reason, "too big"));
    ck_assert_sql(path,
                  "SELECT count(*), sum(duplicate), max(entry_ms), max(apply_seq)"
                  " FROM task_status_audit",
                  "38|37|139|38");
    teardown();
}
TT_END

/* One number that a pragma of the writer's own connection gives. */
static int pragma(const char *sql)
{
    const struct tt_writer *writer = store.context;
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(writer->db.sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

TT_TEST(a_commit_waits_for_the_disk_unless_told_otherwise)
{
    setup();
    ck_assert_int_eq(pragma("PRAGMA synchronous"), 2); /* FULL */
    ck_assert_int_eq(tt_sqlite_store_relax(&store, NULL), TT_OK);
    ck_assert_int_eq(pragma("PRAGMA synchronous"), 1); /* NORMAL */
    teardown();
}
TT_END

enum { WRITERS = 2, TRANSACTIONS = 60, ROWS = 5 };

/* A child that writes its own partition. */
static void write_many(int64_t partition)
{
    struct tt_store mine = {0};
    struct tt_event event = tt_test_event("QUEUED", 10);
    if (tt_sqlite_store_open(path, 60 * 1000, &mine, NULL) != TT_OK)
        _exit(2);
    for (int i = 0; i < TRANSACTIONS; i++) {
        struct tt_audit_row rows[ROWS];
        const struct tt_store_changes changes = {.audit = rows, .audit_count = ROWS};
        for (int k = 0; k < ROWS; k++) {
            rows[k] = tt_test_row(&event, i, k);
            rows[k].place.partition = partition;
        }
        if (mine.begin(mine.context, NULL) != TT_OK)
            _exit(3);
        if (mine.write(mine.context, &changes, NULL) != TT_OK)
            _exit(4);
        if (mine.commit(mine.context, NULL) != TT_OK)
            _exit(5);
    }
    tt_sqlite_store_done(&mine);
    _exit(0);
}

TT_TEST(two_processes_write_one_file_and_share_one_apply_seq)
{
    setup();
    teardown();
    fflush(stdout);
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            write_many(i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_sql(path,
                  "SELECT count(*), min(apply_seq), max(apply_seq), count(DISTINCT apply_seq)"
                  " FROM task_status_audit",
                  "600|1|600|600");
    /* Within a partition the write sequence is the entries' order. */
    ck_assert_sql(path,
                  "SELECT count(*) FROM (SELECT apply_seq, lag(apply_seq) OVER"
                  " (PARTITION BY partition ORDER BY entry_ms, entry_seq) AS before"
                  " FROM task_status_audit) WHERE before > apply_seq",
                  "0");
}
TT_END

/* The file as version 1 left it: without the columns that came later. */
static void go_back_to_version_1(void)
{
    tt_test_sql(path, "DELETE FROM schema_version WHERE version > 1;"
                      "DROP TABLE upload_destination; DROP TABLE upload_plan;"
                      "DROP TABLE upload_batch; DROP TABLE upload_load; DROP TABLE upload_hold;"
                      "DROP TABLE upload_quarantine;"
                      "DROP INDEX task_status_audit_task;"
                      "ALTER TABLE task_status_audit DROP COLUMN identity;"
                      "CREATE INDEX task_status_audit_task"
                      "  ON task_status_audit (tenant, task_id, event_time, apply_seq);"
                      "CREATE INDEX task_status_audit_event"
                      "  ON task_status_audit (tenant, task_id, event_id)"
                      "  WHERE event_id IS NOT NULL;"
                      "CREATE UNIQUE INDEX task_status_audit_apply"
                      "  ON task_status_audit (apply_seq);"
                      "ALTER TABLE task_status_current DROP COLUMN stays;"
                      "ALTER TABLE task_status_current DROP COLUMN stay_status");
}

TT_TEST(a_store_of_version_1_goes_on_where_it_was)
{
    struct tt_event events[] = {tt_test_event("QUEUED", 10), tt_test_event_seq("RUNNING", 20, 4),
                                tt_test_event("DONE", 30)};
    events[0].event_id = TT_STR("e1");
    events[1].stage = TT_STR("x");
    setup();
    tt_apply_one(&applying, &events[0], 100);
    tt_apply_one(&applying, &events[1], 101);
    char *before = tt_test_sql_text(path, "SELECT identity FROM task_status_audit");
    char *state = tt_test_sql_text(path, "SELECT stays, stay_status FROM task_status_current");
    teardown();
    go_back_to_version_1();
    store = tt_test_store_open(path);
    tt_applying_begin(&applying, &store, false);
    ck_assert_sql(path, "SELECT identity FROM task_status_audit", before);
    ck_assert_sql(path, "SELECT stays, stay_status FROM task_status_current", state);
    tt_apply_one(&applying, &events[0], 102);
    tt_apply_one(&applying, &events[1], 103);
    tt_apply_one(&applying, &events[2], 104);
    ck_assert_sql(path, "SELECT group_concat(duplicate, '') FROM task_status_audit", "00110");
    ck_assert_sql(path, "SELECT position, status, valid_to FROM task_status_interval",
                  "1|QUEUED|20\n2|RUNNING|30\n3|DONE|NULL");
    free(before);
    free(state);
    teardown();
}
TT_END

TT_SUITE("adapters/sqlite/writer", who_writes_is_called_now_and_then_and_once_as_the_last_time,
         a_full_disk_is_told_and_leaves_nothing_of_the_transaction,
         a_value_beyond_what_sqlite_holds_makes_one_entry_poison_and_the_rest_goes_on,
         a_commit_waits_for_the_disk_unless_told_otherwise,
         two_processes_write_one_file_and_share_one_apply_seq,
         a_store_of_version_1_goes_on_where_it_was)
