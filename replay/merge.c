/* The report out of what the threads collected: tasks sorted by tenant and id, their findings
 * behind one another, equal stories of different threads told once, the summary. */
#include "replay/pass_parts.h"
#include "replay/rank.h"

#include <stdlib.h>
#include <string.h>

static void add_to_summary(struct tt_summary *sum, const struct tt_collector *from)
{
    sum->events += from->events;
    sum->tasks += from->tasks_seen;
    sum->without_lifecycle += from->without_lifecycle;
    sum->inversions += from->inversions;
    sum->moves += from->moves;
    sum->explained_by_reordering += from->explained;
    for (int i = 0; i < TT_KIND_COUNT; i++)
        sum->kinds[i] += from->kinds[i];
    for (int i = 0; i < TT_VERDICT_COUNT; i++)
        sum->verdicts[i] += from->verdicts[i];
    for (int i = 0; i < 4; i++)
        sum->legal[i / 2][i % 2] += from->legal[i / 2][i % 2];
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++)
        sum->lateness_buckets[i] += from->lateness_buckets[i];
    if (from->first_time_us != TT_TIME_NONE && (sum->first_event_time_us == TT_TIME_NONE ||
                                                from->first_time_us < sum->first_event_time_us))
        sum->first_event_time_us = from->first_time_us;
    if (from->last_time_us != TT_TIME_NONE &&
        (sum->last_event_time_us == TT_TIME_NONE || from->last_time_us > sum->last_event_time_us))
        sum->last_event_time_us = from->last_time_us;
}

static enum tt_err sum_up(struct tt_pass *pass)
{
    struct tt_summary *sum = &pass->report.summary;
    *sum = (struct tt_summary){.first_event_time_us = TT_TIME_NONE,
                               .last_event_time_us = TT_TIME_NONE};
    struct tt_values late = {0}, hold = {0};
    uint64_t on_time = 0;
    enum tt_err err = TT_OK;
    for (size_t c = 0; c < pass->collector_count && err == TT_OK; c++) {
        add_to_summary(sum, &pass->collectors[c]);
        on_time += pass->collectors[c].on_time;
        err = tt_values_append(&late, &pass->collectors[c].late);
        if (err == TT_OK)
            err = tt_values_append(&hold, &pass->collectors[c].hold);
    }
    for (size_t f = 0; f < pass->feeder_count; f++)
        sum->rejected += pass->feeders[f]->rejected;
    sum->lateness = tt_values_quantiles(&late);
    late.zeros = on_time; /* on-time events count as 0 for the watermark */
    sum->watermark = tt_values_quantiles(&late);
    sum->hold = tt_values_quantiles(&hold);
    tt_mem_free(late.values);
    tt_mem_free(hold.values);
    return err;
}

static enum tt_err place_tasks(struct tt_pass *pass, const struct tt_ranked *ranked, size_t count)
{
    size_t findings = 0;
    for (size_t i = 0; i < count; i++)
        findings += ranked[i].task->finding_count;
    pass->findings = tt_mem_array(findings + 1, sizeof *pass->findings);
    pass->tasks = tt_mem_array(count + 1, sizeof *pass->tasks);
    if (pass->findings == NULL || pass->tasks == NULL)
        return TT_ERR_NO_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tt_collector *collector = &pass->collectors[ranked[i].collector];
        struct tt_report_task *task = &pass->tasks[i];
        struct tt_finding *found = collector->findings[ranked[i].task - collector->tasks];
        *task = *ranked[i].task;
        for (size_t f = 0; f < task->finding_count; f++) {
            found[f].task = (uint32_t)i;
            pass->findings[at + f] = &found[f];
        }
        task->first_finding = at;
        at += task->finding_count;
    }
    pass->report.findings = pass->findings;
    pass->report.finding_count = at;
    pass->report.tasks = pass->tasks;
    pass->report.task_count = count;
    return TT_OK;
}

/* ---- Stories
 * ---------------------------------------------------------------------------------------- */

/* A story of one collector on its way into the report. */
struct told {
    struct tt_collector *collector;
    struct tt_story_found *story;
    struct told *same_as; /* the first of equal ones; itself where it is the first */
    uint32_t example;     /* index into the report's tasks */
    uint32_t listed;      /* index into the report's stories */
};

static int compare_hash(const void *a, const void *b)
{
    const struct told *x = *(const struct told *const *)a, *y = *(const struct told *const *)b;
    if (x->story->hash != y->story->hash)
        return x->story->hash < y->story->hash ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static int compare_listed(const void *a, const void *b)
{
    const struct told *x = *(const struct told *const *)a, *y = *(const struct told *const *)b;
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
static size_t join_equal(struct told **order, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        struct told *found = NULL;
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

static enum tt_err list_stories(struct tt_pass *pass, struct told **order, size_t count)
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

/* rank_of[c][t]: place in the report of task t of collector c. */
static enum tt_err tell_stories(struct tt_pass *pass, uint32_t *const *rank_of)
{
    size_t count = 0;
    for (size_t c = 0; c < pass->collector_count; c++)
        count += pass->collectors[c].story_count;
    struct told *told = tt_mem_zalloc((count + 1) * sizeof *told);
    struct told **order = tt_mem_array(count + 1, sizeof *order);
    enum tt_err err = told == NULL || order == NULL ? TT_ERR_NO_MEMORY : TT_OK;
    size_t at = 0;
    for (size_t c = 0; c < pass->collector_count && err == TT_OK; c++)
        for (size_t s = 0; s < pass->collectors[c].story_count; s++, at++) {
            struct tt_story_found *story = &pass->collectors[c].stories[s];
            told[at] =
                (struct told){&pass->collectors[c], story, NULL, rank_of[c][story->example], 0};
            order[at] = &told[at];
        }
    if (err == TT_OK && count > 0) {
        qsort(order, count, sizeof *order, compare_hash);
        size_t left = join_equal(order, count);
        qsort(order, left, sizeof *order, compare_listed);
        err = list_stories(pass, order, left);
    }
    at = 0;
    for (size_t c = 0; c < pass->collector_count && err == TT_OK; c++) {
        const struct tt_collector *collector = &pass->collectors[c];
        for (size_t t = 0; t < collector->task_count; t++) {
            uint32_t story = collector->tasks[t].story;
            bool other = story == TT_STORY_OTHER;
            pass->tasks[rank_of[c][t]].story =
                other ? TT_STORY_OTHER : told[at + story].same_as->listed;
            pass->report.other_tasks += other;
        }
        at += collector->story_count;
    }
    tt_mem_free(told);
    tt_mem_free(order);
    return err;
}

static enum tt_err rank_tasks(struct tt_pass *pass, uint32_t **rank_of)
{
    size_t count = 0;
    for (size_t c = 0; c < pass->collector_count; c++)
        count += pass->collectors[c].task_count;
    if (count >= UINT32_MAX)
        return TT_ERR_NO_MEMORY;
    struct tt_ranked *ranked = tt_mem_array(count + 1, sizeof *ranked);
    if (ranked == NULL)
        return TT_ERR_NO_MEMORY;
    enum tt_err err = tt_rank(pass->collectors, pass->collector_count, ranked);
    for (size_t i = 0; i < count && err == TT_OK; i++)
        rank_of[ranked[i].collector][ranked[i].task - pass->collectors[ranked[i].collector].tasks] =
            (uint32_t)i;
    if (err == TT_OK)
        err = place_tasks(pass, ranked, count);
    tt_mem_free(ranked);
    return err;
}

enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault)
{
    uint32_t **rank_of = tt_mem_zalloc((pass->collector_count + 1) * sizeof *rank_of);
    enum tt_err err = rank_of == NULL ? TT_ERR_NO_MEMORY : sum_up(pass);
    for (size_t c = 0; c < pass->collector_count && err == TT_OK; c++) {
        rank_of[c] = tt_mem_array(pass->collectors[c].task_count + 1, sizeof **rank_of);
        err = rank_of[c] == NULL ? TT_ERR_NO_MEMORY : TT_OK;
    }
    if (err == TT_OK)
        err = rank_tasks(pass, rank_of);
    if (err == TT_OK)
        err = tell_stories(pass, rank_of);
    for (size_t c = 0; rank_of != NULL && c < pass->collector_count; c++)
        tt_mem_free(rank_of[c]);
    tt_mem_free(rank_of);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}
