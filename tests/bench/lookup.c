/* bench_lookup: how long one task's replay takes in a running process.
 *
 *   bench_lookup --store URL [--lookups N]
 *
 * Tasks are drawn from the store, each with the same chance. For each the store's rows of it are
 * read and put in order (audit, current, intervals), as `replay` does; and, turn and turn about,
 * the bare rows by the same index with the vendor's own client. Prints p50, p99 and the longest of
 * both, in milliseconds. */
#include "adapters/postgres/store.h"
#include "adapters/sqlite/store.h"
#include "core/base/mem.h"

#include <errno.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct key {
    char tenant[64], task_id[64];
};

struct lookup {
    const char *url;
    size_t count, key_count, rows;
    struct key *keys;
    struct tt_store_reader reader;
    sqlite3 *db;
    sqlite3_stmt *statement;
    PGconn *conn;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_lookup: %s: %s\n", what, why);
    exit(2);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* SplitMix64, from one seed: the same tasks each time. */
static uint64_t chance(void)
{
    static uint64_t state = 1;
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void add_key(struct lookup *l, const char *tenant, const char *task_id)
{
    struct key *key = &l->keys[l->key_count];
    if (l->key_count == l->count || strlen(tenant) >= sizeof key->tenant ||
        strlen(task_id) >= sizeof key->task_id)
        return;
    snprintf(key->tenant, sizeof key->tenant, "%s", tenant);
    snprintf(key->task_id, sizeof key->task_id, "%s", task_id);
    l->key_count++;
}

/* Every so-manieth task, so that there are about as many as asked for. */
static void draw_sqlite(struct lookup *l)
{
    static const char sql[] = "SELECT tenant, task_id FROM task_status_current WHERE rowid % (1 + "
                              "(SELECT max(rowid) FROM "
                              "task_status_current) / ?1) = 0";
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK)
        die(l->url, sqlite3_errmsg(l->db));
    sqlite3_bind_int64(s, 1, (int64_t)l->count);
    while (sqlite3_step(s) == SQLITE_ROW)
        add_key(l, (const char *)sqlite3_column_text(s, 0),
                (const char *)sqlite3_column_text(s, 1));
    sqlite3_finalize(s);
}

static void draw_postgres(struct lookup *l)
{
    static const char sql[] =
        "SELECT tenant, task_id FROM (SELECT tenant, task_id, row_number() OVER () AS n, count(*) "
        "OVER () AS tasks FROM task_status_current) AS t WHERE n % (1 + tasks / $1::bigint) = 0";
    char count[24];
    const char *values[] = {count};
    snprintf(count, sizeof count, "%zu", l->count);
    PGresult *result = PQexecParams(l->conn, sql, 1, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die(l->url, PQerrorMessage(l->conn));
    for (int i = 0; i < PQntuples(result); i++)
        add_key(l, PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
    PQclear(result);
}

static void draw_keys(struct lookup *l)
{
    l->keys = tt_mem_array(l->count, sizeof *l->keys);
    if (l->keys == NULL)
        die("lookups", strerror(errno));
    if (l->db != NULL)
        draw_sqlite(l);
    else
        draw_postgres(l);
    for (size_t i = l->key_count; i > 1; i--) {
        size_t other = (size_t)chance() % i;
        struct key swap = l->keys[i - 1];
        l->keys[i - 1] = l->keys[other];
        l->keys[other] = swap;
    }
}

static enum tt_err audit_row(void *context, const struct tt_audit_row *row)
{
    struct lookup *l = context;
    l->rows += row->apply_seq > 0;
    return TT_OK;
}

static enum tt_err current_row(void *context, const struct tt_current_row *row)
{
    struct lookup *l = context;
    l->rows += row->events > 0;
    return TT_OK;
}

static enum tt_err stay_row(void *context, struct tt_str tenant, struct tt_str task_id,
                            const struct tt_interval_row *row)
{
    struct lookup *l = context;
    (void)tenant;
    (void)task_id;
    l->rows += row->position > 0;
    return TT_OK;
}

static void replay(struct lookup *l, const struct key *key)
{
    struct tt_fault fault = {0};
    struct tt_str tenant = tt_str_from(key->tenant), task_id = tt_str_from(key->task_id);
    const struct tt_store_reader *r = &l->reader;
    if (r->audit(r->context, tenant, task_id, audit_row, l, &fault) != TT_OK ||
        r->current(r->context, tenant, task_id, current_row, l, &fault) != TT_OK ||
        r->intervals(r->context, tenant, task_id, stay_row, l, &fault) != TT_OK)
        die(l->url, fault.text);
}

#define BARE "SELECT status, event_time, event_id, apply_seq FROM task_status_audit WHERE"

static void bare(struct lookup *l, const struct key *key)
{
    if (l->db != NULL) {
        sqlite3_bind_text(l->statement, 1, key->tenant, -1, SQLITE_STATIC);
        sqlite3_bind_text(l->statement, 2, key->task_id, -1, SQLITE_STATIC);
        while (sqlite3_step(l->statement) == SQLITE_ROW)
            l->rows += sqlite3_column_bytes(l->statement, 2) > 0;
        sqlite3_reset(l->statement);
        return;
    }
    const char *values[] = {key->tenant, key->task_id};
    PGresult *result = PQexecPrepared(l->conn, "bare", 2, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die(l->url, PQerrorMessage(l->conn));
    l->rows += (size_t)PQntuples(result);
    PQclear(result);
}

static void open_both(struct lookup *l)
{
    struct tt_fault fault = {0};
    if (strncmp(l->url, "sqlite:", 7) == 0) {
        if (tt_sqlite_reader_open(l->url + 7, TT_SQLITE_BUSY_MS_DEFAULT, &l->reader, &fault) !=
            TT_OK)
            die(l->url, fault.text);
        if (sqlite3_open_v2(l->url + 7, &l->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
            sqlite3_prepare_v2(l->db, BARE " tenant = ?1 AND task_id = ?2", -1, &l->statement,
                               NULL) != SQLITE_OK)
            die(l->url, sqlite3_errmsg(l->db));
        return;
    }
    if (tt_pg_reader_open(l->url, NULL, &l->reader, &fault) != TT_OK)
        die(l->url, fault.text);
    l->conn = PQconnectdb(l->url);
    PGresult *result = PQprepare(l->conn, "bare", BARE " tenant = $1 AND task_id = $2", 2, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(l->url, PQerrorMessage(l->conn));
    PQclear(result);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    struct lookup l = {.count = 20000};
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--store") == 0)
            l.url = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--lookups") == 0)
            l.count = strtoull(argv[++i], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (l.url == NULL || l.count == 0)
        die("usage", "--store URL [--lookups N]");
    open_both(&l);
    draw_keys(&l);
    double *ours = tt_mem_array(l.key_count, sizeof *ours);
    double *theirs = tt_mem_array(l.key_count, sizeof *theirs);
    if (ours == NULL || theirs == NULL || l.key_count == 0)
        die("lookups", "none");
    for (size_t i = 0; i < l.key_count; i++) {
        /* The two ask about different tasks, so that neither warms the pages of the other. */
        double started = now_ms();
        replay(&l, &l.keys[i]);
        double between = now_ms();
        bare(&l, &l.keys[l.key_count - 1 - i]);
        ours[i] = between - started;
        theirs[i] = now_ms() - between;
    }
    qsort(ours, l.key_count, sizeof *ours, by_size);
    qsort(theirs, l.key_count, sizeof *theirs, by_size);
    size_t middle = l.key_count / 2, high = l.key_count * 99 / 100;
    printf("%zu tasks, %zu rows: replay p50 %.3f ms, p99 %.3f ms, longest %.1f ms; bare p50 %.3f "
           "ms, p99 %.3f ms, longest %.1f ms\n",
           l.key_count, l.rows, ours[middle], ours[high], ours[l.key_count - 1], theirs[middle],
           theirs[high], theirs[l.key_count - 1]);
    return 0;
}
