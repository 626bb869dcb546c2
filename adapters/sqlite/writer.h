/* The writer's connection and its parts: store.c has transactions, store_fence.c fences,
 * store_load.c what is read before the handlers decide, store_write.c what is written after. Inside
 * adapters/sqlite only. Threads: one. */
#ifndef TT_ADAPTERS_SQLITE_WRITER_H
#define TT_ADAPTERS_SQLITE_WRITER_H

#include "adapters/sqlite/checkpoint.h"
#include "adapters/sqlite/db.h"
#include "adapters/sqlite/statements.h"
#include "core/port/store.h"

/* The newest entry of a partition that has a row under some epoch. */
struct tt_writer_mark {
    bool found;
    int64_t entry_ms, entry_seq;
};

struct tt_writer {
    struct tt_db db;
    struct tt_checkpoint *checkpoint;
    sqlite3_stmt *statements[TT_SQL_WRITER_COUNT];
    const struct tt_store_batch *batch; /* in hand: what was loaded */
    int64_t *task_rows;                 /* rowids of its tasks' rows; 0: none */
    size_t task_row_capacity;
    struct tt_writer_mark *marks; /* of the batch in hand, by partition */
    size_t mark_capacity;
    struct tt_store_taken *taken; /* of the batch in hand */
    size_t taken_capacity;
    struct tt_original *originals; /* of the task in hand */
    size_t original_capacity;
};

/* One number of the statement's one row, 0 where there is no row or no value. */
enum tt_err tt_writer_number(struct tt_writer *writer, enum tt_sql which, int64_t *ret_value,
                             struct tt_fault *fault) TT_MUST_CHECK;

/* The functions of the port, as it has them. */
enum tt_err tt_writer_begin(void *context, struct tt_fault *fault);
enum tt_err tt_writer_commit(void *context, struct tt_fault *fault);
void tt_writer_rollback(void *context);
enum tt_err tt_writer_fence(void *context, const struct tt_store_partition *partitions,
                            size_t count, struct tt_fault *fault);
enum tt_err tt_writer_reserve_fences(void *context, int64_t up_to, int64_t *ret_reserved,
                                     struct tt_fault *fault);
/* FENCED when the task's row has a newer fence than the batch. */
enum tt_err tt_writer_check_fence(const struct tt_writer *w, const struct tt_store_task *task,
                                  struct tt_fault *fault);
enum tt_err tt_writer_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                           struct tt_fault *fault);
enum tt_err tt_writer_histories(void *context, struct tt_store_history *histories, size_t count,
                                struct tt_arena *arena, struct tt_fault *fault);
enum tt_err tt_writer_write(void *context, const struct tt_store_changes *changes,
                            struct tt_fault *fault);

#endif
