#include "adapters/sqlite/store.h"
#include "tests/lib/process.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUSY_MS = 60 * 1000, PROCESSES = 8, ROUNDS = 30 };

static enum tt_err open_store(const char *path, struct tt_fault *fault)
{
    struct tt_store store = {0};
    *fault = (struct tt_fault){0};
    enum tt_err err = tt_sqlite_store_open(path, BUSY_MS, &store, fault);
    if (err == TT_OK)
        tt_sqlite_store_done(&store);
    else
        ck_assert_ptr_null(store.context);
    return err;
}

static enum tt_err open_reader(const char *path, struct tt_fault *fault)
{
    struct tt_store_reader reader = {0};
    *fault = (struct tt_fault){0};
    enum tt_err err = tt_sqlite_reader_open(path, BUSY_MS, &reader, fault);
    if (err == TT_OK)
        tt_sqlite_reader_done(&reader);
    else
        ck_assert_ptr_null(reader.context);
    return err;
}

#define ck_assert_tells(fault, what)                                                               \
    ck_assert_msg(strstr((fault).text, what) != NULL, "\"%s\" does not say \"%s\"", (fault).text,  \
                  what)

TT_TEST(a_missing_file_is_created_for_writing_and_never_for_reading)
{
    const char *path = tt_tmpfile("new.db");
    struct tt_fault fault;
    ck_assert_int_eq(open_reader(path, &fault), TT_ERR_NOT_FOUND);
    ck_assert_tells(fault, path);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(open_store(path, &fault), TT_OK);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(open_reader(path, &fault), TT_OK);
}
TT_END

TT_TEST(a_missing_folder_a_folder_and_garbage_are_told_apart)
{
    struct tt_fault fault;
    const char *nowhere = tt_tmpfile("no/such/folder.db"), *garbage = tt_tmpfile("garbage.db");
    ck_assert_int_eq(open_store(nowhere, &fault), TT_ERR_NOT_FOUND);
    ck_assert_tells(fault, nowhere);
    ck_assert_tells(fault, "folder");
    ck_assert_int_eq(open_store(tt_tmpdir(), &fault), TT_ERR_IO);
    ck_assert_int_eq(open_reader(tt_tmpdir(), &fault), TT_ERR_IO);
    static const char text[] = "{\"task_id\":\"1\",\"status\":\"QUEUED\"}\n"
                               "and so on, as a file of events that was taken for a store\n";
    tt_write_file(garbage, text, sizeof text - 1);
    ck_assert_int_eq(open_store(garbage, &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no SQLite database");
    ck_assert_int_eq(open_reader(garbage, &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no SQLite database");
    size_t len = 0;
    char *after = tt_read_file(garbage, &len);
    ck_assert_uint_eq(len, sizeof text - 1);
    ck_assert_mem_eq(after, text, len);
    free(after);
}
TT_END

TT_TEST(the_file_of_another_program_is_refused_and_left_as_it_is)
{
    const char *path = tt_tmpfile("other.db");
    struct tt_fault fault;
    tt_test_sql(path, "CREATE TABLE bookmarks (url TEXT)");
    ck_assert_int_eq(open_reader(path, &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no tasktrail store");
    ck_assert_int_eq(open_store(path, &fault), TT_ERR_INVALID);
    ck_assert_tells(fault, "is no tasktrail store");
    ck_assert_sql(path, "SELECT name FROM sqlite_schema", "bookmarks");
    ck_assert_sql(path, "PRAGMA journal_mode", "delete");
    const char *strange = tt_tmpfile("strange.db");
    tt_test_sql(strange, "CREATE TABLE schema_version (version INTEGER);"
                         "INSERT INTO schema_version VALUES (5)");
    ck_assert_int_eq(open_store(strange, &fault), TT_ERR_INVALID);
    ck_assert_tells(fault, "is no tasktrail store");
    ck_assert_int_eq(open_reader(strange, &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no tasktrail store");
    ck_assert_sql(strange, "PRAGMA journal_mode", "delete");
    tt_write_file(tt_tmpfile("empty.db"), "", 0);
    ck_assert_int_eq(open_reader(tt_tmpfile("empty.db"), &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no tasktrail store");
}
TT_END

TT_TEST(a_newer_schema_is_refused_for_writing_and_reading)
{
    const char *path = tt_tmpfile("newer.db");
    struct tt_fault fault;
    ck_assert_int_eq(open_store(path, &fault), TT_OK);
    tt_test_sql(path, "INSERT INTO schema_version VALUES (1000)");
    ck_assert_int_eq(open_store(path, &fault), TT_ERR_UNSUPPORTED);
    ck_assert_tells(fault, "1000");
    ck_assert_int_eq(open_reader(path, &fault), TT_ERR_UNSUPPORTED);
}
TT_END

TT_TEST(a_path_is_a_name_and_never_a_uri_or_memory)
{
    struct tt_fault fault;
    ck_assert_int_eq(chdir(tt_tmpdir()), 0);
    ck_assert_int_eq(open_store(":memory:", &fault), TT_OK);
    ck_assert_int_eq(access("./:memory:", F_OK), 0);
    ck_assert_int_eq(open_store("file:x?mode=memory", &fault), TT_OK);
    ck_assert_int_eq(access("./file:x?mode=memory", F_OK), 0);
    ck_assert_int_eq(open_reader("file:x?mode=memory", &fault), TT_OK);
    ck_assert_int_eq(chdir("/"), 0);
}
TT_END

/* Runs the check in a child that is nobody, since root may write everything. */
static void as_nobody(void (*check)(const char *path), const char *path)
{
    fflush(stdout);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (geteuid() == 0 &&
            (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
            _exit(99);
        check(path);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with %d",
                  WEXITSTATUS(status));
}

#define child_check(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s; fault: %s\n", __FILE__, __LINE__, #condition, fault.text); \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void check_read_only(const char *path)
{
    struct tt_store store = {0};
    struct tt_store_reader reader = {0};
    struct tt_fault fault = {0};
    uint64_t rows = 0, tasks = 0;
    child_check(tt_sqlite_reader_open(path, 0, &reader, &fault) == TT_OK);
    child_check(reader.counts(reader.context, &rows, &tasks, &fault) == TT_OK);
    child_check(rows == 1);
    tt_sqlite_reader_done(&reader);
    enum tt_err err = tt_sqlite_store_open(path, 0, &store, &fault);
    child_check(err == TT_ERR_READ_ONLY);
    child_check(strstr(fault.text, path) != NULL);
}

static void check_unreadable(const char *path)
{
    struct tt_store_reader reader = {0};
    struct tt_fault fault = {0};
    child_check(tt_sqlite_reader_open(path, 0, &reader, &fault) == TT_ERR_DENIED);
    child_check(strstr(fault.text, path) != NULL);
}

TT_TEST(a_store_that_may_not_be_written_is_read_and_refused_for_writing)
{
    char folder[512], path[600];
    snprintf(folder, sizeof folder, "%s/a %%20?#b", tt_tmpdir());
    snprintf(path, sizeof path, "%s/store.db", folder);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(chmod(tt_tmpdir(), 0755), 0);
    struct tt_store store = tt_test_store_open(path);
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_audit_row row = tt_test_row(&event, 1, 0);
    tt_test_write_row(&store, &row);
    tt_sqlite_store_done(&store);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    as_nobody(check_read_only, path);
    ck_assert_int_eq(chmod(path, 0), 0);
    as_nobody(check_unreadable, path);
    ck_assert_int_eq(chmod(folder, 0755), 0);
}
TT_END

static void check_open(const void *path)
{
    struct tt_store store = {0};
    struct tt_fault fault = {0};
    child_check(tt_sqlite_store_open(path, BUSY_MS, &store, &fault) == TT_OK);
    tt_sqlite_store_done(&store);
}

TT_TEST(several_processes_that_start_at_once_make_one_schema)
{
    for (int round = 0; round < ROUNDS; round++) {
        char name[32];
        snprintf(name, sizeof name, "race-%d.db", round);
        const char *path = tt_tmpfile(name);
        tt_at_once(PROCESSES, check_open, path);
        ck_assert_sql(path, "SELECT version FROM schema_version", "1\n2\n3\n4\n5");
        ck_assert_sql(path, "PRAGMA journal_mode", "wal");
    }
}
TT_END

TT_TEST(a_store_that_is_up_to_date_opens_while_another_writes)
{
    const char *path = tt_tmpfile("busy.db");
    struct tt_store one = tt_test_store_open(path), other = {0};
    struct tt_fault fault = {0};
    ck_assert_int_eq(one.begin(one.context, &fault), TT_OK);
    ck_assert_int_eq(tt_sqlite_store_open(path, 0, &other, &fault), TT_OK);
    ck_assert_int_eq(other.begin(other.context, &fault), TT_ERR_BUSY);
    ck_assert_tells(fault, path);
    one.rollback(one.context);
    tt_fault_clear(&fault);
    ck_assert_int_eq(other.begin(other.context, &fault), TT_OK);
    other.rollback(other.context);
    tt_sqlite_store_done(&other);
    tt_sqlite_store_done(&one);
}
TT_END

TT_TEST(an_allocation_that_fails_while_opening_is_an_error)
{
    const char *path = tt_tmpfile("memory.db");
    struct tt_store store = {0};
    struct tt_store_reader reader = {0};
    struct tt_fault fault = {0};
    ck_assert_int_eq(open_store(path, &fault), TT_OK);
    for (int reading = 0; reading < 2; reading++) {
        enum tt_err err = TT_ERR_NO_MEMORY;
        long failing = 0;
        for (; err != TT_OK; failing++) {
            ck_assert_int_lt(failing, 100);
            tt_fault_clear(&fault);
            tt_mem_fail_after(failing, true);
            err = reading ? tt_sqlite_reader_open(path, 0, &reader, &fault)
                          : tt_sqlite_store_open(path, 0, &store, &fault);
            tt_mem_fail_after(-1, false);
            ck_assert(err == TT_OK || err == TT_ERR_NO_MEMORY);
        }
        ck_assert_int_ge(failing, 3);
    }
    tt_sqlite_reader_done(&reader);
    tt_sqlite_store_done(&store);
}
TT_END

TT_SUITE("adapters/sqlite/open", a_missing_file_is_created_for_writing_and_never_for_reading,
         a_missing_folder_a_folder_and_garbage_are_told_apart,
         the_file_of_another_program_is_refused_and_left_as_it_is,
         a_newer_schema_is_refused_for_writing_and_reading,
         a_path_is_a_name_and_never_a_uri_or_memory,
         a_store_that_may_not_be_written_is_read_and_refused_for_writing,
         several_processes_that_start_at_once_make_one_schema,
         a_store_that_is_up_to_date_opens_while_another_writes,
         an_allocation_that_fails_while_opening_is_an_error)
