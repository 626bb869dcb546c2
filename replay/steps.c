/* One hash table a thread, keyed by (what, type, from, to) in interned numbers. A row remembers the
 * last task that added to it, so that tasks are counted once, and the first one to have arrived. */
#include "replay/steps.h"

#include "core/base/assert.h"
#include "core/base/limits.h"
#include <stdlib.h>

#define NO_STATUS UINT32_MAX

struct tt_learned_step {
    uint32_t type, from, to; /* interned; TT_REC_NO_TYPE, NO_STATUS */
    enum tt_counted what;
    uint64_t count, tasks;
    uint64_t last_task; /* number of the task that added last */
    uint64_t arrival;
    struct tt_str tenant, task_id;
};

void tt_learner_init(struct tt_learner *learner, bool by_type)
{
    *learner = (struct tt_learner){.by_type = by_type};
    tt_arena_init(&learner->arena, 0);
}

void tt_learner_done(struct tt_learner *learner)
{
    tt_arena_done(&learner->arena);
    tt_mem_free(learner->steps);
    tt_mem_free(learner->slots);
    *learner = (struct tt_learner){0};
}

/* ---- The table ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct tt_learned_step *step)
{
    return mix(mix((uint64_t)step->what << 32 | step->type, step->from), step->to);
}

static bool same_step(const struct tt_learned_step *a, const struct tt_learned_step *b)
{
    return a->what == b->what && a->type == b->type && a->from == b->from && a->to == b->to;
}

static enum tt_err grow_slots(struct tt_learner *learner)
{
    size_t wanted = learner->slot_count == 0 ? 256 : learner->slot_count * 2;
    uint32_t *slots = tt_mem_zalloc(wanted * sizeof *slots);
    if (slots == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < learner->step_count; i++) {
        size_t at = hash_of(&learner->steps[i]) & (wanted - 1);
        while (slots[at] != 0)
            at = (at + 1) & (wanted - 1);
        slots[at] = (uint32_t)i + 1;
    }
    tt_mem_free(learner->slots);
    learner->slots = slots;
    learner->slot_count = wanted;
    return TT_OK;
}

/* The row of the key's what, type, from and to; a new one has no counts. NULL with the fault set.
 */
static struct tt_learned_step *find(struct tt_learner *learner, const struct tt_learned_step *key,
                                    struct tt_fault *fault)
{
    if (learner->step_count * 2 >= learner->slot_count && grow_slots(learner) != TT_OK) {
        tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    size_t mask = learner->slot_count - 1, at = hash_of(key) & mask;
    for (; learner->slots[at] != 0; at = (at + 1) & mask)
        if (same_step(&learner->steps[learner->slots[at] - 1], key))
            return &learner->steps[learner->slots[at] - 1];
    if (learner->step_count >= TT_STEPS_MAX) {
        tt_fault_set(fault, TT_ERR_LIMIT,
                     "more than %d different steps between statuses: statuses or task types look "
                     "like free text, and no lifecycle can be learned from that",
                     TT_STEPS_MAX);
        return NULL;
    }
    if (tt_mem_reserve((void **)&learner->steps, &learner->step_capacity, learner->step_count + 1,
                       sizeof *learner->steps) != TT_OK) {
        tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    struct tt_learned_step *step = &learner->steps[learner->step_count++];
    *step = (struct tt_learned_step){
        .type = key->type, .from = key->from, .to = key->to, .what = key->what};
    learner->slots[at] = (uint32_t)learner->step_count;
    return step;
}

/* ---- One task ---- */

static enum tt_err keep_example(struct tt_learner *learner, struct tt_learned_step *step,
                                const struct tt_task *task, uint64_t arrival)
{
    const char *tenant = tt_arena_copy(&learner->arena, task->tenant.ptr, task->tenant.len);
    const char *task_id = tt_arena_copy(&learner->arena, task->task_id.ptr, task->task_id.len);
    if (tenant == NULL || task_id == NULL)
        return TT_ERR_NO_MEMORY;
    step->arrival = arrival;
    step->tenant = (struct tt_str){tenant, task->tenant.len};
    step->task_id = (struct tt_str){task_id, task->task_id.len};
    return TT_OK;
}

struct counting {
    struct tt_learner *learner;
    const struct tt_task *task;
    uint32_t type;
    struct tt_fault *fault;
};

static enum tt_err count(const struct counting *counting, enum tt_counted what, uint32_t from,
                         uint32_t to, uint64_t arrival)
{
    struct tt_learner *learner = counting->learner;
    const struct tt_learned_step key = {
        .type = counting->type, .from = from, .to = to, .what = what};
    struct tt_learned_step *step = find(learner, &key, counting->fault);
    if (step == NULL)
        return counting->fault == NULL ? TT_ERR_NO_MEMORY : counting->fault->code;
    step->count++;
    step->tasks += step->last_task != learner->task;
    step->last_task = learner->task;
    if ((step->arrival == 0 || arrival < step->arrival) &&
        keep_example(learner, step, counting->task, arrival) != TT_OK)
        return tt_fault_set(counting->fault, TT_ERR_NO_MEMORY, "out of memory");
    return TT_OK;
}

static const struct tt_tev *original(const struct tt_task *task, uint32_t i)
{
    return &task->events[task->originals[i]];
}

/* Why the task does not teach; COUNTED_STEP: it does. */
static enum tt_counted doubt(const struct tt_task *task, const struct tt_bench *bench)
{
    bool tie = false;
    for (uint32_t i = 1; i < task->original_count; i++) {
        if (original(task, i)->time_us < original(task, i - 1)->time_us)
            return TT_COUNTED_LATE;
        tie = tie || original(task, i)->time_us == original(task, i - 1)->time_us;
    }
    if (tie)
        return TT_COUNTED_TIE;
    for (size_t i = 0; i < bench->finding_count; i++)
        if (bench->findings[i].kind == TT_KIND_CONFLICTING_DUPLICATE)
            return TT_COUNTED_CONFLICT;
    return TT_COUNTED_STEP;
}

static enum tt_err count_steps(const struct counting *counting)
{
    const struct tt_task *task = counting->task;
    const struct tt_tev *at = original(task, 0);
    enum tt_err err = count(counting, TT_COUNTED_BEGIN, NO_STATUS, at->status, at->arrival);
    for (uint32_t i = 1; i < task->original_count && err == TT_OK; i++) {
        const struct tt_tev *next = original(task, i);
        err = count(counting, TT_COUNTED_STEP, at->status, next->status, next->arrival);
        at = next;
    }
    return err == TT_OK ? count(counting, TT_COUNTED_END, at->status, NO_STATUS, at->arrival) : err;
}

static enum tt_err count_unused(const struct counting *counting, enum tt_counted why)
{
    const struct tt_task *task = counting->task;
    enum tt_err err = count(counting, why, NO_STATUS, NO_STATUS, original(task, 0)->arrival);
    for (uint32_t i = 0; i < task->original_count && err == TT_OK; i++)
        err = count(counting, TT_COUNTED_UNUSED, NO_STATUS, original(task, i)->status,
                    original(task, i)->arrival);
    return err;
}

enum tt_err tt_learner_add(struct tt_learner *learner, struct tt_task *task, struct tt_bench *bench,
                           struct tt_fault *fault)
{
    bench->finding_count = 0;
    bench->out_of_memory = false;
    tt_arena_reset(&bench->arena);
    tt_task_find_duplicates(task, bench);
    if (bench->out_of_memory)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_assert(task->original_count > 0);
    learner->task++;
    /* "*" is how a lifecycle says that it is for every type. */
    bool typed =
        learner->by_type && task->type.ptr != NULL && !tt_str_equal(task->type, TT_STR("*"));
    const struct counting counting = {
        .learner = learner,
        .task = task,
        .type = typed ? task->type_number : TT_REC_NO_TYPE,
        .fault = fault,
    };
    enum tt_counted why = doubt(task, bench);
    return why == TT_COUNTED_STEP ? count_steps(&counting) : count_unused(&counting, why);
}

/* ---- All threads together ---- */

enum tt_err tt_learner_join(struct tt_learner *learner, const struct tt_learner *other,
                            struct tt_fault *fault)
{
    for (size_t i = 0; i < other->step_count; i++) {
        const struct tt_learned_step *from = &other->steps[i];
        struct tt_learned_step *step = find(learner, from, fault);
        if (step == NULL)
            return fault == NULL ? TT_ERR_NO_MEMORY : fault->code;
        step->count += from->count;
        step->tasks += from->tasks;
        if (step->arrival != 0 && step->arrival < from->arrival)
            continue;
        step->arrival = from->arrival;
        step->tenant = from->tenant;
        step->task_id = from->task_id;
    }
    return TT_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const struct tt_step_count *x = a, *y = b;
    if ((x->type.ptr == NULL) != (y->type.ptr == NULL))
        return x->type.ptr == NULL ? 1 : -1;
    int order = tt_str_compare(x->type, y->type);
    if (order == 0)
        order = (x->what > y->what) - (x->what < y->what);
    if (order == 0)
        order = tt_str_compare(x->from, y->from);
    return order == 0 ? tt_str_compare(x->to, y->to) : order;
}

enum tt_err tt_learner_rows(const struct tt_learner *learner, const struct tt_intern *names,
                            struct tt_step_count **ret_rows)
{
    struct tt_step_count *rows = tt_mem_array(learner->step_count + 1, sizeof *rows);
    if (rows == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < learner->step_count; i++) {
        const struct tt_learned_step *step = &learner->steps[i];
        rows[i] = (struct tt_step_count){
            .type = step->type == TT_REC_NO_TYPE ? TT_STR_NONE : tt_intern_text(names, step->type),
            .from = step->from == NO_STATUS ? TT_STR_NONE : tt_intern_text(names, step->from),
            .to = step->to == NO_STATUS ? TT_STR_NONE : tt_intern_text(names, step->to),
            .tenant = step->tenant,
            .task_id = step->task_id,
            .arrival = step->arrival,
            .count = step->count,
            .tasks = step->tasks,
            .what = step->what,
        };
    }
    if (learner->step_count > 1)
        qsort(rows, learner->step_count, sizeof *rows, compare_rows);
    *ret_rows = rows;
    return TT_OK;
}
