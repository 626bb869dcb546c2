#ifndef TT_MODEL_SCAN_PLAN_H
#define TT_MODEL_SCAN_PLAN_H

/* The quickest way through a line: the steps of a line before it, one behind the other, with
 * nothing but texts and times between them. Where the line is another one, be it that a key is
 * missing, a text has an escape or a byte of 0x80 and above, the scan begins again with what it
 * knows of single steps. Part of the scan's body, compiled for each machine code. */

enum { PLAN_PATIENCE = 4 /* misses in a row, until there is another plan */ };

/* Makes a plan of a line that was read, or none if it is none to plan by. */
static __attribute__((noinline)) void
make_plan(struct tt_scan *scan, struct tt_scan_step *const *path, unsigned count, bool is_plain)
{
    struct tt_scan_plan *plan = &scan->plan;
    if (plan->count > 0 && ++plan->misses < PLAN_PATIENCE)
        return;
    plan->misses = 0;
    plan->count = 0;
    for (unsigned i = 0; i < count && is_plain; i++) {
        plan->steps[i] = *path[i];
        plan->steps[i].steady = 0;
        if ((path[i]->mask & 1) == 0) { /* a compact one: it stands for either opening */
            plan->steps[i].bytes[0] = i == 0 ? '{' : ',';
            plan->steps[i].mask |= 1;
        }
    }
    if (!is_plain)
        return;
    plan->count = count;
    plan->room = 2 * TT_SCAN_BLOCK_BYTES * (count + 1);
}

/* Text and all blocks behind it are short enough to be read without looking. */
TARGET static inline bool has_room(const struct tt_scan *scan, const char *at)
{
    return (uintptr_t)at + scan->plan.room <= scan->last_block;
}

/* The position behind the object, and scan->event filled; NULL: the line is not as planned. */
TARGET static inline const char *run_plan(struct tt_scan *scan, const char *start)
{
    char *event = (char *)&scan->event;
    const char *at = start;
    const struct tt_scan_step *last = scan->plan.steps + scan->plan.count;
    if (UNLIKELY(scan->plan.count == 0 || !has_room(scan, at)))
        return NULL;
    if (UNLIKELY(scan->plan.others_set))
        clear_event(scan);
    scan->plan.others_set = false;
    scan->unescaped_len = 0;
    for (struct tt_scan_step *step = scan->plan.steps; step < last; step++) {
        if (UNLIKELY(!matches(block_load(at), step)))
            return NULL;
        at += step->len;
        struct tt_str text = {at, 0};
        uint32_t ends = block_ends(block_load(at));
        if (LIKELY(ends != 0)) {
            text.len = (unsigned)__builtin_ctz(ends);
            if (UNLIKELY(at[text.len] != '"'))
                return NULL;
        } else {
            struct block all = block_load(at);
            text.len = text_len(scan, at, &all);
            if (text.len == SIZE_MAX || block_high(all) || !has_room(scan, at + text.len))
                return NULL;
        }
        at += foretold(step, text.len) + 1;
        if (LIKELY(step->shape == TT_SCAN_TEXT))
            store_text(event + step->offset, text);
        else if (!tt_scan_time(scan, text, text.ptr, (int64_t *)(void *)(event + step->offset)))
            return NULL;
    }
    const struct tt_event *made = &scan->event;
    bool complete = LIKELY(made->task_id.len > 0 && made->status.len > 0 && made->tenant.len > 0 &&
                           made->event_id.len > 0 && made->event_time_us != TT_TIME_NONE) ||
                    tt_scan_complete(&scan->event);
    return LIKELY(*at == '}') && complete ? at + 1 : NULL;
}

#endif
