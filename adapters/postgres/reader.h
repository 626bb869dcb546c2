/* The reader's connection and its parts: store_read.c has the scans, store_task.c the rows of one
 * task, store_tasks.c the histories of tasks. Inside adapters/postgres only. Threads: one. */
#ifndef TT_ADAPTERS_POSTGRES_READER_H
#define TT_ADAPTERS_POSTGRES_READER_H

#include "adapters/postgres/statements.h"
#include "adapters/postgres/wire.h"
#include "core/port/store.h"

enum { TT_PG_TASK_SCANS = 3 }; /* audit, current, intervals */

struct tt_pg_reader {
    struct tt_pg pg;
    struct tt_wire tenants, task_ids;
    bool prepared[TT_PG_SQL_COUNT];   /* those of one task, when first asked for */
    bool by_index;                    /* the transaction plans for looking tasks up */
    PGresult *kept[TT_PG_TASK_SCANS]; /* of the task asked for last; NULL: nothing */
    struct tt_buf kept_of;
};

/* Before a scan: a snapshot, where there is none. */
enum tt_err tt_pg_reader_begin(struct tt_pg_reader *reader, struct tt_fault *fault) TT_MUST_CHECK;
/* The rows of one task, by one of the statements ..._TASK; the caller clears the result. */
enum tt_err tt_pg_read_task(struct tt_pg_reader *reader, enum tt_pg_sql which, struct tt_str tenant,
                            struct tt_str task_id, PGresult **ret_result,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* What is kept of a task is of this snapshot; it is dropped before the next one. */
void tt_pg_reader_forget(struct tt_pg_reader *reader);

/* A row of TT_PG_AUDIT_WRITTEN, and apply_seq behind; borrows from the result. */
void tt_pg_read_audit_row(const PGresult *result, int i, struct tt_audit_row *ret_row);

/* The functions of the port, as it has them. */
enum tt_err tt_pg_read_tasks(void *context, int64_t first, int64_t last,
                             enum tt_err (*task)(void *, const struct tt_store_task_key *),
                             void *task_context, struct tt_fault *fault);
enum tt_err tt_pg_read_histories(void *context, const struct tt_store_task_key *keys, size_t count,
                                 int64_t last,
                                 enum tt_err (*row)(void *, size_t, const struct tt_audit_row *),
                                 void *row_context, struct tt_fault *fault);

#endif
