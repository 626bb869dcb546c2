/* Plain tasks: most tasks of a healthy system. Their events came in the order of their times, which
 * all differ, along steps that the lifecycle allows, none of them twice. All rules then say
 * nothing, and what is left is counting.
 *
 * Whether a task is plain is seen while its records are put together, one by one. Whatever is not
 * quick to see counts as not plain and is judged by the rules themselves (judge.c); both give the
 * same counts, which property tests hold together.
 */
#ifndef TT_REPLAY_PLAIN_H
#define TT_REPLAY_PLAIN_H

#include "replay/pass_parts.h"

enum { TT_PLAIN_EVENTS_MAX = 14 };

/* Where the walk along a task's records stands. Copy of tt_plain_start's at first. */
struct tt_plain {
    int64_t time_us;    /* of the last record */
    int32_t state;      /* of the last record; TT_STATUS_UNKNOWN before the first */
    uint16_t lifecycle; /* index, or TT_PLAIN_NO_LIFECYCLE */
    uint8_t events, holds, id_count;
    bool is;                           /* so far */
    uint16_t ids[TT_PLAIN_EVENTS_MAX]; /* marks: equal for equal ids */
};
#define TT_PLAIN_NO_LIFECYCLE UINT16_MAX

/* The walk before the first record of a task of this tenant and type. */
struct tt_plain tt_plain_start(const struct tt_pass *pass, struct tt_str tenant, uint32_t type);
/* Goes on to the task's next record in order of arrival. */
void tt_plain_step(struct tt_plain *plain, const struct tt_pass *pass, const struct tt_rec *rec);
/* After the last record: counts the task and returns true if it is plain. */
bool tt_plain_count(const struct tt_plain *plain, const struct tt_pass *pass, int64_t first_us,
                    struct tt_collector *collector);

#endif
