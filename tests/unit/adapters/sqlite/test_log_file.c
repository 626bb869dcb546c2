/* The write-ahead log, gathered and written a commit at a time, beside SQLite's own way. Below both
 * is a file system that counts what is written to a log, and can refuse it. */
#include "adapters/sqlite/log_file.h"

#include "core/base/mem.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The file system */

static struct {
    sqlite3_vfs *system;
    sqlite3_vfs vfs;
    sqlite3_io_methods methods; /* the system's, with our write */
    const sqlite3_io_methods *system_methods;
    int writes;
    int refuse_after; /* so many writes, all; negative: none */
} watch = {.refuse_after = -1};

static int watched_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    if (watch.refuse_after == 0)
        return SQLITE_FULL;
    if (watch.refuse_after > 0)
        watch.refuse_after--;
    watch.writes++;
    return watch.system_methods->xWrite(file, bytes, len, at);
}

static int watched_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                        int *ret_flags)
{
    (void)self;
    int result = watch.system->xOpen(watch.system, name, file, flags, ret_flags);
    if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0)
        return result;
    watch.system_methods = file->pMethods;
    watch.methods = *file->pMethods;
    watch.methods.xWrite = watched_write;
    file->pMethods = &watch.methods;
    return SQLITE_OK;
}

/* The one that ours finds below it. */
static const char *watched(void)
{
    if (watch.system == NULL) {
        watch.system = sqlite3_vfs_find(NULL);
        watch.vfs = *watch.system;
        watch.vfs.zName = "watched";
        watch.vfs.xOpen = watched_open;
        watch.vfs.pNext = NULL;
        ck_assert_int_eq(sqlite3_vfs_register(&watch.vfs, 1), SQLITE_OK);
    }
    return watch.vfs.zName;
}

static const char *gathering(void)
{
    watched();
    const char *name = tt_log_file_vfs();
    ck_assert_ptr_nonnull(name);
    return name;
}

/* ---- Databases */

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void must(sqlite3 *db, const char *sql)
{
    ck_assert_msg(run(db, sql) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3 *opened(const char *path, const char *vfs, bool wait_for_disk)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
                     SQLITE_OK);
    must(db, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
             "PRAGMA cache_size = 10; PRAGMA cache_spill = 10;");
    must(db, wait_for_disk ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    return db;
}

static sqlite3_int64 number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    sqlite3_int64 result = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

static void must_be_whole(sqlite3 *db)
{
    const char *sql = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    ck_assert_int_eq(number(db, sql), 0);
}

static const char CONTENTS[] = "SELECT coalesce(sum(a * 31 + length(b)) + count(*), 0) FROM t";

static char *file_of(const char *path, const char *ending, size_t *ret_len)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", path, ending);
    char *bytes = tt_read_file(name, ret_len);
    ck_assert_msg(bytes != NULL, "%s is not there", name);
    return bytes;
}

/* As after a crash: the file and its log, without the index that processes share. */
static void copy_as_left(const char *from, const char *to)
{
    static const char *const endings[] = {"", "-wal"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        char name[4096], *bytes = file_of(from, endings[i], &len);
        snprintf(name, sizeof name, "%s%s", to, endings[i]);
        tt_write_file(name, bytes, len);
        free(bytes);
    }
    char shared[4096];
    snprintf(shared, sizeof shared, "%s-shm", to);
    remove(shared);
}

/* ---- Work */

static unsigned chance(uint64_t *seed, unsigned below)
{
    *seed ^= *seed << 13; /* xorshift64, Marsaglia 2003 */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed >> 33) % below;
}

static void one_statement(sqlite3 *db, uint64_t *seed)
{
    static const char *const kinds[] = {
        "INSERT OR REPLACE INTO t VALUES (?1, zeroblob(?2))",
        "UPDATE t SET b = zeroblob(?2 % 300) WHERE a < ?1 / 4",
        "DELETE FROM t WHERE a > ?1 AND a < ?1 + 5 AND ?2 >= 0",
    };
    unsigned what = chance(seed, 10);
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        kinds[what < 6   ? 0
                                              : what < 8 ? 1
                                                         : 2],
                                        -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_int(statement, 1, (int)chance(seed, 400));
    sqlite3_bind_int(statement, 2, (int)chance(seed, 3000));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

/* Commits, rollbacks, pages that leave before the commit as the cache is small, logs that begin
 * anew, and savepoints taken back. With these, SQLite 3.40.1 leaves logs of which a crash loses the
 * last commit, whoever writes them; we have no savepoints. */
static void one_transaction(sqlite3 *db, uint64_t *seed, bool savepoints)
{
    must(db, "BEGIN");
    for (unsigned i = chance(seed, 30) + 1; i > 0; i--) {
        bool inner = savepoints && chance(seed, 8) == 0;
        if (inner)
            must(db, "SAVEPOINT s");
        for (unsigned k = inner ? chance(seed, 20) : 1; k > 0; k--)
            one_statement(db, seed);
        if (inner)
            must(db, chance(seed, 2) == 0 ? "ROLLBACK TO s; RELEASE s" : "RELEASE s");
    }
    must(db, chance(seed, 6) == 0 ? "ROLLBACK" : "COMMIT");
    if (chance(seed, 12) == 0)
        must(db, "PRAGMA wal_checkpoint(PASSIVE)");
    if (chance(seed, 40) == 0)
        must(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static const char TABLE[] = "CREATE TABLE t (a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t (b)";

/* Returns how many writes to the log it took. Chance within SQLite is the same each time. */
static int work(const char *path, const char *vfs, uint64_t seed, int transactions)
{
    sqlite3 *db = opened(path, vfs, false);
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_RESTORE);
    watch.writes = 0;
    must(db, TABLE);
    for (int i = 0; i < transactions; i++)
        one_transaction(db, &seed, true);
    int writes = watch.writes;
    must_be_whole(db);
    copy_as_left(path, tt_tmpfile(strcmp(vfs, "watched") == 0 ? "own" : "gathered"));
    sqlite3_close(db);
    return writes;
}

/* ---- Tests */

TT_TEST(the_log_has_the_same_bytes_as_sqlite_s_own_way_leaves)
{
    static const char *const endings[] = {"", "-wal"};
    uint64_t seed = tt_test_seed(1) + (unsigned)_i;
    const char *below = watched(), *ours = gathering();
    char byte;
    sqlite3_randomness(1, &byte); /* so that there is something to save */
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SAVE);
    int own = work(tt_tmpfile("a.db"), below, seed, 120);
    int gathered = work(tt_tmpfile("b.db"), ours, seed, 120);
    for (size_t i = 0; i < 2; i++) {
        size_t a_len = 0, b_len = 0;
        char *a = file_of(tt_tmpfile("own"), endings[i], &a_len);
        char *b = file_of(tt_tmpfile("gathered"), endings[i], &b_len);
        ck_assert_uint_eq(a_len, b_len);
        ck_assert_mem_eq(a, b, a_len);
        free(a);
        free(b);
    }
    ck_assert_int_lt(gathered, own); /* most are new heads of frames that stand already */
}
TT_END

TT_TEST(a_commit_is_one_write)
{
    sqlite3 *db = opened(tt_tmpfile("one.db"), gathering(), true);
    must(db, TABLE);
    must(db, "PRAGMA cache_size = 2000");
    must(db, "INSERT INTO t VALUES (1, zeroblob(9000))"); /* a dozen pages */
    watch.writes = 0;
    must(db, "INSERT INTO t VALUES (2, zeroblob(9000))");
    ck_assert_int_eq(watch.writes, 1);
    must(db, "BEGIN; INSERT INTO t VALUES (3, zeroblob(5000)), (4, 'x'); COMMIT");
    ck_assert_int_eq(watch.writes, 2);
    sqlite3_close(db);
}
TT_END

TT_TEST(a_commit_that_does_not_wait_for_the_disk_is_in_the_file_and_seen_by_others)
{
    uint64_t seed = tt_test_seed(7) + (unsigned)_i;
    const char *path = tt_tmpfile("now.db"), *left = tt_tmpfile("left.db");
    sqlite3 *db = opened(path, gathering(), false), *other = opened(path, "unix", false);
    must(db, TABLE);
    for (int i = 0; i < 60; i++) {
        one_transaction(db, &seed, false);
        sqlite3_int64 contents = number(db, CONTENTS);
        ck_assert_int_eq(number(other, CONTENTS), contents);
        copy_as_left(path, left);
        sqlite3 *crashed = opened(left, "unix", false);
        ck_assert_int_eq(number(crashed, CONTENTS), contents);
        must_be_whole(crashed);
        sqlite3_close(crashed);
    }
    sqlite3_close(other);
    sqlite3_close(db);
}
TT_END

TT_TEST(writers_that_take_turns_with_sqlite_s_own_do_not_harm_the_log)
{
    uint64_t seed = tt_test_seed(11) + (unsigned)_i;
    const char *path = tt_tmpfile("turns.db");
    sqlite3 *db[] = {opened(path, gathering(), false), opened(path, "unix", false),
                     opened(path, gathering(), true)};
    must(db[0], TABLE);
    for (int i = 0; i < 150; i++) {
        unsigned writer = chance(&seed, 3);
        one_transaction(db[writer], &seed, true);
        sqlite3_int64 contents = number(db[writer], CONTENTS);
        for (unsigned k = 0; k < 3; k++)
            ck_assert_int_eq(number(db[k], CONTENTS), contents);
    }
    for (unsigned k = 0; k < 3; k++) {
        must_be_whole(db[k]);
        sqlite3_close(db[k]);
    }
}
TT_END

/* What was gathered for it may not come later: others have written there since. */
TT_TEST(a_transaction_that_was_taken_back_leaves_the_commits_of_others_alone)
{
    const char *path = tt_tmpfile("back.db");
    sqlite3 *db = opened(path, gathering(), false), *other = opened(path, "unix", false);
    must(db, TABLE);
    must(db, "CREATE TABLE u (b)"); /* without an index: what has left is not read again */
    for (int i = 0; i < 20; i++) {
        must(db, "PRAGMA wal_checkpoint(TRUNCATE)"); /* nor is what stood there before */
        must(db, "BEGIN; WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE "
                 "x < 60) INSERT INTO u SELECT zeroblob(900) FROM n; ROLLBACK");
        must(other, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60) "
                    "INSERT INTO t SELECT NULL, zeroblob(900) FROM n");
        sqlite3_int64 contents = number(other, CONTENTS);
        ck_assert_int_eq(number(db, CONTENTS), contents);
        ck_assert_int_eq(number(other, CONTENTS), contents);
    }
    must_be_whole(db);
    must(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    must_be_whole(other);
    sqlite3_close(other);
    sqlite3_close(db);
}
TT_END

/* Refused at each write in turn: the commit fails, what was there before stays, and the next one
 * goes on. */
TT_TEST(a_commit_whose_bytes_the_disk_refuses_fails_and_leaves_what_was_there)
{
    const char *path = tt_tmpfile("full.db"), *left = tt_tmpfile("after.db");
    sqlite3 *db = opened(path, gathering(), _i % 2 == 0);
    must(db, TABLE);
    must(db, "PRAGMA cache_size = 2000; INSERT INTO t VALUES (1, 'kept')");
    int refused = 0;
    for (int after = 0;; after++) {
        sqlite3_int64 contents = number(db, CONTENTS);
        watch.refuse_after = after;
        int result = run(db, "BEGIN; WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 "
                             "FROM n WHERE x < 1700) INSERT INTO t SELECT x, zeroblob(900) FROM n; "
                             "COMMIT");
        watch.refuse_after = -1;
        if (result == SQLITE_OK)
            break;
        ck_assert_int_eq(result & 0xff, SQLITE_FULL);
        run(db, "ROLLBACK");
        refused++;
        ck_assert_int_eq(number(db, CONTENTS), contents);
        must(db, "UPDATE t SET b = b || 'x' WHERE a = 1");
        copy_as_left(path, left);
        sqlite3 *crashed = opened(left, "unix", false);
        ck_assert_int_eq(number(crashed, CONTENTS), number(db, CONTENTS));
        sqlite3_close(crashed);
    }
    ck_assert_int_gt(refused, 3); /* 700 KB are several writes */
    must_be_whole(db);
    sqlite3_close(db);
}
TT_END

/* It was SQLite that read, and found that what it had written before was not there. */
TT_TEST(what_the_disk_refused_while_reading_cannot_be_committed_when_it_has_room_again)
{
    sqlite3 *db = opened(tt_tmpfile("lost.db"), gathering(), _i % 2 == 0);
    must(db, TABLE);
    must(db, "CREATE TABLE u (b); INSERT INTO t VALUES (1, 'kept'); PRAGMA cache_size = 20");
    must(db, "BEGIN; WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60) "
             "INSERT INTO u SELECT zeroblob(900) FROM n");
    watch.refuse_after = 0;
    ck_assert_int_eq(run(db, "INSERT INTO t SELECT rowid + 5000, length(b) FROM u"), SQLITE_FULL);
    watch.refuse_after = -1;
    ck_assert_int_eq(sqlite3_get_autocommit(db), 0); /* only the statement was taken back */
    ck_assert_int_eq(run(db, "COMMIT"), SQLITE_FULL);
    run(db, "ROLLBACK");
    ck_assert_int_eq(number(db, "SELECT count(*) FROM u"), 0);
    must(db, "INSERT INTO u VALUES ('later')");
    must_be_whole(db);
    ck_assert_int_eq(number(db, CONTENTS), 31 + 4 + 1);
    sqlite3_close(db);
}
TT_END

TT_TEST(without_memory_to_gather_in_it_writes_as_sqlite_does)
{
    sqlite3 *db = opened(tt_tmpfile("poor.db"), gathering(), true);
    tt_mem_fail_after(0, true);
    int created = run(db, TABLE), inserted = run(db, "INSERT INTO t VALUES (1, zeroblob(9000))");
    tt_mem_fail_after(-1, false);
    ck_assert_int_eq(created, SQLITE_OK);
    ck_assert_int_eq(inserted, SQLITE_OK);
    ck_assert_int_gt(watch.writes, 20);
    must(db, "INSERT INTO t VALUES (2, zeroblob(9000))"); /* with memory again */
    must_be_whole(db);
    sqlite3_close(db);
}
TT_END

int main(void)
{
    const TTest *list[] = {
        the_log_has_the_same_bytes_as_sqlite_s_own_way_leaves,
        a_commit_is_one_write,
        a_commit_that_does_not_wait_for_the_disk_is_in_the_file_and_seen_by_others,
        writers_that_take_turns_with_sqlite_s_own_do_not_harm_the_log,
        a_transaction_that_was_taken_back_leaves_the_commits_of_others_alone,
        a_commit_whose_bytes_the_disk_refuses_fails_and_leaves_what_was_there,
        what_the_disk_refused_while_reading_cannot_be_committed_when_it_has_room_again,
        without_memory_to_gather_in_it_writes_as_sqlite_does};
    return tt_suite_run_each("adapters/sqlite/log_file", list, sizeof list / sizeof *list, 120, 2);
}
