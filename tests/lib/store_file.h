/* A store file of the test's own, and a second look at it that does not go through the store. */
#ifndef TT_TESTS_LIB_STORE_FILE_H
#define TT_TESTS_LIB_STORE_FILE_H

#include "adapters/sqlite/store.h"
#include <sqlite3.h>

/* Opens path for writing, or fails the test. */
struct tt_store tt_test_store_open(const char *path);
/* Runs SQL on the file from outside; fails the test on an error. */
void tt_test_sql(const char *path, const char *sql);
/* The same; the values of all rows, "|" between columns and "\n" between rows; the caller frees. */
char *tt_test_sql_text(const char *path, const char *sql);
/* The first value as a number; -1 where it cannot be asked for yet. */
long long tt_test_sql_number(const char *path, const char *sql);
#define ck_assert_sql(path, sql, expected)                                                         \
    do {                                                                                           \
        char *tt_text = tt_test_sql_text(path, sql);                                               \
        ck_assert_str_eq(tt_text, expected);                                                       \
        free(tt_text);                                                                             \
    } while (0)

#endif
