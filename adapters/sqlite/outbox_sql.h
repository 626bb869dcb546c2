/* The SQL of the outbox, and values for it. Inside adapters/sqlite only. */
#ifndef TT_ADAPTERS_SQLITE_OUTBOX_SQL_H
#define TT_ADAPTERS_SQLITE_OUTBOX_SQL_H

#include "adapters/sqlite/db.h"
#include "core/port/outbox.h"

enum tt_outbox_sql {
    TT_OUTBOX_SQL_HORIZON,
    TT_OUTBOX_SQL_DESTINATION_ADD,
    TT_OUTBOX_SQL_DESTINATION_GET,
    TT_OUTBOX_SQL_LEASE_PUT,
    TT_OUTBOX_SQL_LEASE_END,
    TT_OUTBOX_SQL_TURN,
    TT_OUTBOX_SQL_PLAN_NEXT,
    TT_OUTBOX_SQL_PLAN_PUT,
    TT_OUTBOX_SQL_BATCH_PUT,
    TT_OUTBOX_SQL_BATCH_CHANGE,
    TT_OUTBOX_SQL_BATCH_END,
    TT_OUTBOX_SQL_BATCHES_OPEN,
    TT_OUTBOX_SQL_BATCHES_DONE,
    TT_OUTBOX_SQL_PLAN_CHANGE,
    TT_OUTBOX_SQL_PLAN_BEGUN,
    TT_OUTBOX_SQL_PLAN_REPLACE,
    TT_OUTBOX_SQL_COUNT_OPEN,
    TT_OUTBOX_SQL_COUNT_WANTED,
    TT_OUTBOX_SQL_COUNT_DONE,
    TT_OUTBOX_SQL_COUNT_HOLDS,
    TT_OUTBOX_SQL_COUNT_QUARANTINE,
    TT_OUTBOX_SQL_LOAD_PUT,
    TT_OUTBOX_SQL_LOADS_FORGET,
    TT_OUTBOX_SQL_LOADS,
    TT_OUTBOX_SQL_HOLD_PUT,
    TT_OUTBOX_SQL_HOLD_RELEASE,
    TT_OUTBOX_SQL_HOLD_WANT,
    TT_OUTBOX_SQL_HOLDS_OPEN,
    TT_OUTBOX_SQL_HOLDS_OF,
    TT_OUTBOX_SQL_HOLDS_SUM,
    TT_OUTBOX_SQL_HOLDS_WANT,
    TT_OUTBOX_SQL_QUARANTINE_PUT,
    TT_OUTBOX_SQL_QUARANTINE_FORGET,
    TT_OUTBOX_SQL_COUNT
};

const char *tt_outbox_sql_text(enum tt_outbox_sql which);

/* A value to bind: a number, unless it is text or bytes. */
struct tt_outbox_value {
    enum { TT_OUTBOX_NUMBER, TT_OUTBOX_TEXT, TT_OUTBOX_BYTES } type;
    int64_t number; /* TT_TIME_NONE: NULL */
    struct tt_str text;
};
#define TT_NUMBER(value) ((struct tt_outbox_value){.number = (int64_t)(value)})
#define TT_TEXT(value)   ((struct tt_outbox_value){.type = TT_OUTBOX_TEXT, .text = (value)})
#define TT_BYTES(value)  ((struct tt_outbox_value){.type = TT_OUTBOX_BYTES, .text = (value)})
#define TT_VALUES(...)                                                                             \
    (const struct tt_outbox_value[]){__VA_ARGS__},                                                 \
        (int)(sizeof((const struct tt_outbox_value[]){__VA_ARGS__}) /                              \
              sizeof(struct tt_outbox_value))

struct tt_sqlite_outbox {
    struct tt_db db;
    sqlite3_stmt *statements[TT_OUTBOX_SQL_COUNT];
};

/* Binds and takes the first step; the caller resets a statement that gave a row. */
enum tt_err tt_outbox_ask(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                          const struct tt_outbox_value *values, int count, bool *ret_row,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* A statement without rows; ret_changed, how many it changed, may be NULL. */
enum tt_err tt_outbox_run(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                          const struct tt_outbox_value *values, int count, int *ret_changed,
                          struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_outbox_begin(struct tt_sqlite_outbox *o, struct tt_fault *fault) TT_MUST_CHECK;
/* Commits, or rolls back where `err` is a failure; gives what went wrong first. */
enum tt_err tt_outbox_end(struct tt_sqlite_outbox *o, enum tt_err err,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* FENCED: another uploader was quicker. */
enum tt_err tt_outbox_fenced(const struct tt_sqlite_outbox *o, const struct tt_outbox_turn *turn,
                             struct tt_fault *fault);
struct tt_str tt_outbox_table(enum tt_upload_table_id table);

/* The functions of the port, by file: outbox_look.c and outbox_change.c. */
void tt_outbox_fill_look(struct tt_outbox *outbox);
void tt_outbox_fill_change(struct tt_outbox *outbox);

#endif
