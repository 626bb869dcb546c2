/* The report out of what the threads collected: tasks sorted by tenant and id, their findings
 * behind one another, the summary. */
#include "replay/parallel.h"
#include "replay/pass_parts.h"
#include "replay/rank.h"
#include "replay/told.h"

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

/* ---- Placing ---- */

enum { AHEAD = 12 }; /* tasks, whose memory is asked for before they are reached */

/* What the parts of merging share. */
struct merge {
    struct tt_pass *pass;
    struct tt_ranked *ranked;
    size_t count;         /* of tasks */
    uint32_t **rank_of;   /* [collector][task]: place in the report */
    struct tt_told *told; /* of all collectors */
    size_t *told_of;      /* [collector]: its first one */
    struct stretch {
        size_t first, end; /* tasks in ranked */
        size_t findings;   /* of them; of all before them */
        uint64_t others;   /* tasks without a story */
    } stretches[TT_PARALLEL_MAX];
    size_t parts;
    enum tt_err err, told_err;
};

/* Where the tasks of a stretch stand, and how many findings they have. */
static void number_part(void *context, size_t part)
{
    struct merge *merge = context;
    struct stretch *stretch = &merge->stretches[part];
    for (size_t i = stretch->first; i < stretch->end; i++) {
        const struct tt_ranked *ranked = &merge->ranked[i];
        if (i + AHEAD < stretch->end)
            __builtin_prefetch(&merge->ranked[i + AHEAD].task->task.finding_count);
        stretch->findings += ranked->task->task.finding_count;
        merge->rank_of[ranked->collector][ranked->task->number] = (uint32_t)i;
    }
}

static void place_part(void *context, size_t part)
{
    struct merge *merge = context;
    struct stretch *stretch = &merge->stretches[part];
    struct tt_pass *pass = merge->pass;
    size_t at = stretch->findings;
    for (size_t i = stretch->first; i < stretch->end; i++) {
        const struct tt_ranked *ranked = &merge->ranked[i];
        struct tt_report_task *task = &ranked->task->task;
        struct tt_finding *found = ranked->task->findings;
        if (i + AHEAD < stretch->end) {
            const struct tt_found_task *next = merge->ranked[i + AHEAD].task;
            __builtin_prefetch(next);
            __builtin_prefetch((const char *)next + sizeof *next - 1);
        }
        pass->tasks[i] = task;
        for (size_t f = 0; f < task->finding_count; f++) {
            found[f].task = (uint32_t)i;
            pass->findings[at + f] = &found[f];
        }
        task->first_finding = at;
        at += task->finding_count;
        if (task->story == TT_STORY_OTHER)
            stretch->others++;
        else
            task->story =
                merge->told[merge->told_of[ranked->collector] + task->story].same_as->listed;
    }
}

/* The stories and, by another thread where there is one, the summary. */
static void tell_part(void *context, size_t part)
{
    struct merge *merge = context;
    if (part == 0)
        merge->told_err = tt_told_list(merge->pass, merge->rank_of, &merge->told);
    if (part > 0 || merge->parts == 1)
        merge->err = sum_up(merge->pass);
}

static enum tt_err place_tasks(struct merge *merge)
{
    struct tt_pass *pass = merge->pass;
    size_t findings = 0;
    for (size_t p = 0; p < merge->parts; p++) {
        size_t count = merge->stretches[p].findings;
        merge->stretches[p].findings = findings;
        findings += count;
    }
    pass->findings = tt_mem_array(findings + 1, sizeof *pass->findings);
    pass->tasks = tt_mem_array(merge->count + 1, sizeof *pass->tasks);
    if (pass->findings == NULL || pass->tasks == NULL)
        return TT_ERR_NO_MEMORY;
    tt_parallel(merge->parts, place_part, merge);
    for (size_t p = 0; p < merge->parts; p++)
        pass->report.other_tasks += merge->stretches[p].others;
    pass->report.findings = pass->findings;
    pass->report.finding_count = findings;
    pass->report.tasks = pass->tasks;
    pass->report.task_count = merge->count;
    return TT_OK;
}

/* Memory for all, and which tasks each thread places. */
static enum tt_err prepare(struct merge *merge)
{
    struct tt_pass *pass = merge->pass;
    size_t stories = 0;
    merge->rank_of = tt_mem_zalloc((pass->collector_count + 1) * sizeof *merge->rank_of);
    merge->told_of = tt_mem_array(pass->collector_count + 1, sizeof *merge->told_of);
    if (merge->rank_of == NULL || merge->told_of == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t c = 0; c < pass->collector_count; c++) {
        size_t tasks = pass->collectors[c].task_count;
        merge->rank_of[c] = tt_mem_array(tasks + 1, sizeof **merge->rank_of);
        if (merge->rank_of[c] == NULL)
            return TT_ERR_NO_MEMORY;
        merge->count += tasks;
        merge->told_of[c] = stories;
        stories += pass->collectors[c].story_count;
    }
    merge->ranked = tt_mem_array(merge->count + 1, sizeof *merge->ranked);
    if (merge->ranked == NULL || merge->count >= UINT32_MAX)
        return TT_ERR_NO_MEMORY;
    merge->parts = merge->count < TT_RANK_ALONE_MAX          ? 1
                   : pass->collector_count < TT_PARALLEL_MAX ? pass->collector_count
                                                             : TT_PARALLEL_MAX;
    for (size_t p = 0; p < merge->parts; p++)
        merge->stretches[p] = (struct stretch){.first = merge->count * p / merge->parts,
                                               .end = merge->count * (p + 1) / merge->parts};
    return TT_OK;
}

enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault)
{
    struct merge merge = {.pass = pass};
    enum tt_err err = prepare(&merge);
    if (err == TT_OK)
        err = tt_rank(pass->collectors, pass->collector_count, merge.ranked);
    if (err == TT_OK) {
        tt_parallel(merge.parts, number_part, &merge);
        tt_parallel(merge.parts > 1 ? 2 : 1, tell_part, &merge);
        err = merge.told_err != TT_OK ? merge.told_err : merge.err;
    }
    if (err == TT_OK)
        err = place_tasks(&merge);
    for (size_t c = 0; merge.rank_of != NULL && c < pass->collector_count; c++)
        tt_mem_free(merge.rank_of[c]);
    tt_mem_free(merge.rank_of);
    tt_mem_free(merge.told_of);
    tt_mem_free(merge.told);
    tt_mem_free(merge.ranked);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}
