/* What state.c and state_changes.c share. Inside core/engine only. */
#ifndef TT_ENGINE_STATE_PARTS_H
#define TT_ENGINE_STATE_PARTS_H

#include "core/engine/state.h"
#include "core/engine/timeline.h"

/* A task of the batch, after the events so far. */
struct tt_state_task {
    struct tt_current_row row;
    bool has_row, changed;
    bool put_off;   /* waits for its history */
    bool again;     /* has got it */
    size_t history; /* index; SIZE_MAX: none */
    struct tt_timeline timeline;
    /* Its stays, as in struct tt_store_stays. */
    int64_t keep;
    bool replace, ends;
    int64_t valid_to_us;
    struct tt_interval_row *stays; /* in the arena */
    size_t stay_count, stay_capacity;
};

/* Takes over what the handlers said of one event. Errors: NO_MEMORY. */
enum tt_err tt_state_take(struct tt_state_task *task, const struct tt_changes *changes,
                          struct tt_progress_row *ret_added, struct tt_arena *arena) TT_MUST_CHECK;

#endif
