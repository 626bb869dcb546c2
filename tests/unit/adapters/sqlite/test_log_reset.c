/* The log begins anew in the very moment in which somebody starts to write it back: what SQLite up
 * to 3.51.2 takes for the old log. A file system of our own lets others act in that moment. */
#include "adapters/sqlite/checkpoint.h"
#include "tests/lib/process.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { COMMITS_MAX = 1000 };

static struct {
    sqlite3_vfs *system, vfs;
    sqlite3_io_methods methods;
    const sqlite3_io_methods *system_methods;
    pthread_t writer;
    pthread_mutex_t writing; /* held by the writer while it looks at `opened`, and commits */
    sqlite3 *other;          /* another process's connection, say */
    bool armed;
    atomic_int opened; /* by the thread that writes back: its connection, and what stands beside */
    atomic_bool completed, begun_anew;
} scene;

static void must(sqlite3 *db, const char *sql)
{
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
}

static bool is_the_thread(void)
{
    return scene.armed && !pthread_equal(pthread_self(), scene.writer);
}

/* SQLite calls it when a checkpoint has read the log's state, and has done nothing yet. */
static int let_go(sqlite3_file *file, sqlite3_int64 at, void *page)
{
    if (is_the_thread() && page == NULL && scene.completed &&
        !atomic_exchange(&scene.begun_anew, true))
        must(scene.other, "INSERT INTO t VALUES ('in a new log')");
    return scene.system_methods->xUnfetch(file, at, page);
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)self;
    int result = scene.system->xOpen(scene.system, name, file, flags, ret_flags);
    if (result != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0 || !is_the_thread())
        return result;
    scene.system_methods = file->pMethods;
    scene.methods = *file->pMethods;
    scene.methods.xUnfetch = let_go;
    file->pMethods = &scene.methods;
    if (++scene.opened == 2) { /* a log that has all gone back, behind the back of the first */
        pthread_mutex_lock(&scene.writing);
        must(scene.other, "INSERT INTO t VALUES ('last of the old log')");
        int in_log = 0, done = 0;
        ck_assert_int_eq(
            sqlite3_wal_checkpoint_v2(scene.other, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done),
            SQLITE_OK);
        ck_assert_int_eq(in_log, done);
        scene.completed = true;
        pthread_mutex_unlock(&scene.writing);
    }
    return result;
}

TT_TEST(a_commit_that_begins_the_log_anew_while_it_is_written_back_is_not_lost)
{
    const char *path = tt_tmpfile("reset.db");
    struct tt_db db;
    struct tt_checkpoint *checkpoint = NULL;
    scene.system = sqlite3_vfs_find(NULL);
    scene.vfs = *scene.system;
    scene.vfs.zName = "scene";
    scene.vfs.xOpen = open_file;
    scene.vfs.pNext = NULL;
    ck_assert_int_eq(sqlite3_vfs_register(&scene.vfs, 1), SQLITE_OK);
    scene.writer = pthread_self();
    pthread_mutex_init(&scene.writing, NULL);
    ck_assert_int_eq(tt_db_open(&db, path, true, 1000, NULL), TT_OK);
    ck_assert_int_eq(tt_db_migrate(&db, NULL), TT_OK); /* the thread opens stores alone */
    must(db.sqlite, "PRAGMA synchronous = OFF; CREATE TABLE t (a)");
    ck_assert_int_eq(sqlite3_open_v2(path, &scene.other, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    must(scene.other, "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0");
    sqlite3_busy_timeout(scene.other, 1000);
    ck_assert_int_eq(tt_checkpoint_start(&db, &checkpoint, NULL), TT_OK);
    scene.armed = true;
    bool alone = false; /* the thread, with the log */
    for (int i = 0; i < COMMITS_MAX && !alone; i++) {
        pthread_mutex_lock(&scene.writing);
        alone = scene.opened > 0;
        if (!alone)
            must(db.sqlite, "INSERT INTO t VALUES (zeroblob(800000))"); /* 200 pages */
        pthread_mutex_unlock(&scene.writing);
    }
    ck_assert_msg(alone, "the thread was not called");
    TT_EVENTUALLY(scene.begun_anew);
    tt_checkpoint_stop(checkpoint);
    sqlite3_close(scene.other);
    tt_db_close(&db); /* the last one: SQLite writes back what is left, and removes the log */
    ck_assert_sql(path, "SELECT group_concat(a, ', ') FROM t WHERE typeof(a) = 'text'",
                  "last of the old log, in a new log");
    ck_assert_sql(path, "PRAGMA integrity_check", "ok");
}
TT_END

TT_SUITE("adapters/sqlite/log_reset",
         a_commit_that_begins_the_log_anew_while_it_is_written_back_is_not_lost)
