/* Happy path: connect, settle the session's settings once; then statements, several of them in one
 * round trip.
 *
 * Failure modes: the server is away, restarts, or ends this connection: UNAVAILABLE, and the next
 * begin connects again. A lock that somebody else holds, a deadlock, a time-out: class RETRY. A
 * server that vanished without a word: the time-outs below notice. This process stands still in a
 * transaction: the server ends it, so that others need not wait for us. */
#include "adapters/postgres/conn.h"

#include <stdio.h>
#include <string.h>

/* Of those that this server knows. Nobody waits for a worker that stands still in a transaction.
 * Writers plan by index, whatever is known of the tables: they grow while the plans are kept. */
static const char all_settings[] =
    "SELECT set_config(s.name, w.value, false) FROM (VALUES"
    " ('client_min_messages', 'error'), ('jit', 'off'), ('cursor_tuple_fraction', '1.0')"
    ") AS w (name, value) JOIN pg_settings AS s USING (name)";
static const char writer_settings[] =
    "SELECT set_config(s.name, w.value, false) FROM (VALUES"
    " ('statement_timeout', '60s'), ('idle_in_transaction_session_timeout', '30s'),"
    " ('plan_cache_mode', 'force_generic_plan'), ('max_parallel_workers_per_gather', '0'),"
    " ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), ('enable_hashjoin', 'off'),"
    " ('enable_mergejoin', 'off'), ('enable_memoize', 'off'), ('enable_material', 'off')"
    ") AS w (name, value) JOIN pg_settings AS s USING (name)";

/* ---- Connecting */

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = tt_mem_alloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    return NULL;
}

/* Its name in faults: where it is, not who we are. */
static char *name_store(const PQconninfoOption *options)
{
    const char *service = option_of(options, "service"), *host = option_of(options, "host"),
               *port = option_of(options, "port"), *database = option_of(options, "dbname");
    char text[256];
    snprintf(text, sizeof text, "postgresql://%s%s%s%s%s%s%s", host == NULL ? "" : host,
             port == NULL ? "" : ":", port == NULL ? "" : port, database == NULL ? "" : "/",
             database == NULL ? "" : database,
             service == NULL ? "" : "?service=", service == NULL ? "" : service);
    return copy_text(text);
}

/* What libpq says of a URL it cannot read may quote it, password and all: not told. */
static enum tt_err look_at_url(struct tt_pg *pg, struct tt_fault *fault)
{
    char *problem = NULL;
    PQconninfoOption *options = PQconninfoParse(pg->url, &problem);
    PQfreemem(problem);
    if (options == NULL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--store: expected postgresql://[user@]host[:port]/database");
    enum tt_err err = TT_OK;
    if (option_of(options, "password") != NULL || option_of(options, "sslpassword") != NULL)
        err = tt_fault_set(fault, TT_ERR_INVALID,
                           "--store: a password does not belong into the URL, where others can "
                           "read it: use PGPASSWORD, TASKTRAIL_STORE_PASSWORD or ~/.pgpass");
    pg->where = name_store(options);
    PQconninfoFree(options);
    if (err == TT_OK && pg->where == NULL)
        err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    return err;
}

enum tt_err tt_pg_init(struct tt_pg *pg, const char *url, const char *password,
                       struct tt_fault *fault)
{
    *pg = (struct tt_pg){.url = copy_text(url)};
    if (password != NULL)
        pg->password = copy_text(password);
    enum tt_err err = TT_OK;
    if (pg->url == NULL || (password != NULL && pg->password == NULL))
        err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (err == TT_OK)
        err = look_at_url(pg, fault);
    if (err != TT_OK)
        tt_pg_done(pg);
    return err;
}

void tt_pg_done(struct tt_pg *pg)
{
    tt_pg_disconnect(pg);
    tt_mem_free(pg->url);
    if (pg->password != NULL)
        explicit_bzero(pg->password, strlen(pg->password));
    tt_mem_free(pg->password);
    tt_mem_free(pg->where);
    *pg = (struct tt_pg){0};
}

void tt_pg_disconnect(struct tt_pg *pg)
{
    tt_pg_forget(pg);
    PQfinish(pg->conn);
    pg->conn = NULL;
}

bool tt_pg_is_up(const struct tt_pg *pg)
{
    return pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK;
}

bool tt_pg_is_standby(const struct tt_pg *pg)
{
    return strcmp(pg->state, "25006") == 0;
}

/* Notices of the server are not ours to print. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static bool says_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strstr(text, *words) != NULL)
            return true;
    return false;
}

/* There is no SQLSTATE for a connection that was refused, only words. What is not known passes. */
static enum tt_err refused(const struct tt_pg *pg, struct tt_fault *fault)
{
    static const char *const denials[] = {
        "authentication failed",      "no pg_hba.conf entry",      "pg_hba.conf rejects connection",
        "is not permitted to log in", "FATAL:  permission denied", NULL};
    /* of ?options= */
    static const char *const wrong_settings[] = {"unrecognized configuration parameter",
                                                 "invalid value for parameter",
                                                 "invalid command-line argument", NULL};
    const char *text = PQerrorMessage(pg->conn);
    bool missing = strstr(text, "does not exist") != NULL;
    enum tt_err err = TT_ERR_UNAVAILABLE;
    if (missing && strstr(text, "database \"") != NULL)
        err = TT_ERR_NOT_FOUND;
    else if ((missing && strstr(text, "role \"") != NULL) || PQconnectionNeedsPassword(pg->conn) ||
             says_any(text, denials))
        err = TT_ERR_DENIED;
    else if (says_any(text, wrong_settings))
        err = TT_ERR_INVALID;
    return tt_fault_set(fault, err, "store %s: %.*s", pg->where,
                        TT_STR_ARGS(tt_pg_first_line(text)));
}

enum tt_err tt_pg_connect(struct tt_pg *pg, struct tt_fault *fault)
{
    /* What stands before the URL it may change; what stands behind it may not. */
    const char *keywords[] = {"connect_timeout",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "tcp_user_timeout",
                              "fallback_application_name",
                              "dbname",
                              "client_encoding",
                              "password",
                              NULL};
    const char *values[] = {"10",        "15",    "5",    "3",          "30000",
                            "tasktrail", pg->url, "UTF8", pg->password, NULL};
    tt_pg_disconnect(pg);
    pg->state[0] = '\0';
    pg->conn = PQconnectdbParams(keywords, values, 1);
    if (pg->conn == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = TT_OK;
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        err = refused(pg, fault);
    } else {
        PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
        err = tt_pg_run(pg, all_settings, fault);
    }
    if (err != TT_OK)
        tt_pg_disconnect(pg);
    return err;
}

enum tt_err tt_pg_settle_writer(struct tt_pg *pg, struct tt_fault *fault)
{
    return tt_pg_run(pg, writer_settings, fault);
}
