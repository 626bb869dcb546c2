#include "tests/lib/stores.h"

#include "adapters/postgres/outbox.h"
#include "adapters/postgres/store.h"
#include "adapters/sqlite/outbox.h"
#include "adapters/sqlite/outbox_sql.h"
#include "adapters/sqlite/writer.h"
#include "core/base/buf.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/store_file.h"
#include "tests/lib/tmpdir.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 60 * 1000 };

static struct tt_postgres_server server;

const char *tt_store_kind_name(int kind)
{
    static const char *const names[TT_STORE_KINDS] = {"sqlite", "postgres"};
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
    if (kind == TT_STORE_SQLITE)
        snprintf(test->url, sizeof test->url, "sqlite:%s", tt_tmpfile(name));
    else
        snprintf(test->url, sizeof test->url, "%s", tt_postgres_new_url(&server));
    tt_test_store_open_again(test, &test->store);
}

void tt_test_store_open_again(struct tt_test_store *test, struct tt_store *ret_store)
{
    struct tt_fault fault = {0};
    enum tt_err err = test->kind == TT_STORE_SQLITE
                          ? tt_sqlite_store_open(path_of(test), BUSY_MS, ret_store, &fault)
                          : tt_pg_store_open(test->url, NULL, ret_store, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    if (test->kind == TT_STORE_SQLITE) { /* no test cuts the power: as the server's fsync=off */
        const struct tt_writer *writer = ret_store->context;
        ck_assert_int_eq(tt_db_run(&writer->db, "PRAGMA synchronous = OFF", NULL), TT_OK);
    }
}

void tt_test_store_close(struct tt_test_store *test, struct tt_store *store)
{
    if (test->kind == TT_STORE_SQLITE)
        tt_sqlite_store_done(store);
    else
        tt_pg_store_done(store);
}

void tt_test_reader_open(struct tt_test_store *test)
{
    struct tt_fault fault = {0};
    enum tt_err err = test->kind == TT_STORE_SQLITE
                          ? tt_sqlite_reader_open(path_of(test), BUSY_MS, &test->reader, &fault)
                          : tt_pg_reader_open(test->url, NULL, &test->reader, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
}

void tt_test_reader_close(struct tt_test_store *test)
{
    if (test->kind == TT_STORE_SQLITE)
        tt_sqlite_reader_done(&test->reader);
    else
        tt_pg_reader_done(&test->reader);
}

void tt_test_outbox_open(const struct tt_test_store *test, struct tt_outbox *ret_outbox)
{
    struct tt_fault fault = {0};
    enum tt_err err = test->kind == TT_STORE_SQLITE
                          ? tt_sqlite_outbox_open(path_of(test), BUSY_MS, ret_outbox, &fault)
                          : tt_pg_outbox_open(test->url, NULL, ret_outbox, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    if (test->kind == TT_STORE_SQLITE) {
        const struct tt_outbox_db *face = ret_outbox->context;
        const struct tt_sqlite_outbox *outbox = face->context;
        ck_assert_int_eq(tt_db_run(&outbox->db, "PRAGMA synchronous = OFF", NULL), TT_OK);
    }
}

void tt_test_outbox_close(const struct tt_test_store *test, struct tt_outbox *outbox)
{
    if (test->kind == TT_STORE_SQLITE)
        tt_sqlite_outbox_done(outbox);
    else
        tt_pg_outbox_done(outbox);
}

void tt_test_store_done(struct tt_test_store *test)
{
    tt_test_reader_close(test);
    tt_test_store_close(test, &test->store);
}

/* US(column), as each kind says it. */
static void expand(struct tt_buf *buf, const char *sql, int kind)
{
    for (const char *at; (at = strstr(sql, "US(")) != NULL;) {
        size_t name = strcspn(at + 3, ")");
        tt_buf_add(buf, sql, (size_t)(at - sql));
        tt_buf_add_text(buf, kind == TT_STORE_SQLITE ? "(" : "(extract(epoch FROM ");
        tt_buf_add(buf, at + 3, name);
        tt_buf_add_text(buf, kind == TT_STORE_SQLITE ? ")" : ") * 1000000)::bigint");
        sql = at + 3 + name + 1;
    }
    tt_buf_add_text(buf, sql);
}

char *tt_test_store_text(const struct tt_test_store *test, const char *sql)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    expand(&buf, sql, test->kind);
    char *text = test->kind == TT_STORE_SQLITE ? tt_test_sql_text(path_of(test), buf.data)
                                               : tt_postgres_text(test->url, buf.data);
    tt_buf_done(&buf);
    return text;
}

void tt_test_store_sql(const struct tt_test_store *test, const char *sql)
{
    free(tt_test_store_text(test, sql));
}

int tt_suite_run_stores(const char *name, const TTest *const *cases, size_t count)
{
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run_each(name, cases, count, 120, TT_STORE_KINDS);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
