#include "adapters/sqlite/db.h"

#include "core/base/time.h"
#include <errno.h>
#include <stdio.h>

static enum tt_err code_of(int result, int os_errno)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return TT_ERR_BUSY;
    case SQLITE_FULL: return TT_ERR_NO_SPACE;
    case SQLITE_READONLY: return TT_ERR_READ_ONLY;
    case SQLITE_PERM:
    case SQLITE_AUTH: return TT_ERR_DENIED;
    case SQLITE_ERROR:      /* our SQL does not fit: tables are missing or are not ours */
    case SQLITE_CONSTRAINT: /* a row is there that should not be */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return TT_ERR_CORRUPT;
    case SQLITE_NOMEM: return TT_ERR_NO_MEMORY;
    case SQLITE_TOOBIG: return TT_ERR_LIMIT;
    default: break;
    }
    if (os_errno == ENOSPC || os_errno == EDQUOT)
        return TT_ERR_NO_SPACE;
    return os_errno == EACCES || os_errno == EPERM ? TT_ERR_DENIED : TT_ERR_IO;
}

enum tt_err tt_db_failed(const struct tt_db *db, const char *doing, struct tt_fault *fault)
{
    int result = sqlite3_extended_errcode(db->sqlite);
    if (result == SQLITE_NOTADB)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: is no SQLite database", db->path);
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
    return tt_db_failed(db, "preparing", fault);
}

enum tt_err tt_db_step(const struct tt_db *db, sqlite3_stmt *statement, bool *ret_row,
                       struct tt_fault *fault)
{
    int result = sqlite3_step(statement);
    *ret_row = result == SQLITE_ROW;
    if (result == SQLITE_ROW)
        return TT_OK;
    enum tt_err err = TT_OK;
    if (result != SQLITE_DONE)
        err = tt_db_failed(db, sqlite3_stmt_readonly(statement) ? "reading" : "writing", fault);
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

int tt_db_bind_text(sqlite3_stmt *statement, int place, struct tt_str text)
{
    if (text.ptr == NULL)
        return sqlite3_bind_null(statement, place);
    return sqlite3_bind_text64(statement, place, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

int tt_db_bind_int(sqlite3_stmt *statement, int place, int64_t value)
{
    return sqlite3_bind_int64(statement, place, value);
}

int tt_db_bind_time(sqlite3_stmt *statement, int place, int64_t us)
{
    return us == TT_TIME_NONE ? sqlite3_bind_null(statement, place)
                              : sqlite3_bind_int64(statement, place, us);
}

/* Codes of one kind stay what they are when joined; two kinds at once do not happen to one row. */
enum tt_err tt_db_bound(const struct tt_db *db, int codes, struct tt_fault *fault)
{
    if (codes == SQLITE_OK)
        return TT_OK;
    if ((codes & SQLITE_TOOBIG) == SQLITE_TOOBIG)
        return tt_fault_set(fault, TT_ERR_LIMIT, "store %s: a text is too big for SQLite",
                            db->path);
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "store %s: out of memory", db->path);
}

enum tt_err tt_db_step_bound(const struct tt_db *db, sqlite3_stmt *statement, int codes,
                             bool *ret_row, struct tt_fault *fault)
{
    enum tt_err err = tt_db_bound(db, codes, fault);
    return err == TT_OK ? tt_db_step(db, statement, ret_row, fault) : err;
}

enum tt_err tt_db_execute_bound(const struct tt_db *db, sqlite3_stmt *statement, int codes,
                                struct tt_fault *fault)
{
    enum tt_err err = tt_db_bound(db, codes, fault);
    return err == TT_OK ? tt_db_execute(db, statement, fault) : err;
}

/* A column is looked up once, as a value, and the value asked for the rest: without a mutex on the
 * connection (SQLITE_OPEN_NOMUTEX) it is as good as a protected one. */
struct tt_str tt_db_text(sqlite3_stmt *statement, int column)
{
    /* As a blob, a text is not copied to be terminated; an empty one has no address. */
    sqlite3_value *value = sqlite3_column_value(statement, column);
    const char *text = sqlite3_value_blob(value);
    if (text == NULL)
        return sqlite3_value_type(value) == SQLITE_NULL ? TT_STR_NONE : TT_STR("");
    return (struct tt_str){text, (size_t)sqlite3_value_bytes(value)};
}

int64_t tt_db_time(sqlite3_stmt *statement, int column)
{
    sqlite3_value *value = sqlite3_column_value(statement, column);
    return sqlite3_value_type(value) == SQLITE_NULL ? TT_TIME_NONE : sqlite3_value_int64(value);
}

bool tt_db_is_null(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}
