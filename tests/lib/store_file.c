#include "tests/lib/store_file.h"

#include "core/base/buf.h"
#include <check.h>
#include <stdlib.h>

enum { BUSY_MS = 60 * 1000 };

struct tt_store tt_test_store_open(const char *path)
{
    struct tt_store store = {0};
    struct tt_fault fault = {0};
    ck_assert_msg(tt_sqlite_store_open(path, BUSY_MS, &store, &fault) == TT_OK, "%s", fault.text);
    return store;
}

static int add_row(void *context, int count, char **values, char **names)
{
    struct tt_buf *buf = context;
    (void)names;
    if (buf->len > 0)
        tt_buf_add_char(buf, '\n');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            tt_buf_add_char(buf, '|');
        tt_buf_add_text(buf, values[i] == NULL ? "NULL" : values[i]);
    }
    return 0;
}

char *tt_test_sql_text(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_buf_add_text(&buf, "");
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
                     SQLITE_OK);
    sqlite3_busy_timeout(db, BUSY_MS);
    int result = sqlite3_exec(db, sql, add_row, &buf, NULL);
    ck_assert_msg(result == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    return buf.data;
}

void tt_test_sql(const char *path, const char *sql)
{
    free(tt_test_sql_text(path, sql));
}

long long tt_test_sql_number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    long long number = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 5000);
        if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}
