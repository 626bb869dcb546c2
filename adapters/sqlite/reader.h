/* The reader's connection and its parts: store_read.c has the scans, store_tasks.c the histories of
 * tasks. Inside adapters/sqlite only. Threads: one. */
#ifndef TT_ADAPTERS_SQLITE_READER_H
#define TT_ADAPTERS_SQLITE_READER_H

#include "adapters/sqlite/db.h"
#include "core/port/store.h"

struct tt_sqlite_reader {
    struct tt_db db;
    sqlite3_stmt *history;                     /* NULL before it is asked for */
    sqlite3_stmt *audit, *current, *intervals; /* of one task; NULL likewise, or while in use */
};

/* Before a scan: a snapshot, where there is none. */
enum tt_err tt_sqlite_reader_begin(const struct tt_sqlite_reader *reader,
                                   struct tt_fault *fault) TT_MUST_CHECK;

/* The functions of the port, as it has them. */
enum tt_err tt_sqlite_read_tasks(void *context, int64_t first, int64_t last,
                                 enum tt_err (*task)(void *, const struct tt_store_task_key *),
                                 void *task_context, struct tt_fault *fault);
enum tt_err tt_sqlite_read_histories(void *context, const struct tt_store_task_key *keys,
                                     size_t count, int64_t last,
                                     enum tt_err (*row)(void *, size_t,
                                                        const struct tt_audit_row *),
                                     void *row_context, struct tt_fault *fault);

#endif
