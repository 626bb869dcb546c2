/* The writer's connection and its parts: store_write.c has transactions and fences, store_audit.c
 * audit rows, store_state.c what follows from them. Inside adapters/sqlite only. Threads: one. */
#ifndef TT_ADAPTERS_SQLITE_WRITER_H
#define TT_ADAPTERS_SQLITE_WRITER_H

#include "adapters/sqlite/db.h"
#include "adapters/sqlite/statements.h"
#include "core/port/store.h"

struct tt_writer {
    struct tt_db db;
    sqlite3_stmt *statements[TT_SQL_WRITER_COUNT];
    /* Of this transaction; -1: not read yet. Nobody else writes while it lasts. */
    int64_t apply_seq; /* the last one given */
    int64_t newest_epoch;
};

/* One number of the statement's one row, 0 where there is no row or no value. */
enum tt_err tt_writer_number(struct tt_writer *writer, enum tt_sql which, int64_t *ret_value,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* Whether the statement has a row. */
enum tt_err tt_writer_has(struct tt_writer *writer, enum tt_sql which, bool *ret_has,
                          struct tt_fault *fault) TT_MUST_CHECK;

/* Each fills its functions of the port. */
void tt_writer_set_audit(struct tt_store *store);
void tt_writer_set_state(struct tt_store *store);

#endif
