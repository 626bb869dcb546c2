/* Happy path: open, busy timeout, a first look at the file, write-ahead log.
 *
 * Failure modes: SQLite has one answer for whatever it cannot open, so the file system is asked for
 * the cause. Several processes that turn a new file to the write-ahead log at once: SQLite refuses
 * all but one without waiting, so the waiting is done here. A store in a folder that may not be
 * written: the write-ahead log needs its index beside it; when there is no log the file is whole,
 * nobody here can write it, and it is opened as one that does not change. */
#include "adapters/sqlite/db.h"

#include "adapters/sqlite/log_file.h"
#include "core/base/buf.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RETRY_MS = 10 };

static enum tt_err explain_open(const char *path, bool write, struct tt_fault *fault)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return tt_fault_errno(fault, TT_ERR_IO, EISDIR, "store %s", path);
        if (access(path, write ? R_OK | W_OK : R_OK) != 0)
            return tt_fault_errno(fault, errno == EROFS ? TT_ERR_READ_ONLY : TT_ERR_DENIED, errno,
                                  "store %s", path);
        return tt_fault_set(fault, TT_ERR_IO, "store %s: could not be opened%s", path,
                            write ? ": is its folder writable?" : "");
    }
    int problem = errno;
    enum tt_err err = problem == EACCES ? TT_ERR_DENIED : TT_ERR_NOT_FOUND;
    if (write && problem == ENOENT)
        return tt_fault_set(
            fault, err, "store %s: could not be created: is its folder there and writable?", path);
    return tt_fault_errno(fault, err, problem, "store %s", path);
}

/* SQLite takes "file:..." for a URI and ":memory:" for no file at all; to us both are names. */
static enum tt_err plain_name(const char *path, struct tt_buf *name)
{
    if (path[0] == ':' || strncmp(path, "file:", 5) == 0)
        tt_buf_add_text(name, "./");
    tt_buf_add_text(name, path);
    return name->err;
}

static enum tt_err unchanging_name(const char *path, struct tt_buf *name)
{
    tt_buf_add_text(name, "file:");
    for (; *path != '\0'; path++) {
        if (*path == '%' || *path == '?' || *path == '#')
            tt_buf_addf(name, "%%%02X", (unsigned char)*path);
        else
            tt_buf_add_char(name, *path);
    }
    tt_buf_add_text(name, "?immutable=1");
    return name->err;
}

static int open_as(struct tt_db *db, const char *name, int flags)
{
    sqlite3_close(db->sqlite);
    db->sqlite = NULL;
    int result = sqlite3_open_v2(name, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, tt_log_file_vfs());
    if (result == SQLITE_OK)
        sqlite3_extended_result_codes(db->sqlite, 1);
    return result;
}

static int first_look(const struct tt_db *db)
{
    return sqlite3_exec(db->sqlite, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
}

/* Whether somebody has the file open, or has left what is not in it yet. */
static bool has_beside(const char *path, const char *ending)
{
    char name[4096 + 8];
    struct stat info;
    int len = snprintf(name, sizeof name, "%s%s", path, ending);
    return len < 0 || (size_t)len >= sizeof name || stat(name, &info) == 0;
}

static enum tt_err open_to_write(struct tt_db *db, const char *name, int busy_ms,
                                 struct tt_fault *fault)
{
    if (open_as(db, name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) != SQLITE_OK)
        return explain_open(db->path, true, fault);
    sqlite3_busy_timeout(db->sqlite, busy_ms);
    if (sqlite3_db_readonly(db->sqlite, "main") == 1)
        return tt_fault_set(fault, TT_ERR_READ_ONLY, "store %s: may not be written", db->path);
    /* Turning to the write-ahead log changes the file for good: not that of another program. */
    enum tt_err err = tt_db_refuse_others(db, fault);
    if (err != TT_OK)
        return err;
    int result = SQLITE_BUSY;
    for (int waited_ms = 0; (result & 0xff) == SQLITE_BUSY && waited_ms <= busy_ms;
         waited_ms += RETRY_MS) {
        if (waited_ms > 0)
            sqlite3_sleep(RETRY_MS);
        result = sqlite3_exec(db->sqlite, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    if ((result & 0xff) == SQLITE_CANTOPEN)
        return explain_open(db->path, true, fault);
    if (result != SQLITE_OK)
        return tt_db_failed(db, "opening", fault);
    /* A commit is on disk before its entries are acknowledged, and perhaps trimmed from the queue.
     * When the log goes back is for checkpoint.h. */
    err = tt_db_run(db, "PRAGMA synchronous = FULL", fault);
    return err == TT_OK ? tt_db_run(db, "PRAGMA wal_autocheckpoint = 0", fault) : err;
}

static enum tt_err open_to_read(struct tt_db *db, const char *name, int busy_ms,
                                struct tt_fault *fault)
{
    /* Reading, too, takes part in the write-ahead log's index, so ask for a writable one first. */
    if ((open_as(db, name, SQLITE_OPEN_READWRITE) & 0xff) != SQLITE_OK &&
        open_as(db, name, SQLITE_OPEN_READONLY) != SQLITE_OK)
        return explain_open(db->path, false, fault);
    sqlite3_busy_timeout(db->sqlite, busy_ms);
    int result = first_look(db);
    if (((result & 0xff) == SQLITE_CANTOPEN || (result & 0xff) == SQLITE_READONLY) &&
        !has_beside(db->path, "-wal") && !has_beside(db->path, "-shm")) {
        struct tt_buf uri;
        tt_buf_init(&uri, 0);
        enum tt_err err = unchanging_name(db->path, &uri);
        if (err == TT_OK &&
            open_as(db, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) != SQLITE_OK)
            err = explain_open(db->path, false, fault);
        tt_buf_done(&uri);
        if (err != TT_OK)
            return tt_fault_set(fault, err, "store %s: out of memory", db->path);
        result = first_look(db);
    }
    return result == SQLITE_OK ? TT_OK : tt_db_failed(db, "opening", fault);
}

/* SQLite need not count what memory it has: that takes a lock for each piece. Refused when SQLite
 * is in use already, which is as well. */
static void do_not_count_memory(void)
{
    static atomic_flag done = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&done))
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum tt_err tt_db_open(struct tt_db *db, const char *path, bool write, int busy_ms,
                       struct tt_fault *fault)
{
    struct tt_buf name;
    tt_buf_init(&name, 0);
    size_t size = strlen(path) + 1;
    do_not_count_memory();
    *db = (struct tt_db){.path = tt_mem_alloc(size)};
    enum tt_err err = db->path == NULL ? TT_ERR_NO_MEMORY : plain_name(path, &name);
    if (err != TT_OK) {
        tt_fault_set(fault, err, "store %s: out of memory", path);
    } else {
        memcpy(db->path, path, size);
        err = write ? open_to_write(db, name.data, busy_ms, fault)
                    : open_to_read(db, name.data, busy_ms, fault);
    }
    if (err == TT_OK)
        err = tt_db_run(db, "PRAGMA cache_size = -32768", fault);
    tt_buf_done(&name);
    if (err != TT_OK)
        tt_db_close(db);
    return err;
}
