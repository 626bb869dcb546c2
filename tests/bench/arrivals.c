/* bench_arrivals: how long after it was offered a row can be read by others.
 *
 *   bench_arrivals --store URL --table NAME --count N
 *
 * Looks five thousand times a second for rows that were not there before, whoever writes them, and
 * compares the clock with what the producer wrote into `message` (NUMBER:MICROSECONDS,
 * tests/bench/offer.mjs). Prints p50, p99 and the longest in milliseconds, when it has seen N rows.
 * SQLite: asked only when the file has changed. PostgreSQL: rows behind the last pages seen, so
 * only where rows are not put into the gaps of older ones. */
#include <errno.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_EVERY_US = 200, GIVE_UP_S = 60 };

struct arrivals {
    const char *url, *table;
    size_t wanted, seen;
    int64_t *latency_us; /* by number; 0: not seen */
    sqlite3 *db;
    PGconn *conn;
    char sql[300];
    int64_t last; /* SQLite: rowid; PostgreSQL: page */
    int version;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_arrivals: %s: %s\n", what, why);
    exit(2);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void note(struct arrivals *a, const char *message, int64_t now)
{
    char *end;
    size_t number = strtoull(message == NULL ? "" : message, &end, 10);
    if (*end != ':' || number >= a->wanted || a->latency_us[number] != 0)
        return;
    int64_t latency = now - strtoll(end + 1, NULL, 10);
    a->latency_us[number] = latency < 1 ? 1 : latency;
    a->seen++;
}

static void look_sqlite(struct arrivals *a)
{
    static sqlite3_stmt *version, *rows;
    if (version == NULL) {
        if (sqlite3_prepare_v2(a->db, "PRAGMA data_version", -1, &version, NULL) != SQLITE_OK)
            die(a->url, sqlite3_errmsg(a->db));
        snprintf(a->sql, sizeof a->sql,
                 /* tidy: sql-format: a table of the bench's own */
                 "SELECT rowid, message FROM %s WHERE rowid > ?1", a->table);
        if (sqlite3_prepare_v2(a->db, a->sql, -1, &rows, NULL) != SQLITE_OK) {
            sqlite3_finalize(version); /* the table is not there yet */
            version = NULL;
            return;
        }
    }
    int changed = a->version;
    if (sqlite3_step(version) == SQLITE_ROW)
        changed = sqlite3_column_int(version, 0);
    sqlite3_reset(version);
    if (changed == a->version)
        return;
    a->version = changed;
    sqlite3_bind_int64(rows, 1, a->last);
    int64_t now = 0;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (now == 0) /* the first row: they are there */
            now = now_us();
        a->last = sqlite3_column_int64(rows, 0);
        note(a, (const char *)sqlite3_column_text(rows, 1), now);
    }
    sqlite3_reset(rows);
}

static void look_postgres(struct arrivals *a)
{
    char from[40];
    const char *values[] = {from};
    snprintf(from, sizeof from, "(%lld,0)", (long long)(a->last > 2 ? a->last - 2 : 0));
    snprintf(a->sql, sizeof a->sql,
             /* tidy: sql-format: a table of the bench's own */
             "SELECT message, (ctid::text::point)[0]::int FROM %s WHERE ctid >= $1::tid", a->table);
    PGresult *result = PQexecParams(a->conn, a->sql, 1, NULL, values, NULL, NULL, 0);
    int64_t now = now_us();
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        for (int i = 0; i < PQntuples(result); i++) {
            long long page = strtoll(PQgetvalue(result, i, 1), NULL, 10);
            if (page > a->last)
                a->last = page;
            note(a, PQgetisnull(result, i, 0) ? NULL : PQgetvalue(result, i, 0), now);
        }
    PQclear(result);
}

static void open_store(struct arrivals *a)
{
    if (strncmp(a->url, "sqlite:", 7) != 0) {
        a->conn = PQconnectdb(a->url);
        if (PQstatus(a->conn) != CONNECTION_OK)
            die(a->url, PQerrorMessage(a->conn));
        return;
    }
    int result = SQLITE_ERROR;
    for (int tries = 0; tries < 1000 && result != SQLITE_OK; tries++) {
        sqlite3_close(a->db);
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
        result = sqlite3_open_v2(a->url + 7, &a->db, SQLITE_OPEN_READWRITE, NULL);
    }
    if (result != SQLITE_OK)
        die(a->url, sqlite3_errmsg(a->db));
    sqlite3_busy_timeout(a->db, 100);
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    struct arrivals a = {.version = -1};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--store") == 0)
            a.url = argv[i + 1];
        else if (strcmp(argv[i], "--table") == 0)
            a.table = argv[i + 1];
        else if (strcmp(argv[i], "--count") == 0)
            a.wanted = strtoull(argv[i + 1], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (a.url == NULL || a.table == NULL || a.wanted == 0)
        die("usage", "--store URL --table NAME --count N");
    a.latency_us = calloc(a.wanted, sizeof *a.latency_us);
    if (a.latency_us == NULL)
        die("rows", strerror(errno));
    open_store(&a);
    int64_t progress_us = now_us();
    for (size_t before = 0; a.seen < a.wanted;) {
        if (a.db != NULL)
            look_sqlite(&a);
        else
            look_postgres(&a);
        if (a.seen > before)
            progress_us = now_us();
        before = a.seen;
        if (now_us() - progress_us > (int64_t)GIVE_UP_S * 1000000)
            die("rows", "no more of them come");
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_US * 1000}, NULL);
    }
    qsort(a.latency_us, a.wanted, sizeof *a.latency_us, by_size);
    printf("%.3f %.3f %.3f\n", (double)a.latency_us[a.wanted / 2] / 1000,
           (double)a.latency_us[a.wanted * 99 / 100] / 1000,
           (double)a.latency_us[a.wanted - 1] / 1000);
    return 0;
}
