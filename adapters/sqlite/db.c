#include "adapters/sqlite/db.h"

#include "core/base/assert.h"
#include "core/base/time.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the file system says of a path SQLite could not open: SQLite's own answer is one for all
 * causes. */
static enum tt_err explain_open(const char *path, bool write, struct tt_fault *fault)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return tt_fault_errno(fault, TT_ERR_INVALID, EISDIR, "store %s", path);
        if (access(path, write ? R_OK | W_OK : R_OK) != 0)
            return tt_fault_errno(fault, errno == EROFS ? TT_ERR_READ_ONLY : TT_ERR_DENIED, errno,
                                  "store %s", path);
        return tt_fault_set(fault, TT_ERR_IO, "store %s: could not be opened", path);
    }
    int problem = errno;
    enum tt_err err = problem == EACCES ? TT_ERR_DENIED : TT_ERR_NOT_FOUND;
    if (write && problem == ENOENT)
        return tt_fault_set(
            fault, err, "store %s: could not be created: is its folder there and writable?", path);
    return tt_fault_errno(fault, err, problem, "store %s", path);
}

static enum tt_err code_of(int result, int os_errno)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return TT_ERR_BUSY;
    case SQLITE_FULL: return TT_ERR_NO_SPACE;
    case SQLITE_READONLY: return TT_ERR_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return TT_ERR_CORRUPT;
    case SQLITE_NOMEM: return TT_ERR_NO_MEMORY;
    case SQLITE_TOOBIG: return TT_ERR_LIMIT;
    case SQLITE_IOERR:
        return os_errno == ENOSPC || os_errno == EDQUOT ? TT_ERR_NO_SPACE : TT_ERR_IO;
    default: return TT_ERR_IO;
    }
}

enum tt_err tt_db_failed(const struct tt_db *db, const char *doing, struct tt_fault *fault)
{
    int result = sqlite3_extended_errcode(db->sqlite);
    return tt_fault_set(fault, code_of(result, sqlite3_system_errno(db->sqlite)),
                        "store %s: %s: %s", db->path, doing, sqlite3_errmsg(db->sqlite));
}

enum tt_err tt_db_run(const struct tt_db *db, const char *sql, struct tt_fault *fault)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK)
        return TT_OK;
    char doing[48];
    snprintf(doing, sizeof doing, "%.40s", sql);
    return tt_db_failed(db, doing, fault);
}

/* Switching to WAL takes an exclusive lock for a moment, and SQLite does not wait for it as it does
 * for others: of several processes that open a new file at once all but one would fail. */
static enum tt_err use_wal(const struct tt_db *db, int busy_ms, struct tt_fault *fault)
{
    enum { PAUSE_MS = 10 };
    for (int waited_ms = 0;; waited_ms += PAUSE_MS) {
        struct tt_fault inner = {0};
        enum tt_err err = tt_db_run(db, "PRAGMA journal_mode = WAL", &inner);
        if (err != TT_ERR_BUSY || waited_ms >= busy_ms)
            return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "%s", inner.text);
        sqlite3_sleep(PAUSE_MS);
    }
}

enum tt_err tt_db_open(struct tt_db *db, const char *path, bool write, int busy_ms,
                       struct tt_fault *fault)
{
    size_t len = strlen(path) + 1;
    *db = (struct tt_db){.path = tt_mem_alloc(len)};
    if (db->path == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    memcpy(db->path, path, len);
    int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    int result = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!write && (result & 0xff) == SQLITE_CANTOPEN) {
        /* A reader of a file it may not write still reads, as long as nobody writes. */
        sqlite3_close(db->sqlite);
        result =
            sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    }
    if (result != SQLITE_OK) {
        enum tt_err err = explain_open(path, write, fault);
        tt_db_close(db);
        return err;
    }
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, busy_ms);
    enum tt_err err = TT_OK;
    if (write && sqlite3_db_readonly(db->sqlite, "main") == 1)
        err = tt_fault_set(fault, TT_ERR_READ_ONLY, "store %s: may not be written", path);
    if (err == TT_OK && write)
        err = use_wal(db, busy_ms, fault);
    if (err == TT_OK && write)
        err = tt_db_run(db, "PRAGMA synchronous = NORMAL", fault);
    if (err == TT_OK)
        err = tt_db_run(db, "PRAGMA cache_size = -32768", fault);
    if (err != TT_OK)
        tt_db_close(db);
    return err;
}

void tt_db_close(struct tt_db *db)
{
    sqlite3_close(db->sqlite);
    tt_mem_free(db->path);
    *db = (struct tt_db){0};
}

enum tt_err tt_db_prepare(const struct tt_db *db, const char *sql, sqlite3_stmt **ret_statement,
                          struct tt_fault *fault)
{
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) ==
        SQLITE_OK)
        return TT_OK;
    return tt_db_failed(db, "prepare", fault);
}

enum tt_err tt_db_step(const struct tt_db *db, sqlite3_stmt *statement, bool *ret_row,
                       struct tt_fault *fault)
{
    int result = sqlite3_step(statement);
    *ret_row = result == SQLITE_ROW;
    if (result == SQLITE_ROW)
        return TT_OK;
    enum tt_err err = result == SQLITE_DONE ? TT_OK : tt_db_failed(db, "write", fault);
    sqlite3_reset(statement);
    return err;
}

enum tt_err tt_db_execute(const struct tt_db *db, sqlite3_stmt *statement, struct tt_fault *fault)
{
    bool row = false;
    enum tt_err err = tt_db_step(db, statement, &row, fault);
    if (row)
        sqlite3_reset(statement);
    return err;
}

/* Binding fails only for a wrong place or type, a bug, or without memory, which the step then
 * reports. */
void tt_db_bind_text(sqlite3_stmt *statement, int place, struct tt_str text)
{
    if (text.ptr == NULL)
        sqlite3_bind_null(statement, place);
    else
        sqlite3_bind_text64(statement, place, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void tt_db_bind_int(sqlite3_stmt *statement, int place, int64_t value)
{
    sqlite3_bind_int64(statement, place, value);
}

void tt_db_bind_time(sqlite3_stmt *statement, int place, int64_t us)
{
    if (us == TT_TIME_NONE)
        sqlite3_bind_null(statement, place);
    else
        sqlite3_bind_int64(statement, place, us);
}

struct tt_str tt_db_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text == NULL ? TT_STR_NONE
                        : (struct tt_str){text, (size_t)sqlite3_column_bytes(statement, column)};
}

int64_t tt_db_time(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? TT_TIME_NONE
               : sqlite3_column_int64(statement, column);
}

struct tt_str tt_db_keep(sqlite3_stmt *statement, int column, struct tt_arena *arena, bool *ok)
{
    struct tt_str text = tt_db_text(statement, column);
    if (text.ptr == NULL)
        return text;
    text.ptr = tt_arena_copy(arena, text.ptr, text.len);
    *ok = *ok && text.ptr != NULL;
    return text;
}
