/* What the outbox needs of a database: its statements, transactions, and rows one by one. A
 * vendor's adapter provides it, with the statements' texts in its own SQL. Threads: one.
 *
 * Every call that fails tells of the connection as well as of the statement: after an error of
 * class RETRY nobody knows whether it happened. */
#ifndef TT_OUTBOX_DB_H
#define TT_OUTBOX_DB_H

#include "core/base/err.h"
#include "core/base/str.h"

/* Values in the order they are numbered. `turn` is destination, fence. */
enum tt_outbox_sql {
    TT_OUTBOX_SQL_DESTINATION_ADD,  /* destination; nothing where it is there */
    TT_OUTBOX_SQL_DESTINATION_GET,  /* destination: planned_to, plans, holder, lease_until, fence */
    TT_OUTBOX_SQL_DESTINATION_LOCK, /* the same, and nobody changes it until the end */
    TT_OUTBOX_SQL_LEASE_PUT,        /* destination, holder, lease_until, fence */
    TT_OUTBOX_SQL_LEASE_END,        /* turn */
    TT_OUTBOX_SQL_TURN,         /* turn: a row where it is so; nobody changes it until the end */
    TT_OUTBOX_SQL_PLAN_NEXT,    /* turn, number, first_seq, last_seq */
    TT_OUTBOX_SQL_PLAN_PUT,     /* destination, number, first_seq, last_seq, written_at, rules */
    TT_OUTBOX_SQL_PLAN_CHANGE,  /* destination, number, rules, written_at */
    TT_OUTBOX_SQL_PLAN_BEGUN,   /* destination, number: batches that were sent */
    TT_OUTBOX_SQL_PLAN_REPLACE, /* destination, number, now: its planned batches */
    TT_OUTBOX_SQL_BATCH_PUT,    /* destination, plan, table, row_from, row_count, bytes, digest,
                                 * now, line_bytes, column_bytes */
    TT_OUTBOX_SQL_BATCH_CHANGE, /* turn, number, version, generation, state, handle, attempts,
                                 * next_try, blocked, problem, now */
    TT_OUTBOX_SQL_BATCH_END,    /* turn, number, version, state, now */
    TT_OUTBOX_SQL_BATCHES_OPEN, /* destination: enum tt_outbox_batch_column each */
    TT_OUTBOX_SQL_BATCHES_DONE, /* the same */
    TT_OUTBOX_SQL_COUNT_OPEN,   /* destination: batches, rows */
    TT_OUTBOX_SQL_COUNT_WANTED, /* destination: rows */
    TT_OUTBOX_SQL_COUNT_DONE,   /* destination: batches, rows, bytes */
    TT_OUTBOX_SQL_COUNT_HOLDS,  /* destination: tasks, rows */
    TT_OUTBOX_SQL_COUNT_QUARANTINE,  /* destination: rows */
    TT_OUTBOX_SQL_LOAD_PUT,          /* destination, table, began_at, batch, generation */
    TT_OUTBOX_SQL_LOADS_FORGET,      /* destination, table, before */
    TT_OUTBOX_SQL_LOADS,             /* destination, table, after, up to: count, newest began_at */
    TT_OUTBOX_SQL_HOLD_PUT,          /* destination, tenant, task_id, plan, rows */
    TT_OUTBOX_SQL_HOLD_RELEASE,      /* destination, tenant, task_id, plan, released_in */
    TT_OUTBOX_SQL_HOLD_WANT,         /* destination, tenant, task_id, plan */
    TT_OUTBOX_SQL_HOLDS_OPEN,        /* destination: enum tt_outbox_hold_column each */
    TT_OUTBOX_SQL_HOLDS_OF,          /* destination, plan: the same */
    TT_OUTBOX_SQL_HOLDS_SUM,         /* destination, task_id or NULL: rows */
    TT_OUTBOX_SQL_HOLDS_WANT,        /* destination, task_id or NULL */
    TT_OUTBOX_SQL_QUARANTINE_PUT,    /* destination, table, plan, row, uid, reason, message, now */
    TT_OUTBOX_SQL_QUARANTINE_FORGET, /* destination, plan */
    TT_OUTBOX_SQL_COUNT
};

enum tt_outbox_batch_column {
    TT_OUTBOX_BATCH_NUMBER,
    TT_OUTBOX_BATCH_PLAN,
    TT_OUTBOX_BATCH_FIRST_SEQ,
    TT_OUTBOX_BATCH_LAST_SEQ,
    TT_OUTBOX_BATCH_WRITTEN_AT,
    TT_OUTBOX_BATCH_RULES,
    TT_OUTBOX_BATCH_TABLE,
    TT_OUTBOX_BATCH_ROW_FROM,
    TT_OUTBOX_BATCH_ROWS,
    TT_OUTBOX_BATCH_BYTES,
    TT_OUTBOX_BATCH_DIGEST,
    TT_OUTBOX_BATCH_GENERATION,
    TT_OUTBOX_BATCH_STATE,
    TT_OUTBOX_BATCH_VERSION,
    TT_OUTBOX_BATCH_HANDLE,
    TT_OUTBOX_BATCH_ATTEMPTS,
    TT_OUTBOX_BATCH_NEXT_TRY,
    TT_OUTBOX_BATCH_BLOCKED,
    TT_OUTBOX_BATCH_PROBLEM,
    TT_OUTBOX_BATCH_LINE_BYTES,
    TT_OUTBOX_BATCH_COLUMN_BYTES,
};
enum tt_outbox_hold_column {
    TT_OUTBOX_HOLD_TENANT,
    TT_OUTBOX_HOLD_TASK_ID,
    TT_OUTBOX_HOLD_PLAN,
    TT_OUTBOX_HOLD_FIRST_SEQ,
    TT_OUTBOX_HOLD_LAST_SEQ,
    TT_OUTBOX_HOLD_ROWS,
    TT_OUTBOX_HOLD_WANTED,
    TT_OUTBOX_HOLD_RELEASED_IN,
};

/* A value of a statement. Texts must stay for the call, or as long as its rows are open. */
struct tt_outbox_value {
    enum { TT_OUTBOX_NUMBER, TT_OUTBOX_TIME, TT_OUTBOX_TEXT, TT_OUTBOX_BYTES } type;
    int64_t number;     /* of a time: microseconds; TT_TIME_NONE: NULL */
    struct tt_str text; /* or bytes; absent: NULL */
};
#define TT_NUMBER(value) ((struct tt_outbox_value){.number = (int64_t)(value)})
#define TT_TIME(value)   ((struct tt_outbox_value){.type = TT_OUTBOX_TIME, .number = (value)})
#define TT_TEXT(value)   ((struct tt_outbox_value){.type = TT_OUTBOX_TEXT, .text = (value)})
#define TT_BYTES(value)  ((struct tt_outbox_value){.type = TT_OUTBOX_BYTES, .text = (value)})
struct tt_outbox_values {
    const struct tt_outbox_value *list;
    int count;
};
#define TT_VALUES(...)                                                                             \
    ((struct tt_outbox_values){(const struct tt_outbox_value[]){__VA_ARGS__},                      \
                               (int)(sizeof((const struct tt_outbox_value[]){__VA_ARGS__}) /       \
                                     sizeof(struct tt_outbox_value))})

/* The rows of one statement. Several statements may have theirs open. */
struct tt_outbox_rows {
    void *result; /* the adapter's */
    int at;
    bool there; /* whether there is a row; else nothing needs to be closed */
};

struct tt_outbox_db {
    void *context;
    const char *where; /* the store, for faults */

    /* Makes sure of a connection. Not within a transaction: there, one that is lost is an error. */
    enum tt_err (*ready)(void *context, struct tt_fault *fault);
    enum tt_err (*begin)(void *context, struct tt_fault *fault); /* ready, too */
    /* Commits, or rolls back where `err` is a failure; gives what went wrong first. */
    enum tt_err (*end)(void *context, enum tt_err err, struct tt_fault *fault);

    /* A statement without rows; ret_changed, how many it changed, may be NULL. */
    enum tt_err (*run)(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       int *ret_changed, struct tt_fault *fault);
    /* One with rows; the first is there at once. On failure nothing is open. */
    enum tt_err (*ask)(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       struct tt_outbox_rows *ret_rows, struct tt_fault *fault);
    enum tt_err (*next)(void *context, struct tt_outbox_rows *rows, struct tt_fault *fault);
    void (*close)(struct tt_outbox_rows *rows);

    /* Columns of the row that is there; NULL is 0, TT_TIME_NONE, absent. Text and bytes are
     * borrowed until the next row. */
    int64_t (*number)(const struct tt_outbox_rows *rows, int column);
    int64_t (*time)(const struct tt_outbox_rows *rows, int column);
    struct tt_str (*text)(const struct tt_outbox_rows *rows, int column);

    /* As in the port. */
    enum tt_err (*horizon)(void *context, int64_t *ret_seq, struct tt_fault *fault);
};

#endif
