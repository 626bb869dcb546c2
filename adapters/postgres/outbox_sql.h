/* The SQL of the outbox, values for it, and its connection. Inside adapters/postgres only.
 * Threads: one. */
#ifndef TT_ADAPTERS_POSTGRES_OUTBOX_SQL_H
#define TT_ADAPTERS_POSTGRES_OUTBOX_SQL_H

#include "adapters/postgres/conn.h"
#include "core/port/outbox.h"

/* Each says which values it takes: $1, $2, ... */
extern const char tt_pg_outbox_destination_add[], tt_pg_outbox_destination_lock[],
    tt_pg_outbox_destination_get[], tt_pg_outbox_lease_put[], tt_pg_outbox_lease_end[],
    tt_pg_outbox_plan_next[], tt_pg_outbox_plan_put[], tt_pg_outbox_batch_put[],
    tt_pg_outbox_batch_change[], tt_pg_outbox_batch_end[], tt_pg_outbox_batches_open[],
    tt_pg_outbox_batches_done[], tt_pg_outbox_count_open[], tt_pg_outbox_count_wanted[],
    tt_pg_outbox_count_done[], tt_pg_outbox_count_holds[], tt_pg_outbox_plan_change[],
    tt_pg_outbox_plan_begun[], tt_pg_outbox_plan_replace[], tt_pg_outbox_hold_want[],
    tt_pg_outbox_quarantine_forget[], tt_pg_outbox_turn[], tt_pg_outbox_count_quarantine[],
    tt_pg_outbox_load_put[], tt_pg_outbox_loads_forget[], tt_pg_outbox_loads[],
    tt_pg_outbox_hold_put[], tt_pg_outbox_hold_release[], tt_pg_outbox_holds_open[],
    tt_pg_outbox_holds_of[], tt_pg_outbox_holds_sum[], tt_pg_outbox_holds_want[],
    tt_pg_outbox_quarantine_put[];

/* A value, in binary form. */
struct tt_pg_value {
    enum { TT_PG_NUMBER, TT_PG_TIME, TT_PG_BYTES } type;
    int64_t number;      /* of a time: microseconds; TT_TIME_NONE: NULL */
    struct tt_str bytes; /* text, too; absent: NULL */
};
#define TT_NUMBER(value) ((struct tt_pg_value){.number = (int64_t)(value)})
#define TT_TIME(value)   ((struct tt_pg_value){.type = TT_PG_TIME, .number = (value)})
#define TT_TEXT(value)   ((struct tt_pg_value){.type = TT_PG_BYTES, .bytes = (value)})
#define TT_VALUES(...)                                                                             \
    (const struct tt_pg_value[]){__VA_ARGS__},                                                     \
        (int)(sizeof((const struct tt_pg_value[]){__VA_ARGS__}) / sizeof(struct tt_pg_value))

struct tt_pg_outbox {
    struct tt_pg pg;
    bool up_to_date; /* the schema was looked at once */
};

/* Connects when there is no connection. */
enum tt_err tt_pg_outbox_connect(struct tt_pg_outbox *o, struct tt_fault *fault) TT_MUST_CHECK;
/* One statement; the caller clears the result. */
enum tt_err tt_pg_outbox_ask(struct tt_pg_outbox *o, const char *sql,
                             const struct tt_pg_value *values, int count, PGresult **ret_result,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* One without rows; ret_changed, how many it changed, may be NULL. */
enum tt_err tt_pg_outbox_run(struct tt_pg_outbox *o, const char *sql,
                             const struct tt_pg_value *values, int count, int *ret_changed,
                             struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_pg_outbox_begin(struct tt_pg_outbox *o, struct tt_fault *fault) TT_MUST_CHECK;
/* Commits, or rolls back where `err` is a failure; gives what went wrong first. */
enum tt_err tt_pg_outbox_end(struct tt_pg_outbox *o, enum tt_err err,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* FENCED: another uploader was quicker. */
enum tt_err tt_pg_outbox_fenced(const struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                                struct tt_fault *fault);
struct tt_str tt_pg_outbox_table(enum tt_upload_table_id table);

/* The functions of the port, by file: outbox_look.c and outbox_change.c. */
void tt_pg_outbox_fill_look(struct tt_outbox *outbox);
void tt_pg_outbox_fill_change(struct tt_outbox *outbox);

#endif
