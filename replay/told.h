/* A story of one collector on its way into the report. */
#ifndef TT_REPLAY_TOLD_H
#define TT_REPLAY_TOLD_H

#include "replay/pass_parts.h"

struct tt_told {
    struct tt_story_found *story;
    struct tt_told *same_as; /* the first of equal ones; itself where it is the first */
    uint32_t example;        /* index into the report's tasks */
    uint32_t listed;         /* index into the report's stories, of a first one */
};

/* Lists the stories in the report. rank_of[c][t]: place in the report of task t of collector c.
 * *ret_told: those of all collectors behind one another, owned, freed by tt_mem_free. Errors:
 * NO_MEMORY. */
enum tt_err tt_told_list(struct tt_pass *pass, uint32_t *const *rank_of,
                         struct tt_told **ret_told) TT_MUST_CHECK;

#endif
