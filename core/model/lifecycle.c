/* The graph of one lifecycle: small matrices, filled once, then only read. */
#include "core/model/lifecycle_parts.h"

#include "core/base/assert.h"
#include "core/base/mem.h"

size_t tt_lifecycle_count(const struct tt_lifecycle_set *set)
{
    return set->count;
}

const struct tt_lifecycle *tt_lifecycle_at(const struct tt_lifecycle_set *set, size_t index)
{
    tt_assert(index < set->count);
    return &set->lifecycles[index];
}

static bool names_type(const struct tt_lifecycle *lifecycle, struct tt_str type)
{
    for (size_t i = 0; i < lifecycle->type_count; i++)
        if (tt_str_equal(lifecycle->types[i], type))
            return true;
    return false;
}

size_t tt_lifecycle_group_count(const struct tt_lifecycle_set *set)
{
    return set->groups == NULL ? 1 : set->group_count;
}

size_t tt_lifecycle_group(const struct tt_lifecycle_set *set, struct tt_str tenant)
{
    for (size_t i = 0; i < set->scope_count; i++)
        if (tt_str_equal(set->scopes[i].tenant, tenant))
            return set->scopes[i].group;
    return set->others;
}

const struct tt_lifecycle *tt_lifecycle_for_in(const struct tt_lifecycle_set *set, size_t group,
                                               struct tt_str task_type)
{
    tt_assert(group < tt_lifecycle_group_count(set));
    const struct tt_lifecycle_group all = {0, set->count};
    const struct tt_lifecycle_group *in = set->groups == NULL ? &all : &set->groups[group];
    for (size_t i = in->first; i < in->first + in->count && task_type.ptr != NULL; i++)
        if (names_type(&set->lifecycles[i], task_type))
            return &set->lifecycles[i];
    for (size_t i = in->first; i < in->first + in->count; i++)
        if (names_type(&set->lifecycles[i], TT_STR("*")))
            return &set->lifecycles[i];
    return NULL;
}

const struct tt_lifecycle *tt_lifecycle_for(const struct tt_lifecycle_set *set,
                                            struct tt_str task_type)
{
    return tt_lifecycle_for_in(set, set->others, task_type);
}

struct tt_str tt_lifecycle_name(const struct tt_lifecycle *lifecycle)
{
    return lifecycle->name;
}

size_t tt_lifecycle_type_count(const struct tt_lifecycle *lifecycle)
{
    return lifecycle->type_count;
}

struct tt_str tt_lifecycle_type(const struct tt_lifecycle *lifecycle, size_t index)
{
    tt_assert(index < lifecycle->type_count);
    return lifecycle->types[index];
}

int tt_lifecycle_status_count(const struct tt_lifecycle *lifecycle)
{
    return lifecycle->status_count;
}

struct tt_str tt_lifecycle_status_name(const struct tt_lifecycle *lifecycle, int status)
{
    tt_assert(status >= 0 && status < lifecycle->status_count);
    return lifecycle->statuses[status].name;
}

int tt_lifecycle_status(const struct tt_lifecycle *lifecycle, struct tt_str name)
{
    for (int s = 0; s < lifecycle->status_count; s++)
        if (tt_str_equal(lifecycle->statuses[s].name, name))
            return s;
    return TT_STATUS_UNKNOWN;
}

bool tt_lifecycle_is_initial(const struct tt_lifecycle *lifecycle, int status)
{
    return status >= 0 && lifecycle->statuses[status].initial;
}

bool tt_lifecycle_is_terminal(const struct tt_lifecycle *lifecycle, int status)
{
    return status >= 0 && lifecycle->statuses[status].terminal;
}

int64_t tt_lifecycle_max_age_us(const struct tt_lifecycle *lifecycle, int status)
{
    return status < 0 ? -1 : lifecycle->statuses[status].max_age_us;
}

bool tt_lifecycle_allows(const struct tt_lifecycle *lifecycle, int from, int to)
{
    return tt_lifecycle_judge(lifecycle, from, to) == TT_STEP_ALLOWED;
}

bool tt_lifecycle_start_violates(const struct tt_lifecycle *lifecycle, int status)
{
    return status >= 0 && !lifecycle->statuses[status].initial;
}

bool tt_lifecycle_step_violates(const struct tt_lifecycle *lifecycle, int from, int to)
{
    return tt_lifecycle_judge(lifecycle, from, to) > TT_STEP_NOT_JUDGED;
}

enum tt_step tt_lifecycle_judge(const struct tt_lifecycle *lifecycle, int from, int to)
{
    if (from < 0 || to < 0)
        return TT_STEP_NOT_JUDGED;
    return (enum tt_step)
        lifecycle->steps[(size_t)from * (size_t)lifecycle->status_count + (size_t)to];
}

size_t tt_lifecycle_target_count(const struct tt_lifecycle *lifecycle, int from)
{
    return lifecycle->statuses[from].target_count;
}

int tt_lifecycle_target(const struct tt_lifecycle *lifecycle, int from, size_t index)
{
    tt_assert(index < lifecycle->statuses[from].target_count);
    return lifecycle->statuses[from].targets[index];
}

/* Breadth first from `from` over at least one step. before[s] is the status s was reached from, -1
 * where it was not reached; queue and before hold TT_LIFECYCLE_STATUSES_MAX. */
static void search(const struct tt_lifecycle *lifecycle, int from, int *before, int *queue)
{
    int head = 0, tail = 0;
    for (int s = 0; s < lifecycle->status_count; s++)
        before[s] = -1;
    queue[tail++] = from;
    while (head < tail) {
        int at = queue[head++];
        const struct tt_lifecycle_status *status = &lifecycle->statuses[at];
        for (size_t i = 0; i < status->target_count; i++) {
            int to = status->targets[i];
            if (before[to] >= 0 || to == from)
                continue;
            before[to] = at;
            queue[tail++] = to;
        }
    }
}

int tt_lifecycle_path(const struct tt_lifecycle *lifecycle, int from, int to, int *path)
{
    int before[TT_LIFECYCLE_STATUSES_MAX], queue[TT_LIFECYCLE_STATUSES_MAX];
    search(lifecycle, from, before, queue);
    if (before[to] < 0)
        return -1;
    int length = 0;
    for (int at = before[to]; at != from; at = before[at])
        path[length++] = at;
    for (int i = 0; i < length / 2; i++) {
        int swap = path[i];
        path[i] = path[length - 1 - i];
        path[length - 1 - i] = swap;
    }
    return length;
}

int tt_lifecycle_path_from_start(const struct tt_lifecycle *lifecycle, int to, int *path)
{
    int best = -1, candidate[TT_LIFECYCLE_STATUSES_MAX];
    for (size_t i = 0; i < lifecycle->initial_count; i++) {
        int start = lifecycle->initials[i];
        int length = tt_lifecycle_path(lifecycle, start, to, candidate);
        if (length < 0 || (best >= 0 && length + 1 >= best))
            continue;
        path[0] = start;
        memcpy(path + 1, candidate, (size_t)length * sizeof *path);
        best = length + 1;
    }
    return best;
}

enum tt_err tt_lifecycle_close(struct tt_lifecycle *lifecycle, struct tt_arena *arena)
{
    size_t n = (size_t)lifecycle->status_count;
    int before[TT_LIFECYCLE_STATUSES_MAX], queue[TT_LIFECYCLE_STATUSES_MAX];
    lifecycle->steps = tt_arena_alloc(arena, n * n + 1);
    if (lifecycle->steps == NULL)
        return TT_ERR_NO_MEMORY;
    for (int from = 0; from < lifecycle->status_count; from++) {
        search(lifecycle, from, before, queue);
        unsigned char *row = lifecycle->steps + (size_t)from * n;
        for (int to = 0; to < lifecycle->status_count; to++)
            row[to] = from == to                           ? TT_STEP_REPEATED
                      : lifecycle->statuses[from].terminal ? TT_STEP_AFTER_TERMINAL
                      : before[to] >= 0                    ? TT_STEP_SKIPPED
                                                           : TT_STEP_ILLEGAL;
        for (size_t i = 0; i < lifecycle->statuses[from].target_count; i++)
            row[lifecycle->statuses[from].targets[i]] = TT_STEP_ALLOWED;
    }
    return TT_OK;
}
