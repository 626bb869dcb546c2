/* bench_lookup: how long one task's replay takes in a running process.
 *
 *   bench_lookup --store URL --lookups N FILE
 *
 * FILE holds the events that the store was filled with. Tasks are drawn at random from it. For each
 * the store's rows of it are read and put in order (audit, current, intervals), as `replay` does;
 * and, turn and turn about, the bare rows by the same index with the vendor's own client. Prints
 * p50 and p99 of both, in milliseconds, and how many times the one is the other. */
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
    const char *url, *file;
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

static bool text_of(const char *line, const char *name, char *out, size_t size)
{
    const char *at = strstr(line, name);
    if (at == NULL)
        return false;
    at += strlen(name);
    size_t len = strcspn(at, "\"");
    if (len >= size)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
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

/* Every line has the same chance, so a task with many events has more of it. */
static void draw_keys(struct lookup *l)
{
    char *line = NULL;
    size_t size = 0, seen = 0;
    FILE *file = fopen(l->file, "r");
    l->keys = tt_mem_array(l->count, sizeof *l->keys);
    if (file == NULL || l->keys == NULL)
        die(l->file, strerror(errno));
    while (getline(&line, &size, file) > 0) {
        size_t place = seen < l->count ? seen : (size_t)chance() % (seen + 1);
        struct key key;
        seen++;
        if (place < l->count && text_of(line, "\"tenant\":\"", key.tenant, sizeof key.tenant) &&
            text_of(line, "\"task_id\":\"", key.task_id, sizeof key.task_id))
            l->keys[place] = key;
    }
    free(line);
    fclose(file);
    l->key_count = seen < l->count ? seen : l->count;
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
        if (argv[i][0] != '-')
            l.file = argv[i];
        else if (i + 1 < argc && strcmp(argv[i], "--store") == 0)
            l.url = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--lookups") == 0)
            l.count = strtoull(argv[++i], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (l.url == NULL || l.file == NULL || l.count == 0)
        die("usage", "--store URL [--lookups N] FILE");
    draw_keys(&l);
    open_both(&l);
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
    printf("%zu lookups, %zu rows: replay p50 %.3f ms, p99 %.3f ms; bare p50 %.3f ms, p99 %.3f ms; "
           "%.1f and %.1f times\n",
           l.key_count, l.rows, ours[middle], ours[high], theirs[middle], theirs[high],
           ours[middle] / theirs[middle], ours[high] / theirs[high]);
    return 0;
}
