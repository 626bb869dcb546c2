/* When the write-ahead log goes back into the file. */
#include "adapters/sqlite/writer.h"
#include "tests/lib/applying.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COMMITS_MAX = 60000, QUIET_COMMITS = 500 };

static struct tt_store store;
static const char *path;
static struct tt_applying applying;

static void setup(void)
{
    path = tt_tmpfile("checkpoint.db");
    store = tt_test_store_open(path);
    ck_assert_int_eq(tt_sqlite_store_relax(&store, NULL), TT_OK);
    tt_applying_begin(&applying, &store, false);
}

static void teardown(void)
{
    tt_applying_done(&applying);
    tt_sqlite_store_done(&store);
}

static int64_t log_bytes(void)
{
    char name[4096];
    struct stat info;
    snprintf(name, sizeof name, "%s-wal", path);
    ck_assert_int_eq(stat(name, &info), 0);
    return info.st_size;
}

/* The log is written over from its start when it has gone back, and grows with each commit until
 * then. How long it gets depends on how soon the machine lets the thread do it. */
TT_TEST(between_small_commits_the_log_goes_back_and_begins_anew)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    static char text[12000]; /* so that a commit is some pages */
    memset(text, 'x', sizeof text);
    event.message = (struct tt_str){text, sizeof text};
    int64_t largest = 0;
    int commits = 0, quiet = 0; /* since it grew */
    while (quiet < QUIET_COMMITS && commits < COMMITS_MAX) {
        ck_assert_uint_eq(tt_apply_one(&applying, &event, ++commits), 1);
        quiet = log_bytes() > largest ? 0 : quiet + 1;
        largest = quiet == 0 ? log_bytes() : largest;
    }
    ck_assert_msg(quiet == QUIET_COMMITS, "%d commits: the log grew to the last", commits);
    ck_assert_sql(path, "PRAGMA integrity_check", "ok");
    teardown();
    ck_assert_sql(path, "SELECT count(*) = max(apply_seq) FROM task_status_audit", "1");
}
TT_END

TT_TEST(a_reader_of_an_old_state_does_not_stop_the_writer)
{
    setup();
    const struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_db reader;
    ck_assert_uint_eq(tt_apply_one(&applying, &event, 1), 1);
    ck_assert_int_eq(tt_db_open(&reader, path, false, 0, NULL), TT_OK);
    ck_assert_int_eq(tt_db_run(&reader, "BEGIN", NULL), TT_OK);
    ck_assert_int_eq(tt_db_run(&reader, "SELECT count(*) FROM task_status_audit", NULL), TT_OK);
    for (int i = 2; i < 3000; i++)
        ck_assert_uint_eq(tt_apply_one(&applying, &event, i), 1);
    ck_assert_int_eq(tt_db_run(&reader, "COMMIT", NULL), TT_OK);
    tt_db_close(&reader);
    for (int i = 3000; i < 6000; i++)
        ck_assert_uint_eq(tt_apply_one(&applying, &event, i), 1);
    teardown();
    ck_assert_sql(path, "SELECT count(*), max(apply_seq) FROM task_status_audit", "5999|5999");
}
TT_END

TT_SUITE("adapters/sqlite/checkpoint", between_small_commits_the_log_goes_back_and_begins_anew,
         a_reader_of_an_old_state_does_not_stop_the_writer)
