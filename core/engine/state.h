/* The tasks of a batch while its events go over them: what the handlers say, kept per task, so that
 * each row is written once however many events of its task the batch holds.
 *
 * An event that is late needs the end of its task's timeline. Such a task is put off: its events
 * are skipped until the timelines of all such tasks have been read at once; then they go over it
 * from the start. Tasks know nothing of each other, so the order between them does not matter; what
 * is added to data sets is added in the order of the batch.
 *
 * Threads: one. Memory: lists are used again by the next batch; what they point to lives in the
 * arena that is passed in. */
#ifndef TT_ENGINE_STATE_H
#define TT_ENGINE_STATE_H

#include "core/engine/rows.h"
#include "core/handlers/handler.h"
#include "core/model/tenants.h"

/* Which order the current state of a task follows. */
struct tt_state_order {
    const struct tt_tenants *tenants; /* NULL: none says */
    bool by_arrival;                  /* where its tenant does not say */
};

struct tt_state {
    struct tt_state_task *tasks; /* as in the batch */
    struct tt_store_history *histories;
    size_t history_count;
    struct tt_progress_row *added; /* by row: what it adds; no data set: nothing */
    /* The result. */
    struct tt_store_changes changes;
    struct tt_store_current *current;
    struct tt_store_stays *stays;
    struct tt_progress_row *progress;
    size_t task_capacity, history_capacity, added_capacity, current_capacity, stays_capacity,
        progress_capacity;
    struct tt_slots slots;
    struct tt_arena scratch; /* of one event */
    /* Of the batch in hand. */
    const struct tt_store_batch *batch;
    const struct tt_rows *rows;
    struct tt_arena *arena;
    int64_t now_us;
    struct tt_state_order order;
};

void tt_state_init(struct tt_state *state);
void tt_state_done(struct tt_state *state);

/* All events that need no history. state->histories then says which are wanted.
 * Errors: NO_MEMORY. */
enum tt_err tt_state_run(struct tt_state *state, const struct tt_store_batch *batch,
                         const struct tt_rows *rows, struct tt_arena *arena, int64_t now_us,
                         const struct tt_state_order *order, struct tt_fault *fault) TT_MUST_CHECK;
/* The tasks put off, where there are any: their histories have been read. Errors: NO_MEMORY. */
enum tt_err tt_state_run_histories(struct tt_state *state, struct tt_fault *fault) TT_MUST_CHECK;
/* The row of the task that audit row number `row` is of, as it is after the batch; NULL: none. */
const struct tt_current_row *tt_state_row(const struct tt_state *state, size_t row);
/* state->changes holds all but the audit rows. Errors: NO_MEMORY. */
enum tt_err tt_state_collect(struct tt_state *state) TT_MUST_CHECK;

/* Before collecting: the rows of tasks carry the newest fence of what was written for them, also
 * where that changes no state (duplicates). */
void tt_state_put_fences(struct tt_state *state);

#endif
