#include "replay/collector.h"

#include <string.h>

void tt_collector_init(struct tt_collector *collector)
{
    *collector = (struct tt_collector){.first_time_us = TT_TIME_NONE, .last_time_us = TT_TIME_NONE};
    tt_arena_init(&collector->arena, 0);
}

void tt_collector_done(struct tt_collector *collector)
{
    tt_arena_done(&collector->arena);
    tt_mem_free(collector->tasks);
    tt_mem_free(collector->stories);
    tt_mem_free(collector->story_slots);
    tt_mem_free(collector->late.values);
    tt_mem_free(collector->hold.values);
    *collector = (struct tt_collector){0};
}

enum tt_severity tt_kinds_severity(uint32_t kinds)
{
    enum tt_severity worst = TT_SEVERITY_INFO;
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        if ((kinds >> kind & 1) != 0 && tt_kind_severity((enum tt_kind)kind) > worst)
            worst = tt_kind_severity((enum tt_kind)kind);
    return worst;
}

/* ---- Numbers
 * ---------------------------------------------------------------------------------------- */

static enum tt_err add_lateness(struct tt_collector *collector, const struct tt_bench *bench)
{
    for (size_t i = 0; i < bench->finding_count; i++) {
        const struct tt_finding *finding = &bench->findings[i];
        if (finding->kind != TT_KIND_LATE_ARRIVAL)
            continue;
        int bucket = 0;
        while (finding->late_arrival.lateness_us >= tt_lateness_bucket_us(bucket))
            bucket++;
        collector->lateness_buckets[bucket]++;
        if (tt_values_add(&collector->late, finding->late_arrival.lateness_us) != TT_OK)
            return TT_ERR_NO_MEMORY;
    }
    return TT_OK;
}

static enum tt_err add_holds(struct tt_collector *collector, const struct tt_task *task,
                             struct tt_bench *bench)
{
    int64_t *largest = NULL;
    if (task->late_count > 0) {
        largest = tt_bench_times(bench, task->original_count);
        if (largest == NULL)
            return TT_ERR_NO_MEMORY;
        for (uint32_t i = 0; i < task->original_count; i++) {
            int64_t time_us = task->events[task->originals[i]].time_us;
            largest[i] = i > 0 && largest[i - 1] > time_us ? largest[i - 1] : time_us;
        }
    }
    for (uint32_t i = 0; i < task->original_count; i++) {
        int64_t hold_us;
        if (tt_task_hold_us(task, i, largest, &hold_us) &&
            tt_values_add(&collector->hold, hold_us) != TT_OK)
            return TT_ERR_NO_MEMORY;
    }
    return TT_OK;
}

static void add_span(struct tt_collector *collector, int64_t first_us, int64_t last_us)
{
    if (collector->first_time_us == TT_TIME_NONE || first_us < collector->first_time_us)
        collector->first_time_us = first_us;
    if (collector->last_time_us == TT_TIME_NONE || last_us > collector->last_time_us)
        collector->last_time_us = last_us;
}

static void add_counts(struct tt_collector *collector, const struct tt_task *task,
                       const struct tt_bench *bench, enum tt_verdict verdict)
{
    collector->events += task->event_count;
    collector->tasks_seen++;
    collector->without_lifecycle += task->lifecycle == NULL;
    collector->inversions += task->inversions;
    collector->moves += task->moves;
    collector->on_time += task->original_count - task->late_count;
    collector->explained += task->arrival_violations > 0 && task->time_violations == 0;
    collector->legal[task->arrival_violations == 0][task->time_violations == 0]++;
    collector->verdicts[verdict]++;
    for (size_t i = 0; i < bench->finding_count; i++)
        collector->kinds[bench->findings[i].kind]++;
    add_span(collector, task->events[task->timeline[0]].time_us,
             task->events[task->timeline[task->original_count - 1]].time_us);
}

void tt_collector_add_plain(struct tt_collector *collector, uint32_t events, uint32_t holds,
                            bool has_lifecycle, int64_t first_us, int64_t last_us)
{
    collector->events += events;
    collector->tasks_seen++;
    collector->without_lifecycle += !has_lifecycle;
    collector->on_time += events;
    collector->legal[true][true]++;
    collector->verdicts[TT_VERDICT_CLEAN]++;
    collector->hold.zeros += holds;
    add_span(collector, first_us, last_us);
}

/* ---- Findings
 * --------------------------------------------------------------------------------------- */

static void *copy_array(struct tt_collector *collector, const void *array, size_t count,
                        size_t size)
{
    void *copy = tt_arena_alloc(&collector->arena, (count + 1) * size);
    if (copy != NULL && count > 0)
        memcpy(copy, array, count * size);
    return copy;
}

static bool keep_text(struct tt_collector *collector, struct tt_str *text)
{
    if (text->ptr == NULL)
        return true;
    text->ptr = tt_arena_copy(&collector->arena, text->ptr, text->len);
    return text->ptr != NULL;
}

static bool keep_intervals(struct tt_collector *collector, const struct tt_interval **intervals,
                           size_t count)
{
    struct tt_interval *copy = copy_array(collector, *intervals, count, sizeof *copy);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!keep_text(collector, &copy[i].stage))
            return false;
    *intervals = copy;
    return true;
}

/* Status names live as long as the pass; all else borrows from the bench or the records and is
 * copied. */
static bool keep_evidence(struct tt_collector *collector, struct tt_finding *finding)
{
    switch (finding->kind) {
    case TT_KIND_AMBIGUOUS_ORDER:
        finding->ambiguous_order.arrivals =
            copy_array(collector, finding->ambiguous_order.arrivals, finding->ambiguous_order.count,
                       sizeof(uint64_t));
        return finding->ambiguous_order.arrivals != NULL;
    case TT_KIND_MISSING_INITIAL:
    case TT_KIND_SKIPPED_STATUS:
        if (finding->step.missing == NULL)
            return true;
        finding->step.missing = copy_array(collector, finding->step.missing,
                                           finding->step.missing_count, sizeof(struct tt_str));
        return finding->step.missing != NULL;
    case TT_KIND_SEQUENCE_GAP: return keep_text(collector, &finding->sequence_gap.source);
    case TT_KIND_SEQUENCE_DISORDER: return keep_text(collector, &finding->sequence_disorder.source);
    case TT_KIND_INTERVAL_MISMATCH:
        return keep_intervals(collector, &finding->interval_mismatch.stored,
                              finding->interval_mismatch.stored_count) &&
               keep_intervals(collector, &finding->interval_mismatch.replayed,
                              finding->interval_mismatch.replayed_count);
    default: return true;
    }
}

/* NULL: out of memory. */
static struct tt_finding *keep_findings(struct tt_collector *collector,
                                        const struct tt_bench *bench)
{
    struct tt_finding *kept =
        copy_array(collector, bench->findings, bench->finding_count, sizeof *kept);
    for (size_t i = 0; kept != NULL && i < bench->finding_count; i++)
        if (!keep_text(collector, &kept[i].event_id) || !keep_evidence(collector, &kept[i]))
            return NULL;
    return kept;
}

/* ---- Stories
 * ---------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* A step as part of a story's identity: which status, at which place in time. */
static uint64_t step_key(uint32_t status, uint32_t time_rank, bool duplicate)
{
    return (uint64_t)status << 32 | (duplicate ? UINT32_MAX : time_rank);
}

bool tt_story_same(const struct tt_story_found *a, const struct tt_story_found *b)
{
    if (a->hash != b->hash || a->verdict != b->verdict || a->event_count != b->event_count)
        return false;
    for (size_t i = 0; i < a->event_count && i < TT_STORY_EVENTS_MAX; i++)
        if (step_key(a->steps[i].status, a->steps[i].time_rank, a->steps[i].duplicate) !=
            step_key(b->steps[i].status, b->steps[i].time_rank, b->steps[i].duplicate))
            return false;
    return true;
}

static struct tt_story_found read_story(const struct tt_task *task, struct tt_bench *bench,
                                        enum tt_verdict verdict)
{
    struct tt_story_found story = {
        .hash = verdict, .tasks = 1, .event_count = task->event_count, .verdict = verdict};
    size_t kept = task->event_count < TT_STORY_EVENTS_MAX ? task->event_count : TT_STORY_EVENTS_MAX;
    story.steps = tt_arena_alloc(&bench->arena, kept * sizeof *story.steps);
    for (uint32_t i = 0; i < task->event_count && story.steps != NULL; i++) {
        const struct tt_tev *event = &task->events[i];
        bool duplicate = event->duplicate_of != i;
        /* Of texts: stories of several processes are compared. */
        story.hash = mix(story.hash, tt_intern_hash(bench->rules->names, event->status));
        story.hash = mix(story.hash, step_key(0, event->time_rank, duplicate));
        if (i < kept)
            story.steps[i] = (struct tt_step_of_story){
                .event_time_us = event->time_us,
                .received_at_us = event->received_us,
                .applied_at_us = event->has_applied ? event->applied_at_us : TT_TIME_NONE,
                .seq = event->seq,
                .arrival = event->arrival,
                .status = event->status,
                .time_rank = event->time_rank,
                .has_seq = event->has_seq,
                .late = event->late,
                .violates = event->violates,
                .duplicate = duplicate,
            };
    }
    for (size_t i = 0; i < bench->finding_count; i++)
        story.kinds |= 1u << bench->findings[i].kind;
    story.severity = tt_kinds_severity(story.kinds);
    return story;
}

static enum tt_err grow_slots(struct tt_collector *collector)
{
    size_t wanted = collector->story_slot_count == 0 ? 256 : collector->story_slot_count * 2;
    uint32_t *slots = tt_mem_zalloc(wanted * sizeof *slots);
    if (slots == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < collector->story_count; i++) {
        size_t at = collector->stories[i].hash & (wanted - 1);
        while (slots[at] != 0)
            at = (at + 1) & (wanted - 1);
        slots[at] = (uint32_t)i + 1;
    }
    tt_mem_free(collector->story_slots);
    collector->story_slots = slots;
    collector->story_slot_count = wanted;
    return TT_OK;
}

static bool comes_first(const struct tt_report_task *a, const struct tt_report_task *b)
{
    int order = tt_str_compare(a->tenant, b->tenant);
    return order < 0 || (order == 0 && tt_str_compare(a->task_id, b->task_id) < 0);
}

/* Another task tells a story we have; the example is the first of all in order of tenant and id. */
static void tell_again(struct tt_collector *collector, struct tt_story_found *known,
                       const struct tt_story_found *again)
{
    known->tasks++;
    known->kinds |= again->kinds;
    known->severity = tt_kinds_severity(known->kinds);
    if (!comes_first(&collector->tasks[again->example]->task,
                     &collector->tasks[known->example]->task))
        return;
    known->example = again->example;
    size_t kept =
        known->event_count < TT_STORY_EVENTS_MAX ? known->event_count : TT_STORY_EVENTS_MAX;
    memcpy(known->steps, again->steps, kept * sizeof *known->steps);
}

void tt_collector_partition(struct tt_collector *collector, uint32_t partition)
{
    collector->partition = partition;
    collector->partition_stories = 0;
}

static enum tt_err add_story(struct tt_collector *collector, struct tt_story_found *story,
                             uint32_t *ret_index)
{
    if (collector->story_count * 2 >= collector->story_slot_count && grow_slots(collector) != TT_OK)
        return TT_ERR_NO_MEMORY;
    bool full = collector->partition_stories >= TT_STORIES_OF_PARTITION_MAX;
    size_t mask = collector->story_slot_count - 1, at = story->hash & mask;
    *ret_index = TT_STORY_OTHER;
    for (; collector->story_slots[at] != 0; at = (at + 1) & mask) {
        struct tt_story_found *known = &collector->stories[collector->story_slots[at] - 1];
        if (tt_story_same(known, story)) {
            bool is_new = known->partition != collector->partition;
            if (is_new && full)
                return TT_OK;
            collector->partition_stories += is_new;
            known->partition = collector->partition;
            tell_again(collector, known, story);
            *ret_index = collector->story_slots[at] - 1;
            return TT_OK;
        }
    }
    if (full)
        return TT_OK;
    size_t kept =
        story->event_count < TT_STORY_EVENTS_MAX ? story->event_count : TT_STORY_EVENTS_MAX;
    story->steps = copy_array(collector, story->steps, kept, sizeof *story->steps);
    if (story->steps == NULL ||
        tt_mem_reserve((void **)&collector->stories, &collector->story_capacity,
                       collector->story_count + 1, sizeof *collector->stories) != TT_OK)
        return TT_ERR_NO_MEMORY;
    story->partition = collector->partition;
    collector->partition_stories++;
    *ret_index = (uint32_t)collector->story_count;
    collector->stories[collector->story_count++] = *story;
    collector->story_slots[at] = *ret_index + 1;
    return TT_OK;
}

static enum tt_err keep_task(struct tt_collector *collector, const struct tt_task *task,
                             struct tt_bench *bench, enum tt_verdict verdict)
{
    struct tt_found_task *kept = tt_arena_alloc(&collector->arena, sizeof *kept);
    if (kept == NULL)
        return TT_ERR_NO_MEMORY;
    *kept = (struct tt_found_task){
        .task = {.tenant = task->tenant,
                 .task_id = task->task_id,
                 .task_type = task->type,
                 .verdict = verdict,
                 .finding_count = bench->finding_count,
                 .events = task->event_count},
        .findings = keep_findings(collector, bench),
        .number = collector->task_count,
    };
    if (kept->findings == NULL || !keep_text(collector, &kept->task.tenant) ||
        !keep_text(collector, &kept->task.task_id) ||
        tt_mem_reserve((void **)&collector->tasks, &collector->task_capacity,
                       collector->task_count + 1, sizeof *collector->tasks) != TT_OK)
        return TT_ERR_NO_MEMORY;
    collector->tasks[collector->task_count++] = kept;
    struct tt_story_found story = read_story(task, bench, verdict);
    story.example = kept->number;
    if (story.steps == NULL)
        return TT_ERR_NO_MEMORY;
    return add_story(collector, &story, &kept->task.story);
}

enum tt_err tt_collector_add(struct tt_collector *collector, const struct tt_task *task,
                             struct tt_bench *bench, enum tt_verdict verdict,
                             struct tt_fault *fault)
{
    add_counts(collector, task, bench, verdict);
    enum tt_err err = add_lateness(collector, bench);
    if (err == TT_OK)
        err = add_holds(collector, task, bench);
    if (err == TT_OK && bench->finding_count > 0)
        err = keep_task(collector, task, bench, verdict);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}
