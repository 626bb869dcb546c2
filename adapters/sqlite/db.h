/* One SQLite connection: opening, statements, errors as ours. Inside adapters/sqlite only. Threads:
 * one. */
#ifndef TT_ADAPTERS_SQLITE_DB_H
#define TT_ADAPTERS_SQLITE_DB_H

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include <sqlite3.h>

struct tt_db {
    sqlite3 *sqlite;
    char *path; /* owned */
};

/* Opens the file, creating it when `write`; WAL, busy timeout. Without `write` nothing is created,
 * and a file in a folder that may not be written is read all the same. A path is a name and never a
 * URI. Errors, with the path: NOT_FOUND, DENIED, READ_ONLY, CORRUPT (no SQLite database), BUSY,
 * NO_SPACE, IO, NO_MEMORY; with `write` those of tt_db_refuse_others. On failure db is closed. */
enum tt_err tt_db_open(struct tt_db *db, const char *path, bool write, int busy_ms,
                       struct tt_fault *fault) TT_MUST_CHECK;
void tt_db_close(struct tt_db *db);

/* The error for SQLite's last failure on this connection. */
enum tt_err tt_db_failed(const struct tt_db *db, const char *doing, struct tt_fault *fault);
/* Runs SQL without results. */
enum tt_err tt_db_run(const struct tt_db *db, const char *sql,
                      struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_db_prepare(const struct tt_db *db, const char *sql, sqlite3_stmt **ret_statement,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* One step: *ret_row whether there is a row. Resets the statement when there is none, or on
 * failure. */
enum tt_err tt_db_step(const struct tt_db *db, sqlite3_stmt *statement, bool *ret_row,
                       struct tt_fault *fault) TT_MUST_CHECK;
/* A statement without rows. */
enum tt_err tt_db_execute(const struct tt_db *db, sqlite3_stmt *statement,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* The two above with the codes of what was bound before (tt_db_bound). */
enum tt_err tt_db_step_bound(const struct tt_db *db, sqlite3_stmt *statement, int codes,
                             bool *ret_row, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_db_execute_bound(const struct tt_db *db, sqlite3_stmt *statement, int codes,
                                struct tt_fault *fault) TT_MUST_CHECK;

/* Binding by place; absent text and TT_TIME_NONE are NULL. Text must stay until the statement is
 * reset. Each gives SQLite's code, so that several can be joined with |; 0 is success. */
int tt_db_bind_text(sqlite3_stmt *statement, int place, struct tt_str text);
int tt_db_bind_int(sqlite3_stmt *statement, int place, int64_t value);
int tt_db_bind_time(sqlite3_stmt *statement, int place, int64_t us);
/* What joined codes mean: a text is longer than SQLite holds, or memory is out. */
enum tt_err tt_db_bound(const struct tt_db *db, int codes, struct tt_fault *fault) TT_MUST_CHECK;
/* Columns; text borrows until the next step. */
struct tt_str tt_db_text(sqlite3_stmt *statement, int column);
int64_t tt_db_time(sqlite3_stmt *statement, int column);
bool tt_db_is_null(sqlite3_stmt *statement, int column);

/* Refuses what is not ours to write, and changes nothing. Errors: UNSUPPORTED (a newer schema),
 * INVALID (somebody else's tables and none of ours). */
enum tt_err tt_db_refuse_others(const struct tt_db *db, struct tt_fault *fault) TT_MUST_CHECK;
/* Brings the schema up to date, safe with several processes at once. Errors: UNSUPPORTED (a newer
 * schema), INVALID (somebody else's tables and none of ours). */
enum tt_err tt_db_migrate(const struct tt_db *db, struct tt_fault *fault) TT_MUST_CHECK;
/* For readers: the schema is there and the one we know. Errors: CORRUPT, UNSUPPORTED. */
enum tt_err tt_db_check_schema(const struct tt_db *db, struct tt_fault *fault) TT_MUST_CHECK;

#endif
