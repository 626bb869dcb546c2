/* The end of a task's timeline, kept in order while a batch's events of the task come in: by event
 * time; within one event time by seq where all have one, else as they arrived. Threads: one. */
#ifndef TT_ENGINE_TIMELINE_H
#define TT_ENGINE_TIMELINE_H

#include "core/base/mem.h"
#include "core/model/audit_row.h"

struct tt_timeline {
    struct tt_original *list; /* in the arena; in order */
    size_t count, capacity;
    int64_t arrivals; /* the newest arrival number */
};

/* Begins with these, which are in order of event time, then arrival. Errors: NO_MEMORY. */
enum tt_err tt_timeline_begin(struct tt_timeline *timeline, const struct tt_original *originals,
                              size_t count, struct tt_arena *arena) TT_MUST_CHECK;
/* The event arrives, behind all others. Errors: NO_MEMORY. */
enum tt_err tt_timeline_add(struct tt_timeline *timeline, const struct tt_event *event,
                            struct tt_arena *arena) TT_MUST_CHECK;

#endif
