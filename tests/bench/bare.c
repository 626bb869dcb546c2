/* bench_bare: the least that comes from the queue into a table: no turns, no state, no
 * acknowledgement, one row an event. What no worker can be quicker than.
 *
 *   bench_bare --redis SOCKET --store URL --sync full|normal --partitions N
 *
 * Reads all streams of the queue `tasktrail` by one XREAD, puts what came into the table `audit`
 * (number, partition, message, event) by one transaction, and waits again; until SIGTERM. Prints
 * "ready" when the table is there. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTITIONS_MAX = 1024, ID_BYTES = 48, KEY_BYTES = 40, MESSAGE_BYTES = 64, WAIT_MS = 200 };

#define TABLE                                                                                      \
    "CREATE TABLE IF NOT EXISTS audit (entry_id TEXT, partition INTEGER, message TEXT, event "     \
    "TEXT,"                                                                                        \
    " PRIMARY KEY (partition, entry_id))"

struct bare {
    const char *socket, *url, *sync;
    long partitions;
    redisContext *redis;
    sqlite3 *db;
    sqlite3_stmt *put;
    PGconn *conn;
    char last[PARTITIONS_MAX][ID_BYTES]; /* read up to there */
    char keys[PARTITIONS_MAX][KEY_BYTES];
};

static volatile sig_atomic_t stopped;

static void on_term(int number)
{
    (void)number;
    stopped = 1;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_bare: %s: %s\n", what, why);
    exit(2);
}

/* ---- The store */

static void run(struct bare *b, const char *sql)
{
    if (b->db != NULL) {
        if (sqlite3_exec(b->db, sql, NULL, NULL, NULL) != SQLITE_OK)
            die(b->url, sqlite3_errmsg(b->db));
        return;
    }
    PGresult *result = PQexec(b->conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(b->url, PQerrorMessage(b->conn));
    PQclear(result);
}

static void open_sqlite(struct bare *b)
{
    if (sqlite3_open(b->url + 7, &b->db) != SQLITE_OK ||
        sqlite3_exec(b->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
        die(b->url, sqlite3_errmsg(b->db));
    run(b,
        strcmp(b->sync, "full") == 0 ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run(b, TABLE);
    if (sqlite3_prepare_v2(b->db, "INSERT INTO audit VALUES (?1, ?2, ?3, ?4)", -1, &b->put, NULL) !=
        SQLITE_OK)
        die(b->url, sqlite3_errmsg(b->db));
}

static void open_postgres(struct bare *b)
{
    b->conn = PQconnectdb(b->url);
    if (PQstatus(b->conn) != CONNECTION_OK)
        die(b->url, PQerrorMessage(b->conn));
    if (strcmp(b->sync, "full") != 0)
        run(b, "SET synchronous_commit = off");
    run(b, TABLE);
    PGresult *result =
        PQprepare(b->conn, "put", "INSERT INTO audit VALUES ($1, $2, $3, $4)", 4, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(b->url, PQerrorMessage(b->conn));
    PQclear(result);
}

static void put_sqlite(struct bare *b, long partition, const char *id, const char *message,
                       const char *event)
{
    sqlite3_bind_text(b->put, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(b->put, 2, partition);
    sqlite3_bind_text(b->put, 3, message, -1, SQLITE_STATIC);
    sqlite3_bind_text(b->put, 4, event, -1, SQLITE_STATIC);
    if (sqlite3_step(b->put) != SQLITE_DONE)
        die(b->url, sqlite3_errmsg(b->db));
    sqlite3_reset(b->put);
}

static void send_postgres(struct bare *b, long partition, const char *id, const char *message,
                          const char *event)
{
    char number[24];
    snprintf(number, sizeof number, "%ld", partition);
    const char *values[] = {id, number, message, event};
    if (PQsendQueryPrepared(b->conn, "put", 4, values, NULL, NULL, 0) != 1)
        die(b->url, PQerrorMessage(b->conn));
}

/* One round trip: everything up to the sync is one transaction. */
static void finish_postgres(struct bare *b)
{
    if (PQpipelineSync(b->conn) != 1)
        die(b->url, PQerrorMessage(b->conn));
    for (bool ended = false; !ended;) {
        PGresult *result = PQgetResult(b->conn);
        if (result == NULL)
            continue;
        ended = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (!ended && PQresultStatus(result) != PGRES_COMMAND_OK)
            die(b->url, PQerrorMessage(b->conn));
        PQclear(result);
    }
}

/* ---- The queue */

static redisReply *read_all(struct bare *b)
{
    static const char *words[2 * PARTITIONS_MAX + 4];
    char wait[16];
    snprintf(wait, sizeof wait, "%d", WAIT_MS);
    int count = 0;
    words[count++] = "XREAD";
    words[count++] = "BLOCK";
    words[count++] = wait;
    words[count++] = "STREAMS";
    for (long i = 0; i < b->partitions; i++) {
        words[count + i] = b->keys[i];
        words[count + b->partitions + i] = b->last[i];
    }
    redisReply *reply = redisCommandArgv(b->redis, count + 2 * (int)b->partitions, words, NULL);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        die(b->socket, reply == NULL ? b->redis->errstr : reply->str);
    return reply;
}

static void put_entry(struct bare *b, long partition, const redisReply *entry)
{
    const char *id = entry->element[0]->str, *event = entry->element[1]->element[1]->str;
    const char *at = strstr(event, "\"message\":\"");
    char message[MESSAGE_BYTES] = "";
    if (at != NULL)
        snprintf(message, sizeof message, "%.*s", (int)strcspn(at + 11, "\""), at + 11);
    if (b->db != NULL)
        put_sqlite(b, partition, id, message, event);
    else
        send_postgres(b, partition, id, message, event);
    snprintf(b->last[partition], ID_BYTES, "%s", id);
}

static void put_all(struct bare *b, const redisReply *reply)
{
    if (b->db != NULL)
        run(b, "BEGIN");
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *stream = reply->element[i];
        long partition = strtol(strchr(stream->element[0]->str, ':') + 1, NULL, 10);
        for (size_t k = 0; k < stream->element[1]->elements; k++)
            put_entry(b, partition, stream->element[1]->element[k]);
    }
    if (b->db != NULL)
        run(b, "COMMIT");
    else
        finish_postgres(b);
}

static void read_arguments(struct bare *b, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--redis") == 0)
            b->socket = argv[i + 1];
        else if (strcmp(argv[i], "--store") == 0)
            b->url = argv[i + 1];
        else if (strcmp(argv[i], "--sync") == 0)
            b->sync = argv[i + 1];
        else if (strcmp(argv[i], "--partitions") == 0)
            b->partitions = strtol(argv[i + 1], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (b->socket == NULL || b->url == NULL || b->sync == NULL || b->partitions < 1 ||
        b->partitions > PARTITIONS_MAX)
        die("usage", "--redis SOCKET --store URL --sync full|normal --partitions N");
}

int main(int argc, char **argv)
{
    static struct bare b;
    read_arguments(&b, argc, argv);
    signal(SIGTERM, on_term);
    b.redis = redisConnectUnix(b.socket);
    if (b.redis == NULL || b.redis->err != 0)
        die(b.socket, b.redis == NULL ? strerror(ENOMEM) : b.redis->errstr);
    for (long i = 0; i < b.partitions; i++) {
        snprintf(b.keys[i], KEY_BYTES, "{tasktrail:%ld}:events", i);
        snprintf(b.last[i], ID_BYTES, "0");
    }
    if (strncmp(b.url, "sqlite:", 7) == 0)
        open_sqlite(&b);
    else
        open_postgres(&b);
    if (b.conn != NULL && PQenterPipelineMode(b.conn) != 1)
        die(b.url, PQerrorMessage(b.conn));
    printf("ready\n");
    fflush(stdout);
    while (!stopped) {
        redisReply *reply = read_all(&b);
        if (reply->type != REDIS_REPLY_NIL && reply->elements > 0)
            put_all(&b, reply);
        freeReplyObject(reply);
    }
    sqlite3_finalize(b.put);
    sqlite3_close(b.db);
    PQfinish(b.conn);
    redisFree(b.redis);
    return 0;
}
