/* Each type's rows stand together (replay/steps.h): collect the statuses, add up their stays,
 * decide on every step, walk the kept ones from the beginnings. */
#include "replay/infer.h"

#include "core/base/limits.h"
#include <stdlib.h>

/* One type's work. */
struct inferring {
    struct tt_arena *arena;
    struct tt_inferred *inferred;
    const struct tt_step_count *rows;
    size_t row_count;
    uint64_t min_share;
};

/* ---- Statuses ---- */

static int compare_names(const void *a, const void *b)
{
    return tt_str_compare(((const struct tt_inferred_status *)a)->name,
                          ((const struct tt_inferred_status *)b)->name);
}

static struct tt_inferred_status *status_of(const struct inferring *work, struct tt_str name)
{
    struct tt_inferred_status key = {.name = name};
    return bsearch(&key, work->inferred->statuses, work->inferred->status_count, sizeof key,
                   compare_names);
}

static enum tt_err list_statuses(struct inferring *work)
{
    struct tt_inferred *inferred = work->inferred;
    struct tt_inferred_status *all =
        tt_arena_alloc(work->arena, (2 * work->row_count + 1) * sizeof *all);
    if (all == NULL)
        return TT_ERR_NO_MEMORY;
    size_t count = 0, left = 0;
    for (size_t i = 0; i < work->row_count; i++) {
        if (work->rows[i].from.ptr != NULL)
            all[count++] = (struct tt_inferred_status){.name = work->rows[i].from};
        if (work->rows[i].to.ptr != NULL)
            all[count++] = (struct tt_inferred_status){.name = work->rows[i].to};
    }
    if (count > 1)
        qsort(all, count, sizeof *all, compare_names);
    for (size_t i = 0; i < count; i++)
        if (left == 0 || !tt_str_equal(all[left - 1].name, all[i].name))
            all[left++] = all[i];
    inferred->statuses = all;
    inferred->status_count = left;
    return TT_OK;
}

/* ---- Counts ---- */

static void add_step(struct inferring *work, const struct tt_step_count *row)
{
    struct tt_inferred *inferred = work->inferred;
    struct tt_inferred_status *to = status_of(work, row->to);
    bool begins = row->what == TT_COUNTED_BEGIN;
    inferred->steps[inferred->step_count++] = (struct tt_inferred_step){
        .from = begins ? NULL : status_of(work, row->from), .to = to, .counted = row};
    to->stays += row->count;
    inferred->stays += row->count;
    if (begins)
        inferred->tasks += row->count;
}

static enum tt_err add_up(struct inferring *work)
{
    struct tt_inferred *inferred = work->inferred;
    inferred->steps = tt_arena_alloc(work->arena, (work->row_count + 1) * sizeof *inferred->steps);
    if (inferred->steps == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < work->row_count; i++) {
        const struct tt_step_count *row = &work->rows[i];
        switch (row->what) {
        case TT_COUNTED_BEGIN:
        case TT_COUNTED_STEP: add_step(work, row); break;
        case TT_COUNTED_END: status_of(work, row->from)->ends = row->count; break;
        case TT_COUNTED_UNUSED: status_of(work, row->to)->unused = row->count; break;
        case TT_COUNTED_LATE: inferred->late = row; break;
        case TT_COUNTED_TIE: inferred->ties = row; break;
        case TT_COUNTED_CONFLICT: inferred->conflicts = row; break;
        }
    }
    return TT_OK;
}

/* ---- Decisions ---- */

static bool is_share(uint64_t part, uint64_t whole, uint64_t share)
{
    return (__uint128_t)part * TT_SHARE_WHOLE >= (__uint128_t)whole * share;
}

static void decide(struct inferring *work)
{
    struct tt_inferred *inferred = work->inferred;
    for (size_t i = 0; i < inferred->step_count; i++) {
        struct tt_inferred_step *step = &inferred->steps[i];
        uint64_t count = step->counted->count;
        if (is_share(count, tt_inferred_stays(inferred, step), work->min_share))
            step->what = TT_INFERRED_KEPT;
        else if (is_share(count, step->to->stays, work->min_share) &&
                 step->counted->tasks >= TT_INFER_TASKS_MIN)
            step->what = TT_INFERRED_RARE;
        else
            step->what = TT_INFERRED_LEFT_OUT;
    }
}

/* Beginnings, then by the name of `from`; the most frequent first. */
static int compare_steps(const void *a, const void *b)
{
    const struct tt_inferred_step *x = a, *y = b;
    if (x->from != y->from)
        return x->from == NULL ? -1 : y->from == NULL ? 1 : x->from < y->from ? -1 : 1;
    if (x->counted->count != y->counted->count)
        return x->counted->count > y->counted->count ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

static size_t place_of(const struct tt_inferred_status *status)
{
    return status->known ? status->place : SIZE_MAX;
}

/* The same by the place of `from`, those of unknown statuses last. */
static int compare_placed(const void *a, const void *b)
{
    const struct tt_inferred_step *x = a, *y = b;
    if (x->from == NULL || y->from == NULL || place_of(x->from) == place_of(y->from))
        return compare_steps(a, b);
    return place_of(x->from) < place_of(y->from) ? -1 : 1;
}

static void reach(struct tt_inferred *inferred, const struct tt_inferred_step *step)
{
    struct tt_inferred_status *to = &inferred->statuses[step->to - inferred->statuses];
    if (step->what > TT_INFERRED_RARE)
        return;
    to->initial = to->initial || step->from == NULL;
    if (to->known)
        return;
    to->known = true;
    to->place = inferred->known_count;
    inferred->known[inferred->known_count++] = to;
}

/* Breadth first from the beginnings, the most frequent first. The steps are sorted by from, so that
 * those of one status stand together. */
static enum tt_err walk(struct inferring *work)
{
    struct tt_inferred *inferred = work->inferred;
    size_t n = inferred->step_count, *first = NULL;
    inferred->known = tt_arena_alloc(work->arena, (inferred->status_count + 1) *
                                                      sizeof(struct tt_inferred_status *));
    first = tt_arena_alloc(work->arena, (inferred->status_count + 1) * sizeof *first);
    if (inferred->known == NULL || first == NULL)
        return TT_ERR_NO_MEMORY;
    if (n > 1)
        qsort(inferred->steps, n, sizeof *inferred->steps, compare_steps);
    for (size_t s = 0; s < inferred->status_count; s++)
        first[s] = n;
    for (size_t i = n; i-- > 0;)
        if (inferred->steps[i].from != NULL)
            first[inferred->steps[i].from - inferred->statuses] = i;
    for (size_t i = 0; i < n && inferred->steps[i].from == NULL; i++)
        reach(inferred, &inferred->steps[i]);
    for (size_t at = 0; at < inferred->known_count; at++) {
        struct tt_inferred_status *status = inferred->known[at];
        status->terminal = 2 * status->ends >= status->stays;
        for (size_t i = first[status - inferred->statuses];
             i < n && inferred->steps[i].from == status; i++)
            reach(inferred, &inferred->steps[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (inferred->steps[i].from != NULL && !inferred->steps[i].from->known &&
            inferred->steps[i].what <= TT_INFERRED_RARE)
            inferred->steps[i].what = TT_INFERRED_CUT_OFF;
    if (n > 1)
        qsort(inferred->steps, n, sizeof *inferred->steps, compare_placed);
    return TT_OK;
}

static enum tt_err infer_one(struct inferring *work, struct tt_fault *fault)
{
    enum tt_err err = list_statuses(work);
    if (err == TT_OK)
        err = add_up(work);
    if (err == TT_OK) {
        decide(work);
        err = walk(work);
    }
    if (err != TT_OK)
        return tt_fault_set(fault, err, "out of memory");
    if (work->inferred->known_count <= TT_LIFECYCLE_STATUSES_MAX)
        return TT_OK;
    return tt_fault_set(fault, TT_ERR_LIMIT,
                        "type %.*s: %zu statuses, a lifecycle holds at most %d: statuses look like "
                        "free text",
                        work->inferred->type.len > 60 ? 60 : (int)work->inferred->type.len,
                        work->inferred->type.ptr == NULL ? "*" : work->inferred->type.ptr,
                        work->inferred->known_count, TT_LIFECYCLE_STATUSES_MAX);
}

/* Rows of the type that begins at `from`. */
static size_t same_type(const struct tt_step_counts *counts, size_t from)
{
    size_t end = from;
    while (end < counts->count && tt_str_equal(counts->rows[end].type, counts->rows[from].type))
        end++;
    return end - from;
}

enum tt_err tt_infer(const struct tt_step_counts *counts, uint32_t min_share,
                     struct tt_inferred_set *ret_set, struct tt_fault *fault)
{
    *ret_set = (struct tt_inferred_set){0};
    tt_arena_init(&ret_set->arena, 0);
    size_t types = 0;
    for (size_t at = 0; at < counts->count; at += same_type(counts, at))
        types++;
    ret_set->lifecycles =
        tt_arena_alloc(&ret_set->arena, (types + 1) * sizeof *ret_set->lifecycles);
    if (ret_set->lifecycles == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t at = 0; at < counts->count;) {
        struct inferring work = {
            .arena = &ret_set->arena,
            .inferred = &ret_set->lifecycles[ret_set->count],
            .rows = counts->rows + at,
            .row_count = same_type(counts, at),
            .min_share = min_share,
        };
        *work.inferred = (struct tt_inferred){.type = counts->rows[at].type};
        enum tt_err err = infer_one(&work, fault);
        if (err != TT_OK)
            return err;
        ret_set->count++;
        at += work.row_count;
    }
    return TT_OK;
}

void tt_inferred_done(struct tt_inferred_set *set)
{
    tt_arena_done(&set->arena);
    *set = (struct tt_inferred_set){0};
}

uint64_t tt_inferred_stays(const struct tt_inferred *inferred, const struct tt_inferred_step *step)
{
    return step->from == NULL ? inferred->tasks : step->from->stays;
}

uint64_t tt_inferred_left_out(const struct tt_inferred *inferred)
{
    return (inferred->late == NULL ? 0 : inferred->late->count) +
           (inferred->ties == NULL ? 0 : inferred->ties->count) +
           (inferred->conflicts == NULL ? 0 : inferred->conflicts->count);
}
