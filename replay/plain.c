/* Plain tasks: most tasks of a healthy system. Their events came in the order of their times, which
 * all differ, along steps that the lifecycle allows, none of them twice. All rules then say
 * nothing, and what is left is counting. Anything else, or anything that is not quick to see, is
 * judged by the rules themselves (judge.c); both give the same counts, which a property test holds
 * together.
 */
#include "replay/partition_parts.h"

enum { EVENTS_MAX = 16 };

bool tt_plain_allowed(const struct tt_pass *pass)
{
    return !pass->options.from_store && !pass->options.want_picture;
}

/* Where the walk along the records stands. */
struct walk {
    const struct tt_pass *pass;
    const struct tt_steps *steps; /* of the lifecycle; NULL: none */
    const int32_t *states;
    int32_t state; /* of the event before; TT_STATUS_UNKNOWN before the first */
    int64_t time_us;
    uint32_t holds; /* events whose time of receipt is known */
    uint64_t ids[EVENTS_MAX];
    uint32_t id_count;
};

static bool is_new_id(struct walk *walk, const struct tt_rec *rec)
{
    if (rec->id_code == 0)
        return true; /* without an id equal times would be needed */
    uint64_t mark = tt_str_quick_hash(tt_rec_id_bytes(rec)); /* equal for equal ids */
    for (uint32_t i = 0; i < walk->id_count; i++)
        if (walk->ids[i] == mark)
            return false;
    walk->ids[walk->id_count++] = mark;
    return true;
}

static bool step_on(struct walk *walk, const struct tt_rec *rec)
{
    const uint8_t unusual = TT_REC_SEQ | TT_REC_APPLIED | TT_REC_STORED;
    if ((rec->flags & unusual) != 0 || rec->event_time_us <= walk->time_us)
        return false;
    walk->time_us = rec->event_time_us;
    if (walk->steps != NULL) {
        int32_t state = walk->states[rec->status];
        if (state == TT_STATUS_UNKNOWN || !tt_step_is_plain(walk->steps, walk->state, state))
            return false;
        walk->state = state;
    }
    if (rec->flags & TT_REC_RECEIVED) {
        struct tt_rec_numbers numbers;
        tt_rec_read_numbers(rec, &numbers);
        if (rec->event_time_us - numbers.received_at_us > walk->pass->options.max_future_us)
            return false;
        walk->holds++;
    }
    return is_new_id(walk, rec);
}

static bool may_be_stuck(const struct walk *walk, const struct tt_lifecycle *lifecycle)
{
    return walk->pass->options.now_us != TT_TIME_NONE && lifecycle != NULL &&
           tt_lifecycle_max_age_us(lifecycle, walk->state) >= 0;
}

bool tt_plain_count(const struct tt_pass *pass, const struct tt_partition *part, uint32_t task,
                    struct tt_collector *collector)
{
    const struct tt_task_list *list = &part->tasks[task];
    if (list->count > EVENTS_MAX)
        return false;
    struct walk walk = {.pass = pass, .state = TT_STATUS_UNKNOWN, .time_us = INT64_MIN};
    size_t index = tt_pass_lifecycle_of(pass, part->names[task].type);
    const struct tt_lifecycle *lifecycle = NULL;
    if (index < pass->lifecycle_count) {
        lifecycle = tt_lifecycle_at(pass->options.lifecycles, index);
        walk.steps = &pass->steps[index];
        walk.states = pass->state_of[index];
    }
    for (uint32_t i = 0, at = list->first; i < list->count; i++, at = part->entries[at].head)
        if (!step_on(&walk, &part->entries[at]))
            return false;
    if (may_be_stuck(&walk, lifecycle))
        return false;
    tt_collector_add_plain(collector, list->count, walk.holds, lifecycle != NULL,
                           part->entries[list->first].event_time_us, walk.time_us);
    return true;
}
