/* One connection to a PostgreSQL server: connecting, statements, errors as ours. Inside
 * adapters/postgres only. Threads: one. */
#ifndef TT_ADAPTERS_POSTGRES_CONN_H
#define TT_ADAPTERS_POSTGRES_CONN_H

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include <libpq-fe.h>

enum {
    TT_PG_PARAMS_MAX = 16,
    TT_PG_KEPT_MAX = 8,
};

struct tt_pg {
    PGconn *conn;                   /* NULL: not connected */
    char *url;                      /* owned */
    char *password;                 /* owned; NULL: libpq finds one */
    char *where;                    /* owned: the store in faults, without user and password */
    char state[6];                  /* SQLSTATE of the last failure; "" where there was none */
    PGresult *kept[TT_PG_KEPT_MAX]; /* whose texts are still borrowed */
    size_t kept_count;
};

/* Looks at the URL without connecting. Errors: INVALID (no such URL; a password in it), NO_MEMORY.
 * On failure pg is done. */
enum tt_err tt_pg_init(struct tt_pg *pg, const char *url, const char *password,
                       struct tt_fault *fault) TT_MUST_CHECK;
void tt_pg_done(struct tt_pg *pg);

/* Connects; nothing is left of a connection before. Errors: UNAVAILABLE, DENIED, NOT_FOUND (the
 * database). */
enum tt_err tt_pg_connect(struct tt_pg *pg, struct tt_fault *fault) TT_MUST_CHECK;
/* Time-outs and ways to plan of a connection that writes batches. */
enum tt_err tt_pg_settle_writer(struct tt_pg *pg, struct tt_fault *fault) TT_MUST_CHECK;
void tt_pg_disconnect(struct tt_pg *pg);
bool tt_pg_is_up(const struct tt_pg *pg);
/* Whether the last failure was that this server takes no writes: a standby now. Another connection
 * may lead to one that does. */
bool tt_pg_is_standby(const struct tt_pg *pg);

/* The error that a result (NULL: none came) or the connection tells of. The class follows from
 * SQLSTATE: what passes is retried, what one event's data cause is POISON. */
enum tt_err tt_pg_failed(struct tt_pg *pg, const PGresult *result, const char *doing,
                         struct tt_fault *fault);

/* The first line of libpq's words, borrowed. */
struct tt_str tt_pg_first_line(const char *text);

/* Runs SQL, several statements perhaps, without parameters or results. */
enum tt_err tt_pg_run(struct tt_pg *pg, const char *sql, struct tt_fault *fault) TT_MUST_CHECK;

/* A value of a statement, in the binary form of its type. */
struct tt_pg_param {
    const char *bytes; /* NULL: NULL */
    size_t len;
};

/* Runs one statement, text or (prepared true) the name of a prepared one; the caller clears the
 * result, whose values are binary. */
enum tt_err tt_pg_query(struct tt_pg *pg, const char *sql, bool prepared,
                        const struct tt_pg_param *params, int count, PGresult **ret_result,
                        struct tt_fault *fault) TT_MUST_CHECK;

/* Several prepared statements in one round trip: send each, then tt_pg_sync, which gives their
 * results in order (ret_results NULL: none is looked at). Whatever fails ends all of them. */
enum tt_err tt_pg_send(struct tt_pg *pg, const char *name, const struct tt_pg_param *params,
                       int count, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_pg_sync(struct tt_pg *pg, size_t sent, PGresult **ret_results, const char *doing,
                       struct tt_fault *fault) TT_MUST_CHECK;
/* Clears the result later, with tt_pg_forget. */
void tt_pg_keep(struct tt_pg *pg, PGresult *result);
void tt_pg_forget(struct tt_pg *pg);

/* Values of a binary result. */
int64_t tt_pg_int8(const PGresult *result, int row, int column);
int64_t tt_pg_int2(const PGresult *result, int row, int column);
/* Microseconds of a TIMESTAMPTZ; TT_TIME_NONE for NULL. */
int64_t tt_pg_time(const PGresult *result, int row, int column);
/* Borrows from the result; absent for NULL. */
struct tt_str tt_pg_text(const PGresult *result, int row, int column);
bool tt_pg_is_null(const PGresult *result, int row, int column);

#endif
