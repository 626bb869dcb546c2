/* upload --via, the program over a real store and the stand-in: each way has all rows
 * there, and the Storage Write API has them once. Killed in the midst: test_upload_killed.c. */
#include "tests/lib/process.h"
#include "tests/lib/standin.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 600 };

static struct tt_standin standin;
static char path[200], store[220];

static void set_up(void)
{
    static char ids[ROWS][24];
    static struct tt_audit_row audit[ROWS];
    tt_standin_start(&standin);
    setenv("BIGQUERY_EMULATOR_HOST", standin.url, 1);
    setenv("BIGQUERY_STORAGE_EMULATOR_HOST", standin.grpc_url, 1);
    setenv("PUBSUB_EMULATOR_HOST", standin.url + strlen("http://"), 1); /* as Google's: no scheme */
    snprintf(path, sizeof path, "%s", tt_tmpfile("ways.db"));
    snprintf(store, sizeof store, "sqlite:%s", path);
    struct tt_store port = tt_test_store_open(path);
    for (int i = 0; i < ROWS; i++) {
        struct tt_event event = tt_test_event(i % 2 ? "DONE" : "BEGUN", 1772366400000000 + i);
        snprintf(ids[i], sizeof ids[i], "task-%d", i / 2);
        event.task_id = tt_str_from(ids[i]);
        audit[i] = tt_test_row(&event, i + 1, 0);
    }
    const struct tt_store_changes changes = {.audit = audit, .audit_count = ROWS};
    tt_test_write(&port, &changes);
    tt_sqlite_store_done(&port);
}

static struct tt_run upload(const char *way, const char *how)
{
    return TT_TASKTRAIL("upload", "--store", store, "--to", "bigquery:p.d", "--via", way,
                        "--batch-rows", "200", how);
}

static void initialise(const char *way)
{
    struct tt_run run = upload(way, "--init");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static long long rows_of(const char *table)
{
    char key[100];
    snprintf(key, sizeof key, "tables/p.d.%s/rows", table);
    return tt_standin_number(&standin, key);
}

/* Rows of the audit table by their uid, however often each is there. */
static size_t distinct_rows(void)
{
    static char seen[ROWS + 1];
    struct tt_str rows = tt_standin_get(&standin, "rows?table=p.d.task_status_audit");
    size_t count = 0;
    memset(seen, 0, sizeof seen);
    for (const char *at = rows.ptr; at != NULL && at < rows.ptr + rows.len;) {
        const char *end = memchr(at, '\n', (size_t)(rows.ptr + rows.len - at));
        const char *seq = memmem(at, (size_t)(end - at), "\"apply_seq\":\"", 13);
        long number = strtol(seq + 13, NULL, 10);
        ck_assert(number >= 1 && number <= ROWS);
        count += seen[number] == 0;
        seen[number] = 1;
        at = end + 1;
    }
    return count;
}

TT_TEST(the_write_api_has_every_row_once_and_shares_the_line_with_load_jobs)
{
    set_up();
    initialise("write");
    struct tt_run run = upload("write", "--once");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(rows_of("task_status_audit"), ROWS);
    ck_assert_uint_eq(distinct_rows(), ROWS);
    ck_assert_int_gt(tt_standin_number(&standin, "counters/commits"), 0);
    run = upload("load", "--once"); /* nothing is left for another way */
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(rows_of("task_status_audit"), ROWS);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(insert_all_has_all_rows_there)
{
    set_up();
    initialise("insertall");
    struct tt_run run = upload("insertall", "--once");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(rows_of("task_status_audit"), ROWS);
    ck_assert_uint_eq(distinct_rows(), ROWS);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(messages_go_to_tables_of_their_own_behind_a_view)
{
    set_up();
    tt_standin_set(&standin, "settings", "{\"deliverTwice\":7}");
    initialise("pubsub");
    initialise("pubsub");
    struct tt_run run = upload("pubsub", "--once");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(rows_of("task_status_audit_messages"), ROWS + ROWS / 7);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/messages"), ROWS);
    run = upload("pubsub", "--verify"); /* through the view, which takes the copies out */
    ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
    ck_assert_msg(strstr(run.out, "600 rows in the store, 600 in BigQuery, 600 of them distinct; "
                                  "3 batches, 0 differ") != NULL,
                  "%s", run.out);
    tt_run_done(&run);
    run = TT_TASKTRAIL("replay", "-q", "--from", "bigquery:p.d", "task-9");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_msg(strstr(run.out, "BEGUN") != NULL && strstr(run.out, "DONE") != NULL, "%s",
                  run.out);
    tt_run_done(&run);
    tt_standin_set(&standin, "drop", "{\"table\":\"p.d.task_status_audit_messages\",\"row\":2}");
    run = upload("pubsub", "--verify"); /* not delivered */
    ck_assert_int_eq(run.status, 1);
    ck_assert_msg(strstr(run.out, "task_status_audit plan 1 (written ") != NULL, "%s", run.out);
    ck_assert_msg(strstr(run.out, "600 rows in the store, 599 in BigQuery") != NULL, "%s", run.out);
    tt_run_done(&run);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(a_trial_does_not_reach_google_by_half)
{
    set_up();
    unsetenv("BIGQUERY_STORAGE_EMULATOR_HOST");
    struct tt_run run = upload("write", "--once");
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "BIGQUERY_STORAGE_EMULATOR_HOST"));
    tt_run_done(&run);
    tt_standin_stop(&standin);
}
TT_END

TT_SUITE("upload_ways", the_write_api_has_every_row_once_and_shares_the_line_with_load_jobs,
         insert_all_has_all_rows_there, messages_go_to_tables_of_their_own_behind_a_view,
         a_trial_does_not_reach_google_by_half)
