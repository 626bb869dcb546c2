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

#include "core/base/str_quick.h"
#include "replay/pass_parts.h"

enum { TT_PLAIN_EVENTS_MAX = 15 };

/* Where the walk along a task's records stands. */
struct tt_plain {
    int64_t time_us;    /* of the last record */
    int32_t state;      /* of the last record; TT_STATUS_UNKNOWN before the first */
    uint16_t lifecycle; /* index, or TT_PLAIN_NO_LIFECYCLE */
    uint8_t events, holds, id_count;
    bool is;                           /* so far */
    uint16_t ids[TT_PLAIN_EVENTS_MAX]; /* marks: equal for equal ids; 0: none */
};
#define TT_PLAIN_NO_LIFECYCLE UINT16_MAX

/* The walk before the first record of a task of this tenant and type. */
void tt_plain_start(struct tt_plain *plain, const struct tt_pass *pass, struct tt_str tenant,
                    uint32_t type);
bool tt_plain_received_in_time(const struct tt_pass *pass, const struct tt_rec *rec);

/* Whether the mark is none of those so far; all are looked at together, as how many there are
 * differs from task to task. */
static inline bool tt_plain_is_new(const struct tt_plain *plain, uint16_t mark)
{
    typedef uint16_t marks __attribute__((vector_size(16)));
    const marks wanted = {mark, mark, mark, mark, mark, mark, mark, mark};
    marks low, high;
    memcpy(&low, plain->ids, sizeof low);
    memcpy(&high, (const char *)plain->ids + sizeof plain->ids - sizeof high, sizeof high);
    marks same = (marks)(low == wanted) | (marks)(high == wanted);
    uint64_t halves[2];
    memcpy(halves, &same, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static inline bool tt_plain_add_id(struct tt_plain *plain, const struct tt_rec *rec)
{
    struct tt_id id = tt_rec_id(rec);
    if (id.code == TT_ID_NONE)
        return true; /* without ids equal times make events the same, and these differ */
    uint16_t mark = (uint16_t)(tt_id_mark(&id) | 1);
    if (plain->id_count > 0 && !tt_plain_is_new(plain, mark))
        return false;
    plain->ids[plain->id_count++] = mark;
    return true;
}

static inline bool tt_plain_goes_on(struct tt_plain *plain, const struct tt_pass *pass,
                                    const struct tt_rec *rec)
{
    const uint8_t unusual = TT_REC_SEQ | TT_REC_APPLIED | TT_REC_STORED;
    if ((rec->flags & unusual) != 0 || rec->event_time_us <= plain->time_us ||
        plain->events == TT_PLAIN_EVENTS_MAX || !tt_plain_add_id(plain, rec))
        return false;
    plain->time_us = rec->event_time_us;
    plain->events++;
    if (plain->lifecycle != TT_PLAIN_NO_LIFECYCLE) {
        int32_t state = pass->state_of[plain->lifecycle][rec->status];
        if (state == TT_STATUS_UNKNOWN ||
            !tt_step_is_plain(&pass->steps[plain->lifecycle], plain->state, state))
            return false;
        plain->state = state;
    }
    if ((rec->flags & TT_REC_RECEIVED) == 0)
        return true;
    plain->holds++;
    return tt_plain_received_in_time(pass, rec);
}

/* Goes on to the task's next record in order of arrival. */
static inline void tt_plain_step(struct tt_plain *plain, const struct tt_pass *pass,
                                 const struct tt_rec *rec)
{
    if (plain->is)
        plain->is = tt_plain_goes_on(plain, pass, rec);
}

/* After the last record: counts the task and returns true if it is plain. */
bool tt_plain_count(const struct tt_plain *plain, const struct tt_pass *pass, int64_t first_us,
                    struct tt_collector *collector);

#endif
