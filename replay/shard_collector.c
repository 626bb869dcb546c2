/* What one judging thread found, as bytes: one description for both directions. */
#include "replay/shard_parts.h"

#include <string.h>

/* Reading: room for `count` elements in a list of the collector's own. */
static void reserve(struct tt_shard_io *io, void **list, size_t *capacity, size_t count,
                    size_t bytes)
{
    if (!tt_io_reads(io) || io->err != TT_OK)
        return;
    if (tt_mem_reserve(list, capacity, count + 1, bytes) != TT_OK) {
        io->err = TT_ERR_NO_MEMORY;
        return;
    }
    memset(*list, 0, (count + 1) * bytes);
}

static void io_values(struct tt_shard_io *io, struct tt_values *values)
{
    size_t count = values->count;
    tt_io_u64(io, &values->zeros);
    tt_io_count(io, &count);
    reserve(io, (void **)&values->values, &values->capacity, count, sizeof *values->values);
    for (size_t i = 0; i < count && io->err == TT_OK; i++)
        tt_io_i64(io, &values->values[i]);
    values->count = count;
}

static void io_numbers(struct tt_shard_io *io, struct tt_collector *c)
{
    uint64_t *const numbers[] = {&c->on_time,    &c->events, &c->tasks_seen, &c->without_lifecycle,
                                 &c->inversions, &c->moves,  &c->explained};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        tt_io_u64(io, numbers[i]);
    for (int i = 0; i < TT_KIND_COUNT; i++)
        tt_io_u64(io, &c->kinds[i]);
    for (int i = 0; i < TT_VERDICT_COUNT; i++)
        tt_io_u64(io, &c->verdicts[i]);
    for (int i = 0; i < 4; i++)
        tt_io_u64(io, &c->legal[i / 2][i % 2]);
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++)
        tt_io_u64(io, &c->lateness_buckets[i]);
    tt_io_i64(io, &c->first_time_us);
    tt_io_i64(io, &c->last_time_us);
    io_values(io, &c->late);
    io_values(io, &c->hold);
}

static void io_verdict(struct tt_shard_io *io, enum tt_verdict *verdict)
{
    unsigned raw = *verdict;
    tt_io_small(io, &raw, TT_VERDICT_COUNT - 1);
    *verdict = (enum tt_verdict)raw;
}

/* ---- Stories */

static void io_status(struct tt_shard_io *io, uint32_t *status, struct tt_intern *names,
                      struct tt_intern_cache *cache)
{
    struct tt_str text = tt_io_reads(io) ? TT_STR_NONE : tt_intern_text(names, *status);
    tt_io_name(io, &text);
    if (!tt_io_reads(io) || io->err != TT_OK)
        return;
    if (text.ptr == NULL)
        io->err = TT_ERR_CORRUPT;
    else if (tt_intern_number(names, cache, text, status) != TT_OK)
        io->err = TT_ERR_NO_MEMORY;
}

static void io_story_step(struct tt_shard_io *io, struct tt_step_of_story *step,
                          struct tt_intern *names, struct tt_intern_cache *cache)
{
    tt_io_i64(io, &step->event_time_us);
    tt_io_i64(io, &step->received_at_us);
    tt_io_i64(io, &step->applied_at_us);
    tt_io_i64(io, &step->seq);
    tt_io_u64(io, &step->arrival);
    io_status(io, &step->status, names, cache);
    tt_io_u32(io, &step->time_rank);
    tt_io_flag(io, &step->has_seq);
    tt_io_flag(io, &step->late);
    tt_io_flag(io, &step->violates);
    tt_io_flag(io, &step->duplicate);
}

static void io_story(struct tt_shard_io *io, struct tt_story_found *story, size_t tasks,
                     struct tt_intern *names, struct tt_intern_cache *cache)
{
    uint64_t example = story->example;
    tt_io_u64(io, &story->hash);
    tt_io_u64(io, &story->tasks);
    tt_io_u64(io, &story->event_count);
    tt_io_u64(io, &example);
    tt_io_u32(io, &story->kinds);
    io_verdict(io, &story->verdict);
    if (example >= tasks || story->kinds >= UINT32_C(1) << TT_KIND_COUNT || story->event_count == 0)
        io->err = io->err == TT_OK ? TT_ERR_CORRUPT : io->err;
    story->example = (size_t)example;
    story->severity = tt_kinds_severity(story->kinds);
    size_t kept =
        story->event_count < TT_STORY_EVENTS_MAX ? (size_t)story->event_count : TT_STORY_EVENTS_MAX;
    struct tt_step_of_story *steps = tt_io_list(io, story->steps, kept, sizeof *steps);
    for (size_t i = 0; i < kept && steps != NULL && io->err == TT_OK; i++)
        io_story_step(io, &steps[i], names, cache);
    story->steps = steps;
}

/* ---- Tasks and their findings */

static void io_task(struct tt_shard_io *io, struct tt_report_task *task, size_t stories)
{
    tt_io_name(io, &task->tenant);
    tt_io_text(io, &task->task_id);
    tt_io_name(io, &task->task_type);
    io_verdict(io, &task->verdict);
    tt_io_u32(io, &task->story);
    tt_io_u64(io, &task->events);
    if (io->err == TT_OK && (task->tenant.ptr == NULL || task->task_id.ptr == NULL ||
                             (task->story != TT_STORY_OTHER && task->story >= stories)))
        io->err = TT_ERR_CORRUPT;
}

static void io_findings(struct tt_shard_io *io, struct tt_report_task *task,
                        struct tt_finding **findings)
{
    tt_io_count(io, &task->finding_count);
    struct tt_finding *list = tt_io_list(io, *findings, task->finding_count, sizeof *list);
    for (size_t i = 0; list != NULL && i < task->finding_count && io->err == TT_OK; i++)
        tt_shard_io_finding(io, &list[i]);
    *findings = list;
    if (io->err == TT_OK && task->finding_count == 0)
        io->err = TT_ERR_CORRUPT;
}

void tt_shard_io_collector(struct tt_shard_io *io, struct tt_collector *c, struct tt_intern *names)
{
    size_t tasks = c->task_count, stories = c->story_count;
    struct tt_intern_cache *cache = tt_mem_zalloc(sizeof *cache);
    if (cache == NULL)
        io->err = TT_ERR_NO_MEMORY;
    io_numbers(io, c);
    tt_io_count(io, &tasks);
    tt_io_count(io, &stories);
    reserve(io, (void **)&c->tasks, &c->task_capacity, tasks, sizeof *c->tasks);
    reserve(io, (void **)&c->stories, &c->story_capacity, stories, sizeof *c->stories);
    for (size_t i = 0; i < tasks && io->err == TT_OK; i++) {
        c->tasks[i] = tt_io_list(io, c->tasks[i], 1, sizeof **c->tasks);
        if (c->tasks[i] == NULL)
            break;
        c->tasks[i]->number = i;
        io_task(io, &c->tasks[i]->task, stories);
        io_findings(io, &c->tasks[i]->task, &c->tasks[i]->findings);
    }
    for (size_t i = 0; i < stories && io->err == TT_OK; i++)
        io_story(io, &c->stories[i], tasks, names, cache);
    if (io->err == TT_OK) {
        c->task_count = tasks;
        c->story_count = stories;
    }
    tt_mem_free(cache);
}
