#include "replay/single.h"

#include "core/base/assert.h"
#include "replay/numbering.h"
#include "replay/task.h"

enum { NAMES_MAX = 1 << 16 }; /* statuses interned before the table is made anew */

/* An event as it was added; `rec` stands for nothing but its id. */
struct added {
    struct tt_tev event;
    struct tt_rec rec;
    struct tt_str type;
};

struct tt_single {
    struct tt_single_options options;
    struct tt_intern names;
    struct tt_intern_cache cache;
    struct tt_numbering numbering;
    struct tt_rules rules;
    struct tt_bench bench;
    struct added *added;
    struct tt_single_event *told;
    size_t count, added_capacity, told_capacity;
    size_t lifecycle_group; /* of the task's tenant */
};

static enum tt_err number_anew(struct tt_single *single)
{
    tt_numbering_done(&single->numbering);
    tt_intern_done(&single->names);
    tt_intern_init(&single->names);
    single->cache = (struct tt_intern_cache){0};
    enum tt_err err =
        tt_numbering_make(&single->numbering, single->options.lifecycles, &single->names);
    single->rules.state_of = single->numbering.state_of;
    single->rules.status_of = single->numbering.status_of;
    return err;
}

enum tt_err tt_single_create(const struct tt_single_options *options, struct tt_single **ret_single,
                             struct tt_fault *fault)
{
    struct tt_single *single = tt_mem_zalloc(sizeof *single);
    if (single == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    single->options = *options;
    single->rules = (struct tt_rules){
        .lifecycles = options->lifecycles,
        .names = &single->names,
        .ties_by_arrival = options->ties_by_arrival,
        .write_order = true,
        .now_us = TT_TIME_NONE,
        .max_future_us = options->max_future_us,
    };
    tt_intern_init(&single->names);
    enum tt_err err = number_anew(single);
    if (err == TT_OK)
        err = tt_bench_init(&single->bench, &single->rules);
    if (err != TT_OK) {
        tt_single_destroy(single);
        return tt_fault_set(fault, err, "out of memory");
    }
    *ret_single = single;
    return TT_OK;
}

void tt_single_destroy(struct tt_single *single)
{
    if (single == NULL)
        return;
    tt_bench_done(&single->bench);
    tt_numbering_done(&single->numbering);
    tt_intern_done(&single->names);
    tt_mem_free(single->added);
    tt_mem_free(single->told);
    tt_mem_free(single);
}

void tt_single_begin(struct tt_single *single)
{
    single->count = 0;
}

static enum tt_err add(struct tt_single *single, const struct tt_event *event, uint64_t number,
                       int64_t apply_seq)
{
    struct tt_str id = event->event_id;
    uint32_t status;
    if (single->count == 0 && single->names.count > NAMES_MAX && number_anew(single) != TT_OK)
        return TT_ERR_NO_MEMORY;
    if (tt_mem_reserve((void **)&single->added, &single->added_capacity, single->count + 1,
                       sizeof *single->added) != TT_OK ||
        tt_intern_number(&single->names, &single->cache, event->status, &status) != TT_OK)
        return TT_ERR_NO_MEMORY;
    if (single->count == 0) /* lifecycles may be a tenant's own */
        single->lifecycle_group =
            single->options.lifecycles == NULL
                ? 0
                : tt_lifecycle_group(single->options.lifecycles, event->tenant);
    struct added *added = &single->added[single->count++];
    added->type = event->task_type;
    /* The id stands in front of what follows it; its length is doubled, as it is not packed. */
    added->rec = (struct tt_rec){.rest = id.ptr == NULL ? NULL : id.ptr + id.len,
                                 .id_code = (uint32_t)id.len * 2};
    added->event = (struct tt_tev){
        .time_us = event->event_time_us,
        .received_us = event->received_at_us,
        .seq = event->seq,
        .apply_seq = apply_seq,
        .applied_at_us = TT_TIME_NONE,
        .arrival = number,
        .source = event->source,
        .stage = event->stage,
        .status = status,
        .has_seq = event->has_seq,
        .has_applied = true,
    };
    return TT_OK;
}

enum tt_err tt_single_add(struct tt_single *single, const struct tt_event *event, uint64_t number,
                          int64_t apply_seq, struct tt_fault *fault)
{
    tt_assert(event->event_id.len <= INT32_MAX);
    enum tt_err err = add(single, event, number, apply_seq);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}

static int32_t state_of(const struct tt_single *single, const struct tt_task *task, uint32_t status)
{
    return task->lifecycle == NULL || status >= single->numbering.status_count
               ? TT_STATUS_UNKNOWN
               : single->numbering.state_of[task->lifecycle_index][status];
}

/* The task's lifecycle follows the type of the first event that is judged. */
static void choose_lifecycle(const struct tt_single *single, struct tt_task *task)
{
    const struct tt_lifecycle_set *set = single->options.lifecycles;
    task->lifecycle =
        set == NULL ? NULL : tt_lifecycle_for_in(set, single->lifecycle_group, task->type);
    while (task->lifecycle != NULL &&
           tt_lifecycle_at(set, task->lifecycle_index) != task->lifecycle)
        task->lifecycle_index++;
}

static enum tt_err make_room(struct tt_single *single)
{
    struct tt_bench *bench = &single->bench;
    size_t count = single->count;
    if (tt_mem_reserve((void **)&bench->events, &bench->event_capacity, count,
                       sizeof *bench->events) != TT_OK ||
        tt_mem_reserve((void **)&bench->originals, &bench->original_capacity, count,
                       sizeof *bench->originals) != TT_OK ||
        tt_mem_reserve((void **)&bench->timeline, &bench->timeline_capacity, count,
                       sizeof *bench->timeline) != TT_OK ||
        tt_mem_reserve((void **)&single->told, &single->told_capacity, count,
                       sizeof *single->told) != TT_OK)
        return TT_ERR_NO_MEMORY;
    return TT_OK;
}

static void gather(struct tt_single *single, int64_t apply_seq_max, struct tt_task *task)
{
    *task = (struct tt_task){.events = single->bench.events,
                             .originals = single->bench.originals,
                             .timeline = single->bench.timeline,
                             .stored_event_time_us = TT_TIME_NONE};
    for (size_t i = 0; i < single->count; i++) {
        const struct added *added = &single->added[i];
        if (added->event.apply_seq > apply_seq_max)
            continue;
        if (task->event_count == 0) {
            task->type = added->type;
            choose_lifecycle(single, task);
        }
        struct tt_tev *event = &task->events[task->event_count++];
        *event = added->event;
        event->rec = &added->rec;
        event->state = state_of(single, task, event->status);
    }
}

/* What the steps of judging left behind, for each event. */
static void tell_events(struct tt_single *single, const struct tt_task *task)
{
    int64_t largest = INT64_MIN;
    for (uint32_t i = 0; i < task->event_count; i++) {
        const struct tt_tev *event = &task->events[i];
        bool duplicate = event->duplicate_of != i;
        single->told[i] = (struct tt_single_event){
            .arrival_rank = i,
            .time_rank = event->time_rank,
            .late = !duplicate && event->late,
            .lateness_us = !duplicate && event->late ? largest - event->time_us : 0,
            .duplicate = duplicate,
        };
        if (!duplicate && event->time_us > largest)
            largest = event->time_us;
    }
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = &task->events[task->timeline[i]];
        const struct tt_tev *before = i == 0 ? NULL : &task->events[task->timeline[i - 1]];
        struct tt_single_event *told = &single->told[task->timeline[i]];
        bool judged = task->lifecycle != NULL && event->state != TT_STATUS_UNKNOWN &&
                      (before == NULL || before->state != TT_STATUS_UNKNOWN);
        if (judged)
            told->transition = event->violates ? TT_LEGALITY_VIOLATION : TT_LEGALITY_ALLOWED;
        if (before != NULL)
            told->previous_status = tt_status_text(&single->bench, before->status);
    }
}

enum tt_err tt_single_judge(struct tt_single *single, int64_t apply_seq_max,
                            struct tt_single_task *ret_task, struct tt_fault *fault)
{
    struct tt_task task;
    enum tt_verdict verdict;
    if (make_room(single) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    gather(single, apply_seq_max, &task);
    enum tt_err err = tt_task_judge(&task, &single->bench, &verdict, fault);
    if (err != TT_OK)
        return err;
    tell_events(single, &task);
    *ret_task = (struct tt_single_task){
        .verdict = verdict,
        .events = single->told,
        .event_count = task.event_count,
        .findings = single->bench.findings,
        .finding_count = single->bench.finding_count,
    };
    return TT_OK;
}
