/* bench_arrivals: how long after it was offered a row can be read by others.
 *
 *   bench_arrivals --store URL --table NAME --count N [--skip N]
 *
 * Looks up to five thousand times a second for rows that were not there before, whoever writes
 * them, and compares the clock with what the producer wrote into `message` (NUMBER:MICROSECONDS,
 * NUMBER with nine digits, tests/bench/offer.mjs). The processors are kept awake meanwhile
 * (tests/bench/awake.h). Prints p50, p99 and the longest in milliseconds,
 * when it has seen N rows; the first ones, in which files still grow, can be left out. Then, of the
 * rows during which no processor stood still (tests/bench/stalls.h), p99; how many of a hundred
 * rows that are; and of a hundred parts of the processors' time, in how many they stood still.
 * Status 3: a row came more than a second late, so the store was behind, and the numbers say
 * nothing. SQLite: asked only when the file has changed, by rowid. PostgreSQL: by an index on
 * `message` that it makes, from the oldest that was not seen. */
#include "tests/bench/awake.h"
#include "tests/bench/stalls.h"

#include <errno.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What came while a processor stood still is worked off a little later. */
enum { LOOK_EVERY_US = 200, GIVE_UP_S = 60, BEHIND_US = 1000 * 1000, WORKED_OFF_US = 2000 };

struct arrivals {
    const char *url, *table;
    size_t wanted, seen, skip;
    size_t oldest;       /* number that was not seen yet */
    int64_t *latency_us; /* by number; 0: not seen */
    int64_t *offered_us; /* by number */
    struct stalls stalls;
    sqlite3 *db;
    PGconn *conn;
    char sql[300];
    int64_t last; /* SQLite: rowid */
    int version;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_arrivals: %s: %s\n", what, why);
    exit(2);
}

/* The clock of offer.mjs: one that is never set, as the time of day is here and there. */
static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void note(struct arrivals *a, const char *message, int64_t now)
{
    char *end;
    size_t number = strtoull(message == NULL ? "" : message, &end, 10);
    if (*end != ':' || number >= a->wanted || a->latency_us[number] != 0)
        return;
    a->offered_us[number] = strtoll(end + 1, NULL, 10);
    int64_t latency = now - a->offered_us[number];
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
    char from[24];
    const char *values[] = {from};
    while (a->oldest < a->wanted && a->latency_us[a->oldest] != 0)
        a->oldest++;
    snprintf(from, sizeof from, "%09zu", a->oldest);
    PGresult *result = PQexecPrepared(a->conn, "look", 1, values, NULL, NULL, 0);
    int64_t now = now_us();
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die(a->url, PQerrorMessage(a->conn));
    for (int i = 0; i < PQntuples(result); i++)
        note(a, PQgetvalue(result, i, 0), now);
    PQclear(result);
}

static void run_postgres(struct arrivals *a)
{
    PGresult *result = PQexec(a->conn, a->sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(a->url, PQerrorMessage(a->conn));
    PQclear(result);
}

static void prepare_postgres(struct arrivals *a)
{
    /* Never the whole table, whatever the planner thinks of it while it is empty. */
    snprintf(a->sql, sizeof a->sql, "SET enable_seqscan = off");
    run_postgres(a);
    snprintf(a->sql, sizeof a->sql,
             /* tidy: sql-format: a table of the bench's own */
             "CREATE INDEX IF NOT EXISTS bench_arrivals ON %s (message COLLATE \"C\")", a->table);
    run_postgres(a);
    snprintf(a->sql, sizeof a->sql,
             /* tidy: sql-format: a table of the bench's own */
             "PREPARE look (text) AS SELECT message FROM %s WHERE message COLLATE \"C\" >= $1",
             a->table);
    run_postgres(a);
}

static void open_store(struct arrivals *a)
{
    if (strncmp(a->url, "sqlite:", 7) != 0) {
        a->conn = PQconnectdb(a->url);
        if (PQstatus(a->conn) != CONNECTION_OK)
            die(a->url, PQerrorMessage(a->conn));
        prepare_postgres(a);
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

static double ms_at(const int64_t *sorted_us, size_t count, size_t hundredths)
{
    return count == 0 ? 0 : (double)sorted_us[count * hundredths / 100] / 1000;
}

/* Puts the latencies of the rows that count in order, those without standing still first. */
static int tell(struct arrivals *a)
{
    size_t count = a->wanted - a->skip, untouched = 0;
    int64_t *all = a->latency_us + a->skip;
    int64_t *quiet = calloc(count, sizeof *quiet);
    if (quiet == NULL)
        die("rows", strerror(errno));
    int64_t from_us = a->offered_us[a->skip], until_us = from_us;
    for (size_t i = a->skip; i < a->wanted; i++) {
        int64_t offered_us = a->offered_us[i], seen_us = offered_us + a->latency_us[i];
        if (!stalls_touch(&a->stalls, offered_us - WORKED_OFF_US, seen_us))
            quiet[untouched++] = a->latency_us[i];
        until_us = seen_us > until_us ? seen_us : until_us;
    }
    qsort(all, count, sizeof *all, by_size);
    qsort(quiet, untouched, sizeof *quiet, by_size);
    printf("%.2f %.2f %.2f %.2f %.0f %.1f\n", ms_at(all, count, 50), ms_at(all, count, 99),
           (double)all[count - 1] / 1000, ms_at(quiet, untouched, 99),
           100.0 * (double)untouched / (double)count,
           100 * stalls_share(&a->stalls, from_us, until_us));
    free(quiet);
    return all[count - 1] > BEHIND_US ? 3 : 0;
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
        else if (strcmp(argv[i], "--skip") == 0)
            a.skip = strtoull(argv[i + 1], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (a.url == NULL || a.table == NULL || a.wanted <= a.skip)
        die("usage", "--store URL --table NAME --count N [--skip N]");
    a.latency_us = calloc(a.wanted, sizeof *a.latency_us);
    a.offered_us = calloc(a.wanted, sizeof *a.offered_us);
    if (a.latency_us == NULL || a.offered_us == NULL)
        die("rows", strerror(errno));
    open_store(&a);
    if (!stalls_begin(&a.stalls))
        die("threads", "cannot be started");
    int awake = awake_open();
    if (awake < 0)
        fprintf(stderr, "bench_arrivals: the processors may sleep: /dev/cpu_dma_latency: %s\n",
                strerror(errno));
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
    stalls_end(&a.stalls);
    if (awake >= 0)
        close(awake);
    if (!stalls_are_first(&a.stalls))
        fprintf(stderr, "bench_arrivals: no right to real-time priority: what waits for another "
                        "program counts as standing still\n");
    int status = tell(&a);
    stalls_done(&a.stalls);
    free(a.latency_us);
    free(a.offered_us);
    return status;
}
