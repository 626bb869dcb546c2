/* A lifecycle's states and interned statuses, both ways. Threads: immutable once made. */
#ifndef TT_REPLAY_NUMBERING_H
#define TT_REPLAY_NUMBERING_H

#include "core/model/lifecycle.h"
#include "replay/intern.h"

struct tt_numbering {
    int32_t **state_of;   /* [lifecycle][interned status]: TT_STATUS_UNKNOWN where it has none */
    uint32_t **status_of; /* [lifecycle][state] */
    size_t lifecycle_count;
    size_t status_count; /* statuses numbered; later ones are unknown to every lifecycle */
};

/* Interns the statuses of all lifecycles (set NULL: none), and numbers every name that is interned
 * by then. Zero-initialise; tt_numbering_done also after a failure. Errors: NO_MEMORY. */
enum tt_err tt_numbering_make(struct tt_numbering *numbering, const struct tt_lifecycle_set *set,
                              struct tt_intern *names) TT_MUST_CHECK;
void tt_numbering_done(struct tt_numbering *numbering);

#endif
