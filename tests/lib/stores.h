/* The stores that one suite of tests runs over: a fresh store of either kind, and a second look at
 * its tables that does not go through the store port. A test finds its kind in Check's _i. */
#ifndef TT_TESTS_LIB_STORES_H
#define TT_TESTS_LIB_STORES_H

#include "core/port/outbox.h"
#include "core/port/store.h"
#include "tests/lib/suite.h"

enum tt_store_kind { TT_STORE_SQLITE, TT_STORE_POSTGRES, TT_STORE_KINDS };
const char *tt_store_kind_name(int kind);

struct tt_test_store {
    int kind;
    char url[500]; /* as for --store */
    struct tt_store store;
    struct tt_store_reader reader; /* while open */
};

/* A new store, open for writing. Fails the test on an error. */
void tt_test_store_make(struct tt_test_store *test, int kind);
/* Once more, on the same tables. */
void tt_test_store_open_again(struct tt_test_store *test, struct tt_store *ret_store);
void tt_test_store_close(struct tt_test_store *test, struct tt_store *store);
void tt_test_reader_open(struct tt_test_store *test);
void tt_test_reader_close(struct tt_test_store *test);
/* The outbox of the same tables, of a connection of its own. */
void tt_test_outbox_open(const struct tt_test_store *test, struct tt_outbox *ret_outbox);
void tt_test_outbox_close(const struct tt_test_store *test, struct tt_outbox *outbox);
/* Closes both. */
void tt_test_store_done(struct tt_test_store *test);

/* Runs SQL from outside, fails the test on an error. Gives the values of all rows, "|" between
 * columns and "\n" between rows, NULL as that; the caller frees. US(column) in the text is the
 * column's microseconds. */
char *tt_test_store_text(const struct tt_test_store *test, const char *sql);
void tt_test_store_sql(const struct tt_test_store *test, const char *sql);
#define ck_assert_rows(test, sql, expected)                                                        \
    do {                                                                                           \
        char *tt_text = tt_test_store_text(test, sql);                                             \
        ck_assert_msg(strcmp(tt_text, expected) == 0, "%s: %s\n  gave %s\n  not  %s",              \
                      tt_store_kind_name((test)->kind), sql, tt_text, expected);                   \
        free(tt_text);                                                                             \
    } while (0)

/* As TT_SUITE; every case runs once for each kind. */
int tt_suite_run_stores(const char *name, const TTest *const *cases, size_t count);
#define TT_STORE_SUITE(name, ...)                                                                  \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *list[] = {__VA_ARGS__};                                                       \
        return tt_suite_run_stores(name, list, sizeof list / sizeof *list);                        \
    }

#endif
