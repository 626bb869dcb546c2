#include "tests/lib/stores.h"

#include "core/base/buf.h"
#include "tests/lib/store_file.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 60 * 1000 };

const char *tt_store_kind_name(int kind)
{
    static const char *const names[TT_STORE_KINDS] = {"sqlite"};
    return names[kind];
}

static const char *path_of(const struct tt_test_store *test)
{
    return test->url + strlen("sqlite:");
}

void tt_test_store_make(struct tt_test_store *test, int kind)
{
    static unsigned number;
    char name[32];
    *test = (struct tt_test_store){.kind = kind};
    snprintf(name, sizeof name, "store-%u.db", number++);
    snprintf(test->url, sizeof test->url, "sqlite:%s", tt_tmpfile(name));
    tt_test_store_open_again(test, &test->store);
}

void tt_test_store_open_again(struct tt_test_store *test, struct tt_store *ret_store)
{
    *ret_store = tt_test_store_open(path_of(test));
}

void tt_test_store_close(struct tt_test_store *test, struct tt_store *store)
{
    (void)test;
    tt_sqlite_store_done(store);
}

void tt_test_reader_open(struct tt_test_store *test)
{
    struct tt_fault fault = {0};
    enum tt_err err = tt_sqlite_reader_open(path_of(test), BUSY_MS, &test->reader, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
}

void tt_test_reader_close(struct tt_test_store *test)
{
    tt_sqlite_reader_done(&test->reader);
}

void tt_test_store_done(struct tt_test_store *test)
{
    tt_test_reader_close(test);
    tt_test_store_close(test, &test->store);
}

/* US(column), as each kind says it. */
static void expand(struct tt_buf *buf, const char *sql)
{
    for (const char *at; (at = strstr(sql, "US(")) != NULL; sql = at + 2) {
        tt_buf_add(buf, sql, (size_t)(at - sql));
    }
    tt_buf_add_text(buf, sql);
}

char *tt_test_store_text(const struct tt_test_store *test, const char *sql)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    expand(&buf, sql);
    char *text = tt_test_sql_text(path_of(test), buf.data);
    tt_buf_done(&buf);
    return text;
}

void tt_test_store_sql(const struct tt_test_store *test, const char *sql)
{
    free(tt_test_store_text(test, sql));
}

int tt_suite_run_stores(const char *name, const TTest *const *cases, size_t count)
{
    return tt_suite_run_each(name, cases, count, 120, TT_STORE_KINDS);
}
