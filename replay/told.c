/* The stories of a report: equal ones of different threads told once, listed the worst first. */
#include "replay/told.h"

#include <stdlib.h>

static int compare_hash(const void *a, const void *b)
{
    const struct tt_told *x = *(const struct tt_told *const *)a,
                         *y = *(const struct tt_told *const *)b;
    if (x->story->hash != y->story->hash)
        return x->story->hash < y->story->hash ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static int compare_listed(const void *a, const void *b)
{
    const struct tt_told *x = *(const struct tt_told *const *)a,
                         *y = *(const struct tt_told *const *)b;
    if (x->story->verdict != y->story->verdict)
        return x->story->verdict > y->story->verdict ? -1 : 1;
    if (x->story->severity != y->story->severity)
        return x->story->severity > y->story->severity ? -1 : 1;
    if (x->story->tasks != y->story->tasks)
        return x->story->tasks > y->story->tasks ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

/* Equal stories of different collectors become one; `order` holds all, sorted by hash then example.
 * Returns how many are left in front of `order`. */
static size_t join_equal(struct tt_told **order, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        struct tt_told *found = NULL;
        for (size_t k = left;
             k-- > 0 && order[k]->story->hash == order[i]->story->hash && found == NULL;)
            if (tt_story_same(order[k]->story, order[i]->story))
                found = order[k];
        if (found == NULL) {
            order[i]->same_as = order[i];
            order[left++] = order[i];
            continue;
        }
        order[i]->same_as = found;
        found->story->tasks += order[i]->story->tasks;
        found->story->kinds |= order[i]->story->kinds;
        found->story->severity = tt_kinds_severity(found->story->kinds);
    }
    return left;
}

static enum tt_err draw_story(struct tt_pass *pass, const struct tt_story_found *from,
                              struct tt_story *story)
{
    size_t count =
        from->event_count < TT_STORY_EVENTS_MAX ? from->event_count : TT_STORY_EVENTS_MAX;
    struct tt_lane_event *lanes = tt_arena_alloc(&pass->story_arena, count * sizeof *lanes);
    if (lanes == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct tt_step_of_story *step = &from->steps[i];
        lanes[i] = (struct tt_lane_event){
            .status = tt_intern_text(&pass->names, step->status),
            .arrival = step->arrival,
            .arrival_rank = (uint32_t)i,
            .time_rank = step->time_rank,
            .event_time_us = step->event_time_us,
            .received_at_us = step->received_at_us,
            .applied_at_us = step->applied_at_us,
            .seq = step->seq,
            .has_seq = step->has_seq,
            .late = step->late,
            .violates = step->violates,
            .duplicate = step->duplicate,
        };
    }
    story->events = lanes;
    story->event_count = count;
    return TT_OK;
}

static enum tt_err list_stories(struct tt_pass *pass, struct tt_told **order, size_t count)
{
    size_t of_verdict[TT_VERDICT_COUNT] = {0};
    pass->stories = tt_mem_zalloc((count + 1) * sizeof *pass->stories);
    if (pass->stories == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct tt_story_found *from = order[i]->story;
        order[i]->listed = (uint32_t)i;
        pass->stories[i] = (struct tt_story){
            .verdict = from->verdict,
            .severity = from->severity,
            .tasks = from->tasks,
            .example = order[i]->example,
            .kinds = from->kinds,
            .example_events = from->event_count,
        };
        if (of_verdict[from->verdict]++ < TT_STORIES_DRAWN_MAX &&
            draw_story(pass, from, &pass->stories[i]) != TT_OK)
            return TT_ERR_NO_MEMORY;
    }
    pass->report.stories = pass->stories;
    pass->report.story_count = count;
    return TT_OK;
}

enum tt_err tt_told_list(struct tt_pass *pass, uint32_t *const *rank_of, struct tt_told **ret_told)
{
    size_t count = 0, at = 0;
    for (size_t c = 0; c < pass->collector_count; c++)
        count += pass->collectors[c].story_count;
    struct tt_told *told = tt_mem_zalloc((count + 1) * sizeof *told);
    struct tt_told **order = tt_mem_array(count + 1, sizeof *order);
    enum tt_err err = told == NULL || order == NULL ? TT_ERR_NO_MEMORY : TT_OK;
    for (size_t c = 0; c < pass->collector_count && err == TT_OK; c++)
        for (size_t s = 0; s < pass->collectors[c].story_count; s++, at++) {
            struct tt_story_found *story = &pass->collectors[c].stories[s];
            told[at] = (struct tt_told){story, NULL, rank_of[c][story->example], 0};
            order[at] = &told[at];
        }
    if (err == TT_OK && count > 0) {
        qsort(order, count, sizeof *order, compare_hash);
        size_t left = join_equal(order, count);
        qsort(order, left, sizeof *order, compare_listed);
        err = list_stories(pass, order, left);
    }
    tt_mem_free(order);
    if (err == TT_OK)
        *ret_told = told;
    else
        tt_mem_free(told);
    return err;
}
