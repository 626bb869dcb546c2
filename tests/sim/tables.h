/* A model of the store: its tables, who may write them at a time, and transactions. What a
 * transaction writes is kept beside the tables until it commits.
 *
 * Threads: one. Texts live in the tables' arena until tt_model_tables_done. */
#ifndef TT_TESTS_SIM_TABLES_H
#define TT_TESTS_SIM_TABLES_H

#include "core/port/store.h"

enum { TT_MODEL_TX_MAX = 32, TT_MODEL_FENCES_MAX = 16 };

struct tt_model_task {
    struct tt_current_row row;
    struct tt_interval_row *stays; /* by position */
    size_t stay_count, stay_capacity;
};

/* An open transaction. */
struct tt_model_tx {
    bool open;
    uint64_t serial; /* which of those that had this place */
    bool orphan;     /* its client is gone; at orphan_until_us it ends */
    bool orphan_commits;
    int64_t orphan_until_us, used_us;
    bool all;            /* nobody else may write at all */
    uint32_t partitions; /* nobody else may write to these */
    int64_t fences[TT_MODEL_FENCES_MAX];
    bool written;
    struct tt_audit_row *audit;
    struct tt_store_current *current;
    struct tt_store_stays *stays;
    struct tt_progress_row *progress;
    size_t audit_count, current_count, stays_count, progress_count;
};

struct tt_model_tables {
    struct tt_arena arena;
    struct tt_audit_row *audit; /* by apply_seq */
    struct tt_model_task *tasks;
    struct tt_progress_row *progress;
    size_t audit_count, audit_capacity, task_count, task_capacity, progress_count,
        progress_capacity;
    int64_t fences[TT_MODEL_FENCES_MAX]; /* by partition */
    int64_t reserved;                    /* of fences */
    struct tt_model_tx tx[TT_MODEL_TX_MAX];
    uint64_t serial;
    const char *unstorable;    /* a message that cannot be held; NULL: none */
    bool no_row_key, no_fence; /* sabotage */
};

void tt_model_tables_init(struct tt_model_tables *tables);
void tt_model_tables_done(struct tt_model_tables *tables);

struct tt_model_tx *tt_model_tx_open(struct tt_model_tables *tables);
/* Whether somebody else keeps this transaction from writing there. */
bool tt_model_tx_is_kept_out(const struct tt_model_tables *tables, const struct tt_model_tx *tx,
                             bool all, uint32_t partitions);
void tt_model_tx_rollback(struct tt_model_tx *tx);
void tt_model_tx_commit(struct tt_model_tables *tables, struct tt_model_tx *tx);

/* As in struct tt_store. */
void tt_model_tx_fence(struct tt_model_tables *tables, struct tt_model_tx *tx,
                       const struct tt_store_partition *partitions, size_t count);
int64_t tt_model_reserve_fences(struct tt_model_tables *tables, int64_t up_to);
enum tt_err tt_model_load(struct tt_model_tables *tables, struct tt_store_batch *batch,
                          struct tt_arena *arena, struct tt_fault *fault);
void tt_model_histories(const struct tt_model_tables *tables, struct tt_store_history *histories,
                        size_t count, struct tt_arena *arena);
enum tt_err tt_model_write(struct tt_model_tables *tables, struct tt_model_tx *tx,
                           const struct tt_store_changes *changes, struct tt_fault *fault);

struct tt_model_task *tt_model_task(const struct tt_model_tables *tables, struct tt_str tenant,
                                    struct tt_str task_id);

#endif
